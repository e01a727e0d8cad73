"""A word with letters that are other ones, left out or added: what it costs at least to read such a word in a line.

All such words are followed at once (a Levenshtein automaton: Schulz and Mihov, International Journal on Document
Analysis and Recognition 5, 2002). A letter that is another one or added may be any that is the likeliest sign of its
frame; it has that frame alone, since the next one often has another letter. A letter that is likely nowhere counts as
left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexer.posteriors import alignment
from indexer.posteriors.alignment import CLIPPED_EVERY, FAR, LIKELIEST
from indexer.posteriors.posteriorgram import BLANK, SPACE, STEPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Batch, Term

WRONG = round(1.5 * STEPS)
"""What a wrong letter costs beside what stands there. Chosen on 70 words of twelve collections, none of them left out:
what ``python tests/benchmarks/letters_wrong.py`` finds was likeliest with it, or with 2.0, in nearly all."""
LEAST = (0, 4, 6)
"""Letters of a word of which none, one or two may be wrong in the ink, at least."""
_CELLS = 60_000
"""States times lines that are held at once. More do not fit into the cache of a processor."""


def costs(term: Term, batch: Batch) -> NDArray[np.int16]:
    """What a term costs in each line (see ``alignment.costs``): in row n with at most n wrong letters, up to as many as
    may be."""
    if not term.wrong:
        return alignment.costs(term, batch)[None]
    found: NDArray[np.int16] = np.full((term.wrong + 1, len(batch.lengths)), FAR, np.int16)
    order = np.argsort(batch.lengths, kind="stable")
    together = max(1, _CELLS // ((1 + 2 * term.wrong) * len(term.text) + 4))
    for first in range(0, len(order), together):
        columns = order[first : first + together]
        found[:, columns] = _costs(term, batch.some(columns))
    return found


def nats(term: Term, batch: Batch) -> NDArray[np.float32]:
    """The same in nats."""
    found: NDArray[np.float32] = costs(term, batch) / np.float32(STEPS)
    return found


def _costs(term: Term, batch: Batch) -> NDArray[np.int16]:
    states, frames = _States(term, batch), len(batch.costs[BLANK])
    for frame in range(frames):
        states.end_before(frame)
        states.step(frame)
    states.end_before(frames)
    return states.up_to


def spans(term: Term, batch: Batch) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the cheapest of the words lies in each line (see ``alignment.spans``)."""
    return alignment.spans(term, batch, _States if term.wrong else None)


class _States:
    """The states before a frame: in ``on[n]`` and ``after[n]`` so many letters were wrong. Row k of ``on[n]`` is letter
    k and row k of ``after[n]`` the blank behind it; row 0 is the boundary before the word. Row k + 1 of ``any_on[n]``
    and ``any_after[n]`` is a wrong letter, the n-th and one more, read behind k letters of the word. It stands in place
    of the next one, or is added before it.
    """

    def __init__(self, term: Term, batch: Batch, *, anchored: bool = False) -> None:
        lines, letters, self._wrong = len(batch.lengths), len(term.text), term.wrong
        self._blank, self._space = (batch.costs[sign].astype(np.int16) for sign in (BLANK, SPACE))
        self._any = batch.costs[LIKELIEST]
        self._letters = np.stack([batch.costs[sign] for sign in term.text], axis=1)
        self._again = [alignment.unrepeated(term.text, out) for out in range(term.wrong + 1)]
        self._ends_anywhere, self._anchored = term.ends_anywhere, anchored
        self._begins_anywhere = term.begins_anywhere and not anchored
        self._on, self._after = (np.full((term.wrong + 1, letters + 1, lines), FAR, np.int16) for _ in range(2))
        self._any_on, self._any_after = (np.full((term.wrong, letters + 2, lines), FAR, np.int16) for _ in range(2))
        self._after[0, 0] = 0
        by_length = np.argsort(batch.lengths, kind="stable")
        bounds = np.searchsorted(batch.lengths[by_length], np.arange(len(self._blank) + 1))
        self._ending = np.split(by_length, bounds[1:])
        self._best = np.full((term.wrong + 1, lines), FAR, np.int16)

    @property
    def up_to(self) -> NDArray[np.int16]:
        """What the word costs so far with up to so many wrong letters."""
        penalties = np.arange(self._wrong + 1, dtype=np.int16)[:, None] * np.int16(WRONG)
        found: NDArray[np.int16] = np.minimum(np.minimum.accumulate(self._best + penalties, axis=0), FAR)
        return found

    @property
    def best(self) -> NDArray[np.int16]:
        """The same with as many wrong letters as may be."""
        most: NDArray[np.int16] = self.up_to[-1]
        return most

    def step(self, frame: int) -> None:
        """Go on by a frame, as ``alignment`` does."""
        blank, space = self._blank[frame], self._space[frame]
        start = self._after[0, 0]
        boundary = start + blank if self._anchored else np.minimum(space, start + np.minimum(blank, space))
        any_read = np.minimum(self._any_on, self._any_after)
        came = self._came(any_read)
        any_came = self._any_came(any_read)
        for after, on in ((self._after, self._on), (self._any_after, self._any_on)):
            np.minimum(after, on, out=after)
            after += blank
        np.add(came, self._letters[frame], out=self._on[:, 1:])
        np.add(any_came, self._any[frame], out=self._any_on[:, 1:])
        self._after[0, 0] = 0 if self._begins_anywhere else boundary
        if frame % CLIPPED_EVERY == CLIPPED_EVERY - 1:
            for each in (self._on, self._after, self._any_on, self._any_after):
                np.minimum(each, FAR, out=each)

    def _came(self, any_read: NDArray[np.int16]) -> NDArray[np.int16]:
        """What it costs to come to each letter with so many wrong ones."""
        on, after = self._on, self._after
        came = np.minimum(on[:, 1:], after[:, :-1])
        for wrong in range(self._wrong + 1):
            one = came[wrong]
            for out in range(wrong + 1):  # so many letters before are left out
                if out:
                    np.minimum(one[out:], after[wrong - out, : -1 - out], out=one[out:])
                for first, last in self._again[out]:
                    before = on[wrong - out, first - out : last - out]
                    np.minimum(one[first:last], before, out=one[first:last])
            if wrong:
                np.minimum(one, any_read[wrong - 1, 1:-1], out=one)
                np.minimum(one, any_read[wrong - 1, :-2], out=one)
        return came

    def _any_came(self, any_read: NDArray[np.int16]) -> NDArray[np.int16]:
        """What it costs to come to a wrong letter, behind each."""
        came: NDArray[np.int16] = np.minimum(self._after[:-1], self._on[:-1])
        for wrong in range(1, self._wrong):
            np.minimum(came[wrong], any_read[wrong - 1, 1:], out=came[wrong])
            np.minimum(came[wrong], any_read[wrong - 1, :-1], out=came[wrong])
            for out in range(1, wrong + 1):  # and so many letters before are left out
                np.minimum(came[wrong, out:], self._after[wrong - out, :-out], out=came[wrong, out:])
                np.minimum(came[wrong, out:], self._on[wrong - out, :-out], out=came[wrong, out:])
        return came

    def end_before(self, frame: int) -> None:
        """Keep what it costs that the word ends here: with a space in this frame, or with the line."""
        ended, ending = self._ended(), self._ending[frame]
        if len(ending):
            self._best[:, ending] = np.minimum(self._best[:, ending], ended[:, ending])
        if frame < len(self._space):
            np.minimum(self._best, ended if self._ends_anywhere else ended + self._space[frame], out=self._best)

    def _ended(self) -> NDArray[np.int16]:
        """What it costs to have read the word with so many wrong letters, beside what these cost. They may be the last
        ones, behind it, or left out there."""
        found: NDArray[np.int16] = np.minimum(self._on[:, -1], self._after[:, -1])
        for out in range(1, self._wrong + 1):
            for rows in (self._on, self._after):
                np.minimum(found[out:], rows[:-out, -1 - out], out=found[out:])
        for rows in (self._any_on, self._any_after):
            np.minimum(found[1:], rows[:, -1], out=found[1:])
            np.minimum(found[1:], rows[:, -2], out=found[1:])
        return found
