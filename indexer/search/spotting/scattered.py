"""A spotter whose segments are looked through by others, shard by shard: the same hits, with the same relevances.

What concerns a line is asked of the shard that has it: what a term costs there, also beyond the end of the line, and
where it stands. A page is in one shard as a whole, so no shard needs another one. What concerns the archive stays here:
the lines by number, what is known of each, the sample that tells what a term usually costs, the choice of the lines
that are aligned, and the relevances. Lines of a shard that does not answer count as lines without hope.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from indexer.posteriors.alignment import FAR
from indexer.search.spotting import soundness
from indexer.search.spotting.candidates import Spotter
from indexer.search.spotting.gathering import in_order
from indexer.search.spotting.outlook import Rows
from indexer.search.spotting.soundness import Expected
from indexer.search.spotting.wire import Answer, Piece, Question, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from functools import partial

    from numpy.typing import NDArray
    from typing_extensions import Self

    from indexer.posteriors.alignment import Term
    from indexer.posteriors.trie import Trie
    from indexer.search.spotting.line_ends import Over, Spot
    from indexer.search.spotting.shards import Line, Shard, Shards
    from indexer.search.spotting.stored import Stored
    from indexer.search.time_limit import TimeLimit

_Made = TypeVar("_Made")
_OPENING = 60.0
"""Seconds in which a shard opens its files."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Share:
    """What a shard has: its segments by their places here, and its lines by their numbers, in rising order."""

    segments: NDArray[np.intp]
    numbers: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a shard: a method of its ``Spotter`` with arguments, and what answer is expected."""

    method: str
    arguments: tuple[Any, ...]
    expected: Expected


class Scattered(Spotter):
    """The lines of all shards of an index, numbered through as a ``Spotter`` on all segments would."""

    def __init__(self, stored: Sequence[Stored], shards: Shards, before: Spotter | None = None) -> None:
        super().__init__([(each.segment, each.alive) for each in stored], before=before)
        self._shards, self._stored = shards, stored
        of = shared_out(stored, len(shards))
        rows = np.searchsorted(self._starts, self._own, side="right") - 1
        self._shares = [
            _Share(np.flatnonzero(of == each), np.flatnonzero(of[rows] == each)) for each in range(len(shards))
        ]
        self._states = [self._state(shards.new_state(), share) for share in self._shares]
        self.shards = len(self._with_lines())
        self._masked = False
        self._opened(self._with_lines(), wait=True)

    def _state(self, number: int, share: _Share) -> State:
        mine = [self._stored[at] for at in share.segments.tolist()]
        return State(number, [Piece(each.file.name, each.at, np.packbits(each.alive)) for each in mine])

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
                asked[shard] = _Asked("aligned", (mine,), soundness.of_aligned(mine))
        found: list[list[tuple[NDArray[np.intp], NDArray[np.float32]]]] = [[] for _ in words]
        for share, rows in self._answers(asked, limit):
            for every, (numbers, cost) in zip(found, rows, strict=True):
                every.append((share.numbers[numbers], cost))
        return [in_order(parts, term.wrong + 1) for parts, (term, _) in zip(found, words, strict=True)]

    def tree_costs(self, tree: Trie, numbers: NDArray[np.intp], limit: TimeLimit) -> NDArray[np.int16]:
        """As of a ``Spotter``."""
        found = np.full((len(tree.terms), len(numbers)), FAR, np.int16)
        asked = {
            shard: _Asked("tree_costs", (tree, mine), soundness.of_tree_costs(tree, mine))
            for shard, mine in self._some(numbers)
        }
        for share, costs in self._answers(asked, limit):
            found[:, np.isin(numbers, share.numbers)] = costs
        return found

    def over_line_ends(
        self, term: Term, numbers: NDArray[np.intp], most: NDArray[np.float32], limit: TimeLimit
    ) -> list[tuple[NDArray[np.intp], Over]]:
        """As of a ``Spotter``."""
        asked = {}
        for shard, mine in self._some(numbers):
            held = np.isin(numbers, self._shares[shard.number - 1].numbers)
            asked[shard] = _Asked("over_line_ends", (term, mine, most[held]), soundness.of_over_line_ends(mine))
        answers = self._answers(asked, limit)
        return [(share.numbers[mine], over) for share, rows in answers for mine, over in rows]

    def places(self, term: Term, numbers: NDArray[np.intp], limit: TimeLimit) -> list[list[Spot]]:
        """As of a ``Spotter``; nothing for a line of a shard that does not answer."""
        found: dict[int, list[Spot]] = {}
        asked = {}
        for shard, mine in self._some(np.sort(numbers)):
            among = len(self._shares[shard.number - 1].numbers)
            asked[shard] = _Asked("places", (term, mine), soundness.of_places(mine, among))
        for share, rows in self._answers(asked, limit):
            held = numbers[np.isin(numbers, share.numbers)]
            for number, spots in zip(np.sort(held).tolist(), rows, strict=True):
                found[number] = [replace(spot, number=int(share.numbers[spot.number])) for spot in spots]
        return [found.get(number, []) for number in numbers.tolist()]

    def of_rows(self, done: partial[_Made], limit: TimeLimit, *, between_words: bool) -> Iterator[_Made]:
        """As of a ``Spotter``: the result for each segment, in the order of the segments."""
        rows = self.parted(between_words=between_words)[1]
        asked = {}
        for shard in self._with_lines():
            mine = [rows[at] for at in self._shares[shard.number - 1].segments.tolist()]
            asked[shard] = _Asked("of_rows", (done,), soundness.of_rows(done, mine))
        found: dict[int, _Made] = {}
        for share, made in self._answers(asked, limit, between_words=between_words):
            found.update(zip(share.segments.tolist(), made, strict=True))
        for at, given in enumerate(rows):
            yield found[at] if at in found else done(_without_hope(given), limit)

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
        self, asked: Mapping[Shard, _Asked], limit: TimeLimit, **options: bool
    ) -> Iterator[tuple[_Share, Any]]:
        """What each of the shards found. All work at the same time. Those that did not answer are noted."""
        lines = self._opened([shard for shard in asked if shard.number not in limit.silent])
        limit.silent.update(shard.number for shard in asked if shard not in lines)
        waiting = [
            (shard, line, line.ask(self._question(shard, asked[shard], limit, options), asked[shard].expected.most))
            for shard, line in lines.items()
        ]
        for shard, line, future in waiting:
            answer = line.answer(future, limit.left)
            if not (isinstance(answer, Answer) and self._is_sound(answer, asked[shard].expected, limit)):
                limit.silent.add(shard.number)
                if answer is not None:
                    shard.mistrust(line)
                continue
            yield self._shares[shard.number - 1], answer.found

    def _is_sound(self, answer: Answer, expected: Expected, limit: TimeLimit) -> bool:
        """Whether it can be the answer. It may have stopped early only when the time is over here, too: it began
        later."""
        return (answer.stopped is False or (answer.stopped is True and limit.is_over())) and expected.is_sound(
            answer.found
        )

    def _question(self, shard: Shard, asked: _Asked, limit: TimeLimit, options: Mapping[str, bool]) -> Question:
        at = shard.number - 1
        seen = np.packbits(self.inked[self._shares[at].numbers]) if self._masked else None
        return Question(
            self._states[at].number, asked.method, asked.arguments, tuple(options.items()), limit.left, seen
        )

    def _opened(self, shards: Sequence[Shard], *, wait: bool = False) -> dict[Shard, Line]:
        """The ways to those of the shards that have this state of the index open, or can open it."""
        lines = {shard: line for shard in shards if (line := shard.line(wait=wait)) is not None}
        states = {shard: self._states[shard.number - 1] for shard in lines}
        opening = {
            shard: line.ask(states[shard]) for shard, line in lines.items() if states[shard].number not in line.opened
        }
        for shard, future in opening.items():
            opened = lines[shard].answer(future, _OPENING)
            if opened is True:
                lines[shard].opened.add(states[shard].number)
                continue
            del lines[shard]
            if opened is False:
                self._lacks(shard)
        return lines

    def _lacks(self, shard: Shard) -> None:
        """Find out why a shard does not find a file: it may be gone here, too."""
        files = {self._stored[at].file for at in self._shares[shard.number - 1].segments.tolist()}
        if all(file.exists() for file in files):
            _log.warning("shard %d does not have the files of the index: are they copied there?", shard.number)
        else:
            self.outdated = True


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
