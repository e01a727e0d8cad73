"""A process that looks for terms in a shard, some of the segments of a probabilistic index, which it maps itself.

What is asked are methods of a ``Spotter`` on these segments, by name. Several are answered at the same time; a sign of
life is given at once, however much there is to do.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.search.spotting.candidates import Spotter
from indexer.search.spotting.segment import FILE, Segment, load
from indexer.search.spotting.wire import Answer, Piece, Question, State, packed, unpacked
from indexer.search.time_limit import TimeLimit

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from numpy.typing import NDArray

_AT_ONCE = 4
"""Questions that are answered at the same time: as many as a server has threads that search."""
_STATES = 4
"""States of the index that are kept open: searches that began before a change go on with the earlier ones."""
_MOST = 1 << 28
"""Bytes of a question: each line that is asked about takes up to 12."""
_METHODS = ("aligned", "tree_costs", "over_line_ends", "places", "of_rows")
_log = logging.getLogger(__name__)


def serve(connection: Connection, folder: Path) -> None:
    """Answer what comes through the connection until it closes, from the files of a probabilistic index in a folder.

    Each message has a number, by which it is answered. ``None`` asks for a sign of life, which is ``True``. A ``State``
    is opened: ``True``, or ``False`` where one of its files is not there. A ``Question`` has an ``Answer``; ``None``
    where there is none to give.
    """
    states, one = _States(folder), threading.Lock()

    def answer(number: int, asked: object) -> None:
        try:
            found = packed(number, states.answer(asked))
        except Exception:  # noqa: BLE001 - who asks is told that there is no answer, and others are answered
            _log.exception("a shard cannot answer")
            found = packed(number, None)
        try:
            with one:
                connection.send_bytes(found)
        except OSError:
            return  # nobody waits for it any more

    with ThreadPoolExecutor(_AT_ONCE, "shard") as threads:
        while True:
            try:
                number, asked = unpacked(connection.recv_bytes(_MOST))
                if asked is None:
                    with one:
                        connection.send_bytes(packed(number, True))
                    continue
            except (EOFError, OSError, ValueError):
                return
            threads.submit(answer, number, asked)


class _States:
    """The last states of the index that were opened, by their number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opening = threading.Lock()
        self._spotters: OrderedDict[int, Spotter] = OrderedDict()
        self._files: dict[str, list[Segment]] = {}

    def answer(self, asked: object) -> Any:
        """Open a state or answer a question; see ``serve``."""
        if isinstance(asked, State):
            try:
                self._open(asked)
            except FileNotFoundError:  # its parts were joined meanwhile, or are not here yet
                return False
            return True
        if not isinstance(asked, Question) or asked.method not in _METHODS:
            raise ValueError("nothing is asked that a shard knows")
        with self._opening:
            spotter = self._spotters.get(asked.state)
        if spotter is None:
            return None
        if asked.seen is not None:
            spotter = spotter.seeing(np.unpackbits(asked.seen, count=len(spotter)).astype(bool))
        limit = TimeLimit(asked.seconds)
        found = getattr(spotter, asked.method)(*asked.arguments, limit, **dict(asked.options))
        return Answer(found if isinstance(found, list | np.ndarray) else list(found), limit.stopped)

    def _open(self, state: State) -> None:
        with self._opening:
            if state.number in self._spotters:
                return
            wanted = {piece.file for piece in state.pieces}
            self._files = {file: self._files.get(file) or self._loaded(file) for file in wanted}
            before = next(reversed(self._spotters.values()), None)
            lives = [self._live(piece) for piece in state.pieces]
            self._spotters[state.number] = Spotter(lives, before=before)
            while len(self._spotters) > _STATES:
                self._spotters.popitem(last=False)

    def _loaded(self, file: str) -> list[Segment]:
        if not FILE.fullmatch(file):
            raise ValueError("a file of an index is not called so")
        return load(self._folder / file)

    def _live(self, piece: Piece) -> tuple[Segment, NDArray[np.bool_]]:
        segment = self._files[piece.file][piece.at]
        if len(piece.alive) != -(-len(segment) // 8):
            raise ValueError("a segment has not as many lines as whoever asks believes")
        return segment, np.unpackbits(piece.alive, count=len(segment)).astype(bool)
