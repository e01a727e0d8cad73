"""How long a search may take. What takes long asks between its parts whether to go on."""

from __future__ import annotations

import time


class TimeLimit:
    """So many seconds from now on; ``None`` means any number. ``stopped`` says whether somebody was told to stop."""

    def __init__(self, seconds: float | None = None) -> None:
        self._end = float("inf") if seconds is None else time.monotonic() + seconds
        self.stopped = False

    def is_over(self) -> bool:
        """Whether to stop."""
        if time.monotonic() >= self._end:
            self.stopped = True
        return self.stopped
