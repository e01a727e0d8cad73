"""How a line bends: the middle of what the detector found of it, followed from step to step, then its ink.

The detector's middles are flatter than the writing. So the ink of each step is laid against that of the whole line, as
rows of it, and moved up or down to where it fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Course = NDArray[np.float64]
    """Places along a line, and how far its middle lies below its axis there; both from its centre (n x 2)."""

STRAIGHT: Course = np.zeros((0, 2))
_STEP = 1.5
"""Heights of a line over which its middle is averaged, and its ink."""
_FAR, _BLUR, _REACH = 0.6, 0.04, 0.3
"""Of the height: how far from the course ink is looked at, how far it is blurred, and how far a step may be moved."""
_STAYS, _GOES_ON = 0.5, 4.0
"""What a step loses by being moved, and by being moved otherwise than the one before, by the square of heights.

With the ink, 191 baselines of the ground truth that bend by a fifth of their height are missed by .023 of it, not .043,
and those of all long lines by .017, not .021. The shift that a whole line has is left out of that."""
_BENT = 0.1
"""A line is bent when its middle leaves a straight line by more than this part of its height."""
_FINE = 0.02
"""Of the height of a line, how closely its course is followed."""
_STANDS = 0.56
"""The baseline lies at this share of a line's height below its upper edge. Of 4,063 lines of 23 collections it is .06
of the height from the ground truth's, as a mean; .03 would be the best for each page, and no ink told it."""
_SHORT = 4
"""A line of fewer steps is straight: what leaves the axis there is a letter."""


def course(ink: NDArray[np.float32], dark: NDArray[np.uint8], corner: tuple[int, int], height: float) -> Course:
    """The course of the middle of a line, in pixels of the page; empty when it is straight.

    ``ink`` are the probabilities of the middle (0 outside of it), from this corner on, ``dark`` is how dark the strokes
    of the page are, and ``height`` is that of the whole line.
    """
    weights = ink.sum(axis=0)
    inked = np.flatnonzero(weights)
    steps = int(np.ptp(inked) / (_STEP * height)) if len(inked) else 0
    if steps < _SHORT:
        return STRAIGHT
    rows = (ink * (np.arange(len(ink)) + 0.5)[:, None]).sum(axis=0)
    numbers = (inked - inked[0]) * steps // (np.ptp(inked) + 1)
    whole = np.bincount(numbers, weights[inked])
    columns = np.bincount(numbers, weights[inked] * (inked + 0.5)) / whole + corner[0]
    middles = _smooth(np.bincount(numbers, rows[inked]) / whole) + corner[1]
    middles = _smooth(middles + _moves(_profiles(dark, columns, middles, height), height))
    off = middles - np.polyval(np.polyfit(columns, middles, 1), columns)
    if np.ptp(off) <= _BENT * height:
        return STRAIGHT
    points = np.column_stack([columns, middles]).astype(np.float32)
    return np.asarray(cv2.approxPolyDP(points, _FINE * height, closed=False)[:, 0], float)


def _profiles(dark: NDArray[np.uint8], columns: Course, middles: Course, height: float) -> NDArray[np.float64]:
    """How much ink lies in each row above and below the course, for each step (rows x steps)."""
    step = (columns[-1] - columns[0]) / (len(columns) - 1)
    many = max(1, int(step / 2))
    places = (columns[:, None] + np.linspace(-step / 2, step / 2, many, endpoint=False)).ravel()
    down = np.arange(-int(_FAR * height), int(_FAR * height) + 1)[:, None]
    level = (np.interp(places, columns, middles) + down).astype(np.float32)
    across = np.broadcast_to(places.astype(np.float32), level.shape)
    strip = cv2.remap(dark, np.ascontiguousarray(across), level, cv2.INTER_LINEAR)
    rows = np.sqrt(strip.reshape(len(down), len(columns), many).mean(axis=2))
    blurred = cv2.GaussianBlur(rows, (1, 0), sigmaX=0.01, sigmaY=_BLUR * height)
    rows = blurred - blurred.mean(axis=0)
    return np.asarray(rows / np.maximum(1e-6, np.linalg.norm(rows, axis=0)))


def _moves(profiles: NDArray[np.float64], height: float) -> Course:
    """By how many rows each step is moved down to lie as the whole line does: the best path through the steps."""
    moves = np.arange(-int(_REACH * height), int(_REACH * height) + 1)
    usual = profiles.mean(axis=1)
    fits = np.array([np.roll(usual, move) @ profiles for move in moves]) - _STAYS * (moves[:, None] / height) ** 2
    apart = _GOES_ON * ((moves[:, None] - moves) / height) ** 2
    best, ways = fits[:, 0], []
    for fit in fits.T[1:]:
        reached = best - apart
        ways.append(reached.argmax(axis=1))
        best = reached.max(axis=1) + fit
    path = [int(best.argmax())]
    for way in reversed(ways):
        path.append(int(way[path[-1]]))
    return np.asarray(moves[path[::-1]] - moves[path].mean())


def _smooth(middles: Course) -> Course:
    """Each with its neighbours; both ends go on as they do."""
    before, after = 2 * middles[0] - middles[1], 2 * middles[-1] - middles[-2]
    return np.asarray(np.convolve([before, *middles, after], [0.25, 0.5, 0.25], "valid"))


def lengthened(course: Course, length: float) -> Course:
    """A course on a line of this length: it goes on at both ends as it does there."""
    along, off = course.T
    begin, end = min(-length / 2, along[0]), max(length / 2, along[-1])
    first, last = (off[1] - off[0]) / (along[1] - along[0]), (off[-1] - off[-2]) / (along[-1] - along[-2])
    before = (begin, off[0] - first * (along[0] - begin))
    after = (end, off[-1] + last * (end - along[-1]))
    return np.vstack([before, course, after])


def baseline(outline: NDArray[np.float32]) -> NDArray[np.float32]:
    """The baseline in an outline that begins where the writing begins, with a point for each two of the outline."""
    upper, lower = outline[: len(outline) // 2], outline[: len(outline) // 2 - 1 : -1]
    return np.asarray((upper + _STANDS * (lower - upper)).round(1))
