"""Terms that go on over a line end: what it costs to read the beginning at the end of a line and the rest behind it.

A phrase may go on after each of its words, and over several short lines. Within a word that is so only where the last
word of the line is cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexer.posteriors.alignment import FAR, Batch, Term, passing, spans
from indexer.posteriors.posteriorgram import BLANK, SPACE, STEPS
from indexer.posteriors.relevance import HOPELESS
from indexer.text.folding import is_unspaced
from indexer.text.unread import ONE, SOME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LEAST = 2
"""Least letters of a cut word in each of the two lines."""
_FRAMES, _SPARE, _SOME = 8, 12, 8
"""Frames in which a letter surely has room, those of a hyphen and what follows it, and how many letters there may be
where it is not known how many."""

Piece = tuple[int, int, int]
"""The number of a line, the first frame of what stands there, and the one after its last."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something stands: the number of a line, and two fractions of its length."""

    number: int
    start: float
    end: float

    @classmethod
    def of(cls, piece: Piece, width: float) -> Spot:
        """Where a piece stands in a line that is so many frames wide."""
        number, start, end = piece
        width = max(width, 1.0)
        first, last = (min(max(at / width, 0.0), 1.0) for at in (start - 0.5, end + 0.5))
        return cls(number, first, last)


@dataclass(frozen=True, slots=True)
class Splits:
    """Where a line end may divide a term: behind ``ends`` of its signs, before the sign ``begins``.

    ``within`` says that this is within a word.
    """

    ends: NDArray[np.intp]
    begins: NDArray[np.intp]
    within: NDArray[np.bool_]

    @classmethod
    def of(cls, term: Term) -> Splits:
        """All places where a term may be divided; none where letters of it may be wrong."""
        text = "" if term.wrong else term.text
        found = [(at, at + 1, False) for at in range(len(text)) if text[at] == SPACE]
        found += [(at, at, False) for at in range(1, len(text)) if _touch(text[at - 1], text[at])]
        words = _words(text)
        whole = words[1 if term.loose else 0 : -1 if term.open else None]
        for start, end in whole:
            if SOME not in text[start:end]:
                found += [(at, at, True) for at in range(start + _LEAST, end - _LEAST + 1)]
        ends, begins, within = zip(*sorted(found), strict=True) if found else ((), (), ())
        return cls(np.array(ends, np.intp), np.array(begins, np.intp), np.array(within, bool))

    @property
    def between_words(self) -> bool:
        """Whether the term has several words."""
        return not self.within.all()

    def where(self, kept: NDArray[np.bool_]) -> Splits:
        """Some of the places."""
        return Splits(self.ends[kept], self.begins[kept], self.within[kept])

    def entered(self, ended: NDArray[np.int16], cut: NDArray[np.bool_], signs: int) -> NDArray[np.int16]:
        """What it costs to begin the next line behind each number of signs of a term, given what it costs to end lines
        at these places. ``cut`` says of which lines the last word is cut."""
        made = np.full((signs + 1, len(cut)), FAR)
        made[self.begins] = np.where(self.within[:, None] & ~cut, FAR, ended)
        return made


def _touch(one: str, other: str) -> bool:
    """Whether two letters are words of their own although no space is between them."""
    return SPACE not in (one, other) and (is_unspaced(one) or is_unspaced(other))


def _words(text: str) -> list[tuple[int, int]]:
    """Where the words between spaces stand that may be cut."""
    parted = [at for at, sign in enumerate(text) if sign == SPACE or is_unspaced(sign)]
    return list(zip((0, *(at + 1 for at in parted)), (*parted, len(text)), strict=True))


@dataclass(frozen=True, slots=True)
class Over:
    """For some lines, what a term costs in nats that begins at their end, and how surely all the lines were read that
    it stands in (lines x 2)."""

    cost: NDArray[np.float32]
    path_probability: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Following:
    """Lines by their numbers: the line that ``follows`` each (-1 for none), whether its last word is ``cut``, its
    length in frames, its path probability, and a function that makes a batch of rising numbers."""

    follows: Callable[[NDArray[np.intp]], NDArray[np.intp]]
    cut: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    path_probability: NDArray[np.float32]
    batch: Callable[[NDArray[np.intp], set[str]], Batch]

    def costs(self, term: Term, numbers: NDArray[np.intp], most: NDArray[np.float32]) -> Over:
        """What a term costs that goes on from each of the lines, which are in rising order. Only what costs less than
        ``most`` nats is looked for."""
        splits = Splits.of(term)
        bound = np.minimum(np.minimum(most, HOPELESS * term.letters) * STEPS, FAR).astype(np.int16)
        best, known = np.full(len(numbers), FAR), self.path_probability[numbers].copy()
        for cut in (False, True):
            at, allowed = np.flatnonzero(self.cut[numbers] == cut), splits.where(~splits.within | cut)
            if len(at) and len(allowed.ends):
                ended = self._begun(term, numbers[at], allowed)
                entered = allowed.entered(ended, self.cut[numbers[at]], len(term.text))
                best[at], known[at] = self._gone_on(term, splits, numbers[at], entered, bound[at])
        return Over(best.astype(np.float32) / np.float32(STEPS), known)

    def _begun(self, term: Term, numbers: NDArray[np.intp], splits: Splits) -> NDArray[np.int16]:
        """What it costs that lines end with the beginning of a term, up to each of the places."""
        head = Term(term.text[: int(splits.ends.max())], loose=term.loose)
        lines = _last_frames(self.batch(numbers, head.signs), room(head))
        return passing(head, lines, splits.ends)[1]

    def _gone_on(
        self,
        term: Term,
        splits: Splits,
        numbers: NDArray[np.intp],
        entered: NDArray[np.int16],
        bound: NDArray[np.int16],
    ) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
        """What a term costs that goes on behind lines, and how surely all lines were read in which it stands."""
        begin = int(np.flatnonzero((entered < FAR).any(axis=1)).min(initial=len(term.text)))
        rest, onward = Term(term.text[begin:], term.open), splits.where(splits.ends > begin)
        frames, best = room(rest), np.full(len(numbers), FAR)
        known = self.path_probability[numbers].copy()
        least, at, here = known.copy(), np.arange(len(numbers)), numbers
        for _ in range(len(splits.ends)):
            there = self.follows(here)
            kept = np.flatnonzero((there >= 0) & (entered.min(axis=0) < np.minimum(best[at], bound[at])))
            kept = kept[np.argsort(there[kept])]
            if not len(kept):
                break
            at, here, entered = at[kept], there[kept], entered[:, kept]
            lines = _first_frames(self.batch(here, rest.signs), frames)
            cost, ended = passing(rest, lines, onward.ends - begin, entered[begin:])
            least[at] = np.minimum(least[at], self.path_probability[here])
            less = at[cost < best[at]]
            best[at] = np.minimum(best[at], cost)
            known[less] = least[less]
            short = self.lengths[here] <= frames
            at, here = at[short], here[short]
            entered = onward.entered(ended[:, short], self.cut[here], len(term.text))
        return best, known

    def pieces(self, term: Term, number: int) -> list[Piece]:
        """Where a term stands that begins at the end of a line: a piece in each of its lines."""
        _, route = self._route(term, Splits.of(term), number, 0)
        return [self._piece(term, *each, first=not at, last=at == len(route) - 1) for at, each in enumerate(route)]

    def _route(self, term: Term, splits: Splits, number: int, begin: int) -> tuple[int, list[Piece]]:
        """The least cost of the term from the sign ``begin`` on, and for each line which signs stand there."""
        line = self.batch(np.array([number]), term.signs)
        if begin:
            entered = np.full((len(term.text) + 1, 1), FAR)
            entered[begin] = 0
            costs, ended = passing(term, line, splits.ends, entered)
            found = int(costs[0]), [(number, begin, len(term.text))]
        else:
            _, ended = passing(term, _last_frames(line, room(term)), splits.ends)
            found = int(FAR), [(number, 0, len(term.text))]
        there = int(self.follows(np.array([number]))[0])
        entered = splits.entered(ended, self.cut[[number]], len(term.text))[splits.begins, 0]
        for split in np.argsort(entered, kind="stable").tolist():
            if there < 0 or entered[split] >= found[0] or splits.begins[split] <= begin:
                continue
            cost, rest = self._route(term, splits, there, int(splits.begins[split]))
            if entered[split] + cost < found[0]:
                found = int(entered[split]) + cost, [(number, begin, int(splits.ends[split])), *rest]
        return found

    def _piece(self, term: Term, number: int, begin: int, end: int, *, first: bool, last: bool) -> Piece:
        part = Term(term.text[begin:end], open=term.open and last, loose=term.loose and first)
        line, frames = self.batch(np.array([number]), part.signs), room(part)
        kept = _last_frames(line, frames) if first else _first_frames(line, frames)
        before = int(line.lengths[0] - kept.lengths[0]) if first else 0
        starts, ends = spans(part, kept)
        return number, before + int(starts[0]), before + int(ends[0])


def room(term: Term) -> int:
    """Frames in which a term surely has room."""
    signs = term.letters + term.text.count(SPACE) + term.text.count(ONE) + _SOME * term.text.count(SOME)
    return signs * _FRAMES + _SPARE


def _first_frames(batch: Batch, frames: int) -> Batch:
    tables = {each: table[:frames] for each, table in batch.costs.items()}
    return Batch(np.minimum(batch.lengths, frames), tables)


def _last_frames(batch: Batch, frames: int) -> Batch:
    lengths = np.minimum(batch.lengths, frames)
    rows = np.arange(lengths.max(initial=0))[:, None]
    at = np.minimum(batch.lengths - lengths + rows, len(batch.costs[BLANK]) - 1)
    made, inside = Batch.empty(lengths, set()), rows < lengths
    absent = made.costs[BLANK]
    tables: dict[str, NDArray[np.uint8]] = {
        each: np.where(inside, np.take_along_axis(table, at, axis=0), absent) for each, table in batch.costs.items()
    }
    return Batch(lengths, tables)


def pairs_of(splits: Splits, term: Term) -> Sequence[tuple[int, int, bool]]:
    """For each place where a term may be divided: how many pairs of neighbouring signs stand before and behind it, and
    whether it is within a word. The pairs are those of ``bounds.pair_costs``."""
    first = 0 if term.begins_anywhere else 1
    pairs = len(term.text) + first + (0 if term.ends_anywhere else 1) - 1
    rows = zip(splits.ends.tolist(), splits.begins.tolist(), splits.within.tolist(), strict=True)
    return [(first + end - (begin == end), pairs - (first + end), within) for end, begin, within in rows]
