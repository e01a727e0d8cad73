"""Looks up what is shown of lines that were found: their text, and where the words of a query stand in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from indexer.search.asked_names import Spelt
from indexer.search.marks import Written, places
from indexer.search.nodes import Plain, changed, length, nears, wanted
from indexer.search.terms import term_of
from indexer.values import FoundIn, Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.search.asked_names import Spelling
    from indexer.search.combining import Weighed
    from indexer.search.nodes import Leaf, Node
    from indexer.search.spotting import Spotter
    from indexer.search.time_limit import TimeLimit
    from indexer.values import Place, SearchOptions, StoredLine
    from indexer.values import Word as ReadWord

NAMED = 0.02
"""Least relevance of a line that counts as doubtful: it may be one that was missed."""


class Lines(Protocol):
    """What is asked of the catalogue."""

    def lines_at(
        self, ids: Sequence[int], glob: str | None = None, since: float | None = None, until: float | None = None
    ) -> dict[int, StoredLine]:
        """The lines with these ids, each at a place that fits the filters."""

    def words(self, ids: Sequence[int]) -> dict[int, tuple[ReadWord, ...]]:
        """The words of the lines with these ids, as they were read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A line by its number, and the query, or the part of one, that was found there."""

    number: int
    node: Node


def line_hits(
    node: Node,
    numbers: NDArray[np.intp],
    weighed: Weighed,
    parts: Mapping[Leaf, Weighed],
    look_up: Callable[[Sequence[Asked]], list[tuple[FoundIn, ...]]],
) -> list[Hit]:
    """Lines as hits, those that are still there."""
    there = look_up([Asked(number, node) for number in numbers.tolist()])
    rows = zip(there, weighed.relevance[numbers].tolist(), weighed.read[numbers].tolist(), strict=True)
    return [
        Hit(
            *(shown[0].line, relevance, is_read, shown[0].places, shown[1:]),
            spelling=_spelt_as(node, number, parts),
        )
        for number, (shown, relevance, is_read) in zip(numbers.tolist(), rows, strict=True)
        if shown
    ]


def found_in(
    ink: Spotter,
    lines: Lines,
    asked: Sequence[Asked],
    parts: Mapping[Leaf, Weighed],
    options: SearchOptions,
    limit: TimeLimit,
) -> list[tuple[FoundIn, ...]]:
    """For each the line and those in which it goes on, with the places; nothing where the line is not there any more.

    ``parts`` is what was found for each word, phrase and name. A name is shown in its likeliest spelling. Where nobody
    answers who has the ink of a line, it has fewer places; the limit notes that.
    """
    parts = {**_of_spellings(parts), **parts}
    asked = [Asked(each.number, _as_spelt(each.node, each.number, parts)) for each in asked]
    beyond = [list(_beyond(ink, each, parts)) for each in asked]
    found = _found_in(ink, lines, [*asked, *(each for several in beyond for each in several)], parts, options, limit)
    further = iter(found[len(asked) :])
    return [
        in_order([*mine, *(part for _ in several for part in next(further))]) if several else mine
        for mine, several in zip(found, beyond, strict=False)
    ]


def _beyond(ink: Spotter, asked: Asked, parts: Mapping[Leaf, Weighed]) -> Iterator[Asked]:
    """The sides of pairs near each other that rather stand in the next line, and that line."""
    for near in nears(asked.node):
        following = int(ink.next(np.array([asked.number]))[0])
        for side in (near.one, near.other):
            relevance = parts[side].relevance
            if following >= 0 and relevance[following] > max(NAMED, relevance[asked.number]):
                yield Asked(following, side)


def in_order(parts: Iterable[FoundIn]) -> tuple[FoundIn, ...]:
    """Lines in the order of pages, each once and with all its places."""
    places: dict[StoredLine, set[Place]] = {}
    for part in parts:
        places.setdefault(part.line, set()).update(part.places)
    lines = sorted(places, key=lambda line: (line.page, line.number))
    return tuple(
        FoundIn(line, tuple(sorted(places[line], key=lambda place: (place.start, place.box.x)))) for line in lines
    )


def _found_in(
    ink: Spotter,
    lines: Lines,
    asked: Sequence[Asked],
    parts: Mapping[Leaf, Weighed],
    options: SearchOptions,
    limit: TimeLimit,
) -> list[tuple[FoundIn, ...]]:
    rows = [_row(ink, each) for each in asked]
    ids = {number: int(ink.lines[number]) for row in rows for number in row}
    there = lines.lines_at(sorted(set(ids.values())), options.glob, options.since, options.until)
    words = lines.words(list(there))
    near = _near(ink, asked, parts, limit)
    found = []
    for each, row in zip(asked, rows, strict=True):
        kept = [number for number in row if ids[number] in there] if ids[each.number] in there else []
        written = [
            Written(there[ids[number]], words.get(ids[number], ()), near[each].get(number, {})) for number in kept
        ]
        marks = places(each.node, written) if written else []
        shown = [FoundIn(line.line, here) for line, here in zip(written, marks, strict=True)]
        found.append((*shown[:1], *(part for part in shown[1:] if part.places)))
    return found


def _spelt_as(node: Node, number: int, parts: Mapping[Leaf, Weighed]) -> str:
    """The spellings of names that most probably stand in a line, where they differ from what was asked for."""
    names = [leaf for leaf in wanted(node) if isinstance(leaf, Spelt) and parts[leaf].relevance[number] >= NAMED]
    found = [(name, _likeliest(name, number, parts)) for name in names]
    return ", ".join(spelling.text for name, spelling in found if spelling != name.spellings[0])


def _likeliest(name: Spelt, number: int, parts: Mapping[Leaf, Weighed]) -> Spelling:
    likeliest = parts[name].spelling
    return name.spellings[0 if likeliest is None else int(likeliest[number])]


def _of_spellings(parts: Mapping[Leaf, Weighed]) -> dict[Leaf, Weighed]:
    """What was found for each spelling of a name: what was found for the name."""
    return {each.leaf: found for name, found in parts.items() if isinstance(name, Spelt) for each in name.spellings}


def _as_spelt(node: Node, number: int, parts: Mapping[Leaf, Weighed]) -> Node:
    """The query with each name as it is most probably spelt in a line."""
    return changed(node, lambda leaf: _likeliest(leaf, number, parts).leaf if isinstance(leaf, Spelt) else leaf)


def _row(ink: Spotter, asked: Asked) -> list[int]:
    """A line and those that follow it, as many as the query may run over."""
    most = max(map(length, wanted(asked.node)))
    row = [asked.number]
    while len(row) <= most and (len(row) < most or ink.cut[row[-1]]):
        following = int(ink.next(np.array(row[-1:]))[0])
        if following < 0:
            break
        row.append(following)
    return row


def _near(
    ink: Spotter, asked: Sequence[Asked], parts: Mapping[Leaf, Weighed], limit: TimeLimit
) -> dict[Asked, dict[int, dict[Leaf, tuple[float, float]]]]:
    """For each and each of its lines, where every word and phrase that may be there fits best, as fractions of the
    length of the line."""
    found: dict[Asked, dict[int, dict[Leaf, tuple[float, float]]]] = {each: {} for each in asked}
    for leaf in {leaf: None for each in asked for leaf in wanted(each.node) if isinstance(leaf, Plain)}:
        here = {
            each.number: each
            for each in asked
            if ink.inked[each.number] and leaf in wanted(each.node) and parts[leaf].relevance[each.number] >= NAMED
        }
        if here:
            spots = ink.places(term_of(leaf), np.array(list(here), np.intp), limit)
            for each, mine in zip(here.values(), spots, strict=True):
                for spot in mine:
                    found[each].setdefault(spot.number, {})[leaf] = (spot.start, spot.end)
    return found
