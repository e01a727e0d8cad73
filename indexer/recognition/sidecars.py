"""Files of text beside the files of pages: where they lie, and whether they are still those that a page was read with.

A file of text has the name of the pages' file with another suffix, or with one more. It lies beside it, or in a folder
there that Transkribus and others name after the format. A package binds each of its pages to a file of text.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.formats.reading import NO_PLACES, PLACES, SUFFIXES
from indexer.system.paths import is_there
from indexer.values import Sidecar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from indexer.api.registry import Registry
    from indexer.values import Inside, SourceFile, SourceOptions

_FOLDERS = ("", "page", "alto", "hocr", "tei")
"""Folders beside the pages in which their text may lie; the first is the one of the pages."""
_HEAD = 1 << 16
"""Bytes at the beginning of a file that say of which kind it is."""
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_OURS = frozenset(each.encode() for each in (*PLACES, *NO_PLACES))


@dataclass(frozen=True, slots=True)
class Beside:
    """The text of a document: a file for ``single`` pages, by their numbers, and one for all others."""

    whole: Sidecar | None = None
    single: Mapping[int, Sidecar] = field(default_factory=dict)

    def of(self, page: int) -> Sidecar | None:
        """The file with the text of a page."""
        return self.single.get(page, self.whole)

    def number(self, page: int) -> int:
        """The number of a page in its file of text: one that is bound to no other page has only this one."""
        bound = self.single.get(page)
        shared = Counter(each.path for each in self.single.values())
        return page if bound is None or shared[bound.path] > 1 else 1

    @property
    def paths(self) -> frozenset[Path]:
        """Where all its files of text lie."""
        return frozenset(each.path for each in (self.whole, *self.single.values()) if each is not None)


class Sidecars:
    """Finds the files of text beside pages; each folder is listed once. If they are ``is_ignored``, none is there.

    ``bound`` gives those that a file binds to its pages, ``added`` are suffixes of text that plugins read.
    """

    def __init__(
        self, bound: Callable[[Path], Mapping[int, Path]], added: Iterable[str] = (), *, is_ignored: bool = False
    ) -> None:
        self._suffixes = tuple(dict.fromkeys((*SUFFIXES, *sorted(added))))
        self._is_ignored = is_ignored
        self._bound = bound
        self._texts: dict[Path, Mapping[int, Path]] = {}
        self._listed: dict[Path, dict[tuple[str, str], Path]] = {}
        self._around: dict[Path, tuple[Mapping[tuple[str, str], Path], ...]] = {}
        self._inside: dict[Path, Sidecar] = {}

    @classmethod
    def of(cls, registry: Registry, options: SourceOptions) -> Sidecars:
        """The files of text that sources bind and formats read, those of plugins too."""
        return cls(registry.texts, registry.text_suffixes(), is_ignored=options.sidecar_text == "ignore")

    def hold(self, holder: SourceFile, texts: Iterable[Inside]) -> None:
        """Note the files of text inside another file."""
        for each in texts:
            path = holder.path.joinpath(*each.names)
            self._inside[path] = Sidecar(path, each.sha256, each.size, holder.modified, holder)
            self._listed.setdefault(path.parent, {})[path.stem, path.suffix.lower()] = path

    def _look(self, path: Path, before: Mapping[Path, Sidecar]) -> Sidecar | None:
        return self._inside.get(path) or looked_at(path, before.get(path))

    def beside(self, files: Iterable[Path], known: Iterable[Sidecar] = ()) -> Beside:
        """The text of the first of the files, by path, that has some. One that is ``known`` with this size and date is
        not read again."""
        before = {each.path: each for each in known}
        for file in sorted(files):
            found = (self._look(path, before) for path in self._named(file))
            whole = next((each for each in found if each is not None and each.sha256), None)
            looked = {at: self._look(path, before) for at, path in self._single(file).items()}
            single = {at: each for at, each in looked.items() if each is not None and each.sha256}
            if whole or single:
                return Beside(whole, single)
        return Beside()

    def candidates(self, file: Path) -> Iterator[Path]:
        """The files that may be text of the pages of a file."""
        yield from self._named(file)
        yield from self._single(file).values()

    def _single(self, file: Path) -> Mapping[int, Path]:
        """The files of text that a file binds to its pages."""
        if file not in self._texts:
            self._texts[file] = {} if self._is_ignored else self._bound(file)
        return self._texts[file]

    def _named(self, file: Path) -> Iterator[Path]:
        """The files that have a name for text of the pages of a file, the one that counts first."""
        parent, stems = file.parent, (file.stem, file.name)
        if self._is_ignored:
            return
        if parent not in self._around:
            self._around[parent] = tuple(self._names(parent / name) for name in _FOLDERS)
        for listed in filter(None, self._around[parent]):  # most folders have no text: nothing is put together for them
            for suffix in self._suffixes:
                for stem in stems:
                    path = listed.get((stem, suffix))
                    if path is not None and path != file:
                        yield path

    def _names(self, folder: Path) -> dict[tuple[str, str], Path]:
        """The files of text in a folder, by stem and suffix."""
        if folder not in self._listed:
            try:
                names = sorted(entry.name for entry in os.scandir(folder))
            except OSError:
                names = []
            paths = (folder / name for name in names if not name.startswith("."))
            found = {(path.stem, path.suffix.lower()): path for path in paths if path.suffix.lower() in self._suffixes}
            self._listed[folder] = found
        return self._listed[folder]


def pages_beside(text: Path) -> Iterator[Path]:
    """The files that have a name by which a file may be the text of their pages."""
    for folder in (text.parent, *([text.parent.parent] if text.parent.name in _FOLDERS else [])):
        with suppress(OSError):
            yield from (
                each for each in sorted(folder.iterdir()) if text.stem in (each.stem, each.name) and each != text
            )


def looked_at(path: Path, before: Sidecar | None = None) -> Sidecar | None:
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
    if suffix in (".txt", ".docx") or suffix not in SUFFIXES:  # others are those of plugins
        return True
    if suffix != ".xml":
        return b"ocr_page" in head
    root = _ROOT.search(_without_comments(head))
    return root is None or root[1] in _OURS or (root[1].lower() == b"html" and b"ocr_page" in head)


def _without_comments(head: bytes) -> bytes:
    """The beginning of a file without comments. One that does not end takes the rest: it is looked for only once."""
    kept, at = [], 0
    while (begin := head.find(b"<!--", at)) >= 0 and (end := head.find(b"-->", begin)) >= 0:
        kept.append(head[at:begin])
        at = end + 3
    return b"".join((*kept, head[at:] if begin < 0 else head[at:begin]))


def is_same(kept: Sidecar | None, now: Sidecar | None) -> bool:
    """Whether a page was read with the text that lies beside it now."""
    return (kept.sha256 if kept else "") == (now.sha256 if now else "")
