"""Lays a bent sheet flat by the lines that were found on it, and says where what lies on the flat page is on its image.

How far the writing is moved up or down is a polynomial of the place on the page. It is fitted so that each line becomes
level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from indexer.image.geometry import bounding_box, corners, outline, quadrangle
from indexer.values import Box, Line, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL.Image import Image

    from indexer.values import Point

    Numbers = NDArray[np.float64]
    Powers = Sequence[tuple[int, int]]

_POWERS = tuple((across, down) for across in (1, 2, 3, 4) for down in (0, 1))
"""The powers of x and y in the polynomial. What is the same all across the page moves no line."""
_SLANT = ((1, 0), (1, 1))
"""Those of lines that only slant."""
_EASE = 0.001
"""Keeps the polynomial small where no line says how the sheet is bent (ridge regression)."""
_BENT, _CLEAR = 0.4, 0.6
"""A sheet is bent if lines right across it leave a straight line by so many line heights, and if that leaves so much
less of their unevenness than lines that only slant. Of eight pages as they were scanned seven have .13 to .40 of that,
and one, a sheet that was bent, .89; four that ``tests/benchmarks/photographs.py`` bends have .66 to .94."""
_LONG, _LINES = 4.0, 5
"""Lines that are so many times as long as high count, if there are so many."""
_ROUNDS = 4
"""How often a place is corrected until it lies where it is moved from."""
_STEPS = 9
"""Points of an upper or lower edge on the image, for a line that is straight on the flat page."""


@dataclass(frozen=True, slots=True)
class Bend:
    """How a sheet is bent: the factors of the polynomial, and the size of the page in pixels."""

    factors: tuple[float, ...]
    size: tuple[int, int]

    def lift(self, points: Numbers) -> Numbers:
        """How far below its place on the flat page each point (n x 2) of the image lies."""
        return np.asarray(_terms(points, self.size) @ np.array(self.factors), np.float64)

    def bent(self, points: Numbers) -> Numbers:
        """Where points of the flat page lie on the image."""
        places: Numbers = points.copy()
        for _ in range(_ROUNDS):
            places[:, 1] = points[:, 1] + self.lift(places)
        return places


def bend_of(lines: Sequence[Line], size: tuple[int, int]) -> Bend | None:
    """How the sheet with these lines is bent; ``None`` if it is about flat, or too few lines tell."""
    seen = [(_course(line), _height(line)) for line in lines]
    courses = [course for course, height in seen if course[-1, 0] - course[0, 0] > _LONG * height]
    heights = [height for _, height in seen]
    if len(courses) < _LINES:
        return None
    (factors, bent), (_, slanted) = (_fitted(courses, size, powers) for powers in (_POWERS, _SLANT))
    bend = Bend(factors, size)
    sag = _sag(bend, np.concatenate(courses))
    return bend if sag > _BENT * float(np.median(heights)) and bent < (1 - _CLEAR) * slanted else None


def _course(line: Line) -> Numbers:
    """Points along a line."""
    if len(line.baseline) > 1:
        return np.array(line.baseline, np.float64)
    quad: Numbers = np.array(quadrangle(outline(line)), np.float64)
    return np.array([(quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2])


def _height(line: Line) -> float:
    """The height of a line across its course, which may bend."""
    points: Numbers = np.array(outline(line), np.float64)
    x, y = points.T
    area = abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2
    return area / max(1.0, float(np.ptp(x)))


def _terms(points: Numbers, size: tuple[int, int], powers: Powers = _POWERS) -> Numbers:
    x, y = (points / np.array(size) * 2 - 1).T
    return np.stack([x**across * y**down for across, down in powers], axis=1)


def _fitted(courses: Sequence[Numbers], size: tuple[int, int], powers: Powers) -> tuple[tuple[float, ...], float]:
    """The factors of a polynomial by which lines become as level as can be, and how uneven they still are."""
    terms, heights = [], []
    for course in courses:
        own, weight = _terms(course, size, powers), np.sqrt(np.ptp(course[:, 0]) / len(course))
        terms.append((own - own.mean(axis=0)) * weight)
        heights.append((course[:, 1] - course[:, 1].mean()) * weight)
    left, right = np.concatenate(terms), np.concatenate(heights)
    square = left.T @ left
    ease = _EASE * np.trace(square) / len(square) * np.eye(len(square))
    factors = np.linalg.solve(square + ease, left.T @ right)
    return tuple(factors.tolist()), float(np.sum((left @ factors - right) ** 2))


def _sag(bend: Bend, points: Numbers) -> float:
    """By how much lines right across the writing leave a straight line, in pixels, at most."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    across = np.linspace(left, right, 2 * _STEPS)
    sags = []
    for down in np.linspace(top, bottom, _STEPS):
        lift = bend.lift(np.column_stack([across, np.full(len(across), down)]))
        sags.append(float(np.ptp(lift - np.polyval(np.polyfit(across - left, lift, 1), across - left))))
    return max(sags)


def flattened(image: Image, bend: Bend) -> Image:
    """The image of a bent sheet as that of a flat one of the same size."""
    from PIL import Image as Images

    width, height = image.size
    coarse = np.meshgrid(np.linspace(0, width - 1, 65), np.linspace(0, height - 1, 65))
    places = bend.bent(np.column_stack([each.ravel() for each in coarse]))[:, 1].reshape(65, 65)
    down = cv2.resize(places.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    across = np.tile(np.arange(width, dtype=np.float32), (height, 1))
    pixels = np.asarray(image)
    return Images.fromarray(cv2.remap(pixels, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def bent_line(line: Line, bend: Bend) -> Line:
    """A line of the flat page where it lies on the image of the bent sheet."""
    top_left, top_right, bottom_right, bottom_left = quadrangle(outline(line))
    upper, lower = _bent(_between(top_left, top_right), bend), _bent(_between(bottom_left, bottom_right), bend)
    polygon = (*upper, *reversed(lower))
    stands = _between(*line.baseline) if len(line.baseline) == 2 else line.baseline
    words = tuple(Word(word.text, word.confidence, _bent_box(word.box, bend)) for word in line.words)
    box = bounding_box(polygon)
    return replace(line, box=box, polygon=polygon, words=words, baseline=_bent(stands, bend), block=None)


def _bent_box(box: Box, bend: Bend) -> Box:
    return bounding_box(_bent(corners(box), bend))


def _between(begin: Point, end: Point) -> tuple[Point, ...]:
    x, y = (np.linspace(one, other, _STEPS).tolist() for one, other in zip(begin, end, strict=True))
    return tuple(zip(x, y, strict=True))


def _bent(points: Sequence[Point], bend: Bend) -> tuple[Point, ...]:
    if not points:
        return ()
    places = bend.bent(np.array(points, float))
    places[:, 1] = np.clip(places[:, 1], 0, bend.size[1])
    return tuple((round(x, 1), round(y, 1)) for x, y in places.tolist())
