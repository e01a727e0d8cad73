"""Where lines lie: points in regions, and pairing the lines of two readings of one page."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.model import Box, Point


def bounding_box(points: Sequence[Point]) -> Box:
    """The smallest upright box of whole pixels around the points; raises ``ValueError`` without any."""
    if not points:
        raise ValueError("no points to put a box around")
    left = int(min(x for x, _ in points) // 1)
    top = int(min(y for _, y in points) // 1)
    right = int(-(-max(x for x, _ in points) // 1))
    bottom = int(-(-max(y for _, y in points) // 1))
    return Box(left, top, right - left, bottom - top)


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """Whether the point lies inside the polygon (even-odd rule); a polygon of under three points holds nothing."""
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


def holder(regions: Sequence[Sequence[Point]], point: Point) -> int | None:
    """Which of the regions (polygons) holds the point: of several the one whose centre is nearest, vertically first.

    A part of a long line may lie far to the side of its centre, but not far above or below it.
    """

    def distance(at: int) -> tuple[float, float]:
        x, y = bounding_box(regions[at]).centre
        return abs(y - point[1]), abs(x - point[0])

    return min((at for at, region in enumerate(regions) if contains(region, point)), key=distance, default=None)


def along(outline: Sequence[Point], start: float, end: float) -> Box:
    """The part of a line between two fractions of its length, as an upright box of at least a pixel.

    The outline has four corners: where the writing begins above, where it ends above, and these below, clockwise.
    """
    above, below = (outline[0], outline[1]), (outline[3], outline[2])
    box = bounding_box([_between(*edge, part) for edge in (above, below) for part in (start, end)])
    return Box(box.x, box.y, max(1, box.width), max(1, box.height))


def _between(one: Point, other: Point, part: float) -> Point:
    return (one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1]))


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box around boxes; raises ``ValueError`` without any."""
    return bounding_box([point for box in boxes for point in corners(box)])


def covered(box: Box, other: Box) -> float:
    """How much of a box another one covers, 0-1."""
    return _shared(box, other) / box.area if box.area else 0.0


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0–1."""
    shared = _shared(one, other)
    return shared / (one.area + other.area - shared) if shared else 0.0


def _shared(one: Box, other: Box) -> int:
    """The area that two boxes have in common, in square pixels."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(0, width) * max(0, height)


def pair(ones: Sequence[Box], others: Sequence[Box], at_least: float = 0.3) -> dict[int, int]:
    """Pair two readings' lines one to one, best overlap first: index in ``ones`` → index in ``others``.

    Pairs below ``at_least`` intersection over union stay apart.
    """
    candidates = sorted(
        (
            (overlap(one, other), i, j)
            for i, one in enumerate(ones)
            for j, other in enumerate(others)
            if overlap(one, other) >= at_least
        ),
        key=lambda row: (-row[0], row[1], row[2]),
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in candidates:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs
