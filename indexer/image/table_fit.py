"""Finds the columns that pages of a volume share, and lays them on another page, which may be scaled or moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_NEAR = 0.008
"""Borders are the same to within this share of the width of a page."""
_SCALE = 0.15
"""Pages of a volume differ in scale by at most this share."""
_ENOUGH, _LEAST = 0.6, 3
"""Columns fit a page where at least this share of their borders is found there, and at least so many."""
_MOST = 0.5
"""A border that at least this share of the pages have is one of the volume."""


def fitted(known: Sequence[float], found: Sequence[float]) -> list[float] | None:
    """Where known borders lie on a page on which some are found; ``None`` if too few of them fit. Both are sorted
    shares of the width of a page."""
    placed = _best(np.array(known, float), np.array(found, float))
    if placed is None:
        return None
    near = np.abs(placed[:, None] - np.array(found)).min(axis=1) < _NEAR
    if np.count_nonzero(near) < max(_LEAST, _ENOUGH * len(known)):
        return None
    snapped = np.array(found)[np.abs(placed[:, None] - np.array(found)).argmin(axis=1)]
    return [float(each) for each in np.where(near, snapped, placed)]


def _best(known: Numbers, found: Numbers) -> Numbers | None:
    """Known borders, scaled and moved so that most of them lie where borders were found."""
    if len(known) < 2 or len(found) < 2:
        return None
    one, other = np.triu_indices(len(known), 1)
    first, second = np.triu_indices(len(found), 1)
    scale = (found[second] - found[first]) / (known[other] - known[one])[:, None]
    move = found[first] - scale * known[one][:, None]
    wide = (known[other] - known[one])[:, None] >= (known[-1] - known[0]) / 2
    usable = np.flatnonzero((np.abs(scale - 1) <= _SCALE) & wide)
    if not len(usable):
        return None
    scale, move = scale.ravel()[usable], move.ravel()[usable]
    placed = scale[:, None] * known + move[:, None]
    away = np.abs(placed[:, :, None] - found).min(axis=2)
    score = np.minimum(away / _NEAR, 1.0).sum(axis=1) + np.abs(scale - 1)
    return np.asarray(placed[np.argmin(score)])


def shared(pages: Sequence[Sequence[float]]) -> tuple[list[float], list[int]]:
    """The borders that most pages have, and the numbers of the pages that they fit."""
    fits = [[_agreement(one, other) for other in pages] for one in pages]
    base = int(np.argmax([sum(row) for row in fits])) if pages else 0
    followed = [at for at in range(len(pages)) if fits[base][at]]
    if not followed:
        return [], []
    places = np.sort(np.concatenate([_moved(pages[at], pages[base]) for at in followed]))
    groups = np.split(places, np.flatnonzero(np.diff(places) > _NEAR) + 1)
    kept = [float(np.median(group)) for group in groups if len(group) >= _MOST * len(followed)]
    return kept, [at for at in followed if fitted(kept, pages[at])]


def _agreement(known: Sequence[float], found: Sequence[float]) -> int:
    """How many borders of one page lie where another one has some; 0 if they do not fit."""
    placed = fitted(known, found)
    return 0 if placed is None else len(set(placed) & set(found))


def _moved(found: Sequence[float], base: Sequence[float]) -> Numbers:
    """Borders of a page as they would lie on another page that has most of them."""
    placed = _best(np.array(base, float), np.array(found, float))
    if placed is None:
        return np.array(base, float)
    scale = (placed[-1] - placed[0]) / (base[-1] - base[0])
    return np.asarray((np.array(found) - placed[0]) / scale + base[0])
