"""The processes that look through shards of an index: begun or reached, asked, missed when they are silent."""

from __future__ import annotations

import logging
import queue
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from indexer.search.spotting.wire import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

_LOOK = 0.5
"""Seconds between looks whether a shard that has a question lives."""
_SILENT = 3.0
"""Seconds without a sign of life after which a shard counts as silent. Each answers at once that it lives."""
_START = 20.0
"""Seconds for which it is waited that a process begins. Until it is there it counts as silent."""
_GIVEN_UP = 30.0
"""Seconds of silence after which it is begun or reached anew: the machine may have gone without a word."""
_LATE = 10.0
"""Seconds that an answer may come late: what was begun is done to its end."""
_AGAIN = 1.0
"""Least seconds between two tries to reach one."""
_SIGN = 1 << 10
"""Bytes of a sign of life, and of the answer to a state, at most."""
_log = logging.getLogger(__name__)


class Peer(Protocol):
    """A process at the other end of a connection."""

    @property
    def connection(self) -> Connection:
        """Where messages go and come from."""

    def end(self) -> None:
        """End the process, or the connection with one that is not ours."""


class Shards:
    """The processes of the shards of an index, each reached in its way. Safe to use from many threads."""

    def __init__(self, ways: Sequence[Callable[[], Peer]]) -> None:
        self.every = [Shard(number, way) for number, way in enumerate(ways, 1)]
        self._states = count(1)

    def __len__(self) -> int:
        return len(self.every)

    def new_state(self) -> int:
        """A number for a state of the index."""
        return next(self._states)

    def close(self) -> None:
        """End the processes."""
        for shard in self.every:
            shard.close()


class Shard:
    """A process, what it was asked, and when it last gave a sign of life.

    One that has ended, or was silent for long, is begun or reached anew when it is asked the next time; it is silent
    until it is there.
    """

    def __init__(self, number: int, way: Callable[[], Peer]) -> None:
        self.number = number
        self._way = way
        self._lock = threading.Lock()
        self._line: Line | None = None
        self._closed = False

    def line(self, *, wait: bool = False) -> Line | None:
        """The way to the process; ``None`` while it is silent, or has not begun and nobody wants to ``wait``."""
        with self._lock:
            if self._closed:
                return None
            if self._line is None:
                self._line = Line(self._way)
            elif self._line.is_given_up:
                _log.warning("shard %d is gone, and is begun or reached anew", self.number)
                self._line.close()
                self._line = Line(self._way)
            return self._line if self._line.lives(wait=wait) else None

    def mistrust(self, line: Line) -> None:
        """Note that it gave an answer that makes no sense: it is begun or reached anew."""
        _log.warning("shard %d gave an answer that makes no sense", self.number)
        line.close()

    def close(self) -> None:
        """End the process at once."""
        with self._lock:
            self._closed = True
            if self._line is not None:
                self._line.close()


class Line:
    """A connection with one process, used by many threads."""

    def __init__(self, way: Callable[[], Peer]) -> None:
        self.opened: set[int] = set()
        self._numbers = count(1)
        self._waiting: dict[int, tuple[int, Future[Any]]] = {}
        self._lock = threading.Lock()
        self._begun = self._asked = time.monotonic()
        self._seen: float | None = None
        self._ping: Future[Any] | None = None
        self._peer: Peer | None = None
        self._broken = False
        self._out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, args=(way,), name="shard", daemon=True).start()
        self._look()

    def ask(self, asked: object, most: int = _SIGN) -> Future[Any]:
        """The answer to come, of so many bytes at most; ``None`` if there will be none."""
        future: Future[Any] = Future()
        with self._lock:
            if self._broken:
                future.set_result(None)
                return future
            number = next(self._numbers)
            self._waiting[number] = most, future
        self._out.put(packed(number, asked))
        return future

    def answer(self, future: Future[Any], seconds: float | None) -> Any:
        """What was answered to what was to be done in so many seconds; ``None`` when the process ended, gave no sign of
        life for some time, or takes much longer."""
        until = float("inf") if seconds is None else time.monotonic() + seconds + _LATE
        while True:
            with suppress(NotYetError):
                return future.result(_LOOK)
            if not self.lives(wait=True) or time.monotonic() >= until:
                return None

    def lives(self, *, wait: bool = False) -> bool:
        """Whether it gives signs of life; what has not begun yet counts as living only for who wants to ``wait``."""
        self._look()
        if self._broken:
            return False
        if self._seen is None:
            return wait and time.monotonic() - self._begun < _START
        return self._silence < _SILENT

    @property
    def is_given_up(self) -> bool:
        """Whether it is to be begun or reached anew."""
        if self._broken:
            return time.monotonic() - self._begun >= _AGAIN
        return self._silence >= _GIVEN_UP

    @property
    def _silence(self) -> float:
        """Seconds for which a sign of life has been missing."""
        now = time.monotonic()
        asked = self._asked if self._ping is not None and not self._ping.done() else now
        return now - max(asked, self._seen or self._begun)

    def _look(self) -> None:
        """Ask for a sign of life, unless that was asked already."""
        if self._ping is None or self._ping.done():
            self._asked = time.monotonic()
            self._ping = self.ask(None)

    def close(self) -> None:
        """End the process at once."""
        with self._lock:
            self._broken = True
            waiting, self._waiting = list(self._waiting.values()), {}
            peer, self._peer = self._peer, None
        for _, future in waiting:
            future.set_result(None)
        self._out.put(None)
        if peer is not None:
            peer.end()

    def _run(self, way: Callable[[], Peer]) -> None:
        """Reach the process, and take what it answers, until that ends."""
        try:
            peer = way()
        except OSError as error:
            _log.info("a shard cannot be reached: %s", error)
            self.close()
            return
        with self._lock:
            self._peer = None if self._broken else peer
        if self._peer is None:
            peer.end()
            return
        threading.Thread(target=self._send, args=(peer.connection,), name="shard", daemon=True).start()
        self._receive(peer.connection)
        self.close()

    def _send(self, connection: Connection) -> None:
        while (message := self._out.get()) is not None:
            try:
                connection.send_bytes(message)
            except (OSError, ValueError, TypeError):  # the last where it is closed just now
                self.close()
                return

    def _receive(self, connection: Connection) -> None:
        with suppress(EOFError, OSError, ValueError, TypeError):
            while connection.poll(None):  # what was asked meanwhile says how much may come
                with self._lock:
                    most = max((each for each, _ in self._waiting.values()), default=_SIGN)
                number, found = unpacked(connection.recv_bytes(most))
                self._seen = time.monotonic()
                with self._lock:
                    _, future = self._waiting.pop(number, (0, None))
                if future is not None:
                    future.set_result(found)
