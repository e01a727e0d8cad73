"""Gutters between pages or columns, by the ink along lines: a line that was found across one is cut there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from .bends import STRAIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from .bends import Course

_GUTTER_ROWS, _GUTTER_CLEAR, _LIGHT = 10, 0.95, 0.3
"""When a line that the network found is cut at a gutter between two pages or columns: at least ``_GUTTER_ROWS`` long
lines must cross the place, and at least the share ``_GUTTER_CLEAR`` of them must be blank there. Blank means that no
column of pixels is darker than ``_LIGHT`` times what is usual along the line. Of 76 pages one has such a gutter, blank
in all its lines; on every other page with so many lines, at most .81 of them are blank at one place."""

GROWTH = 1.68
"""The middle of a line is grown by this times its area over its circumference. Of the letters of 22 pages .206 are
wrong with it, .208 with 1.6 and .209 with 1.76."""
WHOLE = 1 + GROWTH
"""Height of a long line over that of its middle."""


class Middle(NamedTuple):
    """The rectangle around the shrunken middle of a line; its long side lies along ``ahead`` (of length 1).

    When the line bends, ``course`` has places along it, and how far it lies below the axis of the rectangle there, both
    from the centre.
    """

    centre: NDArray[np.float64]
    ahead: NDArray[np.float64]
    length: float
    height: float
    course: Course = STRAIGHT

    @property
    def down(self) -> NDArray[np.float64]:
        """The direction across the line, of length 1."""
        return np.array([-self.ahead[1], self.ahead[0]])


def gutters_of(dark: NDArray[np.uint8], middles: Sequence[Middle]) -> list[float]:
    """Where (x) the long lines of a page have no writing, one as the other; ``dark`` is how dark its strokes are."""
    lines = [each for each in middles if _is_level(each) and each.length >= 8 * each.height]
    if len(lines) < _GUTTER_ROWS:
        return []
    rows, clear = np.zeros(dark.shape[1], int), np.zeros(dark.shape[1], int)
    for line in lines:
        ends = int(3 * line.height)  # a gutter stands well inside of a line
        begin = round(float(line.centre[0] - line.length / 2))
        light = _light(dark, line)[ends:-ends]
        first = begin + ends
        rows[first : first + len(light)] += 1
        clear[first : first + len(light)] += light
    edges = np.diff((rows >= _GUTTER_ROWS) & (clear >= _GUTTER_CLEAR * rows), prepend=False, append=False)
    return [float(pair.mean()) for pair in np.flatnonzero(edges).reshape(-1, 2)]


def _is_level(line: Middle) -> bool:
    return float(line.ahead[0]) > 0.9


def _light(dark: NDArray[np.uint8], line: Middle) -> NDArray[np.bool_]:
    """For each pixel along a line whether there is no writing."""
    height = 2.2 * line.height
    corner = line.centre - line.ahead * line.length / 2 - line.down * height / 2
    turn = cv2.invertAffineTransform(np.column_stack([line.ahead, line.down, corner]))
    strip = cv2.warpAffine(dark, turn, (int(line.length), max(1, int(height))))
    darkest = strip.max(axis=0)
    return np.asarray(darkest < _LIGHT * np.median(darkest))


def split(line: Middle, gutters: Sequence[float]) -> Iterator[Middle]:
    """The parts of a line between the gutters, which are in order from the left."""
    begin, half = 0.0, line.length / 2
    cuts = [(gutter - line.centre[0]) / line.ahead[0] + half for gutter in gutters] if _is_level(line) else []
    for end in [*(cut for cut in cuts if 0 < cut < line.length), line.length]:
        middle = (begin + end) / 2 - half
        inside = line.course[np.abs(line.course[:, 0] - middle) <= (end - begin) / 2]
        course = inside - (middle, 0.0) if len(inside) > 1 else STRAIGHT
        yield line._replace(centre=line.centre + line.ahead * middle, length=end - begin, course=course)
        begin = end
