"""Files of text beside the files of pages: where they lie, and whether they are still those that a page was read with.

A file of text has the name of the pages' file with another suffix, or with one more. It lies beside it, or in a folder
there that Transkribus and others name after the format.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.formats.reading import NO_PLACES, PLACES, SUFFIXES
from indexer.system.paths import is_there
from indexer.values import Sidecar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FOLDERS = ("", "page", "alto", "hocr", "tei")
"""Folders beside the pages in which their text may lie; the first is the one of the pages."""
_HEAD = 1 << 16
"""Bytes at the beginning of a file that say of which kind it is."""
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_OURS = frozenset(each.encode() for each in (*PLACES, *NO_PLACES))


class Sidecars:
    """Finds the files of text beside pages; each folder is listed once. If they are ``is_ignored``, none is there."""

    def __init__(self, *, is_ignored: bool = False) -> None:
        self._is_ignored = is_ignored
        self._listed: dict[Path, Mapping[tuple[str, str], Path]] = {}

    def beside(self, files: Iterable[Path], known: Iterable[Sidecar] = ()) -> Sidecar | None:
        """The text beside the first of the files, by path, that has some. One that is ``known`` with this size and date
        is not read again."""
        before = {each.path: each for each in known}
        for file in sorted(files):
            for path in self.candidates(file):
                found = _looked_at(path, before.get(path))
                if found is not None and found.sha256:
                    return found
        return None

    def candidates(self, file: Path) -> Iterator[Path]:
        """The files that have a name for text of the pages of a file, the one that counts first."""
        for name in () if self._is_ignored else _FOLDERS:
            listed = self._names(file.parent / name)
            for suffix in SUFFIXES:
                for stem in (file.stem, file.name):
                    path = listed.get((stem, suffix))
                    if path is not None and path != file:
                        yield path

    def _names(self, folder: Path) -> Mapping[tuple[str, str], Path]:
        """The files of text in a folder, by stem and suffix."""
        if folder not in self._listed:
            try:
                names = sorted(entry.name for entry in os.scandir(folder))
            except OSError:
                names = []
            paths = (folder / name for name in names if not name.startswith("."))
            found = {(path.stem, path.suffix.lower()): path for path in paths if path.suffix.lower() in SUFFIXES}
            self._listed[folder] = found
        return self._listed[folder]


def _looked_at(path: Path, before: Sidecar | None) -> Sidecar | None:
    """A file as it is now; ``None`` if there is none."""
    try:
        status = path.stat()
        if before is not None and (before.size, before.modified) == (status.st_size, status.st_mtime):
            return before
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            digest = hashlib.sha256(head)
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError:  # it lies there and cannot be read: whoever reads the page says why
        return Sidecar(path, "unreadable", 0, 0.0) if is_there(path) else None
    return Sidecar(path, digest.hexdigest() if _is_text(path, head) else "", status.st_size, status.st_mtime)


def _is_text(path: Path, head: bytes) -> bool:
    """Whether a file seems to be text of pages. What is damaged from the beginning on may have been."""
    suffix = path.suffix.lower()
    if suffix == ".txt":
        return True
    if suffix != ".xml":
        return b"ocr_page" in head
    root = _ROOT.search(re.sub(rb"<!--.*?-->", b"", head, flags=re.DOTALL))
    return root is None or root[1] in _OURS or (root[1].lower() == b"html" and b"ocr_page" in head)


def is_same(kept: Sidecar | None, now: Sidecar | None) -> bool:
    """Whether a page was read with the text that lies beside it now."""
    return (kept.sha256 if kept else "") == (now.sha256 if now else "")
