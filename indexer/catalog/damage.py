"""Whether a catalogue's file is whole, and holds what its columns declare.

SQLite keeps any value in any column, and a catalogue may come from anybody. Looking through a large one takes seconds:
it is done for ``notes doctor`` and for a backup, and when something went wrong that nobody foresaw.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from indexer.catalog.dialects import is_shared
from indexer.catalog.folder import address_in, resting_state, writable
from indexer.catalog.json_columns import JSON_COLUMNS, are_thresholds, is_ours
from indexer.catalog.trouble import FILE_NAME
from indexer.translation import _
from indexer.values import Status
from indexer.values.errors import IndexFolderError, NotesError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KEPT_AS = {"INTEGER": ("integer",), "REAL": ("real", "integer"), "TEXT": ("text",), "BLOB": ("blob",)}
"""For each declared type, how SQLite may store the values."""
_STATES = tuple(status.value for status in Status)
"""All that may stand in the column ``status`` of a line."""
_NUMBERS = ("revision",)
"""Keys in ``meta`` with a number as their value."""


def blame(folder: Path, error: BaseException | None) -> None:
    """Raise ``IndexFolderError`` instead of an unforeseen error if the catalogue is damaged."""
    if not isinstance(error, Exception) or isinstance(error, (NotesError, BrokenPipeError)):
        return
    damage = None if address_in(folder) else damaged(folder)
    if damage is not None:
        raise IndexFolderError(
            _("%(folder)s is damaged: %(damage)s", folder=folder / FILE_NAME, damage=damage),
            _("Restore it from a backup, or move it away and index again."),
        ) from error


def damaged(folder: Path) -> str | None:
    """The first damage in the catalogue of a folder; ``None`` if there is none, or if it cannot be looked at now."""
    at_rest = not writable(folder) and resting_state(folder) is not None
    mode = "mode=ro&immutable=1" if at_rest else "mode=ro"
    try:
        with closing(sqlite3.connect(f"{(folder / FILE_NAME).resolve().as_uri()}?{mode}", uri=True)) as db:
            return first_damage(db)
    except sqlite3.OperationalError:  # busy, or it cannot be opened here: that is no damage
        return None
    except sqlite3.DatabaseError as error:
        return str(error)


def first_damage(db: sqlite3.Connection) -> str | None:
    """The first damage in a catalogue, or ``None``. Raises what SQLite raises when it cannot go on."""
    if is_shared(db):
        return next(_odd_texts(db), None)
    before, db.text_factory = db.text_factory, bytes  # bytes that are no UTF-8 must not end the search
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        return next(_damages(db), None)
    finally:
        db.text_factory = before


def _damages(db: sqlite3.Connection) -> Iterator[str]:
    for (said,) in db.execute("PRAGMA quick_check(1)"):
        if said != b"ok":
            yield said.decode(errors="replace")
    for table, row, *__ in db.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table.decode(errors='replace')} belongs to one that is not there"
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    for table in [name.decode(errors="replace") for (name,) in db.execute(tables).fetchall()]:
        yield from _odd_values(db, table)
    marks = ",".join("?" * len(_STATES))
    if db.execute(f"SELECT 1 FROM lines WHERE status NOT IN ({marks}) LIMIT 1", _STATES).fetchone():  # noqa: S608
        yield "a line has a status that there is not"
    for key in _NUMBERS:
        if db.execute("SELECT 1 FROM meta WHERE key = ? AND typeof(value) <> 'integer'", (key,)).fetchone():
            yield f"its {key} is no number"
    for (value,) in db.execute("SELECT value FROM meta WHERE key = 'thresholds'"):
        if type(value) is not bytes or not is_ours(value, are_thresholds):
            yield "its thresholds are none"


def _odd_texts(db: sqlite3.Connection) -> Iterator[str]:
    """What a database that heeds the types of its columns may still hold: texts that are none of ours."""
    for (table, column), kind in JSON_COLUMNS.items():
        values = db.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
        if not all(is_ours(value.encode(), kind) for (value,) in values):
            yield f"column {column} of {table} holds something that notes did not write"
    states = tuple(status for (status,) in db.execute("SELECT DISTINCT status FROM lines"))
    if not set(states) <= set(_STATES):
        yield "a line has a status that there is not"


def _odd_values(db: sqlite3.Connection, table: str) -> Iterator[str]:
    for __, raw, declared, needed, *__ in db.execute(f"PRAGMA table_info({_quoted(table)})").fetchall():
        name, kinds = raw.decode(errors="replace"), _KEPT_AS.get(declared.decode(errors="replace").upper())
        if kinds is None:
            continue
        allowed = ",".join(f"'{kind}'" for kind in (*kinds, *([] if needed else ["null"])))
        column, where = _quoted(name), f"column {name} of {table}"
        odd = f"SELECT 1 FROM {_quoted(table)} WHERE typeof({column}) NOT IN ({allowed}) LIMIT 1"  # noqa: S608
        if db.execute(odd).fetchone():
            yield f"{where} holds something else than {declared.decode(errors='replace').lower()}"
        elif (table, name) in JSON_COLUMNS:
            values = f"SELECT DISTINCT {column} FROM {_quoted(table)} WHERE {column} IS NOT NULL"  # noqa: S608
            if not all(is_ours(value, JSON_COLUMNS[table, name]) for (value,) in db.execute(values)):
                yield f"{where} holds something that notes did not write"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
