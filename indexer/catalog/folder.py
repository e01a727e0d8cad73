"""What is asked of an index folder before its catalogue is opened: its names, and whether it is there and at rest."""

from __future__ import annotations

import os
from pathlib import Path

from indexer.catalog.trouble import FILE_NAME
from indexer.system.paths import Presence, presence_of
from indexer.values.errors import IndexFolderError


def homes_of(folder: Path) -> tuple[Path, ...]:
    """The index folder by the name that was given and, behind links, by its own."""
    path = os.path.abspath(folder)  # noqa: PTH100 - with links kept
    return tuple(dict.fromkeys((Path(path), Path(os.path.realpath(path)))))


def writable(folder: Path) -> bool:
    """Whether the catalogue in a folder can be changed, or made."""
    path = folder / FILE_NAME
    return os.access(folder, os.W_OK) and (not has_catalogue(path) or os.access(path, os.W_OK))


def has_catalogue(path: Path) -> bool:
    """Whether there is a file of this path; raises ``IndexFolderError`` when that cannot be told."""
    presence = presence_of(path)
    if presence is Presence.UNKNOWN:
        raise IndexFolderError(
            f"cannot look into the index folder {path.parent}", "Check its permissions or its drive."
        )
    return presence is Presence.THERE


def resting_state(folder: Path) -> tuple[int, ...] | None:
    """What tells this state of a catalogue to which nobody writes from a later one; ``None`` while somebody may.

    Who writes has a log beside it with something in it first, and takes it away last, after writing into the catalogue
    itself.
    """
    path = folder / FILE_NAME
    try:
        status = path.stat()
    except OSError:
        return None
    log = path.with_name(path.name + "-wal")
    if presence_of(log) is not Presence.GONE and (presence_of(log) is Presence.UNKNOWN or log.stat().st_size):
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns)
