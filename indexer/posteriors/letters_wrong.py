"""A word with a letter that is another one, left out or added: what it costs at least to read such a word in a line.

All such words are followed at once (a Levenshtein automaton: Schulz and Mihov, International Journal on Document
Analysis and Recognition 5, 2002). A letter that is another one or added may be any that is the likeliest sign of its
frame; it has that frame alone, since the next one often has another letter. A letter that is likely nowhere counts as
left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from indexer.posteriors import alignment
from indexer.posteriors.alignment import CLIPPED_EVERY, FAR, LIKELIEST
from indexer.posteriors.posteriorgram import BLANK, SPACE, STEPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Batch, Term

_WRONG = round(1.5 * STEPS)
"""What a wrong letter costs beside what stands there. Chosen on 70 words of twelve collections, none of them left out:
what ``python tests/benchmarks/letters_wrong.py`` finds was likeliest with it, or with 2.0, in nearly all."""
LEAST = 4
"""Letters of a word of which one may be wrong, at least."""
_CELLS = 60_000
"""States times lines that are held at once. More do not fit into the cache of a processor."""


def costs(term: Term, batch: Batch) -> NDArray[np.int16]:
    """What a term costs in each line, perhaps with a wrong letter (see ``alignment.costs``)."""
    if not term.wrong:
        return alignment.costs(term, batch)
    found: NDArray[np.int16] = np.full(len(batch.lengths), FAR, np.int16)
    order = np.argsort(batch.lengths, kind="stable")
    together = max(1, _CELLS // (3 * len(term.text) + 4))
    for first in range(0, len(order), together):
        columns = order[first : first + together]
        found[columns] = _costs(term, batch.some(columns))
    return found


def _costs(term: Term, batch: Batch) -> NDArray[np.int16]:
    states, frames = _States(term, batch), len(batch.costs[BLANK])
    for frame in range(frames):
        states.end_before(frame)
        states.step(frame)
    states.end_before(frames)
    return states.best


class _States:
    """The states before a frame: first without a wrong letter, then with one. Row k of ``on`` is letter k and row k of
    ``after`` the blank behind it; row 0 is the boundary before the word. Row k + 1 of ``any_on`` and ``any_after`` is
    the wrong letter, read behind k letters of the word. It stands in place of the next one, or is added before it.
    """

    def __init__(self, term: Term, batch: Batch) -> None:
        lines, letters = len(batch.lengths), len(term.text)
        self._blank, self._space = (batch.costs[sign].astype(np.int16) for sign in (BLANK, SPACE))
        self._any, self._letters = batch.costs[LIKELIEST], [batch.costs[sign] for sign in term.text]
        self._again = [alignment.unrepeated(term.text, out) for out in range(2)]
        self._ends_anywhere, self._begins_anywhere = term.ends_anywhere, term.begins_anywhere
        self._on, self._after = (np.full((2, letters + 1, lines), FAR, np.int16) for _ in range(2))
        self._any_on, self._any_after = (np.full((letters + 2, lines), FAR, np.int16) for _ in range(2))
        self._after[0, 0] = 0
        by_length = np.argsort(batch.lengths, kind="stable")
        bounds = np.searchsorted(batch.lengths[by_length], np.arange(len(self._blank) + 1))
        self._ending = np.split(by_length, bounds[1:])
        self.best = np.full(lines, FAR, np.int16)

    def step(self, frame: int) -> None:
        """Go on by a frame, as ``alignment`` does."""
        blank, space = self._blank[frame], self._space[frame]
        boundary = np.minimum(space, self._after[0, 0] + np.minimum(blank, space))
        came, any_came = self._came()
        for after, on in ((self._after, self._on), (self._any_after, self._any_on)):
            np.minimum(after, on, out=after)
            after += blank
        for row, table in enumerate(self._letters):
            np.add(came[:, row], table[frame], out=self._on[:, row + 1])
        np.add(any_came, self._any[frame], out=self._any_on[1:])
        self._after[0, 0] = 0 if self._begins_anywhere else boundary
        if frame % CLIPPED_EVERY == CLIPPED_EVERY - 1:
            for each in (self._on, self._after, self._any_on, self._any_after):
                np.minimum(each, FAR, out=each)

    def _came(self) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """What it costs to come to each letter, and to the wrong one behind each."""
        came = np.minimum(self._on[:, 1:], self._after[:, :-1])
        one, on = came[1], self._on
        np.minimum(one, self._any_after[1:-1], out=one)
        np.minimum(one, self._any_after[:-2], out=one)
        np.minimum(one, self._any_on[1:-1], out=one)
        np.minimum(one, self._any_on[:-2], out=one)
        np.minimum(one[1:], self._after[0, :-2], out=one[1:])  # the letter before is left out
        for first, last in self._again[0]:
            np.minimum(came[:, first:last], on[:, first:last], out=came[:, first:last])
        for first, last in self._again[1]:
            np.minimum(one[first:last], on[0, first - 1 : last - 1], out=one[first:last])
        any_came = np.minimum(self._after[0], on[0])
        return came, any_came

    def end_before(self, frame: int) -> None:
        """Keep what it costs that the word ends here: with a space in this frame, or with the line."""
        ended, ending = self._ended(), self._ending[frame]
        if len(ending):
            self.best[ending] = np.minimum(self.best[ending], ended[ending])
        if frame < len(self._space):
            np.minimum(self.best, ended if self._ends_anywhere else ended + self._space[frame], out=self.best)

    def _ended(self) -> NDArray[np.int16]:
        """What it costs to have read the word. The wrong letter may be the last one, behind it, or left out there."""
        one: NDArray[np.int16] = np.minimum(self._on[1, -1], self._after[1, -1])
        for rows in (self._any_on, self._any_after):
            np.minimum(one, rows[-1], out=one)
            np.minimum(one, rows[-2], out=one)
        for rows in (self._on[0], self._after[0]):
            np.minimum(one, rows[-2], out=one)
        one += _WRONG
        for rows in (self._on[0], self._after[0]):
            np.minimum(one, rows[-1], out=one)
        return one


def spans(term: Term, batch: Batch) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the cheapest of the words lies in each line (see ``alignment.spans``)."""
    if not term.wrong:
        return alignment.spans(term, batch)
    patterns = _patterns(term)
    best = np.argmin([alignment.costs(each, batch) for each in patterns], axis=0)
    starts, ends = np.zeros(len(best), np.intp), np.zeros(len(best), np.intp)
    for number in np.unique(best).tolist():
        mine = np.flatnonzero(best == number)
        starts[mine], ends[mine] = alignment.spans(patterns[number], batch.some(mine))
    return starts, ends


def _patterns(term: Term) -> list[Term]:
    """The term as it is, and with one letter that may be any, is left out, or is added: they tell where it lies."""
    text, every = term.text, range(len(term.text))
    other = {text[:at] + LIKELIEST + text[at + 1 :] for at in every} | {text[:at] + text[at + 1 :] for at in every}
    added = {text[:at] + LIKELIEST + text[at:] for at in (*every, len(text))}
    return [replace(term, text=each, wrong=False) for each in (text, *sorted(other | added))]
