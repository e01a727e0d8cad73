"""Finds rulings, the long thin lines that are ruled or printed on a page, upright and level, as in tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexer.image.ruling_mask import ruling_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL.Image import Image

    from indexer.values import Point

_SIDE = 1200
"""Rulings are looked for at this many pixels of the long side."""
_STANDING, _LEVEL, _STRAIGHT = 0.06, 0.25, 0.1
"""The least length of a ruling: shares of a page's height and width. No letter is so high, no stroke so long. A level
ruling has a straight piece of the last length: on a page that leans it is straight in pieces only."""


@dataclass(frozen=True, slots=True)
class Rulings:
    """The upright and the level rulings of a page. Each has two ends (x, y) in pixels: n x 2 x 2."""

    standing: NDArray[np.float64]
    level: NDArray[np.float64]


NONE = Rulings(np.empty((0, 2, 2)), np.empty((0, 2, 2)))


def ends(ruled: Rulings) -> tuple[tuple[Point, Point], ...]:
    """The ends of all rulings, to keep them."""
    return tuple(((x, y), (u, v)) for each in (ruled.standing, ruled.level) for (x, y), (u, v) in each.tolist())


def with_ends(kept: Sequence[tuple[Point, Point]]) -> Rulings:
    """The rulings with these ends: upright ones are longer down than across."""
    found = np.array(kept, float).reshape(-1, 2, 2)
    across, down = np.abs(found[:, 1] - found[:, 0]).T
    return Rulings(found[down > across], found[down <= across])


def rulings(image: Image) -> Rulings:
    """The rulings of a page."""
    import cv2

    factor = max(1.0, max(image.size) / _SIDE)
    size = (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
    grey = np.asarray(image.resize(size, reducing_gap=2.0).convert("L"))
    back = np.array([image.width / size[0], image.height / size[1]])
    level = _standing(np.ascontiguousarray(cv2.transpose(grey)), _STRAIGHT, _LEVEL)[..., ::-1]
    return Rulings(_standing(grey, _STANDING, _STANDING) * back, level * back)


def _standing(grey: NDArray[np.uint8], straight: float, least: float) -> NDArray[np.float64]:
    """The upper and lower ends of upright rulings of a least length with a straight piece, in shares of the height."""
    import cv2

    found = ruling_mask(grey, max(2, int(straight * len(grey))))
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(found)
    ends = []
    for number in range(1, len(boxes)):
        left, top, width, height = (int(each) for each in boxes[number][:4])
        if height < least * len(grey):
            continue
        rows = labels[top : top + height, left : left + width] == number
        first, last = (left + float(np.flatnonzero(rows[at]).mean()) for at in (0, -1))
        ends.append(((first, top), (last, top + height)))
    return np.array(ends, float).reshape(-1, 2, 2)
