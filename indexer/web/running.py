"""Runs the server until a signal ends it, soon and whoever is connected."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

    from fastapi import FastAPI

_LINGER = 1
"""Seconds that answers under way have to be finished in."""
_THREADS = 0.5
"""Seconds that threads have to end in."""
_TURN = 0.0005
"""Seconds after which a thread lets another go on: a search does a thousand short things outside of Python, and would
wait ten times as long behind each."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Whether the server is to end, and whether at once: what is endless and what is waited for look here, and ``tell``
    whoever asked what is still waited for."""

    asked: threading.Event = field(default_factory=threading.Event)
    at_once: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[str], None] = field(default=lambda _text: None)


class _Server(uvicorn.Server):
    """Ends by the first signal; by the second it does not wait for the page that is being read either."""

    def __init__(self, config: uvicorn.Config, ending: Ending) -> None:
        super().__init__(config)
        self._ending = ending
        self.signal: int | None = None

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """Note a signal. What is done about it is done elsewhere: a signal comes in the midst of anything."""
        if self._ending.asked.is_set():
            self._ending.at_once.set()
            self.force_exit = True
        self.signal = sig
        self._ending.asked.set()
        self.should_exit = True


def run(app: FastAPI, door: socket.socket, tell: Callable[[str], None]) -> int:
    """Serve at a socket until a signal, which is returned."""
    ending = app.state.ending = Ending(tell=tell)
    config = uvicorn.Config(app, log_level="critical", server_header=False, timeout_graceful_shutdown=_LINGER)
    server = _Server(config, ending)
    turn = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        server.run(sockets=[door])
    finally:
        sys.setswitchinterval(turn)
        ending.asked.set()
    return server.signal or signal.SIGTERM


def leave(code: int) -> None:
    """End the process although a thread hangs in something that cannot be ended, such as a slow disk."""
    until = time.monotonic() + _THREADS
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(max(0.0, until - time.monotonic()))
            if thread.is_alive():
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
