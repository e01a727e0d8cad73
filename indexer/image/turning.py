"""Turns pages by quarters, clockwise in degrees: their image, and the places on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.values import Block, Box, Line, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL.Image import Image

    from indexer.values import Point

Size = tuple[int, int]
"""Width and height of a page in pixels."""


def turned_image(image: Image, degrees: int) -> Image:
    """An image turned clockwise by 0, 90, 180 or 270 degrees."""
    from PIL.Image import Transpose

    ways = {90: Transpose.ROTATE_270, 180: Transpose.ROTATE_180, 270: Transpose.ROTATE_90}  # Pillow's are anticlockwise
    way = ways.get(degrees % 360)
    return image if way is None else image.transpose(way)


def turned_size(size: Size, degrees: int) -> Size:
    """The size of a page that is turned."""
    width, height = size
    return (height, width) if degrees % 180 else size


def turned_points(points: Sequence[Point], degrees: int, size: Size) -> tuple[Point, ...]:
    """Points of a page of a size, where they lie when it is turned. Their order stays."""
    width, height = size
    if degrees % 360 == 90:
        return tuple((height - y, x) for x, y in points)
    if degrees % 360 == 180:
        return tuple((width - x, height - y) for x, y in points)
    if degrees % 360 == 270:
        return tuple((y, width - x) for x, y in points)
    return tuple(points)


def turned_box(box: Box, degrees: int, size: Size) -> Box:
    """A box of a page of a size, where it lies when the page is turned."""
    ends = ((box.x, box.y), (box.x + box.width, box.y + box.height))
    (x, y), (right, bottom) = turned_points(ends, degrees, size)
    left, top = int(min(x, right)), int(min(y, bottom))
    return Box(left, top, *turned_size((box.width, box.height), degrees))


def moved_line(line: Line, x: int, y: int) -> Line:
    """A line of a part of a page, with its words and block, where it lies on the page: the part begins at (x, y)."""

    def moved(box: Box) -> Box:
        return Box(box.x + x, box.y + y, box.width, box.height)

    return _placed(line, moved, lambda points: tuple((left + x, top + y) for left, top in points))


def turned_line(line: Line, degrees: int, size: Size) -> Line:
    """A line of a page of a size, with its words and block, where it lies when the page is turned."""
    if not degrees % 360:
        return line
    return _placed(
        line, lambda box: turned_box(box, degrees, size), lambda points: turned_points(points, degrees, size)
    )


def _placed(line: Line, box: Callable[[Box], Box], points: Callable[[Sequence[Point]], tuple[Point, ...]]) -> Line:
    """A line with its words and block, all boxes and points of it put elsewhere."""
    words = tuple(Word(word.text, word.confidence, box(word.box)) for word in line.words)
    block = line.block and Block(line.block.number, line.block.kind, box(line.block.box))
    outline, stands = points(line.polygon), points(line.baseline)
    return replace(line, box=box(line.box), polygon=outline, words=words, block=block, baseline=stands)
