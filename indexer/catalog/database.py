"""The open database of a catalogue: rows, transactions, and errors that say what to do."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from indexer.catalog.damage import blame
from indexer.catalog.dialects import is_lost, is_shared
from indexer.catalog.folder import address_in, file_in, homes_of, resting_state, writable
from indexer.catalog.rows import path_key, path_of
from indexer.catalog.schema import connect, connect_for_reading
from indexer.catalog.trouble import FILE_NAME, explained
from indexer.translation import _
from indexer.values.errors import IndexFolderError, UnwritableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self


_Found = TypeVar("_Found")
CHUNK = 900
"""Parameters of one statement: fewer than every SQLite allows."""


class Database:
    """The database in a folder. It is a context manager that closes it.

    ``who`` is the person for whom it is opened: what is said is noted as theirs; empty if that is not noted.
    With ``folders`` they see what lies in these alone (``rights.see_only``), and nothing can be written.

    An unforeseen error leaves the context as ``IndexFolderError`` if the catalogue is damaged.
    """

    def __init__(self, folder: Path, *, create: bool, who: str = "", folders: Sequence[bytes] | None = None) -> None:
        self.folder = folder
        self.who = who
        self._folders = folders
        self.home, *_ = self._homes = homes_of(folder)
        self._resting: tuple[int, ...] | None = None
        self._hindered: UnwritableError | None = None
        self._open(create=create)

    def _open(self, *, create: bool = False) -> None:
        # In a folder that cannot be written there is no lock either: each answer is checked afterwards instead.
        self._resting = None if create or writable(self.folder) else resting_state(self.folder)
        self._hindered = None
        try:
            self._db = connect(self.folder, create=create, at_rest=self._resting is not None)
        except UnwritableError as error:
            if create or self._resting is not None or address_in(self.folder):
                raise
            self._read_only(error)
        self._file = file_in(self.folder)
        if self._folders is not None:
            self._see_only(self._folders)

    def _see_only(self, folders: Sequence[bytes]) -> None:
        from indexer.catalog.rights import see_only  # a person alone sees everything

        try:
            see_only(self._db, folders)
        except BaseException:
            self._db.close()
            raise

    def _read_only(self, hindered: UnwritableError) -> None:
        """Open a catalogue for reading when nothing can be written to it now."""
        self._resting, self._hindered = resting_state(self.folder), hindered
        try:
            self._db = connect_for_reading(self.folder, at_rest=self._resting is not None)
        except IndexFolderError:
            raise hindered from None

    @property
    def writable(self) -> bool:
        """Whether the catalogue can be written. If not, it can still be searched and shown."""
        return self._hindered is None and writable(self.folder)

    @property
    def is_part(self) -> bool:
        """Whether some folders of it alone are seen."""
        return self._folders is not None

    def copy_into(self, copy: sqlite3.Connection) -> None:
        """Write a consistent copy of the database into another one."""
        if is_shared(self._db):
            from indexer.catalog.postgres.moving import copied_into  # an archive of one machine needs none of it

            copied_into(copy, self._db)
            return
        with explained(self.folder):
            while True:
                self._db.backup(copy)
                if not self._was_written():
                    return
                self._db.close()
                self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        blame(self.folder, error)

    def _key(self, path: Path) -> bytes:
        return path_key(path, self._homes)

    def _path(self, key: bytes) -> Path:
        return path_of(key, self.home)

    def _meta(self, key: str) -> str | int:
        row = self._one("SELECT value FROM meta WHERE key = ?", key)
        if row is None:
            raise IndexFolderError(
                _("the catalogue in %(folder)s is damaged: its %(key)s is missing", folder=self.folder, key=key),
                _("Restore it from a backup, or move it away and index again."),
            )
        value: str | int = row[0]
        return value

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    def _all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self._looked_up(lambda db: db.execute(sql, values).fetchall())

    def _looked_up(self, look: Callable[[sqlite3.Connection], _Found]) -> _Found:
        """Run a query on one consistent state of the database."""
        with explained(self.folder):
            again = False
            while True:
                try:
                    rows = look(self._db)
                except sqlite3.DatabaseError:
                    if not self._was_written():
                        raise
                except IndexFolderError:
                    if not is_lost(self._db) or again:
                        raise
                    again = True
                else:
                    if not self._was_written():
                        return rows
                self._db.close()
                self._open()

    def _was_written(self) -> bool:
        """Whether a catalogue that was opened without a lock was written to meanwhile: what was read may mix two
        states."""
        return self._resting is not None and resting_state(self.folder) != self._resting

    def _in(self, sql: str, values: Sequence[object]) -> Iterator[sqlite3.Row]:
        """The rows of a statement with ``IN ({})``, for any number of values."""
        for start in range(0, len(values), CHUNK):
            part = values[start : start + CHUNK]
            yield from self._all(sql.format(",".join("?" * len(part))), *part)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: everything is written or, on any error, nothing."""
        if self._hindered is not None:
            raise self._hindered
        if is_lost(self._db):
            self._open()
        self._check_in_place()
        with explained(self.folder):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        self._check_in_place()

    def _check_in_place(self) -> None:
        """Raise ``IndexFolderError`` if the file that is open is not the one in the folder any more: whoever looks
        there would not find what is written."""
        if file_in(self.folder) != self._file:
            raise IndexFolderError(
                _("%(folder)s was moved, deleted or replaced while it was in use", folder=self.folder / FILE_NAME),
                _("Name its new place with --index, and run the command again: what is missing there is read then."),
            )
