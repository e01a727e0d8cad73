"""A spotter whose segments are looked through by others, shard by shard: the same hits, with the same relevances.

What concerns a line is asked of the shard that has it: what a term costs there, also beyond the end of the line, and
where it stands. A page is in one shard as a whole, so no shard needs another one. What concerns the archive stays here:
the lines by number, what is known of each, the sample that tells what a term usually costs, the choice of the lines
that are aligned, and the relevances. Lines of a shard that does not answer count as lines without hope.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from indexer.posteriors.alignment import FAR
from indexer.search.spotting.candidates import Spotter
from indexer.search.spotting.gathering import in_order
from indexer.search.spotting.outlook import Rows
from indexer.search.spotting.shard import Answer, Piece, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from typing_extensions import Self

    from indexer.posteriors.alignment import Term
    from indexer.posteriors.trie import Trie
    from indexer.search.spotting.line_ends import Over, Spot
    from indexer.search.spotting.shards import Shard, Shards
    from indexer.search.spotting.stored import Stored
    from indexer.search.time_limit import TimeLimit

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class _Share:
    """What a shard has: its segments by their places here, and its lines by their numbers, in rising order."""

    segments: NDArray[np.intp]
    numbers: NDArray[np.intp]


class Scattered(Spotter):
    """The lines of all shards of an index, numbered through as a ``Spotter`` on all segments would."""

    def __init__(self, stored: Sequence[Stored], shards: Shards, before: Spotter | None = None) -> None:
        super().__init__([(each.segment, each.alive) for each in stored], before=before)
        self._shards, self._state = shards, shards.new_state()
        self._pieces = [Piece.of(each.file, each.at, each.alive) for each in stored]
        of = shared_out(stored, len(shards))
        rows = np.searchsorted(self._starts, self._own, side="right") - 1
        self._shares = [
            _Share(np.flatnonzero(of == each), np.flatnonzero(of[rows] == each)) for each in range(len(shards))
        ]
        self.shards = len(self._with_lines())
        self._masked = False
        for shard in self._with_lines():
            self._opened(shard, wait=True)

    def seeing(self, inked: NDArray[np.bool_]) -> Self:
        """As of a ``Spotter``; shards are told with each question."""
        made = super().seeing(inked)
        made._masked = True
        return made

    def _with_lines(self) -> list[Shard]:
        return [shard for shard, share in self._places() if len(share.numbers)]

    # What is asked of shards.

    def aligned(
        self, words: Sequence[tuple[Term, NDArray[np.intp]]], limit: TimeLimit
    ) -> list[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """As of a ``Spotter``."""
        asked = {}
        for shard, share in self._places():
            mine = [(term, _within(share, numbers)) for term, numbers in words]
            if any(len(numbers) for _, numbers in mine):
                asked[shard] = ("aligned", (mine,))
        found: list[list[tuple[NDArray[np.intp], NDArray[np.float32]]]] = [[] for _ in words]
        for share, rows in self._answers(asked, limit):
            for every, (numbers, cost) in zip(found, rows, strict=True):
                every.append((share.numbers[numbers], cost))
        return [in_order(parts, term.wrong + 1) for parts, (term, _) in zip(found, words, strict=True)]

    def tree_costs(self, tree: Trie, numbers: NDArray[np.intp], limit: TimeLimit) -> NDArray[np.int16]:
        """As of a ``Spotter``."""
        found = np.full((len(tree.terms), len(numbers)), FAR, np.int16)
        asked = {shard: ("tree_costs", (tree, mine)) for shard, mine in self._some(numbers)}
        for share, costs in self._answers(asked, limit):
            found[:, np.isin(numbers, share.numbers)] = costs
        return found

    def over_line_ends(
        self, term: Term, numbers: NDArray[np.intp], most: NDArray[np.float32], limit: TimeLimit
    ) -> list[tuple[NDArray[np.intp], Over]]:
        """As of a ``Spotter``."""
        asked = {}
        for shard, share in self._places():
            held = np.isin(numbers, share.numbers)
            if held.any():
                asked[shard] = ("over_line_ends", (term, _within(share, numbers), most[held]))
        answers = self._answers(asked, limit)
        return [(share.numbers[mine], over) for share, rows in answers for mine, over in rows]

    def places(self, term: Term, numbers: NDArray[np.intp], limit: TimeLimit) -> list[list[Spot]]:
        """As of a ``Spotter``; nothing for a line of a shard that does not answer."""
        found: dict[int, list[Spot]] = {}
        asked = {shard: ("places", (term, mine)) for shard, mine in self._some(np.sort(numbers))}
        for share, rows in self._answers(asked, limit):
            for spots in rows:
                mine = [replace(spot, number=int(share.numbers[spot.number])) for spot in spots]
                found[mine[0].number] = mine
        return [found.get(number, []) for number in numbers.tolist()]

    def of_rows(
        self, done: Callable[[Rows, TimeLimit], _Made], limit: TimeLimit, *, between_words: bool
    ) -> Iterator[_Made]:
        """As of a ``Spotter``: the result for each segment, in the order of the segments."""
        asked = dict.fromkeys(self._with_lines(), ("of_rows", (done,)))
        found: dict[int, _Made] = {}
        for share, rows in self._answers(asked, limit, between_words=between_words):
            found.update(zip(share.segments.tolist(), rows, strict=True))
        for at, rows in enumerate(self.parted(between_words=between_words)[1]):
            yield found[at] if at in found else done(_without_hope(rows), limit)

    def _in_sample(self, term: Term, limit: TimeLimit) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """As of a ``Spotter``: of the lines that were looked at."""
        return self.aligned([(term, self.sample)], limit)[0]

    # How they are asked.

    def _places(self) -> list[tuple[Shard, _Share]]:
        return list(zip(self._shards.every, self._shares, strict=True))

    def _some(self, numbers: NDArray[np.intp]) -> list[tuple[Shard, NDArray[np.intp]]]:
        """The shards that have some of the lines, and their own numbers for these."""
        some = [(shard, _within(share, numbers)) for shard, share in self._places()]
        return [(shard, mine) for shard, mine in some if len(mine)]

    def _answers(
        self, asked: Mapping[Shard, tuple[str, tuple[Any, ...]]], limit: TimeLimit, **options: Any
    ) -> Iterator[tuple[_Share, Any]]:
        """What each of the shards found. All work at the same time. Those that did not answer are noted."""
        waiting = []
        for shard, (method, arguments) in asked.items():
            line = None if shard.number in limit.silent else self._opened(shard)
            if line is None:
                limit.silent.add(shard.number)
                continue
            mine = self._shares[shard.number - 1].numbers
            seen = np.packbits(self.inked[mine]) if self._masked else None
            question = Question(self._state, method, arguments, options, limit.left, seen)
            waiting.append((shard, line, line.ask(question)))
        for shard, line, future in waiting:
            answer = line.answer(future)
            if not isinstance(answer, Answer):
                limit.silent.add(shard.number)
                continue
            limit.stopped |= answer.stopped
            yield self._shares[shard.number - 1], answer.found

    def _opened(self, shard: Shard, *, wait: bool = False) -> Any:
        """The way to a shard that has this state of the index open; ``None`` where there is none."""
        line = shard.line(wait=wait)
        if line is not None and self._state not in line.opened:
            pieces = [self._pieces[at] for at in self._shares[shard.number - 1].segments.tolist()]
            opened = line.answer(line.ask((self._state, pieces)))
            self.outdated |= opened is False
            if not opened:
                return None
            line.opened.add(self._state)
        return line


def shared_out(stored: Sequence[Stored], shards: int) -> NDArray[np.intp]:
    """The shard of each segment: about as many lines in each, and no page in two."""
    group: list[int] = list(range(len(stored)))
    pages: dict[int, int] = {}
    for at, each in enumerate(stored):
        for page in np.unique(each.segment.pages[each.alive]).tolist():
            other = pages.setdefault(page, group[at])
            if other != group[at]:
                group = [other if one == group[at] else one for one in group]
    sizes: dict[int, int] = {}
    for one, each in zip(group, stored, strict=True):
        sizes[one] = sizes.get(one, 0) + int(each.alive.sum())
    held, of = [0] * shards, {}
    for one in sorted(sizes, key=lambda one: (-sizes[one], one)):
        of[one] = held.index(min(held))
        held[of[one]] += sizes[one]
    return np.array([of[one] for one in group], np.intp)


def _within(share: _Share, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """A shard's own numbers for those of the lines, in rising order, that it has."""
    mine = numbers[np.isin(numbers, share.numbers)]
    return np.searchsorted(share.numbers, mine)


def _without_hope(rows: Rows) -> Rows:
    """Lines of a shard that does not answer: no letter is known to stand in them."""
    return Rows(replace(rows.segment, symbols=""), rows.rows, np.full_like(rows.known, -np.inf), rows.parted)
