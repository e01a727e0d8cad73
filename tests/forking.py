"""Runs ``notes`` in forks of a process that has loaded it, in a few hundredths of the second a fresh Python takes.

A fork is a process like any other: it takes signals, has its own environment and folder, prints into its own pipes and
ends with its own code. What depends on how Python begins (its own variables, what it imports) needs a fresh one.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

_OPTIONS = {"cwd", "env", "stdin", "stdout", "stderr", "start_new_session"}
_LOADED = (
    *(
        "indexer.cli",
        "indexer.archive.library",
        "indexer.catalog",
        "indexer.search",
        "indexer.search.words.whoosh_index",
    ),
    *("indexer.web.app", "indexer.web.running", "indexer.web.drawing", "indexer.recognition.worker"),
    *("numpy", "PIL.Image", "rich.console", "rich.table"),
)
"""What commands would load. Nothing that begins threads: they are not there in a fork."""
_FRESH = ("PYTHON", "LANG", "LC_", "LD_")
"""How the variables begin that are heeded when Python begins."""
_NUMBER = struct.Struct("!i")
_way: list[socket.socket] = []
"""The way to the process that has loaded notes, once there is one. It ends when nobody has the way any more."""


def can(options: Mapping[str, Any]) -> bool:
    """Whether a fork with these options of ``subprocess.Popen`` is what a fresh Python with them would be."""
    now, then = (
        {name: each[name] for name in each if name.startswith(_FRESH)} for each in (os.environ, options["env"])
    )
    return sys.platform == "linux" and options.keys() <= _OPTIONS and now == then


class Fork:
    """A fork that runs ``notes``: as much of ``subprocess.Popen`` as the tests need.

    In a session of its own its processes are begun as ever, so that they are in that session. ``apart`` is a session of
    its own whose processes are forks. One that is ``stopped`` waits for SIGCONT before it does anything.
    """

    def __init__(
        self,
        arguments: list[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        start_new_session: bool = False,
        apart: bool = False,
        text: bool = True,
        worker: int | None = None,
        stopped: bool = False,
        **files: Any,
    ) -> None:
        names = enumerate(("stdin", "stdout", "stderr"))
        given = [_opened(number, files.pop(name, None), "" if text else "b") for number, name in names]
        assert not files, files
        self.args = arguments
        self.stdin, self.stdout, self.stderr = (mine for _, mine in given)
        self.returncode: int | None = None
        self._answers, asking = socket.socketpair()
        way = _way[0] if _way else _begun()
        with asking:
            socket.send_fds(way, [b" "], [asking.fileno(), way.fileno()])
        request = json.dumps([arguments, dict(env), str(cwd), start_new_session, apart, stopped]).encode()
        passed = [theirs for theirs, _ in given] + ([] if worker is None else [worker])
        socket.send_fds(self._answers, [_NUMBER.pack(len(request))], passed)
        self._answers.sendall(request)
        for theirs, _ in given:
            os.close(theirs)
        self.pid = self._answer()

    def _answer(self, how: int = 0) -> int:
        data = self._answers.recv(_NUMBER.size, how)
        assert data, "the process that has loaded notes has died"
        return int(_NUMBER.unpack(data)[0])

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            with suppress(OSError, ValueError):  # another thread has heard it first
                if not select.select([self._answers], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired(self.args, timeout or 0)
                self.returncode = self._answer(socket.MSG_PEEK)
            self._answers.close()
        assert self.returncode is not None
        return self.returncode

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def communicate(self, input: str | None = None, timeout: float | None = None) -> tuple[str, str]:  # noqa: A002
        if self.stdin:
            self.stdin.write(input or "")
            self.stdin.close()
        with ThreadPoolExecutor(2) as listening:
            said = [listening.submit(file.read if file else str) for file in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        self._close()
        return said[0].result(), said[1].result()

    def _close(self) -> None:
        for file in (self.stdin, self.stdout, self.stderr):
            if file:
                file.close()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended, and that is not said yet
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Fork:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        self.wait()


def _opened(number: int, file: Any, kind: str) -> tuple[int, IO[Any] | None]:
    """The end of a file that a fork gets, and ours of a pipe."""
    if file is None:
        return os.dup(number), None
    if file == subprocess.DEVNULL:
        return os.open(os.devnull, os.O_RDWR), None
    if file != subprocess.PIPE:
        return os.dup(file if isinstance(file, int) else file.fileno()), None
    end, start = os.pipe()
    return (start, os.fdopen(end, f"r{kind}")) if number else (end, os.fdopen(start, f"w{kind}"))


def _begun() -> socket.socket:
    """Begin the process that has loaded notes."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}, pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    _way.append(ours)
    atexit.register(_ended, ours, process)
    return ours


def _ended(way: socket.socket, process: subprocess.Popen[bytes]) -> None:
    """End the process that has loaded notes, and the forks that a failed test left behind."""
    way.close()
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


# ── the process that has loaded notes ───────────────────────────────────────────────────────────────────────────────


def _serve(door: socket.socket) -> None:
    """Answer requests until nobody can ask; do in forks what is asked for."""
    while True:
        said, files, _, _ = socket.recv_fds(door, 1, 2)
        if not said:
            break
        if not os.fork():
            door.close()
            _answer(*(socket.socket(fileno=file) for file in files))
        for file in files:
            os.close(file)
        _wait(os.WNOHANG)
    _wait(0)


def _wait(how: int) -> None:
    """Let go of those that have answered, so that what they took is known of."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, how)[0]:
            pass


def _answer(asked: socket.socket, way: socket.socket) -> None:
    size, files, _, _ = socket.recv_fds(asked, _NUMBER.size, 4)
    arguments, environment, folder, new_session, apart, stopped = json.loads(_whole(asked, _NUMBER.unpack(size)[0]))
    child = os.fork()
    if child:
        way.close()
        for file in files:
            os.close(file)
        asked.sendall(_NUMBER.pack(child))
        asked.sendall(_NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
        os._exit(0)
    asked.close()
    _become(files, environment, folder)
    if new_session or apart:
        os.setsid()
    if not new_session:
        _way.append(way)
        _fork_children()
    if stopped:
        os.kill(os.getpid(), signal.SIGSTOP)
    _end(arguments, *files[3:])


def _whole(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += connection.recv(size - len(data))
    return data


def _become(files: list[int], environment: dict[str, str], folder: str) -> None:
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.dup2(files[number], number)
        os.close(files[number])
        now = getattr(sys, name)
        how = {"encoding": now.encoding, "errors": now.errors, "buffering": 1 if name == "stderr" else -1}
        setattr(sys, name, open(number, "w" if number else "r", closefd=False, **how))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)


def _fork_children() -> None:
    """Let the workers of this process, and what reads for a server, be forks as well."""
    from indexer.system import children
    from indexer.web import runs

    def worker(handle: int) -> Fork:
        return Fork([], cwd=Path.cwd(), env=os.environ, stdin=subprocess.PIPE, worker=handle)

    def run(*words: str) -> Fork:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return Fork(list(words), cwd=Path.cwd(), env=os.environ, apart=True, text=False, **pipes)

    children._started = worker  # type: ignore[assignment]
    runs.started = run  # type: ignore[assignment]


def _end(arguments: list[str], worker: int | None = None) -> None:
    """Do what is asked and end as Python does, but without taking apart what was loaded: that takes longest."""
    from indexer.__main__ import main
    from indexer.system.children import serve

    sys.argv = ["notes", *(arguments if worker is None else [str(worker)])]
    sys.path.insert(0, str(Path.cwd()))  # as `python -m` does
    code: object = 0
    try:
        main() if worker is None else serve()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - as Python does
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file
    for module in _LOADED:
        importlib.import_module(module)
    gc.freeze()  # or collecting garbage writes to every page of memory that the forks share
    _serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)
