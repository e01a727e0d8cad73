"""The processes that look through shards of an index: started, asked, missed when they are silent, started again."""

from __future__ import annotations

import logging
import queue
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

from indexer.search.spotting.shard import serve
from indexer.system.children import Child, begin

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK = 0.5
"""Seconds between looks whether a shard that has a question lives."""
_SILENT = 3.0
"""Seconds without a sign of life after which a shard counts as silent. Each answers at once that it lives."""
_START = 10.0
"""Seconds for which it is waited that a process begins. Until it is there it counts as silent."""
_log = logging.getLogger(__name__)


class Shards:
    """So many processes for the shards of an index. Safe to use from many threads.

    ``start`` makes a process; tests may give another one.
    """

    def __init__(self, number: int, start: Callable[[], Child] | None = None) -> None:
        make = start or (lambda: begin(serve))
        self.every = [Shard(each + 1, make) for each in range(number)]
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

    One that has ended is started again when it is asked the next time; it is silent until it is there.
    """

    def __init__(self, number: int, make: Callable[[], Child]) -> None:
        self.number = number
        self._make = make
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._line: Line | None = None
        self._closed = False

    def line(self, *, wait: bool = False) -> Line | None:
        """The way to the process; ``None`` while it is silent, or has not begun and nobody wants to ``wait``."""
        with self._lock:
            if self._closed:
                return None
            if self._line is None or self._line.broken:
                if self._line is not None:
                    self._line.close()
                    _log.warning("shard %d ended and is started again", self.number)
                self._line = Line(self._make())
            return self._line if self._line.lives(wait=wait) else None

    def close(self) -> None:
        """End the process at once."""
        with self._lock:
            self._closed = True
            if self._line is not None:
                self._line.close()


class Line:
    """A connection with one process, used by many threads."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.opened: set[int] = set()
        self._numbers = count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._seen: float | None = None
        self._ping: Future[Any] | None = None
        self.broken = False
        self._out: queue.SimpleQueue[tuple[int, Any] | None] = queue.SimpleQueue()
        for work in (self._send, self._receive):
            threading.Thread(target=work, name="shard", daemon=True).start()
        self._look()

    def ask(self, asked: object) -> Future[Any]:
        """The answer to come; ``None`` if there will be none."""
        future: Future[Any] = Future()
        with self._lock:
            number = next(self._numbers)
            if self.broken:
                future.set_result(None)
                return future
            self._waiting[number] = future
        self._out.put((number, asked))
        return future

    def answer(self, future: Future[Any]) -> Any:
        """What was answered; ``None`` when the process ended, or gave no sign of life for some time."""
        while True:
            with suppress(NotYetError):
                return future.result(_LOOK)
            if not self.lives(wait=True):
                return None

    def lives(self, *, wait: bool = False) -> bool:
        """Whether it gives signs of life; what has not begun yet counts as living only for who wants to ``wait``."""
        self._look()
        if self.broken:
            return False
        now = time.monotonic()
        if self._seen is None:
            return wait and now - self._begun < _START
        asked = self._asked if self._ping is not None and not self._ping.done() else now
        return now - max(asked, self._seen) < _SILENT

    def _look(self) -> None:
        """Ask for a sign of life, unless that was asked already."""
        if self._ping is None or self._ping.done():
            self._asked = time.monotonic()
            self._ping = self.ask(None)

    def close(self) -> None:
        """End the process at once."""
        self._break()
        self._out.put(None)
        self._child.end()

    def _break(self) -> None:
        with self._lock:
            self.broken = True
            waiting, self._waiting = list(self._waiting.values()), {}
        for future in waiting:
            with suppress(Exception):
                future.set_result(None)

    def _send(self) -> None:
        while (message := self._out.get()) is not None:
            try:
                self._child.connection.send(message)
            except (OSError, ValueError):
                self._break()
                return

    def _receive(self) -> None:
        while True:
            try:
                number, found = self._child.connection.recv()
            except (EOFError, OSError, ValueError, TypeError):
                self._break()
                return
            self._seen = time.monotonic()
            with self._lock:
                future = self._waiting.pop(number, None)
            if future is not None:
                future.set_result(found)
