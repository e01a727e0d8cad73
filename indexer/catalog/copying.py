"""Whole copies of a catalogue, for backups. The catalogue may be in use meanwhile."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

from indexer.catalog.damage import first_damage
from indexer.catalog.database import Database
from indexer.catalog.schema import connect
from indexer.catalog.trouble import FILE_NAME, explained
from indexer.translation import _
from indexer.values.errors import IndexFolderError

if TYPE_CHECKING:
    from pathlib import Path


def copy_out(folder: Path, target: Path) -> frozenset[tuple[str, int]]:
    """Write a consistent copy of a catalogue into a new file, even while others write to it.

    Gives the contents that are forgotten in it, each with the number of the deed. Raises ``IndexFolderError`` for a
    damaged one: it must not replace a good backup.
    """
    with Database(folder, create=False) as source, explained(target.parent), closing(sqlite3.connect(target)) as copy:
        source.copy_into(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        with copy:  # what was ended since must not come back with a backup
            copy.execute("DELETE FROM sessions")
            copy.execute("DELETE FROM tokens")
        _check(copy, folder / FILE_NAME)
        return frozenset(copy.execute("SELECT sha256, deed FROM forgotten"))


def ready_copy(folder: Path) -> None:
    """Check the copy of a catalogue in a folder and bring it up to date; raises ``IndexFolderError``.

    It gets an id of its own. So a search index of another state of it is not taken for its own.
    """
    with explained(folder), closing(connect(folder, create=False, spare=False)) as copy:  # it is a copy
        _check(copy, "the catalogue in the backup")
        copy.execute("UPDATE meta SET value = ? WHERE key = 'uuid'", (uuid.uuid4().hex,))


def copy_in(source: Path, folder: Path) -> None:
    """Replace the catalogue of ``folder`` by that of ``source``. Who has it open sees the old one or the new one,
    whole."""
    with explained(folder), closing(sqlite3.connect(source / FILE_NAME)) as copy:
        target = sqlite3.connect(folder / FILE_NAME, timeout=30, isolation_level=None)
        with closing(target):
            copy.backup(target)


def _check(copy: sqlite3.Connection, what: object) -> None:
    damage = first_damage(copy)
    if damage is not None:
        raise IndexFolderError(
            _("%(what)s is damaged: %(damage)s", what=what, damage=damage),
            _("Restore an earlier backup of it: notes restore."),
        )
