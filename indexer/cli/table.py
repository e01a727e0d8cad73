"""``notes table``: the columns of the tables of a volume, in a file in which they can be corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from indexer.cli._output import amount, display, emit_json, note, say_strays, stdout
from indexer.cli._session import open_archive
from indexer.values.errors import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.values import TableColumns


def command(context: typer.Context, volume: Path, index: Path | None, as_json: bool) -> None:
    """Write down the columns of the tables in FOLDER, to be corrected in a file; show them when they are written
    down."""
    from indexer.formats.entries import columns_json

    with open_archive(context, {"index": index}) as archive:
        place = archive.tables.volume(volume)
        there = archive.tables.columns(place).file
        table = archive.tables.write(place)
        strays = archive.tables.strays()
    if as_json:
        about = {"volume": str(place), "file": str(table.file) if table.file else None}
        learned = {"pages": table.pages, "looked": table.looked} if there is None else {}
        emit_json({"schema": 1, **about, **learned, "columns": columns_json(table.columns)})
    else:
        _print(table)
    say_strays(strays)
    if table.file is None:
        note(f"no table was found on {_looked(table)} of {display(place)}; see notes help registers")
        raise typer.Exit(Exit.NOTHING_FOUND)
    if there is None:
        note(f"learned from {table.pages} of {_looked(table)}")
    note(f"{'written' if there is None else 'as written'} in {display(table.file)}: what you correct there holds")


def _looked(table: TableColumns) -> str:
    return f"the first {amount(table.looked, 'page')}" if table.looked != 1 else "the first page"


def _print(table: TableColumns) -> None:
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, show_header=False)
    for name in ("number", "place", "begins"):
        made.add_column(name, justify="right", no_wrap=True)
    made.add_column("name", overflow="fold")
    for number, column in enumerate(table.columns, 1):
        place = f"{column.left * 100:.1f}-{column.right * 100:.1f} %"
        made.add_row(str(number), place, "begins entries" if column.begins else "", Text(column.name))
    stdout().print(made)
