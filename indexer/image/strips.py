"""Lays a line level and straight that slants, bends or stands on its side, and tells where its words are then."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from indexer.image.geometry import band, bounding_box, height_of
from indexer.values import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from indexer.values import Line, Point, StoredLine

_ASKEW = 1.3
"""A line stands askew when its box is so many times as high as the line: then its neighbours fill the box."""
_MARGIN = 0.25
"""Paper around a line, as a part of its height, as around a box."""


def strip_of(line: Line | StoredLine) -> tuple[Point, ...]:
    """The outline of a line that stands askew, in whole pixels: its upper edge from where the writing begins, then its
    lower edge, which goes back. Empty for an upright line, which its box shows well."""
    around = band(line)
    (x0, y0), (x1, y1) = (_middles(around)[at] for at in (0, -1))
    height = height_of(line)
    if height < 1 or (x1 - x0 >= abs(y1 - y0) and bounding_box(around).height <= _ASKEW * height):
        return ()
    return tuple((round(x), round(y)) for x, y in around)


def size_of(strip: Sequence[Point]) -> tuple[int, int]:
    """The width and height of the picture of a strip, with the paper around it."""
    height = _height(strip)
    margin = round(_MARGIN * height)
    return max(1, round(_lengths(strip)[-1])) + 2 * margin, max(1, round(height)) + 2 * margin


def on_strip(box: Box, strip: Sequence[Point]) -> Box:
    """Where the box of a word of a line lies on the picture of its strip: as high as the line."""
    middles, lengths, height = _middles(strip), _lengths(strip), _height(strip)
    margin = round(_MARGIN * height)
    parts = [_nearest(box.centre, *ends) for ends in pairwise(middles)]
    number = min(range(len(parts)), key=lambda at: parts[at][1])
    (x0, y0), (x1, y1) = middles[number : number + 2]
    room = math.dist((x0, y0), (x1, y1)) or 1.0
    across, down = abs(x1 - x0) / room, abs(y1 - y0) / room
    # The box around a slanted word is w * across + h * down wide and w * down + h * across high.
    wide = (box.width - height * down) / across if across >= down else (box.height - height * across) / down
    width = max(1, round(max(wide, height / 4)))
    at = lengths[number] + parts[number][0] * (lengths[number + 1] - lengths[number])
    return Box(round(at - width / 2) + margin, margin, width, max(1, round(height)))


def along(box: Box, line: Line | StoredLine) -> tuple[float, float]:
    """From where to where a box on a line goes, as parts (0-1) of the line's length."""
    strip = strip_of(line)
    if strip:
        here, whole = on_strip(box, strip), _lengths(strip)[-1] or 1.0
        start, width = here.x - round(_MARGIN * _height(strip)), here.width
    else:
        start, width, whole = box.x - line.box.x, box.width, line.box.width
    return _part(start / whole), _part((start + width) / whole)


def _part(share: float) -> float:
    return max(0.0, min(1.0, share))


def laid(image: Image, strip: Sequence[Point]) -> Image:
    """The picture of a strip of an image: the line level and straight, with some paper around it."""
    import numpy as np
    from PIL import Image as Images

    whole = np.array(_widened(strip), np.float32)
    left, top = (max(0, int(each) - 2) for each in whole.min(axis=0))
    right, bottom = (int(each) + 2 for each in whole.max(axis=0))
    part = image.crop((left, top, max(left + 1, min(image.width, right)), max(top + 1, min(image.height, bottom))))
    if part.mode not in ("L", "RGB"):
        part = part.convert("RGB")
    return Images.fromarray(straightened(np.asarray(part), whole - np.array([left, top], np.float32)))


def straightened(pixels: NDArray[np.uint8], outline: NDArray[np.float32], closer: float = 1.0) -> NDArray[np.uint8]:
    """The line between the edges of an outline, laid straight; only this part of its height, around its middle.

    The first half of the outline is the upper edge, from where the writing begins, the second half the lower edge,
    which goes back.
    """
    import cv2
    import numpy as np

    upper, lower = outline[: len(outline) // 2], outline[: len(outline) // 2 - 1 : -1]
    middle, half = (upper + lower) / 2, (lower - upper) / 2 * closer
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(middle, axis=0).T))])
    width, height = max(1, int(along[-1])), max(1, int(2 * np.hypot(*half.T).mean()))
    places = np.arange(width) * along[-1] / width
    (x, y), (right, down) = (
        np.array([np.interp(places, along, each) for each in points.T]) for points in (middle, half)
    )
    off = np.linspace(-1, 1, height, endpoint=False)[:, None]
    maps = (x + off * right).astype(np.float32), (y + off * down).astype(np.float32)
    return np.asarray(cv2.remap(pixels, *maps, interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _widened(strip: Sequence[Point]) -> tuple[Point, ...]:
    """The strip with paper around it."""
    middles, margin = _middles(strip), _MARGIN * _height(strip)
    ends = _beyond(middles[1], middles[0], margin), _beyond(middles[-2], middles[-1], margin)
    upper, lower = list(strip[: len(strip) // 2]), list(strip[: len(strip) // 2 - 1 : -1])
    for at, (x, y) in zip((0, -1), ends, strict=True):
        right, down = x - middles[at][0], y - middles[at][1]
        upper[at], lower[at] = ((u + right, v + down) for u, v in (upper[at], lower[at]))
    both = list(zip(upper, lower, strict=True))
    outer = [_between(below, above, 1 + _MARGIN) for above, below in both]
    inner = [_between(above, below, 1 + _MARGIN) for above, below in both]
    return (*outer, *reversed(inner))


def _middles(strip: Sequence[Point]) -> list[Point]:
    """Points halfway between both edges, from where the writing begins."""
    half = len(strip) // 2
    return [_between(*ends, 0.5) for ends in zip(strip[:half], strip[: half - 1 : -1], strict=True)]


def _lengths(strip: Sequence[Point]) -> list[float]:
    """How far along the line each point of its middle is."""
    return [0.0, *accumulate(math.dist(*ends) for ends in pairwise(_middles(strip)))]


def _height(strip: Sequence[Point]) -> float:
    half = len(strip) // 2
    heights = [math.dist(*ends) for ends in zip(strip[:half], strip[: half - 1 : -1], strict=True)]
    return sum(heights) / len(heights)


def _nearest(point: Point, begin: Point, end: Point) -> tuple[float, float]:
    """The share of the way from begin to end that is nearest to a point, and how far that is from it."""
    right, down = end[0] - begin[0], end[1] - begin[1]
    square = right**2 + down**2 or 1.0
    share = ((point[0] - begin[0]) * right + (point[1] - begin[1]) * down) / square
    share = max(0.0, min(1.0, share))
    return share, math.dist(point, _between(begin, end, share))


def _beyond(one: Point, other: Point, far: float) -> Point:
    """The point that lies so far behind the other one."""
    room = math.dist(one, other) or 1.0
    return _between(one, other, 1 + far / room)


def _between(one: Point, other: Point, part: float) -> Point:
    return (one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1]))
