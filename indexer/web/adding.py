"""Documents that come through the browser: kept by their content in the index folder, and read in the background.

A file's name is only its title: it lies under the hash of its content, with the suffix of the source plugin that reads
it. Reading is a run of ``notes index`` in a process of its own; whatever ends it, the next one goes on.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO

from indexer.catalog import Catalog
from indexer.errors import Exit, UsageError
from indexer.paths import is_there
from indexer.text import clean

if TYPE_CHECKING:
    from indexer.registry import Registry
    from indexer.settings import Settings

MOST_FILES, MOST_BYTES = 50, 1_000_000_000
"""Of one request: files, and bytes of each."""
_BLOCK = 1 << 20
_AGAIN = 5.0
"""Seconds until reading is tried again while another process is indexing."""


@dataclass(frozen=True, slots=True)
class Added:
    """A file that came: its content's hash, its title, and whether it was here before."""

    sha256: str
    title: str
    known: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading of what was added is: documents that wait, pages that were read of all documents, and whether
    somebody is reading now."""

    waiting: int
    pages: int
    reading: bool


class Shelf:
    """The documents that were added to an index."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.folder = settings.index / "documents"
        self._settings = settings
        self._registry = registry
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._read, name="reading", daemon=True)
        self._thread.start()
        if self._unread():
            self._wake.set()

    def close(self) -> None:
        """End the reading after the page in hand; the next start goes on."""
        self._closing.set()
        self._wake.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join(timeout=60)

    @property
    def suffixes(self) -> list[str]:
        """The suffixes of files that can be added."""
        return sorted({suffix for source in self._registry.sources.values() for suffix in source.suffixes})

    def add(self, stream: BinaryIO, name: str) -> Added:
        """Keep a file, whole or not at all; raises ``UsageError`` for one that nothing reads, or that is too large."""
        title = clean(PurePath(name.replace("\\", "/")).name)[:200] or "untitled"
        suffix = PurePath(title).suffix.lower()
        if self._registry.source_for(Path(f"a{suffix}")) is None:
            raise UsageError(f"no source plugin reads {suffix or 'such'} files", "Images and PDFs can be added.")
        self.folder.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", suffix=".part", delete=False) as kept:
            partial = Path(kept.name)
            try:
                while block := stream.read(_BLOCK):
                    size += len(block)
                    if size > MOST_BYTES:
                        raise UsageError(f"{title} is too large", f"At most {MOST_BYTES // 1_000_000} MB a file.")
                    digest.update(block)
                    kept.write(block)
                kept.flush()
                os.fsync(kept.fileno())
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        return self._kept(partial, digest.hexdigest(), title, suffix)

    def _kept(self, partial: Path, sha256: str, title: str, suffix: str) -> Added:
        with Catalog(self._settings.index, create=True) as catalog:
            known = catalog.document_of(sha256) is not None
            catalog.entitle(sha256, title)
        target = self.folder / f"{sha256}{suffix}"
        if known or is_there(target):
            partial.unlink()
        else:
            partial.replace(target)
            self._wake.set()
        return Added(sha256, title, known)

    def progress(self) -> Progress:
        """How far it is."""
        with Catalog(self._settings.index, create=True) as catalog:
            pages = catalog.counts().pages
        return Progress(len(self._unread()), pages, self._process is not None)

    def _unread(self) -> list[Path]:
        """The files that the catalogue does not have yet, neither read nor failed."""
        if not is_there(self.folder):
            return []
        with Catalog(self._settings.index, create=True) as catalog:
            failed = {failure.path for failure in catalog.failures()}
            found = []
            for path in sorted(self.folder.iterdir()):
                document = None if path.name.startswith(".") else catalog.document_of(path.stem)
                done = document is not None and document.pages is not None and document.read >= document.pages
                if not path.name.startswith(".") and path.absolute() not in failed and not done:
                    found.append(path)
        return found

    def _read(self) -> None:
        """Read whatever came, until the server ends."""
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._closing.is_set():
                return
            command = [sys.executable, "-m", "indexer", "index", "--index", str(self._settings.index), str(self.folder)]
            quiet = subprocess.DEVNULL
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command, stdin=quiet, stdout=quiet, stderr=quiet
            )
            code = self._process.wait()
            self._process = None
            if code == Exit.INDEX and not self._closing.wait(_AGAIN):
                self._wake.set()
