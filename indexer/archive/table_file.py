"""The small file in which a person corrects the columns of a volume: written once, read whenever a table is made."""

from __future__ import annotations

import json
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.system.files import make_folder, replacing
from indexer.system.paths import absolute, at_home
from indexer.text.folding import display
from indexer.translation import _
from indexer.values import Column, TableColumns
from indexer.values.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "tables"
"""The folder in an index for these files."""
_KEYS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "from": (int, float),
    "to": (int, float),
    "begins": bool,
    "quotes": bool,
}
_NEEDED = ("name", "from", "to")
_HEAD = """\
# The columns of the tables in the pages below, from left to right, learned from {pages} of {looked} pages.
# What is written here is heeded by notes export and notes search from now on. Delete the file to learn anew.
#
# name     what the column is called: in exports, and in notes search 'in:NAME word'
# from, to where it lies, in percent of the width of a page. Pages may be moved or scaled a little.
# begins   an entry begins wherever something stands in this column
# quotes   a lone " repeats the cell above; in a column of figures it means nothing or zero
#
# A column that is deleted here is left out. If the pages are moved, write their new place.
pages = {place}
"""


def table_files(index: Path) -> dict[Path, TableColumns]:
    """The tables that were written down, by the volume they are for; raises ``UsageError`` for one that is wrong."""
    return dict(_read(file) for file in sorted((index / FOLDER).glob("*.toml")))


def files_state(index: Path) -> tuple[tuple[str, int], ...]:
    """A value that differs when another file was written."""
    return tuple((file.name, file.stat().st_mtime_ns) for file in sorted((index / FOLDER).glob("*.toml")))


def write_table(index: Path, volume: Path, table: TableColumns) -> Path:
    """Write the columns of a volume into a new file. Raises ``UsageError`` where that cannot be done."""
    stem = re.sub(r"[^\w-]+", "-", volume.name, flags=re.ASCII).strip("-")[:40] or "table"
    folder = index / FOLDER
    try:
        make_folder(folder)
        file = next(file for file in _names(folder, stem) if not file.exists())
        with replacing(file) as partial:
            partial.write_text(_written(volume, table), encoding="utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(
            _("%(display)s has a name that is no UTF-8", display=display(volume)), _("Rename it, and index it again.")
        ) from error
    except OSError as error:
        raise UsageError(
            _("cannot write into %(folder)s: %(why)s", folder=folder, why=(error.strerror or str(error)).lower())
        ) from error
    return file


def _names(folder: Path, stem: str) -> Iterator[Path]:
    yield folder / f"{stem}.toml"
    number = 1
    while True:
        number += 1
        yield folder / f"{stem}-{number}.toml"


def _written(volume: Path, table: TableColumns) -> str:
    head = _HEAD.format(pages=table.pages, looked=table.looked, place=_text(str(volume)))
    return head + "".join(
        f"\n[[column]]\nname = {_text(column.name)}\nfrom = {column.left * 100:.1f}\nto = {column.right * 100:.1f}\n"
        f"begins = {str(column.begins).lower()}\nquotes = {str(column.quotes).lower()}\n"
        for column in table.columns
    )


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(file: Path) -> tuple[Path, TableColumns]:
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise _wrong(file, f"it cannot be read: {error}") from error
    odd = sorted(said.keys() - {"pages", "column"})
    if odd:
        raise _wrong(file, f"there is no setting {odd[0]!r}")
    if not isinstance(said.get("pages"), str) or not said["pages"]:
        raise _wrong(file, 'it does not say of which pages it is: pages = "FOLDER"')
    rows = said.get("column")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise _wrong(file, "it has no [[column]]")
    columns = tuple(_column(file, number, row) for number, row in enumerate(rows, 1))
    _check_places(file, columns)
    return absolute(at_home(Path(said["pages"]))), TableColumns(columns, file=file)


def _column(file: Path, number: int, row: dict[str, Any]) -> Column:
    for name in _NEEDED:
        if name not in row:
            raise _wrong(file, f"column {number} has no {name!r}")
    for name, value in row.items():
        if name not in _KEYS:
            raise _wrong(file, f"column {number} has no setting {name!r}")
        if not isinstance(value, _KEYS[name]) or (isinstance(value, bool) and _KEYS[name] is not bool):
            raise _wrong(file, f"{name!r} of column {number} cannot be {value!r}")
    name = " ".join(row["name"].split())
    if not name:
        raise _wrong(file, f"column {number} has no name")
    begins, quotes = row.get("begins", False), row.get("quotes", True)
    return Column(name, row["from"] / 100, row["to"] / 100, begins=begins, quotes=quotes)


def _check_places(file: Path, columns: tuple[Column, ...]) -> None:
    for number, column in enumerate(columns, 1):
        if not -1 <= column.left < column.right <= 2:
            raise _wrong(file, f"column {number} goes from {column.left * 100:g} to {column.right * 100:g} percent")
    for number, (one, other) in enumerate(pairwise(columns), 1):
        if other.left < one.right - 1e-9:
            raise _wrong(file, f"column {number + 1} begins before column {number} ends")
    names = [column.name.casefold() for column in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise _wrong(file, f"two columns have the name {twice!r}")
    if sum(column.begins for column in columns) > 1:
        raise _wrong(file, "entries begin in more than one column")


def _wrong(file: Path, why: str) -> UsageError:
    return UsageError(
        _("the table %(file)s cannot be used: %(why)s", file=file, why=why),
        _("Correct it there, or delete it to learn it anew."),
    )
