"""Reads added documents, and pages that were turned, by ``notes index`` in a process of its own; follows how it goes.

The end of its input tells the process to stop. That end also comes when the server is killed. Signals from the terminal
do not reach the process, so it finishes the page that it is reading.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from indexer.catalog import Catalog
from indexer.system.children import NOTES, python
from indexer.system.paths import is_there
from indexer.values.errors import Exit, NotesError

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.web.running import Ending

_AGAIN, _LATEST = 5.0, 600.0
"""Seconds until reading is tried again after trouble: the first wait, which doubles each time, and the longest."""
_BUSY = 30.0
"""The longest wait if the index could not be written: mostly another process is reading into it."""
_GLANCE = 0.2
"""Seconds between checks whether the server is to end at once. On Windows an endless wait would not notice Ctrl-C."""
_PASSED_OVER = "it was passed over: its file is not there any more, or no plugin reads such files. Add it again."
_UNKNOWN = "it ended without a word"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing is read now, and when reading is tried again (seconds since 1970)."""

    message: str
    again_at: float


class ReadingInBackground:
    """Reads the folder of added documents in the background, and files with pages that were turned."""

    def __init__(self, index: Path, folder: Path, ending: Ending) -> None:
        self._index = index
        self._folder = folder
        self._ending = ending
        self._wake = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._begun = False
        self._failed = 0
        self.trouble: Trouble | None = None
        self._thread = threading.Thread(target=self._read, name="reading", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether a process is reading. It takes a moment to start."""
        return self._begun

    def begin(self) -> None:
        """Read what came, now or after the run under way."""
        self._wake.set()

    def close(self) -> None:
        """Stop reading after the current page, or at once if the server is to end at once. The next start goes on."""
        self._ending.asked.set()
        self._wake.set()
        let_go(self._process)
        if self._begun:
            self._ending.tell("finishing the page in hand (Ctrl-C again to drop it)")
        while self._thread.is_alive():
            self._thread.join(_GLANCE)
            process = self._process
            if self._ending.at_once.is_set() and process is not None:
                process.kill()

    def _read(self) -> None:
        """Read what came, again and again, until the server ends."""
        while True:
            wait = None if self.trouble is None else max(0.0, self.trouble.again_at - time.time())
            self._wake.wait(wait)
            self._wake.clear()
            if self._ending.asked.is_set():
                return
            try:
                self._run()
            except (NotesError, OSError) as error:
                self._troubled(Exit.INDEX, str(error))
            except Exception as error:  # noqa: BLE001 - whatever it is, what comes later is still to be read
                self._troubled(Exit.BUG, f"{type(error).__name__}: {error}")

    def _run(self) -> None:
        """Read what there is once, and note in each job what became of it."""
        paths = [*([self._folder] if self._folder.exists() else []), *self._turned()]
        if not paths:
            return
        process = started("index", "--as-child", "--index", str(self._index), *map(str, paths))
        self._process = process
        if self._ending.asked.is_set():
            let_go(process)
        words = Words(process.stderr)
        try:
            self._listen(process.stdout)
        finally:
            code = process.wait()
            self._process, self._begun = None, False
            let_go(process)
        said = words.all()
        with Catalog(self._index, create=True) as catalog:
            catalog.settle_jobs(catalog.failures())
            if code in (Exit.DONE, Exit.SOME_FAILED):
                self._failed, self.trouble = 0, None
                if not self._wake.is_set():  # otherwise something came meanwhile
                    catalog.move_jobs(("reading",), "failed", _PASSED_OVER)
                catalog.move_jobs(("reading",), "waiting")
                return
            if self._ending.asked.is_set() and code == Exit.INTERRUPTED:
                catalog.move_jobs(("reading",), "waiting")
                return
        self._troubled(code, said)

    def _turned(self) -> list[Path]:
        """The files from elsewhere with pages that a person turned and that were not read so yet."""
        with Catalog(self._index, create=True) as catalog:
            files = [file.holder or file for content in catalog.unturned() for file in catalog.originals(content)]
        elsewhere = [file.path for file in files if file.path.parent != self._folder and is_there(file.path)]
        return list(dict.fromkeys(elsewhere))

    def _listen(self, stdout: IO[bytes] | None) -> None:
        """Note that reading has begun, and then each file as soon as it is done."""
        assert stdout is not None  # noqa: S101 - it is a pipe
        with stdout:
            for line in stdout:
                _log.info("reading: %s", line.decode(errors="replace").rstrip())
                try:
                    with Catalog(self._index, create=True) as catalog:
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
            with Catalog(self._index, create=True) as catalog:
                catalog.move_jobs(("waiting", "reading"), "waiting" if passing else "failed", said)
        except NotesError as error:
            _log.warning("%s", error.message)
        self.trouble = Trouble(said, time.time() + wait)


class Words:
    """What a process says on its error stream. All of it goes to the log, and the last lines are kept."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._last: deque[str] = deque(maxlen=20)
        self._thread = threading.Thread(target=self._hear, args=(stream,), name="words", daemon=True)
        self._thread.start()

    def _hear(self, stream: IO[bytes] | None) -> None:
        assert stream is not None  # noqa: S101 - it is a pipe
        with stream:
            for line in stream:
                text = line.decode(errors="replace").rstrip()
                if text:
                    self._last.append(text)
                    _log.info("in the background: %s", text)

    def all(self) -> str:
        """Why the process ended, in its own words: its last message that begins with ``notes:``."""
        self._thread.join(5)
        said = list(self._last)
        own = [at for at, line in enumerate(said) if line.startswith("notes: ")]
        chosen = said[own[-1] :] if own else said[-1:]
        return ". ".join(each.rstrip(".") for each in chosen).removeprefix("notes: ") or _UNKNOWN


def started(*words: str) -> subprocess.Popen[bytes]:
    """Start a command of ``notes`` where signals from the terminal do not reach it."""
    command = python(NOTES, *words)
    pipe = subprocess.PIPE
    if sys.platform == "win32":
        apart = subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, creationflags=apart)  # noqa: S603
    return subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    )


def let_go(process: subprocess.Popen[bytes] | None) -> None:
    """Tell a process to stop after its current page, by closing its input."""
    if process is not None and process.stdin is not None:
        process.stdin.close()
