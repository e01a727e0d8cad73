"""Where the writing may lie in a box that a person drew around it, with more paper than a reader expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexer.values import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

_CUTS = ((0.3, 0.5), (0.3, 0.8), (0.4, 0.8), (0.2, 0.3), (0.5, 0.8))
"""From which share of the ink of the fullest row on a row belongs to the middle of a line, and what is added above and
below for long strokes, as a share of the height of the middle."""
_SMOOTH = 12
"""Rows are smoothed over so many parts of the height of the box."""


def likely_boxes(image: Image, drawn: Box) -> list[Box]:
    """The box as it was drawn, and tighter ones around the writing in it, in pixels of the page."""
    left, top = max(0, drawn.x), max(0, drawn.y)
    right, bottom = min(image.width, drawn.x + drawn.width), min(image.height, drawn.y + drawn.height)
    if right <= left or bottom <= top:
        return []
    drawn = Box(left, top, right - left, bottom - top)
    ink = _ink(np.asarray(image.crop((left, top, right, bottom)).convert("L")))
    found = [drawn, *(_tight(ink, drawn, share, more) for share, more in _CUTS)]
    return list(dict.fromkeys(found))


def _ink(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The pixels that are darker than the grey which divides the tones best (Otsu 1979)."""
    many = np.bincount(grey.ravel(), minlength=256).astype(float)
    dark, tones = many.cumsum(), (many * np.arange(256)).cumsum()
    apart = (tones[-1] * dark / dark[-1] - tones) ** 2 / np.maximum(dark * (dark[-1] - dark), 1.0)
    return grey <= int(apart.argmax())


def _tight(ink: NDArray[np.bool_], drawn: Box, share: float, more: float) -> Box:
    """The box around the rows of ink about the fullest one, and the columns with ink in these."""
    wide = max(3, drawn.height // _SMOOTH)
    rows = np.convolve(ink.sum(axis=1), np.ones(wide) / wide, "same")
    if not rows.any():
        return drawn
    middle = int(np.average(np.arange(len(rows)), weights=rows**2))
    empty = np.flatnonzero(rows <= share * rows.max())
    above, below = empty[empty < middle], empty[empty > middle]
    top, bottom = (int(above[-1]) + 1 if len(above) else 0), (int(below[0]) if len(below) else len(rows))
    room = round(more * (bottom - top))
    top, bottom = max(0, top - room), min(len(rows), bottom + room)
    columns = np.flatnonzero(ink[top:bottom].any(axis=0))
    if bottom <= top or not len(columns):
        return drawn
    return Box(drawn.x + int(columns[0]), drawn.y + top, int(columns[-1] - columns[0]) + 1, bottom - top)
