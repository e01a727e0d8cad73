"""Finds the order in which the lines of a page were written with a pen, from its strokes in the order of time.

A line goes on where the last one ended, below it or beside it. What was put in later stands between its neighbours. A
line elsewhere begins another part of the page. The parts are read as they were begun, but none before one above it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from indexer.image.geometry import bounding_box, holders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.values import Box, Point

_SAME_ROW, _SHARED = 0.5, 0.3
"""Lines of a row differ in height by at most so many line heights, and overlap by at most this share of a length."""
_BESIDE = 0.5
"""What is added to a row later begins within so many line heights of it."""
_OVERLAP = 0.5
"""Lines of a column share so much of the width of the shorter one."""
_BELOW, _ABOVE = 3.0, 2.0
"""A line that is added to a column later stands within so many line heights below or above it."""

Rows = list[list[int]]
"""A part of a page: its rows from the top, each with the numbers of its lines from the left."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a line belongs in a part: in a row, or (``is_new``) in one of its own before that row."""

    row: int
    is_new: bool


def written(outlines: Sequence[Sequence[Point]], strokes: Sequence[Sequence[Point]]) -> list[list[int]] | None:
    """The parts of a page with the numbers of their lines, in reading order.

    ``outlines`` are those of the lines, ``strokes`` the points of each stroke in the order of time, both in pixels.
    ``None`` if there are lines without a stroke: then something else than the pen wrote there.
    """
    boxes = [bounding_box(each) for each in outlines]
    times = _times(outlines, strokes)
    if len(times) < len(boxes):
        return None
    parts: list[Rows] = []
    latest: list[int] = []
    before: int | None = None
    for line in sorted(times, key=lambda each: (times[each], boxes[each].y)):
        latest = list(dict.fromkeys([_put(line, before, parts, latest, boxes), *latest]))
        before = line
    return [[line for row in parts[at] for line in row] for at in _in_order(parts, boxes)]


def _times(outlines: Sequence[Sequence[Point]], strokes: Sequence[Sequence[Point]]) -> dict[int, float]:
    """When each line was written: the middle one of its strokes, by their number."""
    begun = [stroke for stroke in strokes if stroke]
    points = [stroke[at] for stroke in begun for at in (0, len(stroke) // 2, -1)]
    held = holders(outlines, points)
    of_line: dict[int, list[int]] = {}
    for number in range(len(begun)):
        votes = Counter(line for line in held[3 * number : 3 * number + 3] if line is not None)
        if votes:
            of_line.setdefault(votes.most_common(1)[0][0], []).append(number)
    return {line: median(numbers) for line, numbers in of_line.items()}


def _put(line: int, before: int | None, parts: list[Rows], latest: Sequence[int], boxes: Sequence[Box]) -> int:
    """Put a line where it belongs, and say into which part.

    ``before`` is the line that was written before it, and ``latest`` are the parts, the one written last first.
    """
    found = next(_places(line, before, parts, latest, boxes), None)
    if found is None:
        parts.append([[line]])
        return len(parts) - 1
    at, place = found
    if place.is_new:
        parts[at].insert(place.row, [line])
    else:
        parts[at][place.row] = sorted([*parts[at][place.row], line], key=lambda each: boxes[each].x)
    return at


def _places(
    line: int, before: int | None, parts: Sequence[Rows], latest: Sequence[int], boxes: Sequence[Box]
) -> Iterator[tuple[int, _Place]]:
    """The places where a line may belong, the best one first."""
    own = boxes[line]
    for at in latest:
        rows = [[boxes[each] for each in row] for row in parts[at]]
        yield from ((at, _Place(row, is_new=True)) for row in _between(own, rows, just_before=at == latest[0]))
    for at in latest:
        for number, row in enumerate(parts[at]):
            if _beside(own, [boxes[each] for each in row], None if before in row else _BESIDE):
                yield at, _Place(number, is_new=False)


def _beside(own: Box, row: Sequence[Box], reach: float | None) -> bool:
    """Whether a line stands in a row, within so many line heights of one of it."""
    apart = [max(each.x - own.x - own.width, own.x - each.x - each.width) for each in row]
    near = row[apart.index(min(apart))]
    height = min(own.height, near.height)
    level = abs(own.centre[1] - near.centre[1]) < _SAME_ROW * height
    free = min(apart) > -_SHARED * min(own.width, near.width)
    return level and free and (reach is None or min(apart) < reach * height)


def _between(own: Box, rows: Sequence[Sequence[Box]], *, just_before: bool) -> Iterator[int]:
    """The row of a part before which a line stands, if it is one of its column."""
    row = sum(_middle(each) < own.centre[1] for each in rows)
    above, below = rows[row - 1] if row else None, rows[row] if row < len(rows) else None
    if not all(_in_column(own, each) for each in (above, below) if each is not None):
        return
    if above is None and below is not None:
        near = min(each.y for each in below) - own.y - own.height < _ABOVE * own.height
    elif below is None and above is not None:
        near = just_before or own.y - max(each.y + each.height for each in above) < _BELOW * own.height
    else:
        near = True
    if near:
        yield row


def _middle(row: Sequence[Box]) -> float:
    return sum(each.centre[1] for each in row) / len(row)


def _in_column(own: Box, row: Sequence[Box]) -> bool:
    left, right = min(each.x for each in row), max(each.x + each.width for each in row)
    shared = min(right, own.x + own.width) - max(left, own.x)
    return shared >= _OVERLAP * min(right - left, own.width)


def _in_order(parts: Sequence[Rows], boxes: Sequence[Box]) -> Iterator[int]:
    """The parts as they were begun, but each after those that stand above it."""
    areas = [[boxes[line] for row in rows for line in row] for rows in parts]
    edges = [
        (
            min(each.x for each in area),
            max(each.x + each.width for each in area),
            min(each.centre[1] for each in area),
            max(each.centre[1] for each in area),
        )
        for area in areas
    ]
    left = list(range(len(parts)))
    while left:
        free = (at for at in left if not any(_is_above(edges[each], edges[at]) for each in left if each != at))
        yield (chosen := next(free))
        left.remove(chosen)


def _is_above(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether a part ends above where another one begins, and stands over it."""
    return one[3] < other[2] and min(one[1], other[1]) > max(one[0], other[0])
