"""Finds the lines of writing on a page: PP-OCRv6's detector and what turns its map of ink into boxes.

The network is one of differentiable binarisation (Liao et al., AAAI 2020, arXiv 1911.08947): it gives for every pixel
the probability that it belongs to the shrunken middle of a line, and the boxes are grown back to the whole line.
Between the two, middles that run into each other are cut apart.
"""

from __future__ import annotations

from bisect import bisect
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

_SIDE = 1056
"""Pixels of the long side: as many lines are found, and read as well, as at 1120 or 1280; at 960 clearly fewer are."""
_STRIDE = 32
"""The network takes only multiples of this."""
_INK = 0.5
"""Least probability of a pixel that belongs to a line. At .3 more lines run into each other: of those on 76 pages .955
are found, not .961."""
_SURE, _SURELY = 0.9, 0.8
"""The ridge of a middle, its most probable pixel in each column, has this probability on this part of its length. Thin
lines reach that as well as thick ones, what shines through the paper does not: the mean probability in the box finds as
many lines only with some 90 more boxes that hold none (of 314)."""
_JUNCTION = 1.4
"""Where a middle is this much higher than it is for most of its length, two lines touch: an insertion, a slanted
neighbour. Cut apart there, .961 of the lines are found, not .953."""
_GUTTER_ROWS, _GUTTER_CLEAR, _LIGHT = 10, 0.95, 0.3
"""When a line that the network found is cut at a gutter between two pages or columns: at least ``_GUTTER_ROWS`` long
lines must cross the place, and at least the share ``_GUTTER_CLEAR`` of them must be blank there. Blank means that no
column of pixels is darker than ``_LIGHT`` times what is usual along the line. Of 76 pages one has such a gutter, blank
in all its lines; on every other page with so many lines, at most .81 of them are blank at one place."""
_STROKE = 15
"""Pixels, as the network sees the page: wider than a stroke; what is dark further across is shadow."""
_GROWTH = 1.6
"""The middle of a line is grown by this times its area over its circumference."""
_LOWER = 0.05
"""Of its height, by how much a box lies lower than the middle: descenders reach further from it than ascenders. Without
it .954 of the lines have a box in their region, not .961; the error rate is the same within .001."""
_SMALLEST = 3
"""Pixels, as the network sees the page: the shorter side of the least middle of a line."""
_SAME_ROW = 0.5
"""Boxes that share this part of the lower one's height stand beside each other."""


class _Middle(NamedTuple):
    """The rectangle around the shrunken middle of a line; its long side lies along ``ahead`` (of length 1)."""

    centre: NDArray[np.float64]
    ahead: NDArray[np.float64]
    length: float
    height: float

    @property
    def down(self) -> NDArray[np.float64]:
        return np.array([-self.ahead[1], self.ahead[0]])


class Detector:
    """The detector on an opened model."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session

    def find(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The lines of a page (BGR, height x width x 3) in reading order, column by column where there is a gutter.

        Each is 4 x 2, its corners clockwise from the top left in pixels of the page; lines may stand on their side.
        """
        seen = scaled(pixels)
        (ink,) = self._session.run(None, {"x": network_input(seen)})
        (height, width), (seen_height, seen_width) = pixels.shape[:2], seen.shape[:2]
        back = np.array([width / seen_width, height / seen_height], np.float32)
        edge = np.array([width - 1, height - 1], np.float32)
        middles = list(_middles(ink[0, 0]))
        gutters = _gutters(seen, middles)
        columns: list[list[NDArray[np.float32]]] = [[] for _ in range(len(gutters) + 1)]
        for middle in (part for whole in middles for part in _split(whole, gutters)):
            columns[bisect(gutters, middle.centre[0])].append(np.clip(_grown(middle) * back, 0, edge))
        return [line for column in columns for line in _in_reading_order(column)]


def scaled(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The page at the size at which lines are found."""
    height, width = pixels.shape[:2]
    shrunk = min(1.0, _SIDE / max(height, width))
    size = (_multiple(width * shrunk), _multiple(height * shrunk))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))


def network_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """An image (height x width x 3) as both networks take it: 1 x 3 x height x width, from -1 to 1."""
    return np.asarray(cv2.dnn.blobFromImage(pixels, 1 / 127.5, mean=(127.5, 127.5, 127.5)))


def _multiple(side: float) -> int:
    return max(_STRIDE, round(side / _STRIDE) * _STRIDE)


def _grown(middle: _Middle) -> NDArray[np.float32]:
    """The corners of the whole line."""
    growth = _GROWTH * middle.length * middle.height / (middle.length + middle.height)  # both sides of it
    height = middle.height + growth
    centre = middle.centre + middle.down * height * _LOWER * middle.ahead[0]  # not where it stands on its side
    along, across = middle.ahead * (middle.length + growth) / 2, middle.down * height / 2
    return _clockwise(centre + np.array([-along - across, along - across, along + across, across - along]))


def _middles(ink: NDArray[np.float32]) -> Iterator[_Middle]:
    """The middles of the lines in a map of probabilities (height x width)."""
    mask = cv2.dilate((ink > _INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    _cut_junctions(mask)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        x, y, width, height = cv2.boundingRect(contour)
        if max(width, height) < _SMALLEST:
            continue
        middle = _middle(contour)
        inside = cv2.drawContours(np.zeros((height, width), np.uint8), [contour], -1, 1, -1, offset=(-x, -y))
        ridge = (ink[y : y + height, x : x + width] * inside).max(axis=0 if width >= height else 1)
        if middle.height >= _SMALLEST and np.mean(ridge > _SURE) >= _SURELY:
            yield middle


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


def _middle(contour: Any) -> _Middle:
    centre, (width, height), angle = cv2.minAreaRect(contour)
    turn = np.deg2rad(angle + (90 if width < height else 0))
    ahead = np.array([np.cos(turn), np.sin(turn)])
    ahead *= np.sign(ahead[np.argmax(np.abs(ahead))])
    return _Middle(np.array(centre), ahead, max(width, height), min(width, height))


def _gutters(seen: NDArray[np.uint8], middles: Sequence[_Middle]) -> list[float]:
    """Where (x) the long lines of a page have no writing, one as the other."""
    lines = [each for each in middles if _is_level(each) and each.length >= 8 * each.height]
    if len(lines) < _GUTTER_ROWS:
        return []
    grey = cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY)
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((_STROKE, _STROKE), np.uint8))
    rows, clear = np.zeros(seen.shape[1], int), np.zeros(seen.shape[1], int)
    for line in lines:
        ends = int(3 * line.height)  # a gutter stands well inside of a line
        begin = round(float(line.centre[0] - line.length / 2))
        light = _light(dark, line)[ends:-ends]
        first = begin + ends
        rows[first : first + len(light)] += 1
        clear[first : first + len(light)] += light
    edges = np.diff((rows >= _GUTTER_ROWS) & (clear >= _GUTTER_CLEAR * rows), prepend=False, append=False)
    return [float(pair.mean()) for pair in np.flatnonzero(edges).reshape(-1, 2)]


def _is_level(line: _Middle) -> bool:
    return float(line.ahead[0]) > 0.9


def _light(dark: NDArray[np.uint8], line: _Middle) -> NDArray[np.bool_]:
    """For each pixel along a line whether there is no writing."""
    height = 2.2 * line.height
    corner = line.centre - line.ahead * line.length / 2 - line.down * height / 2
    turn = cv2.invertAffineTransform(np.column_stack([line.ahead, line.down, corner]))
    strip = cv2.warpAffine(dark, turn, (int(line.length), max(1, int(height))))
    darkest = strip.max(axis=0)
    return np.asarray(darkest < _LIGHT * np.median(darkest))


def _split(line: _Middle, gutters: Sequence[float]) -> Iterator[_Middle]:
    """The parts of a line between the gutters, which are in order from the left."""
    begin, half = 0.0, line.length / 2
    cuts = [(gutter - line.centre[0]) / line.ahead[0] + half for gutter in gutters] if _is_level(line) else []
    for end in [*(cut for cut in cuts if 0 < cut < line.length), line.length]:
        yield line._replace(centre=line.centre + line.ahead * ((begin + end) / 2 - half), length=end - begin)
        begin = end


def _clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """From the top left: of the two corners furthest to the left the upper one first."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    (top_left, bottom_left), (top_right, bottom_right) = (
        pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_x[:2], by_x[2:])
    )
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


def _in_reading_order(lines: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Rows from top to bottom, in each row from left to right."""
    rows: list[list[NDArray[np.float32]]] = []
    for line in sorted(lines, key=lambda corners: float(corners[:, 1].mean())):
        if rows and _shared_height(rows[-1][0], line) >= _SAME_ROW:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda corners: float(corners[:, 0].min()))]


def _shared_height(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """How much of the lower one's height both have, 0-1; of slanted lines, the height at their ends."""
    (top, bottom), (other_top, other_bottom) = _span(one), _span(other)
    shared = min(bottom, other_bottom) - max(top, other_top)
    return shared / max(1.0, min(bottom - top, other_bottom - other_top))


def _span(corners: NDArray[np.float32]) -> tuple[float, float]:
    ys = np.sort(corners[:, 1])
    return float(ys[:2].mean()), float(ys[2:].mean())
