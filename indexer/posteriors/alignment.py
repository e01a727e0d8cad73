"""Aligns a word with the posteriorgrams of many lines at once: what it costs to read it there, and where it lies.

The cost of a word is the cost of the best CTC path that spells it between two boundaries (a space, or an end of the
line), less the cost of the best path of any spelling through the same frames. That is a keyword against a filler model
(Fischer et al., Pattern Recognition Letters 33, 2012). The cost is 0 where the word is what was read. A phrase is a
word with spaces in it. Costs are whole sixteenths of a nat, as posteriorgrams keep them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from indexer.posteriors.posteriorgram import ABSENT, BLANK, SPACE, STEPS
from indexer.text.folding import is_unspaced
from indexer.text.unread import ONE, SOME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.posteriorgram import Posteriorgram

FAR = np.int16(16_000)
"""The cost of a state that no path reaches. Costs are cut to it before they can overflow."""
_ABSENT = ABSENT * STEPS
_FIRST_OF_THOUSANDS = "\u3400"
LIKELIEST = "\ufffc"
"""In a batch the sign for any letter. It costs nothing where a letter is the likeliest sign, else it is absent."""
CLIPPED_EVERY = 32
"""Frames after which costs are cut. A frame adds at most 255, so costs stay below 24,160."""


@dataclass(frozen=True, slots=True)
class Term:
    """What is looked for: folded words with single spaces between them. The last word of an ``open`` term may go on,
    the first word of a ``loose`` one may have begun before. Signs of ``indexer.text.unread`` stand for letters. Of a
    single word so many letters may be ``wrong``: other ones, left out or added (see ``letters_wrong``).

    Scripts without blanks have no word boundaries: a term that begins or ends with such a letter needs none there, and
    such a letter is a boundary for others.
    """

    text: str
    open: bool = False
    loose: bool = False
    wrong: int = 0

    @property
    def letters(self) -> int:
        """The number of letters that are known. One of thousands, as in Chinese, counts as two: it says more than one
        of few."""
        known = (char for char in self.text if char not in (SPACE, ONE, SOME))
        return sum(1 + (char >= _FIRST_OF_THOUSANDS) for char in known) - self.wrong

    @property
    def signs(self) -> set[str]:
        """What it needs tables of: its letters, the space between its words, and one letter whatever it is."""
        return {ONE if sign == SOME else sign for sign in self.text + LIKELIEST * (self.wrong > 0)}

    @property
    def reversed(self) -> Term:
        """The same from its end to its beginning."""
        return Term(self.text[::-1], self.loose, self.open, self.wrong)

    @property
    def begins_anywhere(self) -> bool:
        """Whether it needs no boundary before it."""
        return self.loose or is_unspaced(self.text[:1])

    @property
    def ends_anywhere(self) -> bool:
        """Whether it needs no boundary behind it."""
        return self.open or is_unspaced(self.text[-1:])


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that are aligned together, of ``lengths`` in frames. ``costs`` has a table (frames x lines, sixteenths of a
    nat) for each letter of the term, the space and the blank. Behind the end of a line everything is absent."""

    lengths: NDArray[np.intp]
    costs: Mapping[str, NDArray[np.uint8]]

    @classmethod
    def empty(cls, lengths: NDArray[np.intp], letters: set[str]) -> Batch:
        """Tables in which every letter is absent."""
        shape = (int(lengths.max(initial=0)), len(lengths))
        return cls(lengths, {letter: np.full(shape, _ABSENT, np.uint8) for letter in letters | {SPACE, BLANK}})

    def some(self, columns: NDArray[np.intp]) -> Batch:
        """Some of the lines."""
        return Batch(self.lengths[columns], {sign: table[:, columns] for sign, table in self.costs.items()})

    @classmethod
    def of(cls, lines: Sequence[Posteriorgram], letters: set[str]) -> Batch:
        """The tables of lines for these letters."""
        made = cls.empty(np.array([line.length for line in lines], np.intp), letters)
        for column, line in enumerate(lines):
            for number, symbol in enumerate(line.symbols):
                mine = line.symbol == number
                if symbol in made.costs:
                    made.costs[symbol][line.frame[mine], column] = line.cost[mine]
                if ONE in made.costs and symbol.isalnum():
                    any_letter = made.costs[ONE][:, column]
                    any_letter[line.frame[mine]] = np.minimum(any_letter[line.frame[mine]], line.cost[mine])
                if is_unspaced(symbol):
                    apart = made.costs[SPACE][:, column]
                    apart[line.frame[mine]] = np.minimum(apart[line.frame[mine]], line.cost[mine])
        made.mark_likeliest()
        return made

    def mark_likeliest(self) -> None:
        """Fill the table of any letter where a letter is likeliest, if there is one, by those of blank and space."""
        if (table := self.costs.get(LIKELIEST)) is not None:
            apart = (self.costs[BLANK] == 0) | (self.costs[SPACE] == 0)
            table[:] = np.where(apart | (np.arange(len(table))[:, None] >= self.lengths), _ABSENT, 0)


def costs(term: Term, batch: Batch) -> NDArray[np.int16]:
    """The cost of a term in each line, in sixteenths of a nat; 16,000 where it cannot stand."""
    states = States(term, batch)
    for frame in range(len(batch.costs[BLANK])):
        states.end_before(frame)
        states.step(frame)
    states.end_before(len(batch.costs[BLANK]))
    return states.best


def passing(
    term: Term, batch: Batch, ends: NDArray[np.intp], entered: NDArray[np.int16] | None = None
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """What it costs that a term ends in each line, and what it costs that the line ends with the beginning of the term.

    The second has a row for each of ``ends``, the numbers of signs of the beginning. Only what counts as a space may
    stand behind it, such as a hyphen. ``entered`` has a row for every number of signs: what it cost to come so far in
    the line before. Without it the term begins in the line itself.
    """
    states = States(term, batch, entered=entered)
    apart: NDArray[np.int16] = np.full((len(ends), len(batch.lengths)), FAR, np.int16)
    found: NDArray[np.int16] = apart.copy()
    for frame in range(len(batch.costs[BLANK]) + 1):
        states.end_before(frame)
        states.ended(frame, ends, apart, found)
        if frame < len(batch.costs[BLANK]):
            apart = states.apart(frame, ends, apart)
            states.step(frame)
    return states.best, found


class Followed(Protocol):
    """The states of the alignment of a term before a frame."""

    @property
    def best(self) -> NDArray[np.int16]:
        """The best cost of the term so far."""

    def step(self, frame: int) -> None:
        """Go on by a frame."""

    def end_before(self, frame: int) -> None:
        """Keep what it costs to end here."""


def spans(
    term: Term, batch: Batch, states: Callable[..., Followed] | None = None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the best path of the term lies in each line: its first frame, and the one after its last.

    The end is where the term costs least. The beginning is found by aligning the reversed term with the reversed frames
    up to there. Blank frames at either end are left out. ``states`` follow the term, usually ``States``.
    """
    made = states or States
    ends = _ends(made(term, batch), batch)
    frames = np.arange(ends.max(initial=0))[:, None]
    back = np.maximum(ends - 1 - frames, 0)
    turned = {
        letter: np.where(frames < ends, np.take_along_axis(table, back, axis=0), table.dtype.type(_ABSENT))
        for letter, table in batch.costs.items()
    }
    backwards = Batch(ends, turned)
    starts = ends - _ends(made(term.reversed, backwards, anchored=True), backwards)
    for line, (start, end) in enumerate(zip(starts, ends, strict=True)):
        inked = np.flatnonzero(batch.costs[BLANK][start:end, line])
        if len(inked):
            starts[line], ends[line] = start + inked[0], start + inked[-1] + 1
    return starts, ends


def _ends(states: Followed, batch: Batch) -> NDArray[np.intp]:
    """The frame after the best path in each line."""
    found = np.zeros(len(batch.lengths), np.intp)
    for frame in range(len(batch.costs[BLANK]) + 1):
        before = states.best.copy()
        states.end_before(frame)
        found[states.best < before] = frame
        if frame < len(batch.costs[BLANK]):
            states.step(frame)
    return found


class States:
    """The states of the alignment before a frame. Row k of ``on`` is letter k, row k of ``after`` the blank behind it;
    row 0 is the boundary before the term. All paths of an ``anchored`` term begin with the first frame. Where some
    letters are unread, row k of ``after`` is behind any of them. Row k of ``waiting``, if there is one, is the
    beginning of the line, with k letters read in the line before."""

    def __init__(
        self, term: Term, batch: Batch, *, anchored: bool = False, entered: NDArray[np.int16] | None = None
    ) -> None:
        lines = len(batch.lengths)
        self._ends_anywhere = term.ends_anywhere
        self._begins_anywhere = term.begins_anywhere and not anchored
        by_length = np.argsort(batch.lengths, kind="stable")
        bounds = np.searchsorted(batch.lengths[by_length], np.arange(len(batch.costs[BLANK]) + 1))
        self._ending = np.split(by_length, bounds[1:])
        self._blank, self._space = batch.costs[BLANK], batch.costs[SPACE]
        self._letters = [(row, batch.costs[sign]) for row, sign in enumerate(term.text) if sign != SOME]
        self._some = _unread(term.text)
        self._any = batch.costs[ONE] if self._some else self._blank
        self._runs = unrepeated(term.text)
        self._anchored = anchored
        self._on = np.full((len(term.text) + 1, lines), FAR, np.int16)
        self._after = np.full((len(term.text) + 1, lines), FAR, np.int16)
        self._waiting = None if entered is None else entered.copy()
        if entered is None:
            self._after[0] = 0
        self.best = np.full(lines, FAR, np.int16)

    def step(self, frame: int) -> None:
        """Go on by a frame."""
        on, after = self._on, self._after
        blank, space = (table[frame].astype(np.int16) for table in (self._blank, self._space))
        came = np.minimum(on[1:], after[:-1])
        for first, last in self._runs:
            np.minimum(came[first:last], on[first:last], out=came[first:last])
        if self._waiting is not None:
            np.minimum(came, self._waiting[:-1], out=came)
            self._waiting += np.minimum(blank, space)
        unread = [
            (np.minimum(after[row], on[row - 1]) if again else after[row]) + np.minimum(blank, self._any[frame])
            for row, again in self._some
        ]
        np.minimum(after[1:], on[1:], out=after[1:])
        after[1:] += blank
        for row, table in self._letters:
            np.add(came[row], table[frame], out=on[row + 1])
        for (row, again), stays in zip(self._some, unread, strict=True):  # none of the letters has to be there
            before = after[row - 1] if again else np.minimum(on[row - 1], after[row - 1])
            np.minimum(stays, before, out=after[row])
        if self._anchored:
            after[0] += blank
        elif self._waiting is None and not self._begins_anywhere:
            np.minimum(space, after[0] + np.minimum(blank, space), out=after[0])
        if frame % CLIPPED_EVERY == CLIPPED_EVERY - 1:
            np.minimum(on, FAR, out=on)
            np.minimum(after, FAR, out=after)
            if self._waiting is not None:
                np.minimum(self._waiting, FAR, out=self._waiting)

    def end_before(self, frame: int) -> None:
        """Keep what it costs to end here: with a space in this frame, or with the line.

        Behind the end of a line each frame costs as much as an absent letter, so that no end there is the best.
        """
        ended = np.minimum(self._on[-1], self._after[-1])
        ending = self._ending[frame]
        self.best[ending] = np.minimum(self.best[ending], ended[ending])
        if frame < len(self._space):
            np.minimum(self.best, ended if self._ends_anywhere else ended + self._space[frame], out=self.best)

    def ended(self, frame: int, ends: NDArray[np.intp], apart: NDArray[np.int16], found: NDArray[np.int16]) -> None:
        """Write to ``found`` what it costs that lines end before this frame: on some of the letters, or ``apart`` from
        them."""
        here = self._ending[frame]
        if len(here):
            ended = np.minimum(self._on[np.ix_(ends, here)], self._after[np.ix_(ends, here)])
            found[:, here] = np.minimum(np.minimum(ended, apart[:, here]), FAR)

    def apart(self, frame: int, ends: NDArray[np.intp], before: NDArray[np.int16]) -> NDArray[np.int16]:
        """What it costs to be behind some of the letters and a space after a frame."""
        blank, space = (table[frame].astype(np.int16) for table in (self._blank, self._space))
        stays = before + np.minimum(blank, space)
        comes = np.minimum(self._on[ends], self._after[ends]) + space
        best: NDArray[np.int16] = np.minimum(np.minimum(stays, comes), FAR)
        return best


def _unread(text: str) -> list[tuple[int, bool]]:
    """The rows of signs for some letters, and whether the same letter stands before and behind, so that a blank or a
    letter is between them."""
    signs = [at for at, sign in enumerate(text) if sign == SOME]
    return [(at + 1, text[at - 1 : at] == text[at + 1 : at + 2]) for at in signs]


def unrepeated(text: str, left_out: int = 0) -> list[tuple[int, int]]:
    """Stretches of letters that differ from the one before, or before so many that are left out: CTC needs a blank
    between two equal letters."""
    runs: list[tuple[int, int]] = []
    for at in range(1 + left_out, len(text)):
        if text[at] == text[at - 1 - left_out]:
            continue
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs
