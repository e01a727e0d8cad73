"""Tells numbers that stand beside single lines, as those of verses and paragraphs, from notes in the margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.image.gutters import Lines

_LENGTH, _ROW = 3.0, 0.75
"""In line heights of the text: the greatest length of a number, and by how much it stands higher or lower than its line
at most. With lengths up to 3.5 short notes count as numbers too."""
_ACROSS = 0.1
"""Of two lines at a number the nearer one is taken. What lies between across the page counts this much."""
_SPARSE = 0.67
"""Where there are several, at most this share of the lines beside them has one. Lines of a note follow each other."""


def numbered_lines(text: Lines, beside: Lines) -> NDArray[np.intp] | None:
    """The line of the text for each number beside it, if what stands there are numbers of single lines."""
    height = float(np.median(text.height))
    if np.any(beside.right - beside.left > _LENGTH * height):
        return None
    off = np.abs(text.middle - beside.middle[:, None])
    off = np.abs(text.middle - beside.middle[:, None])
    off = np.abs(text.middle - beside.middle[:, None])
    apart = np.maximum(text.left - beside.right[:, None], beside.left[:, None] - text.right)
    in_row = off <= _ROW * height
    nearest = np.where(in_row, off + _ACROSS * apart, np.inf).argmin(axis=1)
    reached = (text.middle > beside.middle.min() - height / 2) & (text.middle < beside.middle.max() + height / 2)
    sparse = len(beside) == 1 or len(beside) <= _SPARSE * np.count_nonzero(reached)
    each_its_own = len(np.unique(nearest)) == len(beside) and in_row.any(axis=1).all()
    return nearest if sparse and each_its_own else None
