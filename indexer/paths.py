"""Names of files: whether something is there, and which names mean the same place on which system.

What is special to Windows and macOS about names stands here and nowhere else.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

_GONE = (errno.ENOENT, errno.ENOTDIR)
_AWAY = (15, 21, 53, 55, 64, 65, 67, 1231)
"""Errors of Windows for a drive or a server that does not answer, of which Python makes "no such file"."""


class Presence(Enum):
    """Whether there is something of a name. Only what the system says is not there is ``GONE``."""

    THERE = "there"
    GONE = "gone"
    UNKNOWN = "unknown"


def presence_of(path: Path, stat: Callable[[Path], object] = os.stat) -> Presence:
    """Whether a file or folder is there, gone, or cannot be looked at: a shut folder, a drive that does not answer."""
    try:
        stat(path)
    except ValueError:  # a name that no system has
        return Presence.GONE
    except OSError as error:
        away = getattr(error, "winerror", None) in _AWAY
        if error.errno not in _GONE or away or not _has_root(path, stat):
            return Presence.UNKNOWN
        return Presence.GONE
    return Presence.THERE


def _has_root(path: Path, stat: Callable[[Path], object]) -> bool:
    """Whether the drive that a path is on is attached: on others than Windows it always is."""
    if not path.drive or path == Path(path.anchor):
        return True
    try:
        stat(Path(path.anchor))
    except OSError:
        return False
    return True


def is_there(path: Path) -> bool:
    """Whether something is there for certain."""
    return presence_of(path) is Presence.THERE


def is_gone(path: Path) -> bool:
    """Whether there is nothing for certain."""
    return presence_of(path) is Presence.GONE
