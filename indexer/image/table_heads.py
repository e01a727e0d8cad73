"""Finds the head of a ruled table: it ends at the first level ruling that crosses the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexer.image.gutters import neighbours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.image.gutters import Lines
    from indexer.image.rulings import Rulings

    Numbers = NDArray[np.float64]

_LONG, _COLUMNS = 0.3, 3
"""A table has so many upright rulings. Each is at least this share of the height of all lines together."""
_ACROSS = 0.6
"""A level ruling ends a head if it crosses this share of the width of all lines together."""
_CELLS = 2
"""A head has at least so many lines, and as many pairs of lines side by side."""
_MOST, _HIGH = 0.35, 0.3
"""A head has at most this share of the lines, and of their height."""


def head(lines: Lines, ruled: Rulings) -> tuple[float, float] | None:
    """The top and bottom of the head of a table whose rulings lie level. ``None`` if there is no head."""
    if not len(lines):
        return None
    height = float(np.ptp(lines.place))
    tops, bottoms = (ruled.standing[:, end, 1] for end in (0, 1))
    long = bottoms - tops >= _LONG * height
    if not height or np.count_nonzero(long) < _COLUMNS:
        return None
    top = float(np.percentile(tops[long], 25)) - float(np.median(lines.height)) / 2
    for end in _ends(lines, ruled):
        inside = (lines.place > top) & (lines.place < end)
        if np.count_nonzero(inside) < _CELLS or len(neighbours(lines.only(inside))) < _CELLS:
            continue
        few = np.count_nonzero(inside) <= _MOST * len(lines)
        return (top, end) if few and end - top <= _HIGH * height else None
    return None


def _ends(lines: Lines, ruled: Rulings) -> list[float]:
    """The heights at which level rulings cross most of the width, from the top down."""
    width, apart = float(np.ptp([lines.left.min(), lines.right.max()])), float(np.median(lines.height))
    at = ruled.level[:, :, 1].mean(axis=1)
    across = ruled.level[:, 1, 0] - ruled.level[:, 0, 0]
    order = np.argsort(at)
    groups = np.split(order, np.flatnonzero(np.diff(at[order]) > apart) + 1) if len(order) else []
    return [float(at[group].mean()) for group in groups if across[group].sum() >= _ACROSS * width]
