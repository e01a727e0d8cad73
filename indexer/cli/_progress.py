"""The progress of a long command on stderr: a bar on a terminal, else a plain line now and then."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from indexer.cli._output import say, stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PLAIN_EVERY = 10.0
"""Seconds between plain lines."""


@contextmanager
def progress(unit: str = "pages") -> Iterator[Callable[..., None]]:
    """Give a function to call with (units done, units expected) and a text to show beside them instead of the rate."""
    if sys.stderr.isatty():
        with _bar(unit) as show:
            yield show
    else:
        yield _plain(unit)


@contextmanager
def _bar(unit: str) -> Iterator[Callable[..., None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    began = time.monotonic()
    with Progress(*columns, console=stderr(), transient=True) as bar:
        task = bar.add_task("reading", total=None, said="")

        def show(done: int, expected: int, said: str = "") -> None:
            rate = done / max(time.monotonic() - began, 0.001) * 60
            bar.update(task, completed=done, total=max(expected, done), said=said or f"{rate:.0f} a minute")

        yield show


def _plain(unit: str) -> Callable[..., None]:
    began = last = time.monotonic()

    def show(done: int, expected: int, said: str = "") -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _PLAIN_EVERY or not done:
            return
        last = now
        left = (now - began) / done * max(expected - done, 0)
        rate = f"{done / (now - began) * 60:.0f} a minute"
        say(f"{done} of {expected} {unit}, {said or rate}, about {_span(left)} left")

    return show


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
