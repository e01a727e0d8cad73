"""Files that are written whole or not at all and outlive a power cut, and files that are read whole if they are not too
large.

What is written is certain to be on the disk only once it was synced: the content by a sync of the file, its name by a
sync of the folder. Until then a power cut may leave a name without its content, or neither.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from indexer.system.links import remove_link
from indexer.translation import _
from indexer.values.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF)
"""What some network drives say of a folder that is to be synced: they have no such thing."""


@contextmanager
def replacing(target: Path, *, lasting: bool = True) -> Iterator[Path]:
    """A file to write beside ``target``. It takes the place of ``target`` if all goes well; else that stays.

    One that is ``lasting`` is certain to be on the disk afterwards; what is only derived need not be. For one writer at
    a time. What a killed process leaves behind is written over the next time.
    """
    partial = target.with_name(f"{target.name}.partial")
    remove_link(partial)
    try:
        yield partial
        if lasting:
            sync(partial)
            move(partial, target)
        else:
            partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def sync(file: Path) -> None:
    """Return once what was written into a file is on the disk; its name may not be. Raises ``OSError``."""
    with file.open("r+b") as stream:  # Windows syncs only what may be written
        os.fsync(stream.fileno())


def move(path: Path, target: Path) -> None:
    """Give a file or a folder another name, in place of a file that has it. The name is certain afterwards."""
    path.replace(target)
    _sync_names(target.parent)
    if path.parent != target.parent:
        _sync_names(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, as far as they are not there. Their names are certain afterwards."""
    missing = []
    for each in (folder, *folder.parents):
        if each.is_dir():
            break
        missing.append(each)
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        _sync_names(each.parent)


def _sync_names(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(handle)


def whole_file(path: Path, most: int, name: str = "it") -> bytes:
    """What is in a file, for a source. Raises ``PluginError`` if it cannot be read or has more than so many bytes.

    ``name`` is what the message calls the file.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise PluginError(_("it cannot be read: %(why)s", why=error.strerror), kind="unreadable") from error
    if len(data) > most:
        raise PluginError(_("%(name)s is larger than %(most)s MB", name=name, most=most // 1_000_000), kind="too-large")
    return data
