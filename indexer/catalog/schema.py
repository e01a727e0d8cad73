"""How the catalogue's file is opened: its version, its settings, and the steps that bring an older one forward."""

from __future__ import annotations

import logging
import sqlite3
import uuid
from contextlib import closing, nullcontext
from functools import cache, partial
from pathlib import Path

from indexer.catalog import totals
from indexer.catalog.dialects import shared_catalogue
from indexer.catalog.folder import address_in, has_catalogue, homes_of, writable
from indexer.catalog.migrations import MIGRATIONS
from indexer.catalog.rows import moved_key
from indexer.catalog.spare import alone, keep_spare
from indexer.catalog.trouble import FILE_NAME, check_sqlite, explained
from indexer.system.drives import is_remote
from indexer.system.files import make_folder
from indexer.system.links import check_links
from indexer.system.lock import check_locks
from indexer.translation import _
from indexer.values.errors import IndexFolderError

_LOG = logging.getLogger(__name__)

_COUNTED_FROM = 16
"""The first version whose tables and views have the names that ``totals.SCRIPT`` uses."""


def connect(folder: Path, *, create: bool, at_rest: bool = False, spare: bool = True) -> sqlite3.Connection:
    """Open the catalogue in a folder and bring it to the current version; a ``spare`` copy is kept of an older one.

    A folder that cannot be written is opened for reading, without a lock when nobody writes to the catalogue
    (``at_rest``). Raises ``IndexFolderError`` when there is no catalogue (unless ``create``), or it is damaged or from
    a newer version, and ``UnavailableError`` when this Python's SQLite is too old.
    """
    check_sqlite()
    address = address_in(folder)
    if address is not None:
        return shared_catalogue(address, create=create)
    path = folder / FILE_NAME
    if create:
        try:
            make_folder(folder)
        except OSError as error:
            raise IndexFolderError(
                _("cannot make the index folder %(folder)s: %(why)s", folder=folder, why=error.strerror),
                _("Choose another with --index."),
            ) from error
    elif not has_catalogue(path):
        raise IndexFolderError(
            _("no index in %(folder)s", folder=folder),
            _("Make one with: notes index FOLDER, or point --index at yours."),
        )
    check_links(folder)
    with explained(folder):
        if not create and not writable(folder):
            return _opened_for_reading(path, at_rest=at_rest)
        if spare:  # the others lie in an index folder, and hold nothing but a catalogue
            check_locks(folder)
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            # The log of WAL needs memory that all share who have it open, and machines share none.
            _configured(connection).execute(f"PRAGMA journal_mode = {'DELETE' if is_remote(folder) else 'WAL'}")
            _bring_forward(connection, folder, spare=spare)
            _check_parts(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def connect_for_reading(folder: Path, *, at_rest: bool) -> sqlite3.Connection:
    """Open the catalogue without writing, in a folder that may be written: the disk is full.

    Raises as ``connect``.
    """
    path = folder / FILE_NAME
    with explained(folder):
        try:
            return _opened_for_reading(path, at_rest=at_rest)
        except (sqlite3.OperationalError, IndexFolderError):
            if at_rest:
                raise
        # After a crash changes may be left in the log. A single reader can read them without the shared-memory file.
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        except BaseException:
            connection.close()
            raise
        return _checked(connection, path)


def _opened_for_reading(path: Path, *, at_rest: bool) -> sqlite3.Connection:
    """Open a catalogue for reading only; it cannot be brought forward then."""
    mode = "mode=ro&immutable=1" if at_rest else "mode=ro"
    return _checked(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None), path)


def _checked(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """Refuse a catalogue of another version, since it cannot be brought forward here."""
    try:
        version = _version(_configured(connection), path.parent)
        if version == len(MIGRATIONS):
            _check_parts(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        if "unable to open" not in str(error):
            raise
        raise IndexFolderError(
            _("the last changes to %(path)s wait to be written, which cannot be done here", path=path), _open_it()
        ) from error
    except BaseException:
        connection.close()
        raise
    if version == len(MIGRATIONS):
        return connection
    connection.close()
    raise IndexFolderError(
        _(
            "the index in %(parent)s was made by an earlier notes (catalogue version %(version)s, "
            "this one uses %(migrations)s), and it cannot be brought forward here: nothing may be "
            "written",
            parent=path.parent,
            version=version,
            migrations=len(MIGRATIONS),
        ),
        _open_it(),
    )


def _configured(connection: sqlite3.Connection) -> sqlite3.Connection:
    # A catalogue may come from anybody: its views and triggers may call harmless functions only, and pages are checked.
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.row_factory = sqlite3.Row
    return connection


def _check_parts(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a catalogue with foreign triggers or views: triggers run, and a view can stand in for a table."""
    own = _own_parts(len(MIGRATIONS))
    parts = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')")
    odd = {tuple(part) for part in parts} - own
    names = {name for _, name, _ in own}
    foreign = sorted(f"{kind} {name}" for kind, name, _ in odd if kind == "trigger" or name in names)
    if foreign:
        raise IndexFolderError(
            _("%(path)s has parts that notes did not make: %(foreign)s", path=path, foreign=", ".join(foreign)),
            _("Another program added them, or it is somebody else's catalogue: ask for one without."),
        )


@cache
def _own_parts(_version: int) -> frozenset[tuple[str, str, str | None]]:
    """Type, name and definition of every part of a new catalogue of this version."""
    with closing(new_catalogue()) as connection:
        return frozenset(connection.execute("SELECT type, name, sql FROM sqlite_master"))


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables of this version in an empty database."""
    _migrate(connection, Path())


def new_catalogue() -> sqlite3.Connection:
    """An empty catalogue of this version, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        make_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection, folder: Path) -> int:
    """The version of the tables; raises ``IndexFolderError`` for one that is newer than this program."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise IndexFolderError(
            _(
                "the index in %(folder)s was made by a newer notes (catalogue version %(version)s, this "
                "one knows %(migrations)s)",
                folder=folder,
                version=version,
                migrations=len(MIGRATIONS),
            ),
            _("Update notes: in a newer checkout of it, pip install ."),
        )
    return version


def _bring_forward(connection: sqlite3.Connection, folder: Path, *, spare: bool) -> None:
    """Bring the tables to this version. A copy of the older catalogue is kept if ``spare``."""
    version, latest = _version(connection, folder), len(MIGRATIONS)
    if not version or not spare:
        _migrate(connection, folder)
        return
    with alone(folder) if version < latest else nullcontext():
        if _version(connection, folder) < latest:
            kept = keep_spare(connection, folder)
            _migrate(connection, folder)
            _LOG.info("the catalogue was of version %d and is of %d now; %s is as it was", version, latest, kept)


def _migrate(connection: sqlite3.Connection, folder: Path) -> None:
    """Make or change the tables: all steps or none."""
    version, latest = _version(connection, folder), len(MIGRATIONS)
    if version == latest:
        return
    connection.create_function("kept_path", 1, partial(moved_key, homes=homes_of(folder)))
    first = f"INSERT INTO meta VALUES ('uuid', '{uuid.uuid4().hex}'), ('revision', 0);"  # noqa: S608
    seeds = [first if number == 1 else "" for number in range(version + 1, latest + 1)]
    steps = [f"{script} {seed}" for script, seed in zip(MIGRATIONS[version:], seeds, strict=True)]
    counted = totals.SCRIPT if latest >= _COUNTED_FROM else ""
    try:
        connection.executescript(
            f"BEGIN EXCLUSIVE; {' '.join(steps)} {counted} PRAGMA user_version = {latest}; COMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        # Two processes began at once: the other one has made the tables.
        if connection.execute("PRAGMA user_version").fetchone()[0] < latest:
            raise


def _open_it() -> str:
    return _("Whoever may write there has to open it once, with notes status.")
