"""Where things lie on a page: points, boxes, words and lines, in pixels of the upright page image."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from indexer.values.renamed import renamed

Point = tuple[float, float]
BlockKind = Literal["main", "margin", "header", "table", "other"]
"""Kinds of blocks: text, a note beside it, a page number or title above it, a column of a table, or something else."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in page pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> Point:
        """The centre of the box."""
        return (self.x + self.width / 2, self.y + self.height / 2)

    @property
    def area(self) -> int:
        """The area in square pixels."""
        return self.width * self.height

    @property
    def xywh(self) -> tuple[int, int, int, int]:
        """x, y, width, height, as other programs take them."""
        return (self.x, self.y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page that is read by itself; ``number`` is its place in the reading order, from 1, and ``box`` is
    around it."""

    number: int
    kind: BlockKind
    box: Box


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line as it was read."""

    text: str
    confidence: float | None
    box: Box


@renamed(frames="posteriorgram")
@dataclass(frozen=True, slots=True)
class Line:
    """One line of writing as one engine read it.

    ``polygon`` outlines the line more closely than ``box``, if the engine gives one. ``posteriorgram`` is packed
    (``PosteriorgramPacker``), if the engine gives one. ``block`` is the part of the page that the line stands in: an
    engine that finds blocks gives one with each line. ``baseline`` is the curve that the writing stands on, from where
    it begins, if the engine gives one. Raises ``ValueError`` for a confidence outside 0–1.
    """

    text: str
    confidence: float | None
    box: Box
    polygon: tuple[Point, ...] = ()
    words: tuple[Word, ...] = ()
    posteriorgram: bytes | None = field(default=None, repr=False)
    block: Block | None = None
    baseline: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise ValueError(f"a confidence is a fraction from 0 to 1 or None, not {self.confidence!r}")
