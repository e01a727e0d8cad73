"""Finds the lines of writing on a page: PP-OCRv6's detector and what turns its map of ink into boxes.

The network is one of differentiable binarisation (Liao et al., AAAI 2020, arXiv 1911.08947): it gives for every pixel
the probability that it belongs to the shrunken middle of a line, and the boxes are grown back to the whole line.
Between the two, middles that run into each other or over a ruling are cut apart.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from .bends import course, lengthened
from .line_cutting import GROWTH, WHOLE, Middle, gutters_of, split
from .ruling_cuts import cut_at_rulings, darkness, rulings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

_SIDE = 1056
"""Pixels of the long side: as many lines are found, and read as well, as at 1120 or 1280; at 960 clearly fewer are."""
_SMALL, _USUAL, _MOST = 25, 40, 1760
"""Pixels, as the network sees the page: the median height of lines that are looked at again, the height that they have
then, and the longest side for it. Of the lines of fourteen pages of small writing 1,497 are found, not 1,485, with 38
boxes that hold none, not 49. Of the letters of four such pages .17 are wrong, not .21, as with a side of 1,984, which
takes half as long again. All pages closer gave more empty boxes."""
_LONG = 5
"""A line that is no fragment is longer than so many times its height."""
_STRIDE = 32
"""The network takes only multiples of this."""
_INK = 0.5
"""Least probability of a pixel that belongs to a line. At .3 more lines run into each other: of those on 76 pages .955
are found, not .961."""
_SURE, _SURELY = 0.52, 0.8
"""The ridge of a middle, its most probable pixel in each column, has this probability on this part of its length. Thin
lines reach that as well as thick ones, what shines through the paper does not."""
_JUNCTION = 1.4
"""Where a middle is this much higher than it is for most of its length, two lines touch: an insertion, a slanted
neighbour. Cut apart there, .961 of the lines are found, not .953."""
_LOWER = 0.05
"""Of its height, by how much a box lies lower than the middle: descenders reach further from it than ascenders. Without
it .954 of the lines have a box in their region, not .961; the error rate is the same within .001."""
_RECTANGLE = 1.1
"""Height of the rectangle around a straight middle over its thickness, as the median of 1,086 long lines."""
_LIES = 0.9
"""A line that is turned further from level is not followed in its bends."""
_SMALLEST = 3
"""Pixels, as the network sees the page: the shorter side of the least middle of a line."""


class Detector:
    """The detector on an opened model."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session

    def find(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The lines of a page (BGR, height x width x 3) in no special order, cut apart where there is a gutter.

        Each is an outline in pixels of the page: its corners (4 x 2) clockwise from the top left; lines may stand on
        their side. One that bends has more points on its upper edge, and as many on the lower one, which goes back.

        Small writing is looked at once more, closer. Where lines run together then, those of the first look count.
        """
        found = self._find(pixels, _SIDE)
        tall = median_height(found) * _SIDE / max(pixels.shape)
        if max(pixels.shape) <= _SIDE or not 0 < tall < _SMALL:
            return found
        closer, middles = self._find(pixels, min(_MOST, _SIDE * _USUAL / tall)), [each.mean(axis=0) for each in found]
        return [part for line in closer for part in _apart(line, found, middles) or (line,)]

    def _find(self, pixels: NDArray[np.uint8], side: float) -> list[NDArray[np.float32]]:
        seen = scaled(pixels, side)
        (ink,) = self._session.run(None, {"x": network_input(seen)})
        (height, width), (seen_height, seen_width) = pixels.shape[:2], seen.shape[:2]
        back = np.array([width / seen_width, height / seen_height], np.float32)
        edge = np.array([width - 1, height - 1], np.float32)
        grey = np.asarray(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY), np.uint8)
        dark, rulings = darkness(grey), rulings_of(grey)
        mask = _mask(ink[0, 0], grey, dark, rulings)
        middles = list(_middles(ink[0, 0], mask, dark))
        gutters = gutters_of(dark, middles)
        parts = (part for whole in middles for part in split(whole, gutters))
        return [np.clip(_grown(part, rulings) * back, 0, edge) for part in parts]


def _apart(
    line: NDArray[np.float32], others: Sequence[NDArray[np.float32]], middles: Sequence[NDArray[np.float32]]
) -> list[NDArray[np.float32]]:
    """Those of other lines, with these middles, that lie side by side in a line, when there are several long ones."""
    outline = np.asarray(line, np.float32)
    inside = [
        other
        for other, (x, y) in zip(others, middles, strict=True)
        if cv2.pointPolygonTest(outline, (float(x), float(y)), measureDist=False) >= 0
    ]
    inside.sort(key=lambda other: float(other[:, 0].min()))
    beside = all(one[:, 0].mean() < other[:, 0].min() for one, other in pairwise(inside))
    long = all(np.ptp(each[:, 0]) > _LONG * median_height([each]) for each in inside)
    return inside if beside and long and len(inside) > 1 else []


def median_height(found: Sequence[NDArray[np.float32]]) -> float:
    """The median height of lines by their outlines, in pixels; 0 without lines."""
    sides = [np.hypot(*(each[[-1, len(each) // 2 - 1]] - each[0]).T) for each in found]
    return float(np.median(np.min(sides, axis=1))) if len(found) else 0.0


def scaled(pixels: NDArray[np.uint8], side: float = _SIDE) -> NDArray[np.uint8]:
    """The page at the size at which lines are found; its long side has at most so many pixels."""
    height, width = pixels.shape[:2]
    shrunk = min(1.0, side / max(height, width))
    size = (_multiple(width * shrunk), _multiple(height * shrunk))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))


def network_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """An image (height x width x 3) as both networks take it: 1 x 3 x height x width, from -1 to 1."""
    return np.asarray(cv2.dnn.blobFromImage(pixels, 1 / 127.5, mean=(127.5, 127.5, 127.5)))


def _multiple(side: float) -> int:
    return max(_STRIDE, round(side / _STRIDE) * _STRIDE)


def _grown(middle: Middle, rulings: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The outline of the whole line, which ends at a ruling beside its middle."""
    growth = GROWTH * middle.length * middle.height / (middle.length + middle.height)  # both sides of it
    height = middle.height + growth
    centre = middle.centre + middle.down * height * _LOWER * middle.ahead[0]  # not where it stands on its side
    across = middle.down * height / 2
    if len(middle.course):
        curve = centre + lengthened(middle.course, middle.length + growth) @ np.array([middle.ahead, middle.down])
        return np.concatenate([curve - across, curve[::-1] + across])
    before, after = (middle.ahead * (middle.length / 2 + each) for each in _room(middle, growth / 2, rulings))
    return _clockwise(centre + np.array([-before - across, after - across, after + across, across - before]))


def _room(middle: Middle, growth: float, rulings: NDArray[np.uint8]) -> tuple[float, float]:
    """By how much a line may be longer than its middle at its beginning and its end."""
    if abs(middle.ahead[0]) < _LIES:
        return growth, growth
    ends = [middle.centre - middle.ahead * middle.length / 2, middle.centre + middle.ahead * middle.length / 2]
    room = []
    for (x, y), way in zip(ends, np.sign(middle.ahead[0]) * np.array([-1, 1]), strict=True):
        row = rulings[min(max(0, round(y)), len(rulings) - 1)]
        steps = np.clip(np.round(x + way * np.arange(growth)).astype(int), 0, len(row) - 1)
        crossed = np.flatnonzero(row[steps])
        room.append(max(0.0, crossed[0] - 1.0) if len(crossed) else growth)
    return room[0], room[1]


def _mask(
    ink: NDArray[np.float32], grey: NDArray[np.uint8], dark: NDArray[np.uint8], rulings: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Where a map of probabilities (height x width) of a page has middles of lines, cut apart."""
    mask = np.asarray(cv2.dilate((ink > _INK).astype(np.uint8), np.ones((2, 2), np.uint8)), np.uint8)
    cut_at_rulings(mask, grey, dark, rulings)
    _cut_junctions(mask)
    return mask


def _middles(ink: NDArray[np.float32], mask: NDArray[np.uint8], dark: NDArray[np.uint8]) -> Iterator[Middle]:
    """The middles of the lines in a mask of them, by their probabilities and by how dark the page's strokes are."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        x, y, width, height = cv2.boundingRect(contour)
        if max(width, height) < _SMALLEST:
            continue
        middle = _middle(contour)
        inside = cv2.drawContours(np.zeros((height, width), np.uint8), [contour], -1, 1, -1, offset=(-x, -y))
        own = ink[y : y + height, x : x + width] * inside
        ridge = own.max(axis=0 if width >= height else 1)
        if middle.height >= _SMALLEST and np.mean(ridge > _SURE) >= _SURELY:
            yield _bent(middle, own, dark, (x, y))


def _bent(middle: Middle, ink: NDArray[np.float32], dark: NDArray[np.uint8], corner: tuple[int, int]) -> Middle:
    """The middle with its course, if it bends; its height is then that of the band along the course.

    ``ink`` are the probabilities of its pixels, and ``corner`` is the place of the first.
    """
    if middle.ahead[0] < _LIES:
        return middle
    thick = _RECTANGLE * float((ink > 0).sum() / np.count_nonzero(ink.any(axis=0)))
    found = course(ink, dark, corner, thick * WHOLE)
    if not len(found):
        return middle
    return middle._replace(course=(found - middle.centre) @ np.array([middle.ahead, middle.down]).T, height=thick)


def _cut_junctions(mask: NDArray[np.uint8]) -> None:
    """Take the columns of a middle out of the mask in which it is much higher than it mostly is, unless it stands."""
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask)
    lies = boxes[:, cv2.CC_STAT_WIDTH] >= boxes[:, cv2.CC_STAT_HEIGHT]
    columnwise = cv2.copyMakeBorder(cv2.transpose(mask), 0, 0, 1, 1, cv2.BORDER_CONSTANT)  # edges are sought in one go
    edges = np.flatnonzero(np.diff(columnwise.ravel()))
    columns, tops = np.divmod(edges[::2], columnwise.shape[1])
    bottoms = tops + edges[1::2] - edges[::2]
    heights, owners = bottoms - tops, labels[tops, columns]
    usual = np.bincount(owners, heights, count) / np.maximum(1, np.bincount(owners, minlength=count))
    for at in np.flatnonzero(lies[owners] & (heights > _JUNCTION * usual[owners])):
        mask[tops[at] : bottoms[at], columns[at]] = 0


def _middle(contour: Any) -> Middle:
    centre, (width, height), angle = cv2.minAreaRect(contour)
    turn = np.deg2rad(angle + (90 if width < height else 0))
    ahead = np.array([np.cos(turn), np.sin(turn)])
    ahead *= np.sign(ahead[np.argmax(np.abs(ahead))])
    return Middle(np.array(centre), ahead, max(width, height), min(width, height))


def _clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """From the top left: of the two corners furthest to the left the upper one first."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    (top_left, bottom_left), (top_right, bottom_right) = (
        pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_x[:2], by_x[2:])
    )
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)
