"""Follows folders: what comes or changes in them is read as soon as nobody writes to it any more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.formats.reading import SUFFIXES
from indexer.recognition.discovery import find_files, is_of_a_system, is_unfinished
from indexer.recognition.sidecars import pages_beside
from indexer.system.paths import is_gone, lies_in
from indexer.translation import _
from indexer.values.errors import IndexFolderError, NotesError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from indexer.api.registry import Registry

_QUIET = 2.0
"""Seconds in which size and date of a file stay the same before it counts as written."""
_LATEST = 5.0
"""Seconds that a written file waits for others that come with it."""
_AGAIN, _LONGEST = 5.0, 600.0
"""Seconds until reading is tried again after trouble: the first wait, which doubles each time, and the longest."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Folders that are followed, what can be read in them, and the index folder, in which nothing is."""

    folders: tuple[Path, ...]
    registry: Registry
    index: Path

    def wants(self, path: Path) -> bool:
        """Whether a change at a path is of a file that is read or may be text of one, of a folder, or of something that
        is gone."""
        root = next((folder for folder in self.folders if lies_in(path, folder)), None)
        if root is None or lies_in(path, self.index):
            return False
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if hidden or is_of_a_system(path.name) or is_unfinished(path.name):
            return False
        if self._may_be_text(path):
            return True
        return self.registry.source_for(path) is not None or path.is_dir() or is_gone(path)

    def _may_be_text(self, path: Path) -> bool:
        return path.suffix.lower() in SUFFIXES or self.registry.format_of(path) is not None

    def files(self, path: Path) -> Iterator[Path]:
        """A path, or the files below it if it is a folder."""
        if not path.is_dir():
            yield path
            return
        found = find_files([path], lambda each: self.registry.source_for(each) is not None, [self.index])
        yield from (each for each in found if isinstance(each, Path))

    def documents(self, paths: Sequence[Path]) -> tuple[Path, ...]:
        """The files; in place of those that are pages or text of another one, that one."""
        above = {up for path in paths for up in path.parents if any(lies_in(up, folder) for folder in self.folders)}
        files = [file for folder in above for file in _listed(folder)]
        whole = {page: file for file in files for page in self.registry.beside(file)}
        bound = {text: file for file in files for text in self.registry.texts(file).values()}
        found = (each for path in paths for each in self._of_text(path, bound))
        return tuple(dict.fromkeys(whole.get(path, path) for path in found))

    def _of_text(self, path: Path, bound: Mapping[Path, Path]) -> Iterator[Path]:
        """The files whose text a file may be; itself if it is read by itself, or gone."""
        if not self._may_be_text(path) or is_gone(path) or self.registry.source_for(path) is not None:
            yield path
        if self._may_be_text(path):
            yield from (each for each in pages_beside(path) if self.registry.source_for(each) is not None)
            yield from [bound[path]] if path in bound else []


def _listed(folder: Path) -> list[Path]:
    """What lies in a folder; nothing if it is gone or shut by now."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def follow(
    followed: Followed,
    changes: Iterable[Collection[Path]],
    read: Callable[[Sequence[Path]], None],
    trouble: Callable[[NotesError], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Read the folders, and then what changes in them, until there are no more changes.

    ``read`` gets the folders, and later files: those that are written, and those that are gone. What it raises is told
    once, and it is tried again; but if nothing can be read at all, it is raised. An index that another process writes
    to is only waited for.
    """
    due: dict[Path, None] = dict.fromkeys(followed.folders)
    begun, failed, again_at, said = False, 0, 0.0, ""
    for ready in settled(followed, changes, clock):
        due.update(dict.fromkeys(ready))
        if not due or clock() < again_at:
            continue
        try:
            read(tuple(due))
        except NotesError as error:
            if not begun and not isinstance(error, IndexFolderError):
                raise
            again_at = clock() + min(_AGAIN * 2.0 ** min(failed, 20), _LONGEST)
            failed += 1
            if error.message != said:
                trouble(error)
            said = error.message
        else:
            due, begun, failed, said = {}, True, 0, ""


def settled(
    followed: Followed, changes: Iterable[Collection[Path]], clock: Callable[[], float]
) -> Iterator[tuple[Path, ...]]:
    """After each set of changes the files to read now, if any: all that wait are written, or one waited long enough."""
    waiting: dict[Path, tuple[object, float]] = {}
    for changed in changes:
        now = clock()
        for path in (file for each in changed if followed.wants(each) for file in followed.files(each)):
            waiting.setdefault(path, (None, now))
        for path, (stamp, __) in list(waiting.items()):
            seen = _stamp(path)
            if seen != stamp:
                waiting[path] = (seen, now)
        quiet = [path for path, (__, since) in waiting.items() if now - since >= _QUIET]
        longest = max((now - since for __, since in waiting.values()), default=0.0)
        ready = quiet if len(quiet) == len(waiting) or longest >= _LATEST else []
        for path in ready:
            del waiting[path]
        yield followed.documents(sorted(ready))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return (-1, -1)
    return (status.st_size, status.st_mtime_ns)


def check_folders(folders: Sequence[Path]) -> None:
    """Raise ``UsageError`` for what is no folder that can be followed."""
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(
                _("%(folder)s is no folder", folder=folder),
                _("notes watch follows folders; notes index reads single files."),
            )


def to_read(paths: Sequence[Path], folders: Sequence[Path]) -> tuple[Path, ...]:
    """The paths to give to a run: those that are there, and the folders in which the others were."""
    found: dict[Path, None] = {}
    for path in paths:
        there = next((up for up in (path, *path.parents) if not is_gone(up)), path)
        if any(lies_in(there, folder) for folder in folders):
            found[there] = None
    return tuple(path for path in found if not any(up in found for up in path.parents))
