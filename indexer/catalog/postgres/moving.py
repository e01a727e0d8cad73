"""Moves whole catalogues between SQLite and PostgreSQL, and verifies that every row of every table arrived."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.catalog.dialects import columns_of, is_shared, shared_catalogue, tables_of
from indexer.catalog.folder import SHARED, address_in, has_catalogue
from indexer.catalog.postgres.connection import Connection
from indexer.catalog.postgres.opening import begin_schema
from indexer.catalog.postgres.schema import TRUTHS, numbered, rest
from indexer.catalog.postgres.trouble import shown
from indexer.catalog.schema import connect, make_tables, new_catalogue
from indexer.catalog.trouble import FILE_NAME, explained
from indexer.system.files import make_folder
from indexer.translation import _
from indexer.values.errors import IndexFolderError, UsageError

_OWN = ("uuid", "version", "open here")
"""Keys in ``meta`` that each catalogue has for itself. Who may come in without a password is said on each machine."""
_NUMBERS = ("revision", "judged", "deeds", "verdicts to lay over")
"""Keys in ``meta`` with a number as their value. PostgreSQL keeps it as a text."""


@dataclass(slots=True)
class Tally:
    """How many rows of a table there are, and their checksum: the sum of their hashes, whatever their order."""

    rows: int = 0
    checksum: int = 0

    def counted(self, rows: Iterable[Sequence[object]]) -> Iterator[Sequence[object]]:
        """The same rows, which are counted while they pass."""
        for row in rows:
            digest = hashlib.sha256(repr(tuple(row)).encode("utf-8", "surrogatepass")).digest()
            self.rows, self.checksum = self.rows + 1, (self.checksum + int.from_bytes(digest, "big")) % 2**256
            yield row


def move(start: str, to: str) -> dict[str, Tally]:
    """Copy the catalogue at one place into another place, which has none: folders of indexes, or addresses.

    Nobody writes to the first one meanwhile. Gives what arrived of each table. Raises ``UsageError`` when there is a
    catalogue already, and ``IndexFolderError`` if something arrived otherwise: then nothing is left there.
    """
    start, to = (_place(each) for each in (start, to))
    if start == to:
        raise UsageError(_("that is one and the same catalogue"), _("Name another place to move it to."))
    with closing(_opened(start)) as source:
        source.execute("BEGIN IMMEDIATE")
        try:
            return _into_database(source, to) if to.startswith(SHARED) else _into_folder(source, Path(to))
        finally:
            source.execute("ROLLBACK")


def _place(given: str) -> str:
    """An address, or the path of a folder that has a catalogue of its own or is to get one."""
    return given if given.startswith(SHARED) else address_in(Path(given)) or given


def _opened(place: str) -> Any:
    if place.startswith(SHARED):
        return shared_catalogue(place, create=False)
    return connect(Path(place), create=False)


def _into_database(source: Any, address: str) -> dict[str, Tally]:
    with closing(Connection(address)) as db, closing(new_catalogue()) as model:
        db.execute("BEGIN IMMEDIATE")
        try:
            if not begin_schema(db, model):
                raise UsageError(
                    _("there is a catalogue in %(where)s already", where=shown(address)), _("Take an empty database.")
                )
            arrived = poured(source, db)
            for statement in rest(model):
                db.script(statement)
            for table in numbered(model):
                db.script(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {_next(source, table)}, FALSE)")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        db.script("ANALYZE")  # how it looks anything up depends on how much there is
    return arrived


def _into_folder(source: Any, folder: Path) -> dict[str, Tally]:
    if has_catalogue(folder / FILE_NAME):
        raise UsageError(_("there is a catalogue in %(where)s already", where=folder), _("Name a folder without one."))
    try:
        make_folder(folder)
        place = tempfile.TemporaryDirectory(prefix=".moving-", dir=folder)
    except OSError as error:
        raise UsageError(
            _("%(where)s cannot be written (%(said)s)", where=folder, said=error.strerror), _("Name another folder.")
        ) from error
    with place, explained(folder):
        path = Path(place.name) / FILE_NAME
        with closing(sqlite3.connect(path)) as file:
            arrived = poured_into_file(source, file)
        path.replace(folder / FILE_NAME)
    return arrived


def copied_into(file: sqlite3.Connection, db: Any) -> None:
    """Write a consistent copy of a catalogue in PostgreSQL into an empty file, while others go on to write."""
    db.script("BEGIN ISOLATION LEVEL REPEATABLE READ")
    try:
        poured_into_file(db, file)
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def poured_into_file(source: Any, file: sqlite3.Connection) -> dict[str, Tally]:
    """Make the tables of a catalogue in an empty file, and copy all rows of another one."""
    make_tables(file)
    triggers = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _sql in triggers:
        file.execute(f"DROP TRIGGER {name}")
    arrived = poured(source, file)
    for _name, sql in triggers:
        file.execute(sql)
    for table in rows_of(file, "sqlite_sequence", ["name"]):
        file.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (_next(source, str(table[0])) - 1, table[0]))
    file.commit()
    return arrived


def poured(source: Any, target: Any) -> dict[str, Tally]:
    """Copy all rows into empty tables, and read them back."""
    target.execute("DELETE FROM meta WHERE key NOT IN ('uuid', 'version')")
    arrived: dict[str, Tally] = {}
    for table in sorted(set(tables_of(target)) - {"sqlite_sequence"}):
        columns, sent, arrived[table] = columns_of(target, table), Tally(), Tally()
        if table != "meta":
            target.execute(f"DELETE FROM {table}")  # noqa: S608 - new totals say that there is nothing
        put(target, table, columns, sent.counted(rows_of(source, table, columns)))
        for _row in arrived[table].counted(rows_of(target, table, columns)):
            pass
        if arrived[table] != sent:
            raise IndexFolderError(
                _(
                    "%(sent)s rows of %(table)s were sent, and %(arrived)s arrived, or others",
                    sent=sent.rows,
                    table=table,
                    arrived=arrived[table].rows,
                ),
                _("Nothing was moved. Please report it."),
            )
    target.execute("UPDATE meta SET value = ? WHERE key = 'uuid'", (uuid.uuid4().hex,))
    return arrived


def rows_of(db: Any, table: str, columns: Sequence[str]) -> Iterator[Sequence[object]]:
    """The rows of a table, with numbers and texts as both databases have them."""
    names = ", ".join(f'"{each}"' for each in columns)
    query = f"SELECT {names} FROM {table}"  # noqa: S608
    for row in db.rows_of(query) if is_shared(db) else db.execute(query):
        if table != "meta":
            yield [_plain(value) for value in row]
        elif row[0] not in _OWN:
            yield [row[0], str(row[1])]


def _plain(value: object) -> object:
    return int(value) if isinstance(value, (bool, float)) and value == int(value) else value


def put(db: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Put rows into a table. What is true or false is 1 or 0 in SQLite."""
    truths = [at for at, name in enumerate(columns) if name in TRUTHS] if is_shared(db) else []

    def given() -> Iterator[Sequence[object]]:
        for row in rows:
            values = list(row)
            for at in truths:
                values[at] = None if values[at] is None else bool(values[at])
            if table == "meta" and not is_shared(db) and values[0] in _NUMBERS:
                values[1] = int(str(values[1]))
            yield values

    if is_shared(db):
        db.read_into(table, columns, given())
        return
    names, marks = ", ".join(f'"{each}"' for each in columns), ", ".join("?" * len(columns))
    db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", given())  # noqa: S608


def _next(db: Any, table: str) -> int:
    """The number that a new row of a table gets: one that none has or ever had."""
    (largest,) = db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()  # noqa: S608
    if is_shared(db):
        given = f"SELECT last_value FROM pg_sequences WHERE schemaname = 'main' AND sequencename = '{table}_id_seq'"  # noqa: S608
    else:
        given = f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'"  # noqa: S608
    row = db.execute(given).fetchone()
    return 1 + max(int(largest), int(row[0] or 0) if row else 0)
