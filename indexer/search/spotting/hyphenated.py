"""Words cut in two by a line end: what it costs to read the beginning at the end of a line and the rest in the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexer.posteriors.alignment import Batch, Term, endings, spans
from indexer.posteriors.posteriorgram import BLANK, SPACE
from indexer.text.folding import is_unspaced

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST = 2
"""Least letters in each of the two lines."""
_FRAMES, _SPARE = 8, 12
"""Frames in which a letter surely has room, and those of a hyphen and what follows it."""


def may_be_cut(term: Term) -> bool:
    """Whether the term is a single whole word that can be cut."""
    one = SPACE not in term.text and not any(map(is_unspaced, term.text))
    return one and not term.open and len(term.text) >= 2 * LEAST


def cut_costs(term: Term, lines: Batch, following: Batch) -> tuple[NDArray[np.int16], NDArray[np.intp]]:
    """What a word costs that goes on from each line to the one ``following``, in sixteenths of a nat, and how many of
    its letters stand in the first line."""
    heads = endings(term, _ends(lines, term.letters))
    tails = endings(Term(term.text[::-1]), _ends(_turned(following), term.letters))
    splits = np.arange(LEAST, len(term.text) - LEAST + 1)
    both = heads[splits] + tails[len(term.text) - splits]
    best = both.argmin(axis=0)
    return both[best, np.arange(both.shape[1])], splits[best]


def head_place(term: Term, split: int, line: Batch) -> tuple[int, int]:
    """Where the beginning of a cut word stands at the end of a line: its first frame, and the one after its last."""
    end = _ends(line, split)
    starts, ends = spans(Term(term.text[:split]), end)
    before = int(line.lengths[0] - end.lengths[0])
    return before + int(starts[0]), before + int(ends[0])


def _ends(batch: Batch, letters: int) -> Batch:
    """The last frames of lines: as many as so many letters need."""
    lengths = np.minimum(batch.lengths, letters * _FRAMES + _SPARE)
    frames = np.arange(lengths.max(initial=0))[:, None]
    return _taken(batch, lengths, np.minimum(batch.lengths - lengths + frames, len(batch.costs[BLANK]) - 1))


def _turned(batch: Batch) -> Batch:
    """The lines from their end to their beginning."""
    frames = np.arange(len(batch.costs[BLANK]))[:, None]
    return _taken(batch, batch.lengths, np.maximum(batch.lengths - 1 - frames, 0))


def _taken(batch: Batch, lengths: NDArray[np.intp], at: NDArray[np.intp]) -> Batch:
    made = Batch.empty(lengths, set())
    inside = np.arange(len(at))[:, None] < lengths
    absent = made.costs[BLANK]
    costs = {
        each: np.where(inside, np.take_along_axis(table, at, axis=0), absent) for each, table in batch.costs.items()
    }
    return Batch(lengths, costs)
