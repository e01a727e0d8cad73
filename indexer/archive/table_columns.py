"""Finds the columns of the tables of a volume, and where they lie on each of its pages."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz import fuzz

from indexer.archive.table_cells import repeats
from indexer.archive.table_names import named
from indexer.image.table_fit import fitted, shared
from indexer.image.table_grid import grid, heads
from indexer.text.folding import search_words
from indexer.values import Column, TableColumns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.image.table_grid import Grid, Written

    Places = list[tuple[float, float]]
    Known = list[tuple[Written, Places, Grid]]

_COLUMNS, _ROWS, _CELLS, _SHORT = 3, 2, 2, 8.0
"""A page has a table where at least so many columns have writing in so many rows, and half of the rows have so many
cells with lines shorter than so many line heights."""
_ALIKE, _HEADS = 70.0, 4
"""A row is a head if half of what stands in it, and half of so much, is so many percent like the names of columns."""


def learned(pages: Sequence[Written], looked: int) -> TableColumns:
    """The columns that most of some pages with a table share; none if they share none."""
    borders, members = shared([[at / page.size[0] for at in page.borders] for page in pages])
    spans = list(pairwise(borders))
    tables: Known = []
    for page in (pages[at] for at in members):
        places = placed(TableColumns(tuple(Column("", *span) for span in spans)), page)
        if places is not None:
            tables.append((page, places, grid(page, places)))
    filled = sorted({piece.column for _, _, made in tables for piece in made.pieces})
    keys = [made.begins for _, _, made in tables]
    begins = max(sorted(set(keys)), key=keys.count, default=None)
    above = [heads(page, places) for page, places, _ in tables]
    names = named([[each[at] for at in filled] for each in above])
    columns = [
        Column(name, *spans[at], begins=at == begins, quotes=repeats(_texts(tables, at)))
        for at, name in zip(filled, names, strict=True)
    ]
    return TableColumns(tuple(columns), len(tables), looked)


def _texts(tables: Known, column: int) -> list[str]:
    """What stands in a column of several pages."""
    return [piece.text for _, _, made in tables for piece in made.pieces if piece.column == column]


def placed(table: TableColumns, page: Written) -> Places | None:
    """Where the columns of a volume lie on a page, in pixels; ``None`` where they do not fit it.

    Columns that a person wrote down hold where a page shows none.
    """
    width = page.size[0]
    edges = sorted({edge for column in table.columns for edge in (column.left, column.right)})
    found = fitted(edges, [at / width for at in page.borders])
    if found is None and (table.file is None or page.borders):
        return None
    places = dict(zip(edges, found or edges, strict=True))
    return [(places[column.left] * width, places[column.right] * width) for column in table.columns]


def without_head(page: Written, made: Grid, columns: Sequence[Column]) -> Written:
    """The page without rows at its top that only repeat the names of the columns: a head that was taken for rows."""
    head: set[int] = set()
    for number in sorted({piece.row for piece in made.pieces}):
        row = [piece for piece in made.pieces if piece.row == number]
        if 2 * sum(_repeats_name(piece.text, columns[piece.column].name) for piece in row) < max(_HEADS, len(row)):
            break
        head |= {piece.line for piece in row}
    if not head:
        return page
    above = np.array([part.line in head for part in page.parts], bool)
    return replace(page, head=page.head | above, body=page.body & ~above)


def _repeats_name(text: str, name: str) -> bool:
    words, there = search_words(text), search_words(name)
    alike = [max((fuzz.ratio(word, each) for each in there), default=0.0) for word in words]
    return bool(words) and sum(alike) >= _ALIKE * len(words)


def own(page: Written) -> tuple[Column, ...]:
    """The columns that a page has by itself; none if what stands there is no table."""
    spans = list(pairwise(page.borders))
    made = grid(page, spans) if spans else None
    if made is None or not _is_table(made):
        return ()
    filled = sorted({piece.column for piece in made.pieces})
    above = heads(page, spans)
    names = named([[above[at] for at in filled]])
    return tuple(
        Column(name, spans[at][0] / page.size[0], spans[at][1] / page.size[0], begins=at == made.begins)
        for at, name in zip(filled, names, strict=True)
    )


def _is_table(made: Grid) -> bool:
    """Whether there are enough columns, and most rows have cells. Text in columns, with notes beside it, has none."""
    rows: dict[int, set[int]] = {}
    columns: dict[int, set[int]] = {}
    short: dict[int, set[int]] = {}
    height = median(piece.box.height for piece in made.pieces) if made.pieces else 0.0
    for piece in made.pieces:
        if piece.row:
            rows.setdefault(piece.row, set()).add(piece.column)
            columns.setdefault(piece.column, set()).add(piece.row)
            if piece.box.width < _SHORT * height:
                short.setdefault(piece.row, set()).add(piece.column)
    whole = sum(len(cells) >= _CELLS for cells in short.values())
    return whole >= max(_ROWS, len(rows) / 2) and sum(len(each) >= _ROWS for each in columns.values()) >= _COLUMNS


def begins_in(columns: Sequence[Column]) -> int | None:
    """The number of the column in which entries begin, if one is named."""
    return next((number for number, column in enumerate(columns) if column.begins), None)
