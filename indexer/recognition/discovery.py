"""Finding the files to read under the paths that a person gave, and hashing their content."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.system.links import leads_out
from indexer.system.paths import is_gone, is_there, named
from indexer.values import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Beside = Callable[[Path], Iterable[Path]]
    """The files that are pages of the file at a path."""


_OF_SYSTEMS = frozenset((".ds_store", "thumbs.db", "desktop.ini", ".directory", ".localized", "ehthumbs.db"))
"""Names, in lower case, of files that systems leave in folders of pictures."""
_UNFINISHED = frozenset((".part", ".crdownload", ".download", ".tmp", ".partial", ".filepart", ".opdownload"))
_HELD = ("~$", "~syncthing~")
"""Beginnings of names that Office and Syncthing give to files for a while, whatever their suffix."""
_ELSEWHERE = (".icloud", ".cloud", ".cloudf", ".placeholder")
"""Endings of placeholder files, whose content a cloud service keeps elsewhere."""

FORGOTTEN = "forgotten"
"""The kind of files that are passed over since a person forgot them."""


def _nothing(_path: Path) -> Iterable[Path]:
    return ()


@dataclass(frozen=True, slots=True)
class _Walk:
    """How folders are gone through, the folders that were, and the files that are pages of others."""

    readable: Callable[[Path], bool]
    beside: Beside
    visited: set[tuple[int, int]]
    taken: set[Path] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Something in a folder that is not read: ``kind`` is its suffix or a word or two."""

    path: Path
    kind: str


def find_files(
    paths: Iterable[Path],
    readable: Callable[[Path], bool],
    leave_out: Iterable[Path] = (),
    beside: Beside = _nothing,
) -> Iterator[Path | Failure]:
    """As ``look_through``, without what is passed over."""
    return (each for each in look_through(paths, readable, leave_out, beside) if not isinstance(each, PassedOver))


def look_through(
    paths: Iterable[Path],
    readable: Callable[[Path], bool],
    leave_out: Iterable[Path] = (),
    beside: Beside = _nothing,
) -> Iterator[Path | Failure | PassedOver]:
    """The files under the paths that ``readable`` accepts: sorted, absolute, each once.

    Linked folders are followed, each folder once, so that loops end. A named file that nothing reads, a missing path
    and a folder that cannot be listed are failures. Hidden names and files that nothing reads are passed over; files
    that systems leave everywhere are ignored. Folders in ``leave_out`` are skipped. What a file has ``beside`` it as
    its pages is left to that file, unless it is named.
    """
    walk = _Walk(readable, beside, {_identity(folder.stat()) for folder in leave_out if is_there(folder)})
    given: set[Path] = set()
    for path in map(named, paths):
        for found in _walk(path, walk, named=True):
            key = found if isinstance(found, Path) else found.path
            if key not in given:
                given.add(key)
                yield found


def is_of_a_system(name: str) -> bool:
    """Whether it is the name of a file that systems leave in folders of pictures."""
    return name.startswith("._") or name.lower() in _OF_SYSTEMS


def is_unfinished(name: str) -> bool:
    """Whether it is a name under which programs write for a while, or hold a place."""
    return name.startswith(_HELD) or Path(name).suffix.lower() in _UNFINISHED


def kind_passed_over(path: Path) -> str:
    """What people are told about a file that is not read: its suffix or, for a special file, what it is."""
    name = path.name.lower()
    if name.endswith(_ELSEWHERE):
        return "not downloaded yet"
    if name.startswith("."):
        return "hidden"
    suffix = path.suffix.lower()
    return f"unfinished ({suffix})" if is_unfinished(path.name) else suffix or "without a suffix"


def _walk(path: Path, walk: _Walk, *, named: bool) -> Iterator[Path | Failure | PassedOver]:
    if path in walk.taken and not named:
        return
    wanted = named or walk.readable(path)
    try:
        status = path.stat()
    except ValueError:  # a name that no system has
        yield Failure(path, None, "missing", "there is no such file or folder")
        return
    except OSError as error:
        if wanted:
            yield Failure(path, None, "missing", _why(error, path, "there is no such file or folder"))
        return
    if stat.S_ISDIR(status.st_mode):
        if _identity(status) not in walk.visited:
            walk.visited.add(_identity(status))
            yield from _walk_folder(path, walk)
    elif wanted:
        yield _checked(path, status, walk.readable)
    else:
        yield PassedOver(path, kind_passed_over(path))


def _walk_folder(folder: Path, walk: _Walk) -> Iterator[Path | Failure | PassedOver]:
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError as error:
        yield Failure(folder, None, "unreadable", _why(error, folder, "the folder cannot be listed"))
        return
    walk.taken.update(file for name in names if not name.startswith(".") for file in walk.beside(folder / name))
    for name in names:
        if is_of_a_system(name):
            continue
        if name.startswith((".", *_HELD)):
            yield PassedOver(folder / name, kind_passed_over(folder / name))
        else:
            yield from _walk(folder / name, walk, named=False)


def _checked(path: Path, status: os.stat_result, readable: Callable[[Path], bool]) -> Path | Failure:
    if not stat.S_ISREG(status.st_mode):
        return Failure(path, None, "not-a-file", "it is neither a file nor a folder")
    if leads_out(path):
        return Failure(path, None, "not-a-file", "it is a link: documents of an index lie in it")
    if not readable(path):
        return Failure(path, None, "unsupported", f"no source plugin reads {path.suffix or 'such'} files")
    return path


def _identity(status: os.stat_result) -> tuple[int, int]:
    return (status.st_dev, status.st_ino)


def _why(error: OSError, path: Path, otherwise: str) -> str:
    file = next((above for above in path.parents if above.is_file()), None) if is_gone(path) else None
    if file is not None:
        return f"it is no file of its own: index {file}, and what is inside it"
    if isinstance(error, FileNotFoundError):
        return otherwise
    return (error.strerror or otherwise).lower()
