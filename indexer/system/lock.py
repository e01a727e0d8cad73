"""Lets one run of ``notes index`` at a time write to an index folder, and says which one does.

Some network drives have no locks. Nothing is written there: two programs at once would spoil what people said.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from indexer.system.files import make_folder
from indexer.system.links import check_links
from indexer.translation import _
from indexer.values.errors import IndexFolderError, UnwritableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)
"""What drives without locks say."""

_LOCK = "indexing.lock"


def has_locks(folder: Path) -> bool:
    """Whether files in a folder can be locked; true if that cannot be tried."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_UN)
        fcntl.lockf(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # nobody else uses this kind of lock on this file
    except OSError as error:
        return error.errno not in _NO_LOCKS
    finally:
        os.close(handle)
    return True


def check_locks(folder: Path) -> None:
    """Raise ``UnwritableError`` where files cannot be locked."""
    if not has_locks(folder):
        raise UnwritableError(
            _(
                "the drive of %(folder)s has no locks, without which two programs at once would spoil the index",
                folder=folder,
            ),
            _("Put the index folder on a drive of this machine (--index); the pages can stay where they are."),
        )


@contextmanager
def indexing(folder: Path) -> Iterator[None]:
    """Hold the folder for one run; raises ``IndexFolderError`` that names the process that holds it already."""
    owner = folder / "indexing.txt"
    try:
        make_folder(folder)
        check_links(folder)
        check_locks(folder)
        lock = FileLock(folder / _LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise IndexFolderError(
            _("%(owner)s is indexing into %(folder)s", owner=_owner(owner), folder=folder),
            _("Wait until it is done. Searching and reviewing work meanwhile."),
        ) from error
    except OSError as error:
        raise IndexFolderError(
            _(
                "cannot write the index folder %(folder)s: %(why)s",
                folder=folder,
                why=(error.strerror or str(error)).lower(),
            ),
            _("Check its permissions and free space, or choose another with --index."),
        ) from error
    try:
        since = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()} (since {since})", encoding="utf-8")
        yield
    except OSError as error:
        if error.filename == str(owner):
            raise IndexFolderError(
                _(
                    "cannot write the index folder %(folder)s: %(why)s",
                    folder=folder,
                    why=(error.strerror or str(error)).lower(),
                ),
                _("Check its permissions and free space, or choose another with --index."),
            ) from error
        raise
    finally:
        lock.release()


def _owner(owner: Path) -> str:
    try:
        return owner.read_text(encoding="utf-8") or "another notes"
    except OSError:
        return "another notes"
