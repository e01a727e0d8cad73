"""How long a search may take, and whom it missed. What takes long asks between its parts whether to go on."""

from __future__ import annotations

import time


class TimeLimit:
    """So many seconds from now on; ``None`` means any number. ``stopped`` says whether somebody was told to stop,
    ``silent`` has the numbers of the shards of the ink that did not answer."""

    def __init__(self, seconds: float | None = None) -> None:
        self._end = float("inf") if seconds is None else time.monotonic() + seconds
        self.stopped = False
        self.silent: set[int] = set()

    def is_over(self) -> bool:
        """Whether to stop."""
        if time.monotonic() >= self._end:
            self.stopped = True
        return self.stopped

    @property
    def left(self) -> float | None:
        """Seconds that are left; ``None`` for any number."""
        return None if self._end == float("inf") else max(0.0, self._end - time.monotonic())

    @property
    def missed(self) -> tuple[int, ...]:
        """The shards that did not answer, in order."""
        return tuple(sorted(self.silent))

    @property
    def is_whole(self) -> bool:
        """Whether all of the ink could be looked at."""
        return not (self.stopped or self.silent)
