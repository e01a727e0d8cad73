"""Names of files: whether something exists, and which names mean the same place on which system.

All that is special to names on Windows and macOS stands here.
"""

from __future__ import annotations

import errno
import fnmatch
import glob
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_GONE = (errno.ENOENT, errno.ENOTDIR)
_AWAY = (15, 21, 53, 55, 64, 65, 67, 1231)
"""Errors of Windows for a drive or server that does not answer. Python turns them into "no such file"."""


_PLAIN = re.compile(r"[A-JL-Za-z0-9 _./-]+")
"""Letters that no other letter equals when case and accents are ignored. K is missing: the Kelvin sign equals it."""
_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


class Presence(Enum):
    """Whether something exists. ``GONE`` is only what the system says does not exist."""

    THERE = "there"
    GONE = "gone"
    UNKNOWN = "unknown"


def presence_of(path: Path, stat: Callable[[Path], object] = os.stat) -> Presence:
    """Whether a file or folder exists, is gone, or cannot be looked at: a shut folder, a drive that does not answer."""
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
    """Whether the drive of a path is attached; always true on systems other than Windows."""
    if not path.drive or path == Path(path.anchor):
        return True
    try:
        stat(Path(path.anchor))
    except OSError:
        return False
    return True


def is_there(path: Path) -> bool:
    """Whether something certainly exists."""
    return presence_of(path) is Presence.THERE


def is_gone(path: Path) -> bool:
    """Whether something certainly does not exist."""
    return presence_of(path) is Presence.GONE


@dataclass(frozen=True, slots=True)
class Names:
    """How a system tells names apart: whether ``\\`` separates them, and whether another case, or another way to
    compose an accented letter, makes another name."""

    backslash: bool = False
    any_case: bool = False
    any_form: bool = False


LINUX, MACOS = Names(), Names(any_case=True, any_form=True)
WINDOWS = Names(backslash=True, any_case=True)
HERE = {"win32": WINDOWS, "darwin": MACOS}.get(sys.platform, LINUX)


def place_key(path: str, names: Names = HERE) -> str:
    """A text that is the same for all names of a place that the system takes for the same."""
    if names.backslash:
        path = path.replace("\\", "/").removeprefix("//?/")
    if names.any_form:
        path = unicodedata.normalize("NFC", path)
    if names.any_case:
        path = path.casefold()
    return path.rstrip("/") or "/"


def absolute(path: Path) -> Path:
    """A path from the root and without ``..``; links are kept, since people know the place by that name."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links


def spelled(path: Path, names: Names = HERE, listed: Callable[[Path], list[str]] = os.listdir) -> Path:
    """An absolute path with the names as they are written on the disk, where the system takes other spellings too."""
    if not (names.any_case or names.any_form):
        return path
    found = Path(path.anchor)
    for part in path.parts[1:]:
        try:
            there = listed(found)
        except OSError:
            there = []
        same = [name for name in there if place_key(name, names) == place_key(part, names)]
        found /= part if part in same or not same else same[0]
    return found


def named(path: Path) -> Path:
    """A path as places in an index are named: absolute, and spelled as on the disk."""
    return spelled(absolute(path))


def lies_in(path: Path, folder: Path, names: Names = HERE) -> bool:
    """Whether a path is a folder or lies in it; links are not followed."""
    inner, outer = place_key(str(path), names), place_key(str(folder), names)
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")


def at_home(path: Path) -> Path:
    """A path with ``~`` replaced by the home folder. Where nobody has such a name, it is a name like any other."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def place_among(path: Path, places: Sequence[Path], names: Names = HERE) -> Path | None:
    """The place that a person means by a path, which may be written in another way or go through links."""
    path = absolute(at_home(path))
    if path in places:
        return path
    for same in (names, MACOS if names.any_case else Names(any_form=True)):
        found = [place for place in places if place_key(str(place), same) == place_key(str(path), same)]
        if len(found) == 1:
            return found[0]
    if "\0" in str(path):  # a name that no system has
        return None
    true = place_key(os.path.realpath(path), names)
    return next((place for place in places if place_key(os.path.realpath(place), names) == true), None)


def matcher(pattern: str, names: Names = HERE) -> Callable[[str], bool]:
    """A function that says whether a pattern matches a path or the end of it; a folder matches what is in it.

    The pattern's very letters match as well. A pattern that begins in the current folder or at home is a place. Letters
    may be composed in any way. Paths of Windows are matched by its rules on every system.
    """
    plain = _tails({pattern, *_as_place(pattern)}, names)
    windows = _tails({pattern}, WINDOWS)

    def matches(path: str) -> bool:
        of_windows = names.backslash or _OF_WINDOWS.match(path)
        text = _folded(path, WINDOWS if of_windows else names)
        return (windows if of_windows else plain).match(text) is not None

    return matches


def letters_in(pattern: str, names: Names = HERE) -> tuple[str, ...]:
    """Letters of which some stand in every path from the root (``/``) that a pattern matches, to look for them first;
    none where that is not certain."""
    if names != LINUX:
        return ()
    before = [_folded(each, names).partition("[")[0] for each in {pattern, *_as_place(pattern)}]
    plain = [max(_PLAIN.findall(each), key=len, default="").strip("/") for each in before]
    return tuple(sorted(plain)) if all(plain) else ()


def _as_place(pattern: str) -> Iterable[str]:
    """The place that a pattern names if it is a path from here or from home, with and without links."""
    text = pattern.replace("\\", "/") if HERE.backslash else pattern
    path = at_home(Path(pattern))
    relative = text in (".", "..") or text.startswith(("./", "../", "~")) or "/../" in text
    if "\0" not in pattern and (relative or (path.is_absolute() and is_there(path))):
        yield str(absolute(path))
        yield os.path.realpath(path)


def _tails(patterns: Iterable[str], names: Names) -> re.Pattern[str]:
    folded = [_folded(pattern, names).rstrip("/") for pattern in patterns]
    wanted = {each for text in folded for each in (text, glob.escape(text))}
    tails = {tail for each in wanted for tail in (each, f"*/{each}", f"{each}/*", f"*/{each}/*")}
    return re.compile("|".join(fnmatch.translate(tail) for tail in sorted(tails)))


def _folded(text: str, names: Names) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if names.backslash:
        text = text.replace("\\", "/")
    return text.casefold() if names.any_case else text
