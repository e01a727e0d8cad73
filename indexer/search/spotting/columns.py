"""Writes what a segment holds of some lines into the tables that a term is aligned with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.posteriorgram import BLANK, SPACE
from indexer.text.unread import ONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from indexer.search.spotting.segment import Segment


def fill(columns: Mapping[str, NDArray[np.uint8]], segment: Segment, lines: NDArray[np.intp]) -> None:
    """Write what a segment holds of its lines, in rising order, into the columns of a batch."""
    for letter, table in zip((BLANK, SPACE), segment.common(lines), strict=True):
        columns[letter][: len(table)] = table
    letters = [letter for letter in columns if letter not in (BLANK, SPACE) and letter in segment.symbols]
    for letter in letters:
        line, frame, cost = _places(segment, segment.symbols.index(letter), lines)
        columns[letter][frame, line] = cost
    if ONE in columns:
        _fill_any(columns[ONE], segment, lines)


def _fill_any(made: NDArray[np.uint8], segment: Segment, lines: NDArray[Any]) -> None:
    """Write what the letter costs that costs least."""
    for key, symbol in enumerate(segment.symbols):
        if symbol.isalnum():
            line, frame, cost = _places(segment, key, lines)
            made[frame, line] = np.minimum(made[frame, line], cost)


def _places(segment: Segment, key: int, lines: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[Any], NDArray[Any]]:
    """Where a letter may stand in the lines, which are sorted: line, frame and cost."""
    which, at = segment.places(key, lines)
    starts = segment.place_start[at].astype(np.intp)
    counts = segment.place_start[at + 1] - starts
    entry = np.arange(counts.sum()) + (starts - counts.cumsum() + counts).repeat(counts)
    return which.repeat(counts), segment.frame[entry], segment.cost[entry]
