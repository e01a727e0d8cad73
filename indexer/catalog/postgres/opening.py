"""Opens a catalogue in PostgreSQL: its version, and the steps that make it or bring an older one forward."""

from __future__ import annotations

import logging
import re
import uuid
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from indexer.catalog import totals
from indexer.catalog.migrations import MIGRATIONS
from indexer.catalog.postgres.connection import Connection
from indexer.catalog.postgres.dialect import translated
from indexer.catalog.postgres.schema import FUNCTIONS, declared, rest, tables, triggers
from indexer.catalog.postgres.trouble import shown
from indexer.translation import _
from indexer.values.errors import IndexFolderError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

_LOG = logging.getLogger(__name__)
_STATEMENT = re.compile(r"(?:'(?:[^']|'')*'|[^;'])+")
_REMARK = re.compile(r"--[^\n]*")
_VERSION = "SELECT value FROM main.meta WHERE key = 'version'"


def connect(address: str, *, create: bool) -> Connection:
    """Open the catalogue in a database and bring it to the current version.

    Raises ``IndexFolderError`` when there is none (unless ``create``), when it is of a newer version, or when the
    database holds something else of this name.
    """
    db = Connection(address)
    try:
        version = _version(db)
        if version is None and not create:
            raise IndexFolderError(
                _("no catalogue in %(where)s", where=shown(address)),
                _("Make one: notes catalog use, or notes catalog move."),
            )
        if version != len(MIGRATIONS):
            _bring_forward(db)
        db.execute("SET search_path = main")
    except BaseException:
        db.close()
        raise
    return db


def _version(db: Connection) -> int | None:
    """The version of the tables; ``None`` if there are none."""
    if not db.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = 'main'").fetchone():
        return None
    ours = "SELECT 1 FROM information_schema.tables WHERE table_schema = 'main' AND table_name = 'meta'"
    row = db.execute(_VERSION).fetchone() if db.execute(ours).fetchone() else None
    if row is None or not str(row[0]).isdecimal():
        raise IndexFolderError(
            _("%(where)s has a schema named main that notes did not make", where=shown(db.address)),
            _("Nothing was changed. Take a database of its own: createdb NAME."),
        )
    version = int(row[0])
    if version > len(MIGRATIONS):
        raise IndexFolderError(
            _(
                "%(where)s: the catalogue was made by a newer notes (version %(version)s, this one knows %(known)s)",
                where=shown(db.address),
                version=version,
                known=len(MIGRATIONS),
            ),
            _("Update notes: in a newer checkout of it, pip install ."),
        )
    return version


def _bring_forward(db: Connection) -> None:
    """Make the tables, or bring them to this version: all or nothing, while nobody else writes."""
    from indexer.catalog.schema import new_catalogue  # which opens this one

    with writing(db):
        version = _version(db)  # another one may have done it meanwhile
        if version is None:
            with closing(new_catalogue()) as model:
                begin_schema(db, model)
                _run(db, rest(model))
        elif version < len(MIGRATIONS):
            db.execute("SET LOCAL search_path = main")
            _run(db, FUNCTIONS)
            for step in MIGRATIONS[version:]:
                _run(db, _parts(step))
            _run(db, _parts(totals.TABLES))
            _run(db, triggers())
            _run(db, _parts(totals.COUNTED))
            db.execute("UPDATE meta SET value = ? WHERE key = 'version'", (len(MIGRATIONS),))
            _LOG.info("the catalogue was of version %d and is of %d now", version, len(MIGRATIONS))


@contextmanager
def writing(db: Connection) -> Iterator[None]:
    """A transaction, the only one that writes."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def begin_schema(db: Connection, model: sqlite3.Connection) -> bool:
    """Make the tables alone in a database without a catalogue, as an SQLite catalogue has them; whether it has none.

    Raises ``IndexFolderError`` as ``connect``.
    """
    if _version(db) is not None:
        return False
    db.execute("CREATE SCHEMA main")
    db.execute("SET LOCAL search_path = main")
    _run(db, tables(model))
    rows = [("uuid", uuid.uuid4().hex), ("version", len(MIGRATIONS)), ("revision", 0)]
    db.executemany("INSERT INTO meta VALUES (?, ?)", rows)
    return True


def _parts(script: str) -> Iterator[str]:
    """The statements of a script of SQLite as PostgreSQL has them."""
    for part in _STATEMENT.findall(_REMARK.sub("", script)):
        if part.strip():
            declares = part.split()[0] in ("CREATE", "ALTER")
            yield translated(declared(part) if declares else part).replace("%%", "%")


def _run(db: Connection, script: Iterable[str]) -> None:
    for statement in script:
        db.script(statement)
