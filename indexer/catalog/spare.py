"""A copy of the catalogue from before its tables were brought forward, kept until the next time."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from indexer.catalog.trouble import FILE_NAME
from indexer.system.files import replacing
from indexer.translation import _
from indexer.values.errors import IndexBusyError, IndexFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPARE = f"{FILE_NAME}.before"
_PATIENCE = 30.0
"""Seconds to wait for another process that brings the same catalogue forward."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes from bringing the catalogue forward: their copy would be of a half-changed one."""
    lock = FileLock(folder / f"{FILE_NAME}.lock", timeout=_PATIENCE)
    try:
        lock.acquire()
    except Timeout as error:
        raise IndexBusyError(
            _("another notes is bringing %(folder)s forward to this version", folder=folder / FILE_NAME),
            _("Try again soon."),
        ) from error
    except OSError as error:
        raise _no_copy(folder, error.strerror or str(error)) from error
    try:
        yield
    finally:
        lock.release()


def keep_spare(catalog: sqlite3.Connection, folder: Path) -> Path:
    """Copy an open catalogue; raises ``IndexFolderError`` and changes nothing when there is no room for the copy."""
    (pages,), (size,) = (catalog.execute(f"PRAGMA {what}").fetchone() for what in ("page_count", "page_size"))
    target = folder / SPARE
    try:
        if pages * size > shutil.disk_usage(folder).free:
            raise _no_copy(folder, f"it needs {pages * size:,} bytes, and there is no room for them")
        with replacing(target) as partial:
            partial.unlink(missing_ok=True)
            with closing(sqlite3.connect(partial)) as copy:
                catalog.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    except (OSError, sqlite3.OperationalError) as error:
        raise _no_copy(folder, str(getattr(error, "strerror", None) or error).lower()) from error
    return target


def _no_copy(folder: Path, why: str) -> IndexFolderError:
    return IndexFolderError(
        _(
            "the index in %(folder)s was made by an earlier notes, and no copy of its catalogue can "
            "be kept before it is brought forward: %(why)s",
            folder=folder,
            why=why,
        ),
        _("Free some space there and run the command again; nothing was changed."),
    )
