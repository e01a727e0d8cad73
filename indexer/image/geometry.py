"""Computes with the places of lines: points in regions, parts of lines, and pairs of lines of two readings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Protocol

from indexer.values import Box, Point

_CUTS = 32
"""Two lines are compared at this many places."""
_SAME_LINE = 0.4
"""The least likeness of two outlines of the same line. It allows a shift by three fifths of the height, or a third less
length."""
_CROWD = 100
"""In a connected group of more lines than this, finding the best pairing would take too long."""


class Outlined(Protocol):
    """What lies along a line of a page: a line in any of its forms."""

    @property
    def box(self) -> Box:
        """The upright box around it."""

    @property
    def polygon(self) -> tuple[Point, ...]:
        """Its outline, empty if only its box is known."""

    @property
    def baseline(self) -> tuple[Point, ...]:
        """The curve that it stands on, empty if that is not known."""


def bounding_box(points: Sequence[Point]) -> Box:
    """The smallest upright box of whole pixels around the points. Raises ``ValueError`` if there are none."""
    if not points:
        raise ValueError("no points to put a box around")
    left = int(min(x for x, _ in points) // 1)
    top = int(min(y for _, y in points) // 1)
    right = int(-(-max(x for x, _ in points) // 1))
    bottom = int(-(-max(y for _, y in points) // 1))
    return Box(left, top, right - left, bottom - top)


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """Whether the point lies inside the polygon (even-odd rule). With fewer than three points nothing does."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def corners(box: Box) -> tuple[Point, ...]:
    """The four corners of a box, clockwise from the top left."""
    right, bottom = box.x + box.width, box.y + box.height
    return ((box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom))


def outline(line: Outlined) -> tuple[Point, ...]:
    """The outline of a line: its polygon, or its box if it has no polygon."""
    return line.polygon or corners(line.box)


def band(line: Outlined) -> tuple[Point, ...]:
    """An outline whose first half is the upper edge of a line, from where its writing begins, and whose second half is
    the lower edge, which goes back. It follows the bends of the line if they are known, else its slope."""
    return line.polygon if len(line.polygon) == 2 * len(line.baseline) > 0 else quadrangle(outline(line))


def quadrangle(points: Sequence[Point]) -> tuple[Point, ...]:
    """Four corners around the outline of a line, clockwise from the top of where its writing begins. They follow its
    slope. An outline that has four points keeps them."""
    box = bounding_box(points)
    if len(points) == 4 or box.height > box.width:
        return tuple(points) if len(points) == 4 else corners(box)
    cuts = [(place, _cut(points, place)) for place in _places(box)]
    middles = [(place, sum(across) / 2) for place, across in cuts if across]
    x0, y0 = (sum(each) / max(1, len(middles)) for each in zip(*middles, strict=True)) if middles else box.centre
    width = sum((x - x0) ** 2 for x, _ in middles)
    slope = sum((x - x0) * (y - y0) for x, y in middles) / width if width else 0.0
    above, below = min(y - slope * x for x, y in points), max(y - slope * x for x, y in points)
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    return tuple((x, y + slope * x) for x, y in ((left, above), (right, above), (right, below), (left, below)))


def height_of(line: Outlined) -> float:
    """The height of a line across its slope, or across its bends if they are known."""
    heights = [math.dist(*pair) for pair in zip(*_edges(band(line)), strict=True)]
    return sum(heights) / len(heights)


def _edges(band: Sequence[Point]) -> tuple[Sequence[Point], Sequence[Point]]:
    """The upper and the lower edge of a line, both from where its writing begins."""
    return band[: len(band) // 2], band[: len(band) // 2 - 1 : -1]


def _places(box: Box) -> list[float]:
    """The places along the longer side of a box at which lines are cut."""
    start, length = (box.y, box.height) if box.height > box.width else (box.x, box.width)
    return [start + length * (at + 0.5) / _CUTS for at in range(_CUTS)]


def middle(outline: Sequence[Point]) -> Point:
    """The middle of a line, halfway along it."""
    x, y = bounding_box(outline).centre
    across = _cut(*_along(outline, (x, y)))
    if across is None:
        return (x, y)
    return (sum(across) / 2, y) if _runs_down(outline) else (x, sum(across) / 2)


def holder(regions: Sequence[Sequence[Point]], point: Point) -> int | None:
    """The region (outline of a line) that holds the point. Of several it is the one whose middle is nearest across."""

    def off(at: int) -> tuple[float, float]:
        outline = regions[at]
        across = _cut(*_along(outline, point)) or (0.0, 0.0)
        x, y = bounding_box(outline).centre
        own, other = (point[0], abs(y - point[1])) if _runs_down(outline) else (point[1], abs(x - point[0]))
        return abs(own - sum(across) / 2), other

    return min((at for at, region in enumerate(regions) if contains(region, point)), key=off, default=None)


def holders(regions: Sequence[Sequence[Point]], points: Sequence[Point]) -> list[int | None]:
    """For each of many points the region that holds it, as ``holder`` has it."""
    boxes = [
        (at, min(x for x, _ in each), max(x for x, _ in each), min(y for _, y in each), max(y for _, y in each))
        for at, each in enumerate(regions)
        if each
    ]
    found: list[int | None] = []
    for x, y in points:
        near = [at for at, left, right, top, bottom in boxes if left <= x <= right and top <= y <= bottom]
        held = holder([regions[at] for at in near], (x, y))
        found.append(None if held is None else near[held])
    return found


def _runs_down(outline: Sequence[Point]) -> bool:
    box = bounding_box(outline)
    return box.height > box.width


def _along(outline: Sequence[Point], point: Point) -> tuple[Sequence[Point], float]:
    """An outline turned so that its line runs to the right, and the place of a point along it."""
    if _runs_down(outline):
        return [(y, x) for x, y in outline], point[1]
    return outline, point[0]


def along(outline: Sequence[Point], start: float, end: float) -> Box:
    """The part of a line between two fractions of its length, as an upright box of at least one pixel.

    The outline has four corners, clockwise from the top of where the writing begins. That of a line that bends has more
    points on its upper edge, and as many on the lower one, which goes back.
    """
    above, below = _edges(outline)
    middles = [_between(*pair, 0.5) for pair in zip(above, below, strict=True)]
    lengths = [0.0, *accumulate(math.dist(*pair) for pair in pairwise(middles))]
    shares = [each / lengths[-1] for each in lengths] if lengths[-1] else [0.0, *[1.0] * (len(lengths) - 1)]
    parts = [start, *(share for share in shares[1:-1] if start < share < end), end]
    box = bounding_box([_at(edge, shares, part) for edge in (above, below) for part in parts])
    return Box(box.x, box.y, max(1, box.width), max(1, box.height))


def _at(edge: Sequence[Point], shares: Sequence[float], part: float) -> Point:
    """The point of an edge at a fraction of the length of its line; ``shares`` are those of its own points."""
    after = next((at for at in range(1, len(shares) - 1) if shares[at] >= part), len(shares) - 1)
    room = shares[after] - shares[after - 1]
    return _between(edge[after - 1], edge[after], (part - shares[after - 1]) / room if room else 0.0)


def _between(one: Point, other: Point, part: float) -> Point:
    return (one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1]))


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box around boxes. Raises ``ValueError`` if there are none."""
    return bounding_box([point for box in boxes for point in corners(box)])


def covered(box: Box, other: Box) -> float:
    """The share of a box that another one covers, 0-1."""
    return _shared(box, other) / box.area if box.area else 0.0


def _shared(one: Box, other: Box) -> int:
    """The common area of two boxes, in square pixels."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(0, width) * max(0, height)


def alike(one: Sequence[Point], other: Sequence[Point]) -> float:
    """How alike the courses of two lines are by their outlines, 0-1. 1 means the same course and the same length.

    Both are cut at places along their common length. At each place the distance of the two middles counts, relative to
    the thickness of the cuts. So a tight and a loose outline of the same ink are alike. Neighbours are not alike, even
    if they are aslant or curved and share much of their upright boxes. Length that only one of them has counts twice,
    because it is ink of something else.
    """
    if one == other:
        return 1.0
    box = bounding_box([*one, *other])
    if box.height > box.width:
        one, other = [(y, x) for x, y in one], [(y, x) for x, y in other]
    pairs = [(_cut(one, place), _cut(other, place)) for place in _places(box)]
    inked = sum(here is not None or there is not None for here, there in pairs)
    close = [_closeness(here, there) for here, there in pairs if here and there]
    return sum(close) * len(close) / inked**2 if inked else 0.0


def _cut(outline: Sequence[Point], place: float) -> tuple[float, float] | None:
    """The edges of a line at a place along it, measured across."""
    before = [*outline[-1:], *outline[:-1]]
    found = [
        y1 + (y2 - y1) * (place - x1) / (x2 - x1)
        for (x1, y1), (x2, y2) in zip(before, outline, strict=True)
        if (x1 > place) != (x2 > place)
    ]
    return (min(found), max(found)) if found else None


def _closeness(here: tuple[float, float], there: tuple[float, float]) -> float:
    """1 for cuts with the same middle, 0 for cuts that only touch."""
    apart = abs(sum(here) - sum(there))
    thick = here[1] - here[0] + there[1] - there[0]
    return max(0.0, 1 - apart / thick) if thick else float(not apart)


def pair(ones: Sequence[Sequence[Point]], others: Sequence[Sequence[Point]]) -> dict[int, int]:
    """Pair the lines of two readings of a page by their outlines, one to one: index in ``ones`` → index in ``others``.

    The pairing with the greatest sum of squared likenesses is taken: one good pair is worth more than two poor ones.
    Lines that are hardly alike are not paired.
    """
    boxes, other_boxes = [bounding_box(each) for each in ones], [bounding_box(each) for each in others]
    likeness = {
        (i, j): alike(ones[i], others[j])
        for i, box in enumerate(boxes)
        for j, other in enumerate(other_boxes)
        if _touch(box, other)
    }
    return matched({both: value**2 for both, value in likeness.items() if value >= _SAME_LINE})


def _touch(one: Box, other: Box) -> bool:
    return (
        one.x <= other.x + other.width
        and other.x <= one.x + one.width
        and one.y <= other.y + other.height
        and other.y <= one.y + one.height
    )


def matched(worth: Mapping[tuple[int, int], float]) -> dict[int, int]:
    """The one-to-one pairs with the greatest total worth.

    Each connected group of pairs is solved by itself. Mostly that is two or three lines. In a large group the best pair
    is taken first, then the next.
    """
    pairs: dict[int, int] = {}
    for ones, others in _groups(worth):
        if max(len(ones), len(others)) > _CROWD:
            pairs |= _best_first({both: worth[both] for both in worth if both[0] in ones})
        elif len(ones) <= len(others):
            found = _assigned([[-worth.get((i, j), 0.0) for j in others] for i in ones])
            pairs |= {ones[row]: others[column] for row, column in enumerate(found)}
        else:
            found = _assigned([[-worth.get((i, j), 0.0) for i in ones] for j in others])
            pairs |= {ones[column]: others[row] for row, column in enumerate(found)}
    return {i: j for i, j in sorted(pairs.items()) if (i, j) in worth}


def _groups(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[list[int], list[int]]]:
    """The pairs split into groups without a common member. Gives the members of each group on both sides."""
    partners: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for i, j in pairs:
        partners.setdefault((0, i), set()).add((1, j))
        partners.setdefault((1, j), set()).add((0, i))
    while partners:
        group, waiting = set(), [next(iter(partners))]
        while waiting:
            member = waiting.pop()
            group.add(member)
            waiting += partners.pop(member, set()) - group
        yield sorted(at for side, at in group if side == 0), sorted(at for side, at in group if side == 1)


def _best_first(worth: Mapping[tuple[int, int], float]) -> dict[int, int]:
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for i, j in sorted(worth, key=lambda both: (-worth[both], both)):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _assigned(cost: Sequence[Sequence[float]]) -> list[int]:
    """A different column for each row, so that the sum of the costs is least. There are no more rows than columns.

    This is the Hungarian method. Rows are added one by one, each along the cheapest path on which earlier rows change
    their columns. ``rows`` and ``columns`` hold the prices that keep the cost of every step at 0 or more.
    """
    many = len(cost[0])
    rows, columns = [0.0] * len(cost), [0.0] * (many + 1)
    owner: list[int | None] = [None] * (many + 1)  # the row of each column; a path starts at the last one
    for new in range(len(cost)):
        owner[many], at = new, many
        least, came, done = [math.inf] * many, [many] * many, {many}
        while (row := owner[at]) is not None:
            for column in range(many):
                price = cost[row][column] - rows[row] - columns[column]
                if column not in done and price < least[column]:
                    least[column], came[column] = price, at
            nearest = min((column for column in range(many) if column not in done), key=least.__getitem__)
            step = least[nearest]
            for column in done:
                rows[owner[column] or 0] += step
                columns[column] -= step
            least = [value if column in done else value - step for column, value in enumerate(least)]
            at = nearest
            done.add(at)
        while at != many:
            owner[at], at = owner[came[at]], came[at]
    return [owner.index(row) for row in range(len(cost))]
