"""What terms cost in lines that were aligned with them, kept while other lines change."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.segment import Segment

_KEPT = 8
"""Terms of which the costs are kept: 4 MB each with a million lines."""


class KnownCosts:
    """The costs of the last terms, for every row of some segments. Safe to use from many threads.

    A segment never changes. So what a term costs in its lines holds in every later state of the index that has it.
    """

    def __init__(self, segments: Sequence[Segment], before: KnownCosts | None = None) -> None:
        self._segments = segments
        self._starts = list(accumulate(map(len, segments), initial=0))
        self._lock = threading.Lock()
        self._tables: dict[Term, NDArray[np.float32]] = {}
        if before is not None:
            with before._lock:
                tables = dict(before._tables)
            self._tables = {term: self._moved(before, table) for term, table in tables.items()}

    def of(self, term: Term) -> list[NDArray[np.float32]]:
        """The costs of a term with none, one, ... of its letters wrong, up to as many as may be: for each a table with
        a row after the other, NaN where it was not aligned yet. To be written to as well."""
        with self._lock:
            return [self._table(replace(term, wrong=wrong)) for wrong in range(term.wrong + 1)]

    def _table(self, term: Term) -> NDArray[np.float32]:
        table = self._tables.pop(term, None)
        if table is None:
            table = self._unknown()
        self._tables[term] = table
        if len(self._tables) > _KEPT:
            del self._tables[next(iter(self._tables))]
        return table

    def _unknown(self) -> NDArray[np.float32]:
        return np.full(self._starts[-1], np.nan, np.float32)

    def _moved(self, before: KnownCosts, known: NDArray[np.float32]) -> NDArray[np.float32]:
        """The costs in an earlier state, in the rows of this one."""
        places = {id(segment): start for segment, start in zip(before._segments, before._starts, strict=False)}
        table = self._unknown()
        for segment, start in zip(self._segments, self._starts, strict=False):
            if (at := places.get(id(segment))) is not None:
                table[start : start + len(segment)] = known[at : at + len(segment)]
        return table


def keep(tables: Sequence[NDArray[np.float32]], rows: NDArray[np.intp], costs: NDArray[np.float32]) -> None:
    """Write what a term costs in some rows to its tables: in ``costs[:, n]`` with up to n letters wrong."""
    for wrong, table in enumerate(tables):
        table[rows] = costs[:, wrong]
