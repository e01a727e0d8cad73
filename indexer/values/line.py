"""What the catalogue keeps of a line, and what the search indexes take over of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal, Protocol

from indexer.values.layout import Block, Box, Point
from indexer.values.reading import Origin

ReviewOrder = Literal["value", "confidence"]
"""An order of the lines that wait for review."""
REVIEW_ORDERS: dict[ReviewOrder, str] = {"value": "what helps most first", "confidence": "least sure first"}
"""Every order, with what people are told of it. ``archive/review_order.py`` makes them."""


class Status(str, Enum):
    """What a line counts as: accepted and found, waiting for review, or rejected by a person."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    UNKNOWN = "unknown"
    REJECTED = "rejected"

    @property
    def waits(self) -> bool:
        """Whether the line waits for review: its confidence is too low, or unknown."""
        return self in (Status.REVIEW, Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line in the catalogue; ``number`` counts from 1 within the page. On a page that was read by an earlier version
    the lines have no block and no baseline."""

    id: int
    path: Path
    page: int
    number: int
    text: str
    confidence: float | None
    status: Status
    origin: Origin
    box: Box
    polygon: tuple[Point, ...] = ()
    block: Block | None = None
    baseline: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherReading:
    """A reading of a line that does not count: its text and its confidence."""

    text: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class IndexLine:
    """What the search index needs of a line: the transcription, not yet folded, and the other readings.

    ``posteriorgram`` is packed (``indexer.posteriors.posteriorgram``). It is ``None`` once a person has settled the
    text. ``own_posteriorgram`` says whether the text was read from it. ``block`` tells the blocks of a page apart.
    """

    id: int
    text: str
    confidence: float | None
    status: Status
    others: tuple[OtherReading, ...] = ()
    posteriorgram: bytes | None = field(default=None, repr=False)
    own_posteriorgram: bool = True
    block: int | None = None


@dataclass(frozen=True, slots=True)
class IndexPage:
    """A page whose lines the search index has to take over, in reading order."""

    id: int
    revision: int
    lines: tuple[IndexLine, ...]


class Feed(Protocol):
    """What the search index follows: the catalogue."""

    uuid: str

    @property
    def revision(self) -> int:
        """The newest revision."""

    def changed_pages(self, since: int) -> Iterator[IndexPage]:
        """The pages that changed after a revision, oldest first."""

    def removed_pages(self, since: int) -> Iterator[int]:
        """The ids of pages that were removed after a revision."""
