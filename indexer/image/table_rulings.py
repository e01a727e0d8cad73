"""Tells which rulings of a page are those of a table, and how the page leans by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexer.image.rulings import NONE, Rulings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_LONG, _APART, _COLUMNS = 8.0, 2.0, 3
"""A table has so many standing rulings amid its lines. Each is so many line heights long, and so many line heights from
the next. Fewer are folds, edges of sheets, and long letters: of 36 pages of registers each has four or more, of 480
others none has more than two."""


def table_rulings(ruled: Rulings, left: float, right: float, height: float) -> Rulings:
    """The rulings of the table of a page whose lines have this height and lie between these places across the page.

    There are none where there is no table.
    """
    long = ruled.standing[ruled.standing[:, 1, 1] - ruled.standing[:, 0, 1] >= _LONG * height]
    across = np.sort(long.mean(axis=1)[:, 0])
    amid = across[(left + height < across) & (across < right - height)]
    columns = np.count_nonzero(np.diff(amid, prepend=-np.inf) > _APART * height)
    return Rulings(long, ruled.level) if columns >= _COLUMNS else NONE


def lean(ruled: Rulings) -> float:
    """How far standing rulings go to the right on their way down."""
    return weighted_median(*(ruled.standing[:, 1] - ruled.standing[:, 0]).T)


def sinking(ruled: Rulings) -> float:
    """How far level rulings sink on their way to the right."""
    across, down = (ruled.level[:, 1] - ruled.level[:, 0]).T
    return weighted_median(down, across)


def weighted_median(parts: Numbers, wholes: Numbers) -> float:
    """The median of the quotients, weighted by their denominators; 0 without any."""
    if not len(wholes):
        return 0.0
    values = parts / np.maximum(1e-9, wholes)
    order = np.argsort(values)
    reached = np.cumsum(wholes[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
