"""The baselines of the lines of a page: as an engine found them, or by the outlines of lines.

By outlines, short lines take their direction from the lines around them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from indexer.image.geometry import corners, height_of, outline, quadrangle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.image.geometry import Outlined
    from indexer.values import Box, Point

RISES = 0.75
"""The baseline lies at this share of a line's height below its top."""
_TALL = 1.5
"""A box that is so many times as high as wide holds a line that runs up or down the page."""
_LEVEL = 0.15
"""A line is level if its words go up and down by at most this share of its height."""
_LONG = 12
"""A line that is so many times as long as high shows its direction to less than a degree. In shorter lines, ascenders
at the ends turn the outline by several degrees."""
_ENOUGH, _NEAR = 3, 9
"""The least number of long lines that show the slope of a page, and how many of the nearest lines a short line is
compared with."""
_SAME_WAY = 45.0
"""Two lines run the same way, across the page or up it, if their directions differ by fewer degrees than this."""

_DIAGONAL = 0.2
"""An upright box says nothing of the height of a line in it that runs nearly from corner to corner."""


class Boxed(Protocol):
    """A word with its place."""

    @property
    def box(self) -> Box:
        """The upright box around it."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline in pixels: from ``start``, for ``length``, in the direction ``x``, ``y`` (a vector of length 1).

    A curved one goes through the ``bends``: how far along it, and by how much it lies to the right of the straight line
    there, seen in its direction.
    """

    start: Point
    x: float
    y: float
    length: float
    height: float
    bends: tuple[Point, ...] = ()

    @property
    def points(self) -> tuple[Point, ...]:
        """The places through which it goes, from its start to its end."""
        return tuple(self.at(along) for along in (0.0, *(along for along, _ in self.bends), self.length))

    @property
    def degrees(self) -> float:
        """Its direction, clockwise from level."""
        return math.degrees(math.atan2(self.y, self.x))

    def at(self, along: float) -> Point:
        """The place after so many pixels in its direction."""
        off = self._off(along)
        return (self.start[0] + along * self.x - off * self.y, self.start[1] + along * self.y + off * self.x)

    def _off(self, along: float) -> float:
        for (begin, off), (end, other) in pairwise(((0.0, 0.0), *self.bends, (self.length, 0.0))):
            if begin <= along < end:
                return off + (other - off) * (along - begin) / (end - begin)
        return 0.0

    def reach(self, box: Box) -> tuple[float, float]:
        """The start and end along the line of what lies in an upright box."""
        middle = (box.centre[0] - self.start[0]) * self.x + (box.centre[1] - self.start[1]) * self.y
        across, down = abs(self.x), abs(self.y)
        if across >= down:
            length = (box.width - self.height * down) / across
        else:
            length = (box.height - self.height * across) / down
        half = max(1.0, length) / 2
        return (middle - half, middle + half)


def baselines(lines: Sequence[tuple[Outlined, Sequence[Boxed]]]) -> list[Baseline]:
    """The baselines of the lines of a page. Each line is given with its words.

    Without a baseline of its own a long line runs as its outline does. A short one takes the direction of the long
    lines near it, but only as far as its letters still stand on their ink. Without long lines it takes the direction of
    all lines near it.
    """
    own = [_baseline(line, words) for line, words in lines]
    long = [each for each in own if _is_long(each)]
    return [
        each if line.baseline or _is_long(each) else _as_others(each, own, long)
        for each, (line, _) in zip(own, lines, strict=True)
    ]


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
    """The degrees by which a line must be turned clockwise to run like the other one."""
    return (other.degrees - line.degrees + 180) % 360 - 180


def _median(weighted: Sequence[tuple[float, float]]) -> float:
    """The weighted median."""
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


def _baseline(line: Outlined, words: Sequence[Boxed]) -> Baseline:
    """The baseline that the line has; or one by its corners (clockwise from where its writing begins), without corners
    by its words."""
    if len(line.baseline) > 1 and math.dist(line.baseline[0], line.baseline[-1]) > 0:
        return _through(line.baseline, _height(line))
    if len(line.polygon) == 4 or (line.polygon and not _stands(line.box)):
        above, far_above, far_below, below = quadrangle(outline(line))
        begin, end = _between(above, below), _between(far_above, far_below)
        if math.dist(begin, end) > 0:
            return _along(begin, end, height_of(line))
    return _along(*_ends(line.box, words))


def _height(line: Outlined) -> float:
    """The height of a line with a baseline. An upright box around one that is aslant is higher than the line."""
    (x0, y0), (x1, y1) = line.baseline[0], line.baseline[-1]
    across, down = (abs(x1 - x0) / math.dist((x0, y0), (x1, y1)), abs(y1 - y0) / math.dist((x0, y0), (x1, y1)))
    high, wide = (line.box.height, line.box.width) if across >= down else (line.box.width, line.box.height)
    long, short = max(across, down), min(across, down)
    if line.polygon not in ((), corners(line.box)) or long - short < _DIAGONAL:
        return height_of(line)
    return max(1.0, (high * long - wide * short) / (long**2 - short**2))


def _stands(box: Box) -> bool:
    return box.height > _TALL * box.width


def _between(above: Point, below: Point) -> Point:
    return (above[0] + RISES * (below[0] - above[0]), above[1] + RISES * (below[1] - above[1]))


def _along(begin: Point, end: Point, height: float) -> Baseline:
    length = math.dist(begin, end)
    return Baseline(begin, (end[0] - begin[0]) / length, (end[1] - begin[1]) / length, length, max(1.0, height))


def _through(points: Sequence[Point], height: float) -> Baseline:
    """The baseline through points. What goes back in its direction is left out."""
    straight = _along(points[0], points[-1], height)
    bends: list[Point] = []
    for x, y in points[1:-1]:
        across, down = x - straight.start[0], y - straight.start[1]
        along = across * straight.x + down * straight.y
        if (bends[-1][0] if bends else 0.0) < along < straight.length:
            bends.append((along, down * straight.x - across * straight.y))
    return replace(straight, bends=tuple(bends))


def _ends(box: Box, words: Sequence[Boxed]) -> tuple[Point, Point, float]:
    """The start and end of the baseline in an upright box, and the height of its line."""
    boxes = [word.box for word in words] or [box]
    (x0, y0), (x1, y1) = boxes[0].centre, boxes[-1].centre
    if _stands(box):
        across = box.x + RISES * box.width
        if y1 > y0:  # down the page, on its right side
            across = box.x + (1 - RISES) * box.width
            return (across, box.y), (across, box.y + box.height), box.width
        return (across, box.y + box.height), (across, box.y), box.width
    height = max(each.height for each in boxes)
    if x1 <= x0 or abs(y1 - y0) <= _LEVEL * height:
        level = box.y + RISES * box.height
        return (box.x, level), (box.x + max(1, box.width), level), box.height
    lower = (RISES - 0.5) * height
    return (x0, y0 + lower), (x1, y1 + lower), height
