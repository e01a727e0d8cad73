"""Work beside the server: a thread that works when it is woken, with one command in a process of its own at a time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from indexer.web.child import Child

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.web.running import Ending

_GLANCE = 0.2
"""Seconds between checks whether the server is to end at once. On Windows an endless wait would not notice Ctrl-C."""


class Background:
    """Works in a thread until the server ends; ``work`` says itself what goes wrong, and raises nothing.

    It is called whenever somebody woke it, and after as many seconds as ``pause`` gives. ``quiet`` are seconds in which
    more that comes is waited for.
    """

    def __init__(
        self,
        name: str,
        ending: Ending,
        work: Callable[[], None],
        pause: Callable[[], float | None] = lambda: None,
        quiet: float = 0.0,
    ) -> None:
        self.child = Child(ending)
        self._ending = ending
        self._work = work
        self._pause = pause
        self._quiet = quiet
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name=name, daemon=True)
        self._thread.start()

    @property
    def is_woken(self) -> bool:
        """Whether somebody woke it since it began its work."""
        return self._wake.is_set()

    def wake(self) -> None:
        """Have it work, now or after the work under way."""
        self._wake.set()

    def close(self, *, at_once: bool = False, tell: Callable[[], None] = lambda: None) -> None:
        """End: the command is told to stop, or ended at once if nothing is lost by that, or if the server is to end at
        once. ``tell`` says what is waited for."""
        self._ending.asked.set()
        self._wake.set()
        self.child.let_go()
        tell()
        while self._thread.is_alive():
            self._thread.join(_GLANCE)
            if at_once or self._ending.at_once.is_set():
                self.child.kill()

    def _go_on(self) -> None:
        while True:
            self._wake.wait(self._pause())
            if self._ending.asked.wait(self._quiet):
                return
            self._wake.clear()
            self._work()
