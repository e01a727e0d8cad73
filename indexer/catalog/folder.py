"""An index folder before its catalogue is opened: its names, whether there is a catalogue, whether anybody writes."""

from __future__ import annotations

import os
from pathlib import Path

from indexer.catalog.trouble import FILE_NAME
from indexer.system.paths import Presence, presence_of
from indexer.translation import _
from indexer.values.errors import IndexFolderError


def homes_of(folder: Path) -> tuple[Path, ...]:
    """The names of an index folder: the one that was given and, if links lead there, its real one."""
    path = os.path.abspath(folder)  # noqa: PTH100 - with links kept
    return tuple(dict.fromkeys((Path(path), Path(os.path.realpath(path)))))


def writable(folder: Path) -> bool:
    """Whether the catalogue in a folder can be changed or made."""
    path = folder / FILE_NAME
    return os.access(folder, os.W_OK) and (not has_catalogue(path) or os.access(path, os.W_OK))


def file_in(folder: Path) -> tuple[int, int] | None:
    """Which file the catalogue in a folder is now; ``None`` if it is not there or cannot be looked at."""
    try:
        status = (folder / FILE_NAME).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def has_catalogue(path: Path) -> bool:
    """Whether there is a file at this path; raises ``IndexFolderError`` when that cannot be told."""
    presence = presence_of(path)
    if presence is Presence.UNKNOWN:
        raise IndexFolderError(
            _("cannot look into the index folder %(parent)s", parent=path.parent),
            _("Check its permissions or its drive."),
        )
    return presence is Presence.THERE


def check_index(folder: Path) -> None:
    """Raise ``IndexFolderError`` if there is no catalogue any more where there was one: none is begun in its place."""
    if not has_catalogue(folder / FILE_NAME):
        raise IndexFolderError(
            _("no index in %(folder)s any more", folder=folder),
            _("Was it moved, or is its drive not attached? Attach it, or name its new place with --index."),
        )


def resting_state(folder: Path) -> tuple[int, ...] | None:
    """A value for the state of a catalogue to which nobody writes; it differs in a later state. ``None`` while somebody
    may write.

    A writer first fills a log beside the catalogue, also one with what was there before. It removes the log last, after
    it has written into the catalogue.
    """
    path = folder / FILE_NAME
    try:
        status = path.stat()
    except OSError:
        return None
    for log in (path.with_name(path.name + end) for end in ("-wal", "-journal")):
        if presence_of(log) is not Presence.GONE and (presence_of(log) is Presence.UNKNOWN or log.stat().st_size):
            return None
    return (status.st_ino, status.st_size, status.st_mtime_ns)
