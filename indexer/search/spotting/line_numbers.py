"""Finds the numbers of lines in a probabilistic index by their ids in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SPARE, _FEW = 4, 4_096
"""How many times as many entries as lines, and some more, a table by id may have. Ids are mostly given one after the
other."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Finds the numbers of lines by their ids: in a table or, where ids are far apart, by bisection."""

    ids: NDArray[np.int64]
    numbers: NDArray[np.intp]
    table: bool

    @classmethod
    def of(cls, lines: NDArray[np.int64]) -> Numbers:
        """The numbers of these lines: their places."""
        if not len(lines) or (int(lines.max()) < _SPARE * (len(lines) + _FEW) and int(lines.min()) >= 0):
            table = np.full(int(lines.max(initial=0)) + 1, -1, np.intp)
            table[lines] = np.arange(len(lines))
            return cls(lines, table, table=True)
        order = np.argsort(lines, kind="stable")
        return cls(lines[order], order, table=False)

    def at(self, lines: NDArray[np.int64]) -> NDArray[np.intp]:
        """The numbers of lines; -1 for those that are not there."""
        if self.table:
            known = (lines >= 0) & (lines < len(self.numbers))
            found: NDArray[np.intp] = np.where(known, self.numbers[np.where(known, lines, 0)], -1)
            return found
        at = np.minimum(np.searchsorted(self.ids, lines), len(self.ids) - 1)
        return np.where(self.ids[at] == lines, self.numbers[at], -1)
