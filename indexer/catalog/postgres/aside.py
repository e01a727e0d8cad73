"""A catalogue in a file beside the one in PostgreSQL: its rows lie in temporary tables meanwhile.

A statement that asks ``aside.lines`` asks the temporary table ``aside_lines``.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from indexer.catalog.postgres.moving import put, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def beside(db: Any, path: Path, *, create: bool) -> Iterator[None]:
    """Use the catalogue in a file as ``aside``: one that is there, or with ``create`` an empty one, which is filled."""
    from indexer.catalog.dialects import columns_of
    from indexer.catalog.forgetting import PARTS  # which uses this

    tables = {name: columns_of(db, name) for name in ("origins", *PARTS)}
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for name, columns in tables.items():
            db.script(f"CREATE TEMP TABLE aside_{name} (LIKE main.{name} INCLUDING INDEXES)")
            if not create:
                put(db, f"pg_temp.aside_{name}", columns, rows_of(file, name, columns))
        try:
            yield
            if create:
                _fill(db, file, tables)
        finally:
            if not db.is_lost:
                for name in tables:
                    db.script(f"DROP TABLE pg_temp.aside_{name}")


def _fill(db: Any, file: sqlite3.Connection, tables: dict[str, list[str]]) -> None:
    file.execute("BEGIN")
    db.execute("BEGIN")
    for name, columns in tables.items():
        put(file, name, columns, rows_of(db, f"pg_temp.aside_{name}", columns))
    db.execute("COMMIT")
    file.execute("COMMIT")
    file.execute("PRAGMA journal_mode = DELETE")  # nothing beside it: a backup takes it whole
