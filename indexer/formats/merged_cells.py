"""Where cells of a table stand when some of them go over several rows and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Place = tuple[int, int]
    """A row and a column, from 0; or over how many of them a cell goes."""

ALONE = (1, 1)
"""The span of a cell that goes over a single row and column."""
ROWS, COLUMNS = 10_000, 1000
"""The most rows and columns of a table."""


def span_of(rows: int, columns: int) -> Place:
    """Over how many rows and columns a cell goes, by what a file says: at least one, at most those of a table."""
    return (min(max(1, rows), ROWS), min(max(1, columns), COLUMNS))


class Taken:
    """The places of a table that are taken, as it is gone through row by row, and each row from the left."""

    def __init__(self) -> None:
        self._until: dict[int, int] = {}

    def free(self, row: int, column: int) -> int:
        """The first column, from a column on, in which a row is free."""
        while self._until.get(column, 0) > row:
            column += 1
        return column

    def take(self, place: Place, span: Place) -> None:
        """Take the places of a cell. Raises ``ValueError`` for one beyond what a table has."""
        row, column = place
        if row >= ROWS or column >= COLUMNS:
            raise ValueError(f"a table has at most {ROWS:,} rows and {COLUMNS:,} columns")
        self._until.update(dict.fromkeys(_across(column, span), row + span[0]))


def fitting(spans: Mapping[Place, Place]) -> dict[Place, Place]:
    """The spans of cells by their places. A cell that would lie over another one goes over its own place only."""
    found = dict(sorted(spans.items()))
    owners: dict[int, tuple[int, Place]] = {}
    for (row, column), span in found.items():
        above = {each: owners[each][1] for each in _across(column, span) if each in owners and owners[each][0] > row}
        if column in above:
            found[above[column]] = ALONE
        if any(found[owner] != ALONE for owner in above.values()):
            found[row, column] = ALONE
        reach = found[row, column]
        owners.update(dict.fromkeys(_across(column, reach), (row + reach[0], (row, column))))
    return found


def _across(column: int, span: Place) -> range:
    return range(column, min(column + span[1], COLUMNS))
