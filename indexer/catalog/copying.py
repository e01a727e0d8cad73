"""Whole copies of a catalogue: out of one that is in use, and into one that may be."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

from indexer.catalog.damage import first_damage
from indexer.catalog.database import Database
from indexer.catalog.schema import connect
from indexer.catalog.trouble import FILE_NAME, explained
from indexer.values.errors import IndexFolderError

if TYPE_CHECKING:
    from pathlib import Path


def copy_out(folder: Path, target: Path) -> None:
    """Write the catalogue of an index folder into a new file, as it is at one moment, whoever writes meanwhile.

    Raises ``IndexFolderError`` when it is damaged: no good backup is to be replaced by such a one.
    """
    with Database(folder, create=False) as source, explained(target.parent), closing(sqlite3.connect(target)) as copy:
        source.copy_into(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        _check(copy, folder / FILE_NAME)


def ready_copy(folder: Path) -> None:
    """Check the copy of a catalogue in a folder, and bring it up to date; raises ``IndexFolderError``.

    It gets a name of its own, so that what was derived from another state of it is not taken for its own.
    """
    with explained(folder), closing(connect(folder, create=False, spare=False)) as copy:  # it is a copy
        _check(copy, "the catalogue in the backup")
        copy.execute("UPDATE meta SET value = ? WHERE key = 'uuid'", (uuid.uuid4().hex,))


def copy_in(source: Path, folder: Path) -> None:
    """Put the catalogue of one folder in the place of that of another one; those who have it open see it whole."""
    with explained(folder), closing(sqlite3.connect(source / FILE_NAME)) as copy:
        target = sqlite3.connect(folder / FILE_NAME, timeout=30, isolation_level=None)
        with closing(target):
            copy.backup(target)


def _check(copy: sqlite3.Connection, what: object) -> None:
    damage = first_damage(copy)
    if damage is not None:
        raise IndexFolderError(f"{what} is damaged: {damage}", "Restore an earlier backup of it: notes restore.")
