"""How every command prints: data to stdout, messages to stderr, names made safe for terminals."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

import typer

from indexer.system.logs import SAID
from indexer.text.folding import display as display
from indexer.translation import english

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

_LEAST_SHARE = 0.005
"""Share of the lines from which a language is named."""


def stdout() -> Console:
    """A console for data."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def stderr() -> Console:
    """A console for messages."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def emit_json(data: Mapping[str, object]) -> None:
    """Print one JSON document. ASCII only, so that names that are not UTF-8 survive as lone surrogates."""
    sys.stdout.write(json.dumps(data, indent=2) + "\n")


def say(text: str) -> None:
    """Print a message to stderr."""
    typer.echo(text, err=True)


def note(text: str) -> None:
    """Print a remark on the data above it."""
    sys.stdout.flush()
    say(text)


def warn(text: str) -> None:
    """Say that something went wrong while the rest goes on."""
    logging.getLogger(SAID).warning("%s", english(text))
    say(f"! {text}")


def page_name(number: int, label: str | None) -> str:
    """A page for people: its number, and its label if it has one."""
    return f"page {number} ({label})" if label else f"page {number}"


def percent(confidence: float | None) -> str:
    """A confidence for people. An unknown one is never shown as a number."""
    return "unknown" if confidence is None else f"{confidence * 100:.0f} %"


def spoken_in(languages: Mapping[str, float]) -> str:
    """The shares of languages, for people: ``fr 85 %, de 15 %``; of all that is below a percent nothing."""
    most = sorted(languages.items(), key=lambda each: -each[1])
    return ", ".join(f"{name} {percent(share)}" for name, share in most if share >= _LEAST_SHARE)


def amount(number: int, thing: str) -> str:
    """``1 page``, ``2 pages``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def shown(path: Path, called: Mapping[Path, str]) -> str:
    """A file for people: by the name under which it was added in the browser, if it was, or else by its path."""
    return f"{called[path]} (added in the browser)" if path in called else display(path)


def say_strays(strays: Mapping[Path, Path]) -> None:
    """Name the files of columns that no page heeds."""
    for file, volume in strays.items():
        note(f"{display(file)} is for pages that are not in the index: write there where {display(volume)} lies now")


def former_line(path: Path, lines: int) -> str:
    """How many corrections of a file belong to a former version of it."""
    belong = "correction belongs" if lines == 1 else "corrections belong"
    return f"{lines} {belong} to a former version of {display(path)}"
