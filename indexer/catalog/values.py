"""What the catalogue says of files, pages and the whole archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.model import Status


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the catalogue has of a file's content: its number of pages, and each read page's recipe."""

    pages: int | None
    recipes: dict[int, str]


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Size of a page in pixels as it was read, and the seconds that took."""

    width: int
    height: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is: ``lines`` by status, ``failures`` left by the last run, ``engines`` by lines they read.

    ``incomplete`` counts pages of which lines are missing, by the reason. ``right`` is the share (0-1) of the words of
    accepted lines that is right by their confidences; ``None`` when none of them has one.
    """

    files: int
    pages: int
    incomplete: dict[str, int]
    lines: dict[Status, int]
    verdicts: int
    failures: int
    engines: dict[str, int]
    right: float | None
