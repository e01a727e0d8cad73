"""Finds the number of a page in an upper corner of its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.image.gutters import Lines

    Some = NDArray[np.bool_]

_WIDTH, _LENGTH = 0.15, 5.0
"""The greatest length of a page number: this share of its block's width, and so many line heights."""
_CORNER = 0.25
"""The middle of a page number lies within this share of the block's width from either end."""
_DOWN, _TOPMOST = 1.5, 0.3
"""A page number stands at most so many line heights below the topmost line. On the left it is itself the topmost one:
there the first lines of letters are short too."""
_ROW, _ROOM = 0.5, 1.0
"""In line heights: a line goes on another one if it stands as high, and begins so near to its end."""
_TEXT = 5
"""Only a block of so many lines has a page number."""


def page_number(lines: Lines, words: Some) -> tuple[int, bool] | None:
    """Which line is the page number of a block, and whether it stands on the left. ``words`` are lines that were read
    as words: the last one of the first line may have been found by itself."""
    if len(lines) < _TEXT:
        return None
    height, begin = float(np.median(lines.height)), lines.left.min()
    width = max(1.0, lines.right.max() - begin)
    place = ((lines.left + lines.right) / 2 - begin) / width
    short = lines.right - lines.left <= np.minimum(_WIDTH * width, _LENGTH * lines.height)
    down = (lines.middle - lines.middle.min()) / height
    corner = (place > 1 - _CORNER) & (down <= _DOWN) | (place < _CORNER) & (down <= _TOPMOST)
    number = short & corner & ~_covered(lines, _TOPMOST * height)
    found = np.flatnonzero(number & ~(words & _goes_on(lines)))
    if not len(found):
        return None
    outermost = int(found[np.argmax(place[found])])
    return outermost, bool(place[outermost] < _CORNER)


def _covered(lines: Lines, least: float) -> Some:
    """Whether another line stands above each line, higher by more than this."""
    shared = np.minimum.outer(lines.right, lines.right) - np.maximum.outer(lines.left, lines.left)
    return np.asarray(((shared > 0) & (np.subtract.outer(lines.middle, lines.middle) > least)).any(axis=1))


def _goes_on(lines: Lines) -> Some:
    """Whether each line begins where another one of its row ends."""
    least = np.minimum.outer(lines.height, lines.height)
    row = np.abs(np.subtract.outer(lines.middle, lines.middle)) <= _ROW * least
    return np.asarray((row & (np.abs(np.subtract.outer(lines.left, lines.right)) < _ROOM * least)).any(axis=1))
