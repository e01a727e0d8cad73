"""Writes the entries of tables: as CSV, a row an entry, or as JSON."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indexer.values import Cell, Column, TablePage

_PLACE = ("path", "page", "row", "x", "y", "width", "height")
"""The first fields of a row of CSV."""


def write_csv(pages: Sequence[TablePage]) -> str:
    """The entries of pages, with a row of names first. Each column of a table has three fields: what was read, what
    ditto marks in it stand for, and its confidence (0-1). Columns of the same name are one."""
    names = list(dict.fromkeys(column.name for page in pages for column in page.columns))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_PLACE, *(field for name in names for field in (name, f"{name} resolved", f"{name} confidence"))])
    for page in pages:
        for entry in page.entries:
            cells = dict(zip((column.name for column in page.columns), entry.cells, strict=True))
            place = (page.path, page.page, entry.row, *entry.box.xywh)
            writer.writerow([*place, *(field for name in names for field in _fields(cells.get(name)))])
    return text.getvalue()


def _fields(cell: Cell | None) -> tuple[str, str, str]:
    if cell is None:
        return ("", "", "")
    return (cell.text, cell.resolved, "" if cell.confidence is None else f"{cell.confidence:.3f}")


def write_json(pages: Sequence[TablePage]) -> str:
    """The entries of pages with all that is known of each cell. ASCII only, as every ``--json``."""
    return json.dumps({"schema": 1, "pages": [_page(page) for page in pages]}, indent=2) + "\n"


def _page(page: TablePage) -> dict[str, Any]:
    return {
        "path": str(page.path),
        "page": page.page,
        "fits": page.fits,
        "lines_outside": page.outside,
        "columns": columns_json(page.columns),
        "entries": [
            {
                "row": entry.row,
                "box": entry.box.xywh,
                "cells": [_cell(*each) for each in zip(page.columns, entry.cells, strict=True) if each[1].lines],
            }
            for entry in page.entries
        ],
    }


def _cell(column: Column, cell: Cell) -> dict[str, Any]:
    return {
        "column": column.name,
        "text": cell.text,
        "resolved": cell.resolved,
        "confidence": None if cell.confidence is None else round(cell.confidence, 4),
        "box": cell.box.xywh if cell.box else None,
        "lines": cell.lines,
    }


def columns_json(columns: Iterable[Column]) -> list[dict[str, Any]]:
    """The columns of a table, their places in percent of the width of a page."""
    return [
        {
            "name": column.name,
            "from": round(column.left * 100, 1),
            "to": round(column.right * 100, 1),
            "begins": column.begins,
            "quotes": column.quotes,
        }
        for column in columns
    ]
