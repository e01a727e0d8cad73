"""One question to a server, bounded in time and size: over no proxy, and to nobody but the server that is named."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from http.client import HTTPResponse

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answers: its status, where it leads (empty if nowhere), and the content.

    No more of the content is taken once it ``is_too_large``.
    """

    status: int
    location: str
    data: bytes
    is_too_large: bool


class _Watch:
    """Ends a connection when its time is over, however little by little it goes on."""

    def __init__(self) -> None:
        self._is_over = False
        self._twin: socket.socket | None = None
        self._lock = threading.Lock()

    def over(self, connected: socket.socket) -> None:
        """Watch a connection. Its twin stays the same when it is encrypted."""
        with self._lock:
            self._twin = connected.dup()
        self.check()

    def end(self) -> None:
        """Whoever waits for the other side goes on now, with nothing."""
        self._is_over = True
        self.close()

    def check(self, error: Exception | None = None) -> None:
        """Raise ``TimeoutError`` if the time is over: what came until then may be cut, or an error of its end."""
        if self._is_over:
            raise TimeoutError("it takes too long") from error

    def close(self) -> None:
        """The connection is not watched any more."""
        with self._lock:
            twin, self._twin = self._twin, None
        if twin is not None:
            with suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)
            twin.close()


class _Watched(HTTPConnection):
    watch: _Watch

    def connect(self) -> None:
        super().connect()
        self.watch.over(self.sock)


class _WatchedHttps(HTTPSConnection, _Watched):
    """It is watched from before its encryption is agreed on."""


def ask(
    address: str, seconds: float, most: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """What a server answers to a request at an ``http`` or ``https`` address: POST with a ``body``, else GET.

    Redirects are not followed, and the content is not unpacked: of more than ``most`` bytes the rest is not taken.
    Raises ``TimeoutError`` after so many seconds in all, otherwise ``OSError``, ``HTTPException`` or ``ValueError``.
    """
    with _connected(address, seconds) as (connection, target):
        connection.request("GET" if body is None else "POST", target, body, dict(headers or {}))
        with connection.getresponse() as response:
            data = _read(response, most)
            return Answer(response.status, response.headers.get("Location") or "", data, len(data) > most)


@contextmanager
def _connected(address: str, seconds: float) -> Iterator[tuple[_Watched, str]]:
    parts, watch = urlsplit(address), _Watch()
    kinds: dict[str, tuple[type[_Watched], int]] = {"http": (_Watched, 80), "https": (_WatchedHttps, 443)}
    if parts.scheme not in kinds or not parts.hostname:
        raise ValueError("it is no address of a server")
    kind, port = kinds[parts.scheme]
    connection = kind(parts.hostname, parts.port or port, timeout=seconds)
    connection.watch = watch
    timer = threading.Timer(seconds, watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield connection, f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        watch.check()
    except (OSError, HTTPException) as error:
        watch.check(error)
        raise
    finally:
        timer.cancel()
        watch.close()
        connection.close()


def _read(response: HTTPResponse, most: int) -> bytes:
    """The content. What ends too early is no answer."""
    pieces, size = [], 0
    while size <= most and (piece := response.read(_PIECE)):
        pieces.append(piece)
        size += len(piece)
    if size <= most and response.length:
        raise IncompleteRead(b"", response.length)
    return b"".join(pieces)
