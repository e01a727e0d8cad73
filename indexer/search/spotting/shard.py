"""A process that looks for terms in a shard, some of the segments of a probabilistic index, which it maps itself.

What is asked are methods of a ``Spotter`` on these segments, by name. Several are answered at the same time; a sign of
life is given at once, however much there is to do.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.search.spotting.candidates import Spotter
from indexer.search.spotting.segment import Segment, load
from indexer.search.time_limit import TimeLimit

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from numpy.typing import NDArray

_AT_ONCE = 4
"""Questions that are answered at the same time: as many as a server has threads that search."""
_STATES = 4
"""States of the index that are kept open: searches that began before a change go on with the earlier ones."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment by its file and its place in it, and which of its lines count, packed to bits."""

    file: Path
    at: int
    alive: NDArray[np.uint8]

    @classmethod
    def of(cls, file: Path, at: int, alive: NDArray[np.bool_]) -> Piece:
        """A segment of which these lines count."""
        return cls(file, at, np.packbits(alive))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a shard: a method of the ``Spotter`` on a ``state`` of the index, with its arguments, which is
    to be done in so many ``seconds``; for somebody who may not see all lines with those that are ``seen``, packed to
    bits."""

    state: int
    method: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    seconds: float | None
    seen: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a shard found, and whether it had to stop before it was done."""

    found: Any
    stopped: bool


def serve(connection: Connection) -> None:
    """Answer what comes through the connection until it closes.

    ``(number, None)`` asks for a sign of life, ``(number, (state, pieces))`` opens a state of the index, ``(number,
    question)`` asks. Each is answered by ``(number, answer)``; by ``(number, None)`` where there is none to give.
    """
    states, one = _States(), threading.Lock()

    def answer(number: int, asked: object) -> None:
        try:
            found = states.answer(asked)
        except Exception:  # noqa: BLE001 - who asks is told that there is no answer, and others are answered
            _log.exception("a shard cannot answer")
            found = None
        with one:
            connection.send((number, found))

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        while True:
            try:
                number, asked = connection.recv()
            except (EOFError, OSError):
                return
            if asked is None:
                with one:
                    connection.send((number, True))
            else:
                threads.submit(answer, number, asked)


class _States:
    """The last states of the index that were opened, by their number."""

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._spotters: OrderedDict[int, Spotter] = OrderedDict()
        self._files: dict[Path, list[Segment]] = {}

    def answer(self, asked: Any) -> Any:
        """Open a state (``False`` where a file is gone) or answer a question (``None`` where its state is closed)."""
        if not isinstance(asked, Question):
            try:
                self._open(*asked)
            except FileNotFoundError:  # its parts were joined meanwhile
                return False
            return True
        with self._opening:
            spotter = self._spotters.get(asked.state)
        if spotter is None:
            return None
        if asked.seen is not None:
            spotter = spotter.seeing(np.unpackbits(asked.seen, count=len(spotter)).astype(bool))
        limit = TimeLimit(asked.seconds)
        found = getattr(spotter, asked.method)(*asked.arguments, limit, **asked.options)
        return Answer(found if isinstance(found, list | np.ndarray) else list(found), limit.stopped)

    def _open(self, state: int, pieces: list[Piece]) -> None:
        with self._opening:
            if state in self._spotters:
                return
            wanted = {piece.file for piece in pieces}
            self._files = {file: self._files.get(file) or load(file) for file in wanted}
            before = next(reversed(self._spotters.values()), None)
            lives = [self._live(piece) for piece in pieces]
            self._spotters[state] = Spotter(lives, before=before)
            while len(self._spotters) > _STATES:
                self._spotters.popitem(last=False)

    def _live(self, piece: Piece) -> tuple[Segment, NDArray[np.bool_]]:
        segment = self._files[piece.file][piece.at]
        return segment, np.unpackbits(piece.alive, count=len(segment)).astype(bool)
