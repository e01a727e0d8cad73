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

_FEW_OF = 1 / 8
"""Share of the lines of a segment below which blanks and spaces are copied line by line."""


def fill(columns: Mapping[str, NDArray[np.uint8]], segment: Segment, lines: NDArray[np.intp]) -> None:
    """Write what a segment holds of its lines, in rising order, into the columns of a batch."""
    if len(lines) < _FEW_OF * len(segment):
        at, inside = segment.entries(lines)
        for letter, table in ((BLANK, segment.blank), (SPACE, segment.space)):
            np.copyto(columns[letter][: len(at)], np.take(table, at), where=inside)
    else:
        _fill_chunks(columns, segment, lines)
    wanted = lines.astype(segment.place_line.dtype)
    for letter, made in columns.items():
        if letter not in (BLANK, SPACE) and letter in segment.symbols:
            line, frame, cost = _places(segment, segment.symbols.index(letter), wanted)
            made[frame, line] = cost
    if ONE in columns:
        _fill_any(columns[ONE], segment, wanted)


def _fill_any(made: NDArray[np.uint8], segment: Segment, lines: NDArray[Any]) -> None:
    """Write what the letter costs that costs least."""
    for key, symbol in enumerate(segment.symbols):
        if symbol.isalnum():
            line, frame, cost = _places(segment, key, lines)
            made[frame, line] = np.minimum(made[frame, line], cost)


def _fill_chunks(columns: Mapping[str, NDArray[np.uint8]], segment: Segment, lines: NDArray[np.intp]) -> None:
    """The same for the blank and the space, chunk by chunk: that is faster for many lines."""
    for chunk, *common in segment.tables():
        first, last = np.searchsorted(lines, (chunk.start, chunk.stop))
        if first < last:
            here = lines[first:last] - chunk.start
            for letter, table in zip((BLANK, SPACE), common, strict=True):
                frames = min(len(table), len(columns[letter]))  # its longer lines are not among these
                columns[letter][:frames, first:last] = np.take(table[:frames], here, axis=1)


def _places(segment: Segment, key: int, lines: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[Any], NDArray[Any]]:
    """Where a letter may stand in the lines, which are sorted: line, frame and cost."""
    first, last = int(segment.place_key[key]), int(segment.place_key[key + 1])
    if first == last:
        return np.zeros(0, np.intp), segment.frame[:0], segment.cost[:0]
    known = segment.place_line[first:last]
    at = np.minimum(known.searchsorted(lines), last - first - 1)
    which = (known[at] == lines).nonzero()[0]
    at = at[which] + first
    starts = segment.place_start[at].astype(np.intp)
    counts = segment.place_start[at + 1] - starts
    owner = which.repeat(counts)
    entry = np.arange(len(owner)) + (starts - counts.cumsum() + counts).repeat(counts)
    return owner, segment.frame[entry], segment.cost[entry]
