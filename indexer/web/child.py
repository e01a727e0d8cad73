"""A command of ``notes`` in a process of its own, beside the server.

The end of its input tells the process to stop. That end also comes when the server is killed. Signals from the terminal
do not reach the process, so it finishes the page in hand.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections import deque
from typing import IO, TYPE_CHECKING

from indexer.system.children import NOTES, python

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.web.running import Ending

_UNKNOWN = "it ended without a word"
_log = logging.getLogger(__name__)


class Child:
    """Runs commands one after the other, from one thread; other threads may stop them."""

    def __init__(self, ending: Ending) -> None:
        self._ending = ending
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, *command: str, hear: Callable[[str], None] | None = None) -> tuple[int, str]:
        """Run a command to its end; gives its exit code, and why it ended in its own words.

        ``hear`` gets each line that it prints. The command is told to stop as soon as the server is to end.
        """
        process = self._process = _started(*command)
        if self._ending.asked.is_set():
            _let_go(process)
        words = _Words(process.stderr)
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            with process.stdout:
                for line in process.stdout:
                    if hear is not None:
                        hear(line.decode(errors="replace").rstrip())
        finally:
            code = process.wait()
            self._process = None
            _let_go(process)
        return code, words.all()

    def let_go(self) -> None:
        """Tell the command to stop after its current page."""
        _let_go(self._process)

    def kill(self) -> None:
        """Stop the command at once."""
        process = self._process
        if process is not None:
            process.kill()


class _Words:
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


def _started(*command: str) -> subprocess.Popen[bytes]:
    """Start a command where signals from the terminal do not reach it."""
    words, pipe = python(NOTES, *command), subprocess.PIPE
    if sys.platform == "win32":
        apart = subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, creationflags=apart)  # noqa: S603
    return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)  # noqa: S603 - our own


def _let_go(process: subprocess.Popen[bytes] | None) -> None:
    """Tell a process to stop after its current page, by closing its input."""
    if process is not None and process.stdin is not None:
        process.stdin.close()
