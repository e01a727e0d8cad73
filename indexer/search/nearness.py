"""Lines in which two words or phrases stand near each other, also over a line end: ``one NEAR/5 other``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.search.combining import Weighed
from indexer.search.hits import NAMED
from indexer.search.matching import Row, matches
from indexer.search.terms import term_of
from indexer.text.folding import word_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.search.nodes import Leaf, Near, Plain
    from indexer.search.spotting import Spotter
    from indexer.search.time_limit import TimeLimit
    from indexer.values import StoredLine

    Lookup = Callable[[Sequence[int]], Mapping[int, StoredLine]]

_MOST = 20_000
"""Most pairs of lines that are looked at: the most probable ones."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """Where something stands in a line: the numbers of words, and whether it was read there. ``words`` are all."""

    at: tuple[int, ...]
    read: bool
    words: int


def near_lines(ink: Spotter, look_up: Lookup, asked: Near, parts: Mapping[Leaf, Weighed], limit: TimeLimit) -> Weighed:
    """What was found in every line, of which the pair begins there. It is as probable as both sides are together."""
    sides = (parts[asked.one], parts[asked.other])
    first, lines = _pairs(ink, sides)
    texts = _texts(ink, look_up, np.unique(lines))
    standing = [
        _standing(ink, texts, leaf, np.unique(lines[:, side]), limit)
        for side, leaf in enumerate((asked.one, asked.other))
    ]
    size = len(ink)
    found = Weighed(np.zeros(size, np.float32), np.zeros(size, bool), np.zeros(size, bool), np.zeros(size, bool))
    for at, (one, other) in zip(first.tolist(), lines.tolist(), strict=True):
        here, there = standing[0].get(one), standing[1].get(other)
        if here is None or there is None or _between(here, there, one, other, at) > asked.words:
            continue
        both = sides[0].relevance[one] * sides[1].relevance[other]
        found.relevance[at] = max(found.relevance[at], both)
        if here.read and there.read:
            found.read[at] = found.said[at] = True
            settled = sides[0].settled[one] and sides[1].settled[other]
            found.settled[at] |= settled and ink.accepted[one] and ink.accepted[other]
    return found


def _pairs(ink: Spotter, sides: Sequence[Weighed]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The line in which each pair begins, and the lines of its two sides: the same, or one and the next."""
    likely = [side.relevance >= NAMED for side in sides]
    same = np.flatnonzero(likely[0] & likely[1])
    first, lines = [same], [np.column_stack((same, same))]
    for side in (0, 1):
        at = np.flatnonzero(likely[side])
        there = ink.next(at)
        kept = (there >= 0) & likely[1 - side][there]
        pair = (at[kept], there[kept])
        first.append(pair[0])
        lines.append(np.column_stack(pair if side == 0 else pair[::-1]))
    begins, both = np.concatenate(first), np.concatenate(lines)
    sure = sides[0].relevance[both[:, 0]] * sides[1].relevance[both[:, 1]]
    best = np.argsort(-sure, kind="stable")[:_MOST]
    return begins[best], both[best]


def _texts(ink: Spotter, look_up: Lookup, numbers: NDArray[np.intp]) -> dict[int, str]:
    ids = ink.lines[numbers].tolist()
    known = look_up(ids)
    return {number: known[line].text for number, line in zip(numbers.tolist(), ids, strict=True) if line in known}


def _standing(
    ink: Spotter, texts: Mapping[int, str], leaf: Plain, numbers: NDArray[Any], limit: TimeLimit
) -> dict[int, _Standing]:
    """Where a side stands in each of the lines: where it was read, else where it fits the ink best."""
    found, nearly = {}, []
    for number in numbers.tolist():
        spans = [(start, end) for start, end, _ in word_spans(texts.get(number, ""))]
        (read,) = matches(leaf, Row.of([texts.get(number, "")]))
        at = tuple(_word_at(spans, start, end) for start, end in read)
        if at:
            found[number] = _Standing(at, read=True, words=len(spans))
        elif spans and ink.inked[number]:
            nearly.append(number)
    if nearly:
        spots = ink.places(term_of(leaf), np.array(nearly, np.intp), limit)
        for number, mine in zip(nearly, spots, strict=True):
            if not mine:  # nobody answered who has the line
                continue
            spot, text = mine[0], texts[number]
            spans = [(start, end) for start, end, _ in word_spans(text)]
            at = (_word_at(spans, round(spot.start * len(text)), round(spot.end * len(text))),)
            found[number] = _Standing(at, read=False, words=len(spans))
    return found


def _word_at(spans: Iterable[tuple[int, int]], start: int, end: int) -> int:
    """The number of the word that is nearest to a place in a text."""
    return min(enumerate(spans), key=lambda each: abs(each[1][0] + each[1][1] - start - end))[0]


def _between(here: _Standing, there: _Standing, one: int, other: int, begins: int) -> int:
    """How many words stand between two sides."""
    if one == other:
        return min((abs(left - right) - 1 for left in here.at for right in there.at if left != right), default=10**6)
    before, after = (here, there) if one == begins else (there, here)
    return before.words - max(before.at) - 1 + min(after.at)
