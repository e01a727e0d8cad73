"""Aligning a word with the frames of many lines at once: what the best way to read it there costs, and where it lies.

The cost of a word is that of the best CTC path that spells it between two boundaries (a space, or an end of the line),
less that of the best path of any spelling through the same frames (as a keyword is set against a filler model: Fischer
et al., Pattern Recognition Letters 33, 2012). It is 0 where the word is what was read. A space within the word is
spelt too, so that a phrase is a word with spaces. Costs are whole sixteenths of a nat, as frames keep them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexer.posteriors.posteriorgram import ABSENT, BLANK, SPACE, STEPS
from indexer.text.folding import is_unspaced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.posteriorgram import Posteriorgram

_FAR = np.int16(16_000)
"""No way there yet; costs are brought back to it before they can overflow."""
_ABSENT = ABSENT * STEPS
_FIRST_OF_THOUSANDS = "\u3400"
_CLIPPED_EVERY = 32
"""Frames: a frame adds 255 at most, so that 16,000 grows to no more than 24,160 in between."""


@dataclass(frozen=True, slots=True)
class Term:
    """What is looked for: folded words with single spaces between them; ``open`` when the last may go on.

    A letter of a script without blanks may stand beside any other: where the term begins or ends with one, it has no
    boundary there, and is one for other letters.
    """

    text: str
    open: bool = False

    @property
    def letters(self) -> int:
        """How many letters it has; one out of thousands, as in Chinese, says as much as two of an alphabet."""
        return sum(1 + (char >= _FIRST_OF_THOUSANDS) for char in self.text if char != SPACE)

    @property
    def begins_anywhere(self) -> bool:
        """Whether anything may stand before it."""
        return is_unspaced(self.text[:1])

    @property
    def ends_anywhere(self) -> bool:
        """Whether anything may stand behind it."""
        return self.open or is_unspaced(self.text[-1:])


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines to be scored together, of ``lengths`` in frames; ``costs`` holds for each letter of the term, the space and
    the blank a table (frames x lines) of sixteenths of a nat, in which everything behind a line's end is absent."""

    lengths: NDArray[np.intp]
    costs: Mapping[str, NDArray[np.uint8]]

    @classmethod
    def empty(cls, lengths: NDArray[np.intp], letters: set[str]) -> Batch:
        """Tables in which nothing was kept yet."""
        shape = (int(lengths.max(initial=0)), len(lengths))
        return cls(lengths, {letter: np.full(shape, _ABSENT, np.uint8) for letter in letters | {SPACE, BLANK}})

    @classmethod
    def of(cls, lines: Sequence[Posteriorgram], letters: set[str]) -> Batch:
        """The lines."""
        made = cls.empty(np.array([line.length for line in lines], np.intp), letters)
        for column, line in enumerate(lines):
            for number, symbol in enumerate(line.symbols):
                mine = line.symbol == number
                if symbol in made.costs:
                    made.costs[symbol][line.frame[mine], column] = line.cost[mine]
                if is_unspaced(symbol):
                    apart = made.costs[SPACE][:, column]
                    apart[line.frame[mine]] = np.minimum(apart[line.frame[mine]], line.cost[mine])
        return made


def costs(term: Term, batch: Batch) -> NDArray[np.int16]:
    """The cost of a term in each line, in sixteenths of a nat; 16,000 where it cannot stand."""
    states = _States(term, batch)
    for frame in range(len(batch.costs[BLANK])):
        states.end_before(frame)
        states.step(frame)
    states.end_before(len(batch.costs[BLANK]))
    return states.best


def endings(term: Term, batch: Batch) -> NDArray[np.int16]:
    """What it costs that a line ends with each beginning of a term: a row for each number of letters.

    Nothing but spaces, such as a hyphen, may stand behind it.
    """
    states = _States(term, batch)
    apart: NDArray[np.int16] = np.full((len(term.text) + 1, len(batch.lengths)), _FAR, np.int16)
    found: NDArray[np.int16] = apart.copy()
    for frame in range(len(batch.costs[BLANK]) + 1):
        found = states.ended(frame, apart, found)
        if frame < len(batch.costs[BLANK]):
            apart = states.apart(frame, apart)
            states.step(frame)
    return found


def spans(term: Term, batch: Batch) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the best way to read the term lies in each line: its first frame, and the one after its last.

    The end is where it costs least; the beginning is found by aligning the reversed term with the reversed frames up
    to there. Blank frames at either end are left out.
    """
    ends = _ends(term, batch)
    frames = np.arange(ends.max(initial=0))[:, None]
    back = np.maximum(ends - 1 - frames, 0)
    turned = {
        letter: np.where(frames < ends, np.take_along_axis(table, back, axis=0), table.dtype.type(_ABSENT))
        for letter, table in batch.costs.items()
    }
    starts = ends - _ends(Term(term.text[::-1]), Batch(ends, turned), anchored=True)
    for line, (start, end) in enumerate(zip(starts, ends, strict=True)):
        inked = np.flatnonzero(batch.costs[BLANK][start:end, line])
        if len(inked):
            starts[line], ends[line] = start + inked[0], start + inked[-1] + 1
    return starts, ends


def _ends(term: Term, batch: Batch, *, anchored: bool = False) -> NDArray[np.intp]:
    """The frame after the cheapest way; the ways of an ``anchored`` term all begin with the first frame."""
    states = _States(term, batch, anchored=anchored)
    found = np.zeros(len(batch.lengths), np.intp)
    for frame in range(len(batch.costs[BLANK]) + 1):
        before = states.best.copy()
        states.end_before(frame)
        found[states.best < before] = frame
        if frame < len(batch.costs[BLANK]):
            states.step(frame)
    return found


class _States:
    """The states of the alignment before a frame: row k of ``on`` stands on letter k, of ``after`` on the blank behind
    it; row 0 is the boundary before the term."""

    def __init__(self, term: Term, batch: Batch, *, anchored: bool = False) -> None:
        lines = len(batch.lengths)
        self._ends_anywhere = term.ends_anywhere
        self._begins_anywhere = term.begins_anywhere and not anchored
        by_length = np.argsort(batch.lengths, kind="stable")
        bounds = np.searchsorted(batch.lengths[by_length], np.arange(len(batch.costs[BLANK]) + 1))
        self._ending = np.split(by_length, bounds[1:])
        self._blank, self._space = batch.costs[BLANK], batch.costs[SPACE]
        self._letters = [batch.costs[letter] for letter in term.text]
        self._runs = _runs_without_repeat(term.text)
        self._anchored = anchored
        self._on = np.full((len(term.text) + 1, lines), _FAR, np.int16)
        self._after = np.full((len(term.text) + 1, lines), _FAR, np.int16)
        self._after[0] = 0
        self.best = np.full(lines, _FAR, np.int16)

    def step(self, frame: int) -> None:
        """Go on by a frame."""
        on, after = self._on, self._after
        blank, space = (table[frame].astype(np.int16) for table in (self._blank, self._space))
        came = np.minimum(on[1:], after[:-1])
        for first, last in self._runs:
            np.minimum(came[first:last], on[first:last], out=came[first:last])
        np.minimum(after[1:], on[1:], out=after[1:])
        after[1:] += blank
        for row, table in enumerate(self._letters):
            np.add(came[row], table[frame], out=on[row + 1])
        if self._anchored:
            after[0] += blank
        elif not self._begins_anywhere:
            np.minimum(space, after[0] + np.minimum(blank, space), out=after[0])
        if frame % _CLIPPED_EVERY == _CLIPPED_EVERY - 1:
            np.minimum(on, _FAR, out=on)
            np.minimum(after, _FAR, out=after)

    def end_before(self, frame: int) -> None:
        """Note what it costs to end here: with a space in this frame, or with the line.

        Behind the end of a line each frame costs as much as something absent, so that no end there is worth noting.
        """
        ended = np.minimum(self._on[-1], self._after[-1])
        ending = self._ending[frame]
        self.best[ending] = np.minimum(self.best[ending], ended[ending])
        if frame < len(self._space):
            np.minimum(self.best, ended if self._ends_anywhere else ended + self._space[frame], out=self.best)

    def ended(self, frame: int, apart: NDArray[np.int16], found: NDArray[np.int16]) -> NDArray[np.int16]:
        """What is ``found`` with the lines that end before a frame: with each letter, or ``apart`` from it."""
        here = self._ending[frame]
        ended = np.minimum(np.minimum(self._on, self._after)[:, here], apart[:, here])
        found[:, here] = np.minimum(ended, _FAR)
        return found

    def apart(self, frame: int, before: NDArray[np.int16]) -> NDArray[np.int16]:
        """What it costs to be behind each letter and a space by the end of a frame."""
        blank, space = (table[frame].astype(np.int16) for table in (self._blank, self._space))
        stays = before + np.minimum(blank, space)
        comes = np.minimum(self._on, self._after) + space
        best: NDArray[np.int16] = np.minimum(np.minimum(stays, comes), _FAR)
        return best


def _runs_without_repeat(text: str) -> list[tuple[int, int]]:
    """The stretches of letters that may follow the one before without a blank between: all but repeated ones."""
    runs: list[tuple[int, int]] = []
    for at in range(1, len(text)):
        if text[at] == text[at - 1]:
            continue
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs
