"""A connection to PostgreSQL that answers as one of SQLite does: the catalogue asks both in the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus

from indexer.catalog.postgres.dialect import is_numbered, translated
from indexer.catalog.postgres.trouble import check_address, explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from psycopg.abc import Buffer

WRITERS = 0x6E6F746573
"""The advisory lock of who writes to a catalogue: the bytes of "notes"."""


class Row(tuple[Any, ...]):
    """A row: its values by number or by name."""

    names: Mapping[str, int]

    def keys(self) -> Sequence[str]:
        """The names of its columns."""
        return tuple(self.names)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.names[key] if isinstance(key, str) else key)


class _Number(Loader):
    """Sums and the numbers of lines, of which few have a fraction."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        number = float(text)
        return int(number) if number.is_integer() and abs(number) < 2**53 else (int(text) if text.isdigit() else number)


def _rows(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Row]:
    return _kind(tuple(column.name for column in cursor.description or ()))


@lru_cache(maxsize=500)
def _kind(names: tuple[str, ...]) -> type[Row]:
    """Rows with these columns. Of several with one name the first counts, as with SQLite."""
    numbers = {name: names.index(name) for name in names}
    return type("Row", (Row,), {"names": numbers, "__slots__": ()})


class Cursor:
    """What a statement gave."""

    def __init__(self, given: psycopg.Cursor[Any]) -> None:
        self._given = given

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return int(self._given.rowcount)

    @property
    def lastrowid(self) -> int:
        """The number that was given last in this connection."""
        row = self._given.connection.execute("SELECT lastval()").fetchone()
        assert row is not None  # noqa: S101 - it has a row, or fails
        return int(row[0])

    def fetchone(self) -> Any:
        """The next row, or ``None``."""
        return self._given.fetchone()

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return list(self._given.fetchall())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._given)


class _Plain:
    row_factory: None = None

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._given: Cursor | None = None

    def execute(self, sql: str, values: Sequence[object] = ()) -> Cursor:
        self._given = self._db.execute(sql, values)
        return self._given

    def __iter__(self) -> Iterator[Any]:
        return iter(self._given or ())


class Connection:
    """What the catalogue uses of ``sqlite3.Connection``, on PostgreSQL. Outside of a transaction each statement is one.

    Writers wait for each other, as they do in SQLite: whoever writes changes the totals of the archive, so they would
    wait anyway, and two who wait for one another cannot be.
    """

    def __init__(self, address: str) -> None:
        check_address(address)
        with explained(address):
            self._db = psycopg.connect(address, autocommit=True, application_name="notes", connect_timeout=20)
        self._db.adapters.register_loader("numeric", _Number)
        self._db.row_factory = _rows
        self.address = address

    @property
    def is_lost(self) -> bool:
        """Whether the connection has ended."""
        return bool(self._db.closed)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""
        return bool(self._db.info.transaction_status != TransactionStatus.IDLE and not self._db.closed)

    def execute(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> Cursor:
        """Run a statement of the catalogue."""
        with explained(self.address):
            if sql == "BEGIN IMMEDIATE":
                self._db.execute("BEGIN")
                return Cursor(self._db.execute("SELECT pg_advisory_xact_lock(%s)", (WRITERS,)))
            if sql == "ROLLBACK" and self._db.closed:
                return Cursor(self._db.cursor())
            text = translated(sql)
            return Cursor(self._db.execute(text, _given(text, values)))

    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> Cursor:
        """Run a statement once for each row of values."""
        cursor = self._db.cursor()
        with explained(self.address):
            text = translated(sql)
            cursor.executemany(text, [_given(text, row) for row in rows])
        return Cursor(cursor)

    def script(self, statements: str) -> None:
        """Run statements in the words of PostgreSQL."""
        with explained(self.address):
            self._db.execute(statements.encode())

    def read_into(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
        """Put rows into a table, as fast as can be; how many there were."""
        names, number = ", ".join(f'"{each}"' for each in columns), 0
        statement = f"COPY {table} ({names}) FROM STDIN".encode()
        with explained(self.address), self._db.cursor() as cursor, cursor.copy(statement) as copy:
            for number, row in enumerate(rows, 1):  # noqa: B007 - how many there were
                copy.write_row(row)
        return number

    def rows_of(self, query: str) -> Iterator[Any]:
        """The rows of a query, some at a time: a catalogue may be larger than the memory. Within a transaction."""
        with explained(self.address), self._db.cursor(name="rows") as cursor:
            cursor.itersize = 500
            yield from cursor.execute(query.encode())

    def cursor(self) -> _Plain:
        """As ``execute``, for rows that are asked for by number alone."""
        return _Plain(self)

    def close(self) -> None:
        """End the connection."""
        self._db.close()


def _given(text: str, values: Sequence[object] | Mapping[str, object]) -> Any:
    if isinstance(values, Mapping) or not is_numbered(text):
        return values
    return {f"p{at}": value for at, value in enumerate(values, 1)}
