"""Reads added documents and pages that were turned, by ``notes index`` in a process of its own, and follows it."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.catalog import Catalog
from indexer.system.paths import is_there
from indexer.translation import _, english
from indexer.values.errors import Exit, NotesError
from indexer.web.background import Background

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from indexer.web.running import Ending

_AGAIN, _LATEST = 5.0, 600.0
"""Seconds until reading is tried again after trouble: the first wait, which doubles each time, and the longest."""
_BUSY = 30.0
"""The longest wait if the index could not be written: mostly another process is reading into it."""
_MOST = 500
"""The most files and folders from elsewhere in one run."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing is read now, and when reading is tried again, on the monotonic clock: that of the day may go back."""

    message: str
    again_at: float


class ReadingInBackground:
    """Reads the folder of added documents in the background, and files with pages that were turned."""

    def __init__(self, index: Path, folder: Path, ending: Ending) -> None:
        self._index = index
        self._folder = folder
        self._ending = ending
        self._lock = threading.Lock()
        self._more: dict[Path, None] = {}
        self._begun = False
        self._failed = 0
        self.trouble: Trouble | None = None
        self._background = Background("reading", ending, self._read, pause=self._until_again)

    @property
    def busy(self) -> bool:
        """Whether a process is reading. It takes a moment to start."""
        return self._begun

    def begin(self, paths: Iterable[Path] = ()) -> None:
        """Read what came, now or after the run under way; also these files and folders."""
        with self._lock:
            self._more.update(dict.fromkeys(paths))
        self._background.wake()

    def close(self) -> None:
        """Stop reading after the current page, or at once if the server is to end at once. The next start goes on."""
        self._background.close(tell=self._tell)

    def _tell(self) -> None:
        if self._begun:
            self._ending.tell("finishing the page in hand (Ctrl-C again to drop it)")

    def _until_again(self) -> float | None:
        return None if self.trouble is None else max(0.0, self.trouble.again_at - time.monotonic())

    def _read(self) -> None:
        """Read what came."""
        try:
            self._run()
        except (NotesError, OSError) as error:
            self._troubled(Exit.INDEX, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, what comes later is still to be read
            self._troubled(Exit.BUG, f"{type(error).__name__}: {error}")

    def _run(self) -> None:
        """Read what there is once, and note in each job what became of it."""
        with self._lock:
            there = [path for path in self._more if is_there(path)]
            more, self._more = there[:_MOST], dict.fromkeys(there[_MOST:])
        is_read = False
        try:
            paths = [*([self._folder] if self._folder.exists() else []), *self._turned(), *more]
            is_read = not paths or self._is_read(paths)
        finally:
            if not is_read:
                with self._lock:
                    self._more |= dict.fromkeys(more)
        if self._more and is_read:
            self._background.wake()

    def _is_read(self, paths: Sequence[Path]) -> bool:
        """Whether these were read; if not, it is noted when they are tried again."""
        command = ("index", "--as-child", "--index", str(self._index), *map(str, paths))
        try:
            code, said = self._background.child.run(*command, hear=self._hear)
        finally:
            self._begun = False
        with Catalog(self._index) as catalog:
            catalog.settle_jobs(catalog.failures())
            if code in (Exit.DONE, Exit.SOME_FAILED):
                self._failed, self.trouble = 0, None
                if not self._background.is_woken:  # otherwise something came meanwhile
                    catalog.move_jobs(("reading",), "failed", _passed_over())
                catalog.move_jobs(("reading",), "waiting")
                return True
            if self._ending.asked.is_set() and code == Exit.INTERRUPTED:
                catalog.move_jobs(("reading",), "waiting")
                return False
        self._troubled(code, said)
        return False

    def _turned(self) -> list[Path]:
        """The files from elsewhere with pages that a person turned and that were not read so yet."""
        with Catalog(self._index) as catalog:
            files = [file.holder or file for content in catalog.unturned() for file in catalog.originals(content)]
        elsewhere = [file.path for file in files if file.path.parent != self._folder and is_there(file.path)]
        return list(dict.fromkeys(elsewhere))

    def _hear(self, line: str) -> None:
        """Note that reading has begun, and then each file as soon as it is done."""
        _log.info("reading: %s", line)
        try:
            with Catalog(self._index) as catalog:
                if self._begun:
                    catalog.settle_jobs(catalog.failures())
                else:
                    catalog.move_jobs(("waiting",), "reading")
        except NotesError as error:  # the catalogue is busy: the jobs are settled a little later
            _log.info("%s", error.message)
        self._begun = True

    def _troubled(self, code: int, said: str) -> None:
        """Note what stops the reading, and when it is tried again: soon if it may pass by itself."""
        self._failed += 1
        passing = code == Exit.INDEX
        wait = min(_AGAIN * 2.0 ** min(self._failed - 1, 20), _BUSY if passing else _LATEST)
        _log.warning("what was added cannot be read (exit code %d): %s", code, said)
        try:
            with Catalog(self._index) as catalog:
                catalog.move_jobs(("waiting", "reading"), "waiting" if passing else "failed", said)
        except NotesError as error:
            _log.warning("%s", error.message)
        self.trouble = Trouble(said, time.monotonic() + wait)


def _passed_over() -> str:
    """Why a file failed that was not read; it is kept in English."""
    return english(
        _("it was passed over: its file is not there any more, or no plugin reads such files. Add it again.")
    )
