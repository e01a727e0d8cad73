"""What SQLite and PostgreSQL have to be asked in different words. Every other statement is the same for both."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from indexer.translation import _
from indexer.values.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def shared_catalogue(address: str, *, create: bool) -> sqlite3.Connection:
    """Open a catalogue in PostgreSQL, as ``schema.connect`` does one in a file.

    Raises ``UnavailableError`` where what speaks to PostgreSQL is not installed.
    """
    try:
        from indexer.catalog.postgres.opening import connect  # an archive of one machine needs none of it
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise UnavailableError(
            _("the library that speaks to PostgreSQL is not installed"), _('Install it: pip install ".[postgres]"')
        ) from error
    # It answers all that the catalogue asks of a connection.
    return cast("sqlite3.Connection", connect(address, create=create))


def is_shared(db: sqlite3.Connection) -> bool:
    """Whether this is a catalogue in PostgreSQL."""
    return not isinstance(db, sqlite3.Connection)


def is_lost(db: sqlite3.Connection) -> bool:
    """Whether the connection to a database has ended. SQLite has none."""
    return is_shared(db) and bool(getattr(db, "is_lost", False))


def new_line_id(db: sqlite3.Connection) -> int:
    """An id that no line has or ever had."""
    if is_shared(db):
        return int(db.execute("SELECT nextval(pg_get_serial_sequence('lines', 'id'))").fetchone()[0])
    db.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'lines'")
    return int(db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'lines'").fetchone()[0])


def tables_of(db: sqlite3.Connection) -> list[str]:
    """The names of all tables."""
    names = "SELECT name FROM main.sqlite_master WHERE type = 'table'"
    if is_shared(db):
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'main'"
    return [row[0] for row in db.execute(names)]


def columns_of(db: sqlite3.Connection, table: str) -> list[str]:
    """The names of the columns of a table, in their order."""
    if not is_shared(db):
        return [row[1] for row in db.execute(f"PRAGMA main.table_info({table})")]
    sql = """SELECT column_name FROM information_schema.columns WHERE table_schema = 'main' AND table_name = ?
        ORDER BY ordinal_position"""
    return [row[0] for row in db.execute(sql, (table,))]


def views_of(db: sqlite3.Connection) -> list[str]:
    """The statements that make the views."""
    if not is_shared(db):
        return [row[0] for row in db.execute("SELECT sql FROM main.sqlite_master WHERE type = 'view'")]
    from indexer.catalog.postgres.schema import views

    return views()


def forbid_writing(db: sqlite3.Connection) -> None:
    """Refuse to write from now on what only views show. SQLite does so by itself; PostgreSQL writes through views."""
    if is_shared(db):
        db.execute("SET default_transaction_read_only = on")


def key_of(db: sqlite3.Connection, table: str) -> list[str]:
    """The columns of the primary key of a table."""
    if not is_shared(db):
        return [row[1] for row in db.execute(f"PRAGMA main.table_info({table})") if row[5]]
    sql = """SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
        WHERE indisprimary AND indrelid = CAST(CAST(? AS text) AS regclass)"""
    return [row[0] for row in db.execute(sql, (f"main.{table}",))]


def heed_numbers(db: sqlite3.Connection, table: str) -> None:
    """Give no number again that was put into a table as it was. SQLite heeds it by itself."""
    if is_shared(db):
        sequence = f"pg_get_serial_sequence('main.{table}', 'id')"
        db.execute(f"SELECT setval({sequence}, max(id)) FROM main.{table} HAVING max(id) > nextval({sequence})")  # noqa: S608


@contextmanager
def attached(db: sqlite3.Connection, path: Path, *, create: bool) -> Iterator[None]:
    """Use the catalogue in a file as ``aside``; with ``create`` it is new, and is kept as one file without a log."""
    if is_shared(db):
        from indexer.catalog.postgres.aside import beside

        with beside(db, path, create=create):
            yield
        return
    db.execute("ATTACH DATABASE ? AS aside", (str(path),))
    try:
        yield
        if create:
            db.execute("PRAGMA aside.journal_mode = DELETE")  # nothing beside it: a backup takes it whole
    finally:
        db.execute("DETACH DATABASE aside")
