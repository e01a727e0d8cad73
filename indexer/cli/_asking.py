"""Questions to the person at the terminal."""

from __future__ import annotations

import sys

import typer

from indexer.cli._output import say
from indexer.values.errors import Exit


def is_asked() -> bool:
    """Whether there is somebody to ask: a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str, *, default: bool) -> None:
    """Ask whether to go on; ends the command if not."""
    if not typer.confirm(question, default=default, err=True):
        say("nothing was changed")
        raise typer.Exit(Exit.NOTHING_FOUND)
