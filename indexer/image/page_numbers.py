"""Finds the number of a page in an upper corner of its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from indexer.image.gutters import Lines

_WIDTH, _LENGTH = 0.15, 5.0
"""The greatest length of a page number: this share of its block's width, and so many line heights."""
_CORNER = 0.25
"""The middle of a page number lies within this share of the block's width from either end."""
_DOWN, _TOPMOST = 1.5, 0.3
"""A page number stands at most so many line heights below the topmost line. On the left it is itself the topmost one:
there the first lines of letters are short too."""
_TEXT = 5
"""Only a block of so many lines has a page number."""


def page_number(lines: Lines) -> tuple[int, bool] | None:
    """Which line is the page number of a block, and whether it stands on the left."""
    if len(lines) < _TEXT:
        return None
    height, begin = float(np.median(lines.height)), lines.left.min()
    width = max(1.0, lines.right.max() - begin)
    place = ((lines.left + lines.right) / 2 - begin) / width
    short = lines.right - lines.left <= np.minimum(_WIDTH * width, _LENGTH * lines.height)
    down = (lines.middle - lines.middle.min()) / height
    corner = (place > 1 - _CORNER) & (down <= _DOWN) | (place < _CORNER) & (down <= _TOPMOST)
    found = np.flatnonzero(short & corner & ~_covered(lines, _TOPMOST * height))
    if not len(found):
        return None
    outermost = int(found[np.argmax(place[found])])
    return outermost, bool(place[outermost] < _CORNER)


def _covered(lines: Lines, least: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether another line stands above each line, higher by more than this."""
    shared = np.minimum.outer(lines.right, lines.right) - np.maximum.outer(lines.left, lines.left)
    return np.asarray(((shared > 0) & (np.subtract.outer(lines.middle, lines.middle) > least)).any(axis=1))
