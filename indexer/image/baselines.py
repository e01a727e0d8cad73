"""Where the letters of each line of a page stand: along the line, a short one as the lines around it run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.image.geometry import quadrangle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.values import Box, Point, StoredLine, Word

_RISES = 0.75
"""Share of a line's height from its top to where its letters stand."""
_TALL = 1.5
"""A box so many times as high as wide holds a line that runs up or down the page."""
_LEVEL = 0.15
"""Share of a line's height by which its words may go up and down, and it is level."""
_LONG = 12
"""So many times as long as high, a line knows its direction to less than a degree; ascenders at the ends of a shorter
one turn its outline by several."""
_ENOUGH, _NEAR = 3, 9
"""Fewer long lines do not speak for a page; and how many of the nearest lines a short one is compared with."""
_SAME_WAY = 45.0
"""Degrees up to which two lines run the same way: across the page, or up it."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where the letters of a line stand, in pixels: from ``start`` for ``length`` along ``x``, ``y`` (of length 1)."""

    start: Point
    x: float
    y: float
    length: float
    height: float

    @property
    def end(self) -> Point:
        """The place where it ends."""
        return self.at(self.length)

    @property
    def degrees(self) -> float:
        """Its direction, clockwise from level."""
        return math.degrees(math.atan2(self.y, self.x))

    def at(self, along: float) -> Point:
        """The place so many pixels along."""
        return (self.start[0] + along * self.x, self.start[1] + along * self.y)

    def reach(self, box: Box) -> tuple[float, float]:
        """Where along the line what lies in an upright box begins and ends."""
        middle = (box.centre[0] - self.start[0]) * self.x + (box.centre[1] - self.start[1]) * self.y
        across, down = abs(self.x), abs(self.y)
        if across >= down:
            length = (box.width - self.height * down) / across
        else:
            length = (box.height - self.height * across) / down
        half = max(1.0, length) / 2
        return (middle - half, middle + half)


def baselines(lines: Sequence[tuple[StoredLine, Sequence[Word]]]) -> list[Baseline]:
    """The baselines of the lines of a page that are given with their words.

    A long line runs as its outline does. A short one takes the direction of the long lines near it, as far as its
    letters still stand on their ink then; without any, that of all lines near it.
    """
    own = [_baseline(line, words) for line, words in lines]
    long = [each for each in own if _is_long(each)]
    return [each if _is_long(each) else _as_others(each, own, long) for each in own]


def _is_long(line: Baseline) -> bool:
    return line.length >= _LONG * line.height


def _as_others(line: Baseline, lines: Sequence[Baseline], long: Sequence[Baseline]) -> Baseline:
    alike = [each for each in long if abs(_turn(line, each)) < _SAME_WAY]
    others = alike if len(alike) >= _ENOUGH else [each for each in lines if abs(_turn(line, each)) < _SAME_WAY]
    middle = line.at(line.length / 2)
    near = sorted(others, key=lambda each: math.dist(middle, each.at(each.length / 2)))[:_NEAR]
    turn = _median([(_turn(line, each), (each.length / each.height) ** 2) for each in near])
    stays = abs(math.tan(math.radians(turn))) * line.length <= line.height
    return _turned(line, turn) if stays else line


def _turn(line: Baseline, other: Baseline) -> float:
    """By how many degrees a line has to be turned clockwise to run as the other one does."""
    return (other.degrees - line.degrees + 180) % 360 - 180


def _median(weighted: Sequence[tuple[float, float]]) -> float:
    """The value in the middle of values with weights."""
    half, reached = sum(weight for _, weight in weighted) / 2, 0.0
    for value, weight in sorted(weighted):
        reached += weight
        if reached >= half:
            return value
    return 0.0


def _turned(line: Baseline, degrees: float) -> Baseline:
    """A line turned clockwise around its middle."""
    angle = math.radians(line.degrees + degrees)
    (x, y), half = line.at(line.length / 2), line.length / 2
    ahead, down = math.cos(angle), math.sin(angle)
    return Baseline((x - half * ahead, y - half * down), ahead, down, line.length, line.height)


def _baseline(line: StoredLine, words: Sequence[Word]) -> Baseline:
    """By the line's corners (from where its writing begins, clockwise) or, without any, by its words."""
    if len(line.polygon) == 4 or (line.polygon and not _stands(line.box)):
        above, far_above, far_below, below = quadrangle(line)
        height = (math.dist(above, below) + math.dist(far_above, far_below)) / 2
        begin, end = _between(above, below), _between(far_above, far_below)
        if math.dist(begin, end) > 0:
            return _along(begin, end, height)
    return _along(*_ends(line.box, words))


def _stands(box: Box) -> bool:
    return box.height > _TALL * box.width


def _between(above: Point, below: Point) -> Point:
    return (above[0] + _RISES * (below[0] - above[0]), above[1] + _RISES * (below[1] - above[1]))


def _along(begin: Point, end: Point, height: float) -> Baseline:
    length = math.dist(begin, end)
    return Baseline(begin, (end[0] - begin[0]) / length, (end[1] - begin[1]) / length, length, max(1.0, height))


def _ends(box: Box, words: Sequence[Word]) -> tuple[Point, Point, float]:
    """Where the baseline in an upright box begins and ends, and the height of its line."""
    boxes = [word.box for word in words] or [box]
    (x0, y0), (x1, y1) = boxes[0].centre, boxes[-1].centre
    if _stands(box):
        across = box.x + _RISES * box.width
        if y1 > y0:  # down the page, on its right side
            across = box.x + (1 - _RISES) * box.width
            return (across, box.y), (across, box.y + box.height), box.width
        return (across, box.y + box.height), (across, box.y), box.width
    height = max(each.height for each in boxes)
    if x1 <= x0 or abs(y1 - y0) <= _LEVEL * height:
        level = box.y + _RISES * box.height
        return (box.x, level), (box.x + max(1, box.width), level), box.height
    lower = (_RISES - 0.5) * height
    return (x0, y0 + lower), (x1, y1 + lower), height
