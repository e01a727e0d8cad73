"""Runs the server until a signal. It then ends soon, whoever is still connected."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from indexer.translation import _
from indexer.values.errors import UnavailableError
from indexer.web.remote_user import Believing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from starlette.datastructures import State
    from starlette.types import ASGIApp, Receive, Scope, Send

_LINGER = 1
"""Seconds that answers under way get to finish."""
_THREADS = 0.5
"""Seconds that threads get to end."""
_TURN = 0.0005
"""Seconds after which Python switches threads. A search leaves Python a thousand times for a moment. With the usual
interval it would wait ten times as long to come back each time."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Whether the server is to end, and whether at once. Endless answers and whoever waits look here. ``tell`` says on
    the terminal what the server still waits for."""

    asked: threading.Event = field(default_factory=threading.Event)
    at_once: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[str], None] = field(default=lambda _text: None)


class Served(Protocol):
    """An application that is served, with what it keeps for itself."""

    state: State

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""


class _Server(uvicorn.Server):
    """A server that ends by the first signal. By the second it does not even wait for the page that is being read."""

    def __init__(self, config: uvicorn.Config, ending: Ending) -> None:
        super().__init__(config)
        self._ending = ending
        self.signal: int | None = None

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """Note a signal. A signal can interrupt any code, so it is acted on elsewhere."""
        if self._ending.asked.is_set():
            self._ending.at_once.set()
            self.force_exit = True
        self.signal = sig
        self._ending.asked.set()
        self.should_exit = True


def run(
    app: Served, door: socket.socket, tell: Callable[[str], None], behind: Sequence[str] = (), header: str = ""
) -> int:
    """Serve at a socket until a signal. Returns the signal.

    What requests say of where they came from, and in the ``header`` of who asks, is believed if they come from the
    addresses ``behind`` alone.
    """
    ending = app.state.ending = Ending(tell=tell)
    config = uvicorn.Config(
        _believing(app, behind, header),
        log_level="critical",
        server_header=False,
        timeout_graceful_shutdown=_LINGER,
        proxy_headers=False,  # it would stand outermost, where the addresses are still true
    )
    server = _Server(config, ending)
    turn = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        server.run(sockets=[door])
    finally:
        sys.setswitchinterval(turn)
        ending.asked.set()
    return server.signal or signal.SIGTERM


def _believing(app: Served, behind: Sequence[str], header: str) -> ASGIApp:
    if not behind:
        return app
    forwarded = cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", app), trusted_hosts=list(behind)))
    return Believing(forwarded, behind, header) if header else forwarded


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; raises ``UnavailableError`` when another program has the port."""
    try:
        door = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        # Connections have it from here. Else what follows the head of an answer waits for the browser to confirm the
        # head, 40 ms on Linux; asyncio sets it only on sockets that were made for TCP by number.
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return door
    except OSError as error:
        raise UnavailableError(
            _(
                "cannot listen on %(host)s port %(port)s: %(why)s",
                host=host,
                port=port,
                why=(error.strerror or str(error)).lower(),
            ),
            _("Another program may be there: choose another --port."),
        ) from error


def leave(code: int) -> None:
    """End the process even if a thread hangs, for example on a slow disk."""
    until = time.monotonic() + _THREADS
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(max(0.0, until - time.monotonic()))
            if thread.is_alive():
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
