"""Pairs of letters that more than a third of the lines of a segment may have: each has a cost for every line.

A rare pair has the number of each of its lines, in 16 bits, and the cost there. So a row with a cost for every line
takes less room for a frequent one, and is copied in a tenth of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.search.spotting.bounds import BIGRAM_CAP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.search.spotting.segment import Segment

    Array = NDArray[Any]

_POSTING = 3
"""Bytes that a rare pair takes for each of its lines."""


def laid_out(codes: Array, starts: Array, lines: Array, costs: Array, among: int) -> tuple[Array, ...]:
    """The arrays of a segment of so many lines from ``bigram`` to ``frequent_cost``.

    Pair ``codes[k]`` costs ``costs[i]`` in line ``lines[i]``, for i from ``starts[k]`` to ``starts[k + 1]``.
    """
    ends = starts.astype(np.intp)
    counts = ends[1:] - ends[:-1]
    frequent = counts * _POSTING > among
    rows = np.full((int(frequent.sum()), among), BIGRAM_CAP, np.uint8)
    for row, pair in zip(rows, np.flatnonzero(frequent).tolist(), strict=True):
        here = slice(int(ends[pair]), int(ends[pair + 1]))
        row[lines[here]] = costs[here]
    rare = ~np.repeat(frequent, counts)
    return (
        codes[~frequent].astype(np.uint32),
        np.append(0, counts[~frequent].cumsum()).astype(np.uint32),
        lines[rare].astype(np.uint16),
        costs[rare].astype(np.uint8),
        codes[frequent].astype(np.uint32),
        rows,
    )


def begun_with(segment: Segment, first: int) -> tuple[Array, Array, Array]:
    """The frequent pairs that begin with a letter: the numbers of their second letters, the lines, and the costs."""
    begin, end = codes_from(segment.frequent, first, len(segment.symbols))
    pair, lines = (segment.frequent_cost[begin:end] < BIGRAM_CAP).nonzero()
    second = segment.frequent[begin:end].astype(np.int64) - first * len(segment.symbols)
    return second[pair], lines, segment.frequent_cost[begin:end][pair, lines]


def codes_from(codes: Array, first: int, letters: int) -> tuple[int, int]:
    """Where in the codes, which rise, those of the pairs that begin with a letter are."""
    begin, end = np.searchsorted(codes, (first * letters, (first + 1) * letters)).tolist()
    return begin, end
