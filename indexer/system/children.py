"""Starts processes with the same Python and the same modules, whatever lies in the current folder.

When Python runs a module or a text, as ``multiprocessing`` does for its workers, it looks for modules in the current
folder first. Isolated, it looks only where it is installed, and is then told where other modules lie.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.system.isolation import module_path

if TYPE_CHECKING:
    from collections.abc import Callable

_BEGIN = "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
_SERVE = "from indexer.system.children import serve; serve()"
NOTES = "from indexer.cli import main; main()"
"""What ``python`` runs so that arguments follow as on the command line."""


def python(code: str, *arguments: str) -> list[str]:
    """The command that runs a text of Python with our modules and arguments."""
    flags = [*(["-B"] if sys.dont_write_bytecode else []), *(["-X", "utf8"] if sys.flags.utf8_mode else [])]
    warned = [f"-W{option}" for option in sys.warnoptions]
    return [sys.executable, "-I", *flags, *warned, "-c", _BEGIN + code, json.dumps(module_path()), *arguments]


OPENING = 0.1
"""Share of the time for a page that drawing or decoding it may take of the processor: 30 s of the usual 300. A page
that takes more, such as a drawing of millions of lines, was not written by hand. Other work on the machine does not
count."""
_GLANCE = 0.5
"""Seconds between looks at the clocks: no system wakes us when another process has used so much processor time."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process that works for this one and ends when this one does."""

    connection: Connection
    _process: subprocess.Popen[bytes]

    @property
    def exitcode(self) -> int | None:
        """Its exit code, or minus the signal that ended it; ``None`` while it runs."""
        return self._process.poll()

    def worked(self) -> float:
        """Seconds of processor time that it has used; 0 where the system does not say."""
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8", errors="replace")
            user, system = stat.rpartition(")")[2].split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, AttributeError):
            return 0.0

    def answers(self, seconds: float, worked: float) -> bool:
        """Whether it answers within so many seconds, and before it has used so much processor time for it."""
        ends, before = time.monotonic() + seconds, self.worked()
        while not self.connection.poll(min(_GLANCE, max(0.0, ends - time.monotonic()))):
            if time.monotonic() > ends or self.worked() - before > worked:
                return False
        return True

    def join(self, seconds: float | None = None) -> bool:
        """Wait until it has ended; whether it has."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        self.connection.close()
        if self._process.stdin is not None:
            self._process.stdin.close()


def begin(work: Callable[..., None], *arguments: Any) -> Child:
    """Start a process that calls a function of ours with its end of a connection and these arguments."""
    ours, theirs = Pipe()
    try:
        process = _started(theirs.fileno())
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    with suppress(OSError):  # it ended at once: whoever waits for an answer finds out
        ours.send((work, arguments))
    return Child(ours, process)


def _started(handle: int) -> subprocess.Popen[bytes]:
    command = python(_SERVE, str(handle))
    if sys.platform == "win32":
        os.set_handle_inheritable(handle, True)
        passing = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
        return subprocess.Popen(command, stdin=subprocess.PIPE, startupinfo=passing)  # noqa: S603 - our own command
    blocked = signal.pthread_sigmask(
        signal.SIG_BLOCK, [signal.SIGINT]
    )  # it is started with this mask: Ctrl-C in a terminal reaches both
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[handle])  # noqa: S603 - our own command
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def serve() -> None:
    """What runs in the process: it does the work that comes through the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    parent = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    with _connection(int(sys.argv[1])) as connection:
        try:
            work, arguments = connection.recv()
        except EOFError:
            return
        work(connection, *arguments)


def _connection(handle: int) -> Connection:
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        return PipeConnection(handle)
    return Connection(handle)


def _end_with_parent(parent: int) -> None:
    """End this process when its parent is gone: only then is there anything to read."""
    os.read(parent, 1)
    os._exit(1)
