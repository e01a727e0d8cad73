"""A command that another process has started: what it does when its input ends, which says that it is to stop."""

from __future__ import annotations

import _thread
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def when_input_ends(do: Callable[[], object] = _thread.interrupt_main) -> None:
    """Call ``do`` when the standard input ends, as it also does when the process is gone that started this one. Without
    another, it is as if somebody pressed Ctrl-C."""
    threading.Thread(target=_wait, args=(do,), daemon=True).start()


def _wait(do: Callable[[], object]) -> None:
    while os.read(sys.stdin.fileno(), 1024):  # not through sys.stdin: Python needs the lock of its buffer when it ends
        pass
    do()
