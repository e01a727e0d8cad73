"""Tables of a page: the columns of a volume, and the entries, each a row of cells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from indexer.values.layout import Box


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, and where it begins and ends across the page, as shares of the page's width.

    Entries begin where something stands in the column that ``begins`` them. ``quotes`` says that a lone ``"`` repeats
    the cell above. In a column of figures it means nothing or zero.
    """

    name: str
    left: float
    right: float
    begins: bool = False
    quotes: bool = True


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of the tables of a volume, from left to right.

    ``pages`` of ``looked`` pages that were looked at have them. ``file`` is where a person wrote them down, ``None`` if
    nobody did.
    """

    columns: tuple[Column, ...]
    pages: int = 0
    looked: int = 0
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one column of an entry: its lines as they were read, joined by blanks.

    ``resolved`` has what a ditto mark stands for; without one it is the text. ``confidence`` is ``None`` if that of a
    line is unknown, and for an empty cell. ``lines`` are the ids of the lines.
    """

    text: str = ""
    resolved: str = ""
    confidence: float | None = None
    box: Box | None = None
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a table: its number on the page, its cells in the order of the columns, and the box around them.

    Row 0 is what stands above the first row: the end of an entry of the page before, or a heading.
    """

    row: int
    cells: tuple[Cell, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class TablePage:
    """The table of a page: its columns and entries, and how many lines of the page stand in none of them.

    ``fits`` says whether the columns are those of the volume; else they are the page's own.
    """

    path: Path
    page: int
    columns: tuple[Column, ...]
    entries: tuple[Entry, ...]
    outside: int
    fits: bool
