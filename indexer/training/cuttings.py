"""Cuttings of pages for a detector to learn from: turned, scaled, shaded, blurred, with a page shining through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from .middles import Sample

if TYPE_CHECKING:
    from random import Random

    from numpy.typing import NDArray

_LONG_SIDE = (760, 1700)
"""Pixels of the long side of a page that is cut from: what is small and what is large on it is seen small and large."""
_TURN, _SHEAR = 3.0, 0.04
_QUARTER = 0.04
"""Share of the cuttings that lie on their side or stand on their head."""
_THROUGH, _PALE, _SHADE, _RULED, _BLURRED = 0.35, 0.3, 0.4, 0.2, 0.4
"""Share of the cuttings in which another page shines through, the ink is pale, a shadow lies, rulings are drawn, all is
blurred."""
_PAPER = 90
"""The percentile of the brightness that is the paper's."""


def cutting(sample: Sample, other: Sample, side: int, random: Random) -> Sample:
    """A square part of a page as another scanner, pen and hand might have left it; the page in colour."""
    turn = _placed(sample, side, random)
    page = _warped(sample.page, turn, side, cv2.INTER_AREA, int(np.median(sample.page)))
    middles = _warped(sample.middles, turn, side, cv2.INTER_NEAREST, 0)
    weights = _warped(sample.weights, turn, side, cv2.INTER_NEAREST, 1)
    seen: NDArray[np.float32] = page.astype(np.float32)
    if random.random() < _PALE:
        paper = float(np.percentile(seen, _PAPER))
        seen = np.asarray(paper - (paper - seen) * random.uniform(0.25, 0.7), np.float32)
    if random.random() < _THROUGH:
        seen = _shone_through(seen, other, side, random)
    if random.random() < _RULED:
        seen = _ruled(seen, random)
    if random.random() < _SHADE:
        seen *= _shadow(side, random)
    if random.random() < _BLURRED:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), random.uniform(0.4, 1.3)), np.float32)
    seen = np.asarray(
        255 * np.clip(seen / 255, 0, 1) ** random.uniform(0.7, 1.5) * random.uniform(0.75, 1.1), np.float32
    )
    seen += np.random.default_rng(random.getrandbits(32)).normal(0, random.uniform(0, 6), seen.shape)
    tint = [random.uniform(0.75, 1.0), random.uniform(0.88, 1.0), 1.0] if random.random() < 0.7 else [1.0, 1.0, 1.0]
    coloured = np.clip(seen[..., None] * np.array(tint), 0, 255).astype(np.uint8)
    quarters = random.randrange(1, 4) if random.random() < _QUARTER else 0
    return Sample(*(np.ascontiguousarray(np.rot90(each, quarters)) for each in (coloured, middles, weights)))


def _placed(sample: Sample, side: int, random: Random) -> NDArray[np.float64]:
    """The way from a page to a cutting, mostly around a line."""
    height, width = sample.page.shape
    low, high = np.log(_LONG_SIDE)
    scale = np.exp(random.uniform(low, high)) / max(height, width)
    centre = (random.uniform(0, width), random.uniform(0, height))
    rows, columns = np.nonzero(sample.middles[::8, ::8])
    if len(rows) and random.random() < 0.9:
        at = random.randrange(len(rows))
        away = side / scale / 2
        centre = (columns[at] * 8 + random.uniform(-away, away), rows[at] * 8 + random.uniform(-away, away))
    turn = cv2.getRotationMatrix2D(centre, random.gauss(0, _TURN / 2), scale)
    turn[:, 2] += side / 2 - np.array(centre)
    lean = np.array([[random.uniform(0.9, 1.1), random.gauss(0, _SHEAR)], [random.gauss(0, _SHEAR / 3), 1.0]])
    middle = np.array([side / 2, side / 2])
    return np.column_stack([lean @ turn[:, :2], lean @ (turn[:, 2] - middle) + middle])


def _warped(
    image: NDArray[np.uint8], turn: NDArray[np.float64], side: int, smooth: int, border: int
) -> NDArray[np.uint8]:
    scale = float(np.sqrt(abs(np.linalg.det(turn[:, :2]))))
    if smooth == cv2.INTER_AREA:
        if scale < 0.8:  # what is made much smaller without that gets other strokes than a page that is scaled
            image = cv2.GaussianBlur(image, (0, 0), 0.35 / scale)
        smooth = cv2.INTER_LINEAR
    return np.asarray(cv2.warpAffine(image, turn, (side, side), flags=smooth, borderValue=border))


def _shone_through(seen: NDArray[np.float32], other: Sample, side: int, random: Random) -> NDArray[np.float32]:
    """With the back of the paper: another page, mirrored and pale."""
    back = _warped(other.page, _placed(other, side, random), side, cv2.INTER_AREA, int(np.median(other.page)))[:, ::-1]
    light = back / max(1.0, float(np.percentile(back, _PAPER)))
    light = cv2.GaussianBlur(np.clip(light, 0, 1).astype(np.float32), (0, 0), random.uniform(0.6, 2.0))
    return np.asarray(seen * (1 - random.uniform(0.1, 0.45) * (1 - light)), np.float32)


def _ruled(seen: NDArray[np.float32], random: Random) -> NDArray[np.float32]:
    """With thin lines, level ones as on ruled paper or standing ones as in a register."""
    drawn = np.ones_like(seen)
    side = len(seen)
    step = random.uniform(24, 60) if random.random() < 0.6 else random.uniform(100, 300)
    slant = random.gauss(0, 6)
    for at in np.arange(random.uniform(0, step), side, step).tolist():
        cv2.line(drawn, (0, round(at)), (side, round(at + slant)), random.uniform(0.5, 0.95), random.choice((1, 1, 2)))
    drawn = cv2.GaussianBlur(drawn, (0, 0), 0.6)
    return np.asarray(seen * (drawn if step < 60 and random.random() < 0.7 else drawn.T), np.float32)


def _shadow(side: int, random: Random) -> NDArray[np.float32]:
    """A shade from one side to another, or in blotches."""
    coarse = np.random.default_rng(random.getrandbits(32)).uniform(random.uniform(0.4, 0.9), 1.0, (3, 3))
    return np.asarray(cv2.resize(coarse.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC), np.float32)
