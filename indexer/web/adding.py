"""Keeps documents that come through the browser in the index folder, and has them read in the background.

A file is stored under the hash of its content, with the suffix that its source plugin reads. Its name is only a title.
Each file has a job in the catalogue. The job says how far the file is and what went wrong.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO

from indexer.catalog import Catalog
from indexer.catalog.rows import ADDED
from indexer.system.files import make_folder, move
from indexer.text.folding import clean
from indexer.translation import _
from indexer.values.errors import IndexFolderError, NotesError, UsageError
from indexer.web.runs import ReadingInBackground

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexer.api.registry import Registry
    from indexer.system.settings import Settings
    from indexer.web.running import Ending

MOST_FILES, MOST_BYTES = 50, 1_000_000_000
"""The most files in one request, and the most bytes of each."""
_BLOCK = 1 << 20
_MOMENT = 0.4
"""Seconds for which a progress that was looked up is given again."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Added:
    """A file that came: the hash of its content, its title, and whether it was here before."""

    sha256: str
    title: str
    known: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading is: the documents that wait and that failed, the pages of all documents that were read, whether
    something is read now, and why nothing is."""

    waiting: int
    pages: int
    reading: bool
    failed: int = 0
    trouble: str | None = None


class Shelf:
    """The documents that were added to an index."""

    def __init__(self, settings: Settings, registry: Registry, ending: Ending) -> None:
        self.folder = settings.index / ADDED
        self._settings = settings
        self._registry = registry
        self._reading = ReadingInBackground(settings.index, self.folder, ending)
        self._telling = threading.Lock()
        self._told: tuple[float, Progress] | None = None
        self._look_through()

    def close(self) -> None:
        """Stop reading after the current page. The next start goes on."""
        self._reading.close()

    def read_again(self, paths: Iterable[Path] = ()) -> None:
        """Read in the background what came, pages that were turned, and these files and folders."""
        self._reading.begin(paths)

    @property
    def suffixes(self) -> list[str]:
        """The suffixes of files that can be added."""
        alone = (each for each in self._registry.sources.values() if not each.recognises)
        return sorted({suffix for source in alone for suffix in source.suffixes})

    def add(self, stream: BinaryIO, name: str) -> Added:
        """Keep a file, whole or not at all. Raises ``UsageError`` if no plugin reads it or it is too large."""
        title = clean(PurePath(name.replace("\\", "/")).name)[:200] or "untitled"
        suffix = self._registry.suffix_of(Path(title))
        if self._registry.source_inside(f"a{suffix}") is None:
            raise UsageError(
                _("no source plugin reads such files: %(name)s", name=suffix or title),
                _("notes help sources names what can be added."),
            )
        try:
            partial, sha256 = self._written(stream, title)
            try:
                return self._kept(partial, sha256, title, suffix)
            finally:
                partial.unlink(missing_ok=True)  # it has its name by now, or is not kept
        except OSError as error:
            raise IndexFolderError(
                _(
                    "cannot keep %(title)s in %(folder)s: %(why)s",
                    title=title,
                    folder=self.folder,
                    why=(error.strerror or str(error)).lower(),
                ),
                _("Is there room, and may the folder be written? Then add it again."),
            ) from error

    def _written(self, stream: BinaryIO, title: str) -> tuple[Path, str]:
        """Write a file as it comes, under a name of its own. Gives its path and the hash of its content."""
        make_folder(self.folder)
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", suffix=".part", delete=False) as kept:
            partial = Path(kept.name)
            try:
                while block := stream.read(_BLOCK):
                    size += len(block)
                    if size > MOST_BYTES:
                        raise UsageError(
                            _("the file %(title)s is too large", title=title),
                            _("At most %(most_bytes)s MB a file.", most_bytes=MOST_BYTES // 1_000_000),
                        )
                    digest.update(block)
                    kept.write(block)
                kept.flush()
                os.fsync(kept.fileno())
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        return partial, digest.hexdigest()

    def _kept(self, partial: Path, sha256: str, title: str, suffix: str) -> Added:
        """Keep a file whose content is not read yet or is lost. What failed before is tried again."""
        target = self.folder / f"{sha256}{suffix}"
        with Catalog(self._settings.index) as catalog:
            for each in catalog.forgotten():
                if each.sha256 == sha256:  # who adds it again wants it back
                    catalog.bring_back(each, catalog.thresholds)
            if catalog.holds(sha256):
                catalog.entitle(sha256, title)
                return Added(sha256, title, known=True)
            move(partial, target)
            others = [path for path in self.folder.glob(f"{sha256}.*") if path != target]
            for other in others:  # the same content under another suffix
                other.unlink()
            catalog.entitle(sha256, title, anew=bool(others))
            catalog.set_failures(target, ())
            catalog.add_job(sha256, target.name)
            catalog.forget(others)
        self._reading.begin()
        return Added(sha256, title, known=False)

    def progress(self) -> Progress:
        """How far reading is. It is asked for every second, so it must cost little in a large archive."""
        with Catalog(self._settings.index) as catalog:
            jobs, pages = catalog.job_counts(), catalog.counts().pages
        trouble = self._reading.trouble
        return Progress(
            *(jobs["waiting"] + jobs["reading"], pages, self._reading.busy, jobs["failed"]),
            trouble.message if trouble else None,
        )

    def news(self) -> Progress:
        """The progress, looked up once for all who ask at the same moment."""
        with self._telling:
            if self._told is None or time.monotonic() - self._told[0] > _MOMENT:
                self._told = time.monotonic(), self.progress()
            return self._told[1]

    def _look_through(self) -> None:
        """Make a job for every file in the folder, and read those that are not in the catalogue yet."""
        try:
            files = sorted(path for path in self.folder.iterdir() if not path.name.startswith("."))
        except FileNotFoundError:
            files = []
        except OSError as error:
            _log.warning("cannot look into %s: %s", self.folder, error.strerror)
            return
        try:
            with Catalog(self._settings.index) as catalog:
                catalog.set_added_aside()
                catalog.keep_jobs((path.name.partition(".")[0], path.name) for path in files)
                catalog.move_jobs(("reading",), "waiting")
                catalog.settle_jobs(catalog.failures(), whole=True)
                if catalog.job_counts()["waiting"]:
                    self._reading.begin()
        except NotesError as error:  # perhaps busy: the server starts all the same
            _log.warning("%s", error.message)
            self._reading.begin()
