"""Finds the lines of writing on a page: PP-OCRv6's detector and what turns its map of ink into boxes.

The network is one of differentiable binarisation (Liao et al., AAAI 2020, arXiv 1911.08947): it gives for every pixel
the probability that it belongs to the shrunken middle of a line, and the boxes are grown back to the whole line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
_INK = 0.3
"""Least probability of a pixel that belongs to a line."""
_SURE = 0.5
"""Least mean probability in the box of a line."""
_GROWTH = 1.6
"""The middle of a line is grown by this times its area over its circumference."""
_SMALLEST = 3
"""Pixels, as the network sees the page: the shorter side of the least middle of a line."""
_SAME_ROW = 0.5
"""Boxes that share this part of the lower one's height stand beside each other."""


class Detector:
    """The detector on an opened model."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session

    def find(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The lines of a page (BGR, height x width x 3) in reading order.

        Each is 4 x 2, its corners clockwise from the top left in pixels of the page; lines may stand on their side.
        """
        seen = scaled(pixels)
        (ink,) = self._session.run(None, {"x": network_input(seen)})
        (height, width), (seen_height, seen_width) = pixels.shape[:2], seen.shape[:2]
        back = np.array([width / seen_width, height / seen_height], np.float32)
        edge = np.array([width - 1, height - 1], np.float32)
        return _in_reading_order([np.clip(corners * back, 0, edge) for corners in _boxes(ink[0, 0])])


def scaled(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The page at the size at which lines are found."""
    height, width = pixels.shape[:2]
    shrunk = min(1.0, _SIDE / max(height, width))
    size = (_multiple(width * shrunk), _multiple(height * shrunk))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))


def network_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """An image (height x width x 3) as both networks take it: 1 x 3 x height x width, from -1 to 1."""
    plane = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32)
    plane /= 127.5
    plane -= 1.0
    return plane


def _multiple(side: float) -> int:
    return max(_STRIDE, round(side / _STRIDE) * _STRIDE)


def _boxes(ink: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """The corners of the lines in a map of probabilities (height x width)."""
    mask = cv2.dilate((ink > _INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < _SMALLEST or _mean_inside(ink, (centre, (width, height), angle)) < _SURE:
            continue
        growth = _GROWTH * width * height / (width + height)  # both sides of it: twice area x factor / circumference
        yield _clockwise(cv2.boxPoints((centre, (width + growth, height + growth), angle)))


def _mean_inside(ink: NDArray[np.float32], rectangle: Any) -> float:
    corners = cv2.boxPoints(rectangle)
    left, top = np.floor(corners.min(axis=0)).clip(0).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = ink[top:bottom, left:right]
    inside = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(inside, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(part, inside)[0])


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
