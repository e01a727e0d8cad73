"""Gives out the lines that wait for review. The order by value is made in the background, so nobody waits for it."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from indexer.archive.review_order import in_order, ranked
from indexer.catalog import Catalog
from indexer.values.errors import NotesError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from indexer.values import ReviewOrder, SearchOptions, SearchResult, StoredLine

_FRESH = 600.0
"""Seconds for which an order holds. Lines that were settled meanwhile are skipped."""
_FIRST = 2.0
"""Seconds after the start in which people wait for the first order. A small archive has one by then."""
_CHANGED, _SHARE = 200, 0.1
"""The order is made anew when the number of waiting lines has changed by this many lines, and by this share."""
_REST, _LONGEST = 3.0, 3.0
"""After each search for the order comes a pause, so that people's searches go first: this many times as long as the
search took, and at most so many seconds."""
_log = logging.getLogger(__name__)


class Queue:
    """Gives out the lines that wait. It is safe to use from many threads."""

    def __init__(self, folder: Path, search: Callable[[str, SearchOptions], SearchResult]) -> None:
        self._folder = folder
        self._search = search
        self._lock = threading.Lock()
        self._order: list[int] = []
        self._made_at, self._waiting_then = 0.0, 0
        self._making = False
        self._ready = threading.Event()
        self._patient_until = time.monotonic() + _FIRST
        self._renew()

    def next(self, catalog: Catalog, order: ReviewOrder, skip: int, number: int) -> list[StoredLine]:
        """The next lines that still wait, after a number of lines to skip."""
        if catalog.is_part:  # what they do not see still waits for others
            return in_order(catalog, "confidence", self._by_value, skip, number).lines
        found, settled = in_order(catalog, order, self._by_value, skip, number)
        if settled:
            with self._lock:
                self._order = [each for each in self._order if each not in settled]
        if self._is_old(catalog.counts().waiting):
            self._renew()
        return found

    def _by_value(self) -> list[int]:
        self._ready.wait(max(0.0, self._patient_until - time.monotonic()))
        with self._lock:
            return self._order

    def _is_old(self, waiting: int) -> bool:
        changed = abs(waiting - self._waiting_then)
        return (
            time.monotonic() - self._made_at > _FRESH
            or changed > max(_CHANGED, self._waiting_then * _SHARE)
            or (waiting > 0 and not self._order)
        )

    def _renew(self) -> None:
        """Start making the order anew, unless that is under way."""
        with self._lock:
            if self._making:
                return
            self._making = True
        threading.Thread(target=self._make, name="order", daemon=True).start()

    def _gently(self, query: str, options: SearchOptions) -> SearchResult:
        began = time.monotonic()
        try:
            return self._search(query, options)
        finally:
            time.sleep(min(_LONGEST, _REST * (time.monotonic() - began)))

    def _make(self) -> None:
        order: list[int] | None = None
        waiting = 0
        try:
            with Catalog(self._folder) as catalog:
                waiting = catalog.counts().waiting
                order = ranked(catalog, self._gently)
        except NotesError as error:
            _log.warning("the order of the review cannot be made: %s", error.message)
        finally:
            with self._lock:
                if order is not None:
                    self._order = order
                self._made_at, self._waiting_then, self._making = time.monotonic(), waiting, False
            self._ready.set()
