"""Fits ground truth to a page as it is read: the page may have another size or be turned by the metadata of its image.

Transcription programs may write places in the pixels that a file stores. People and ``notes`` see the image as its EXIF
orientation turns it. If both have the same size, the order of the lines shows which is meant: lines are written down
from top to bottom.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from indexer.image.turning import turned_points, turned_size
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.formats.truth import TruthPage
    from indexer.values import Point

_SHAPE = 0.03
"""How far the aspect ratios of two sizes of one image may differ, as a share."""
_OUTSIDE = 0.1
"""Share of an image's size by which a line may lie beyond its edge."""
_STORED: dict[int, Callable[[float, float], Point]] = {
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (1 - y, x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (y, 1 - x),
}
"""For each EXIF orientation, where a point of the stored image lies on the upright one. Both are shares of the size."""
_ASIDE = 5
"""From this orientation on, width and height are swapped."""


def fitted(page: TruthPage, width: int, height: int, orientation: int = 1, turned: int = 0) -> TruthPage:
    """The page in pixels of an upright image of this size, whose file has this EXIF orientation, and which was turned
    clockwise by so many degrees after that.

    Raises ``UsageError`` if the ground truth does not fit the image.
    """
    if turned:
        size = turned_size((width, height), turned)
        as_filed = fitted(page, *size, orientation)
        over = tuple(replace(line, polygon=turned_points(line.polygon, turned, size)) for line in as_filed.lines)
        return replace(page, width=width, height=height, lines=over)
    if not page.lines:
        return replace(page, width=width, height=height)
    if not page.width or not page.height:
        return _inside(replace(page, width=width, height=height))
    stored = _is_stored(page, width, height, orientation)
    turn = _STORED[orientation] if stored else lambda x, y: (x, y)
    shape, wanted = page.width / page.height, (height / width if stored and orientation >= _ASIDE else width / height)
    if abs(shape / wanted - 1) > _SHAPE:
        raise UsageError(
            _(
                "it is for an image of %(width)s x %(height)s, and this one has %(width2)s x %(height2)s pixels",
                width=format(page.width, "g"),
                height=format(page.height, "g"),
                width2=width,
                height2=height,
            ),
            _("Is it the transcription of another image?"),
        )

    def laid(point: Point) -> Point:
        across, down = turn(point[0] / page.width, point[1] / page.height)
        return (across * width, down * height)

    lines = tuple(replace(line, polygon=tuple(map(laid, line.polygon))) for line in page.lines)
    return _inside(replace(page, width=width, height=height, lines=lines))


def _is_stored(page: TruthPage, width: int, height: int, orientation: int) -> bool:
    """Whether the places are in pixels of the stored image, not of the upright one."""
    if orientation not in _STORED or page.upright:
        return False
    if orientation >= _ASIDE and abs(width / height - 1) > _SHAPE:
        return abs(page.width / page.height / (width / height) - 1) > _SHAPE
    as_it_is = _downward(page, lambda x, y: (x, y))
    return _downward(page, _STORED[orientation]) >= as_it_is


def _downward(page: TruthPage, turn: Callable[[float, float], Point]) -> int:
    """How many more lines stand below the line before them than above it."""
    middles = [
        turn(
            sum(x for x, _ in line.polygon) / len(line.polygon) / page.width,
            sum(y for _, y in line.polygon) / len(line.polygon) / page.height,
        )[1]
        for line in page.lines
    ]
    return sum((below > above) - (below < above) for above, below in pairwise(middles))


def _inside(page: TruthPage) -> TruthPage:
    """The page, if its lines lie within it."""
    across, down = _OUTSIDE * page.width, _OUTSIDE * page.height
    for line in page.lines:
        for x, y in line.polygon:
            if not -across <= x <= page.width + across or not -down <= y <= page.height + down:
                raise UsageError(
                    _(
                        "the line “%(text)s” lies outside of the image of %(width)s x %(height)s pixels",
                        text=line.text,
                        width=format(page.width, "g"),
                        height=format(page.height, "g"),
                    ),
                    _("Is it the transcription of another image, or in another unit?"),
                )
    return page
