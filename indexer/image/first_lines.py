"""Finds the first line of each entry in a column of text, by what first lines of the page look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.image.table_borders import Sheet

    Numbers = NDArray[np.float64]

_SURE, _OTHER = 0.35, 0.75
"""In distances of lines: a line so near to the beginning of an entry is its first one, one so far from all is not."""
_REACH = 1.5
"""The first line is at most so many distances of lines away."""
_LEAST = 5
"""So many lines of each kind show what first lines look like."""
_SPREAD = 0.5
"""In distances of lines: how far first lines stand from where their entry begins in another column."""
_NONE = 6.0
"""What an entry without a first line costs, on the scale of logarithms of odds."""
_FLOOR, _MOST = 0.3, 2.0
"""The least standard deviation of a feature, in line heights or as a share, and its greatest weight."""


def first_lines(text: Sheet, starts: Numbers, apart: float) -> Numbers:
    """Where the first line of each entry begins, down the page. ``starts`` is where entries begin in another column,
    and ``apart`` the distance of lines. An entry without a line near has its start.
    """
    places, features = _lines(text, apart)
    away = places - starts[:, None]
    nearest = away[np.arange(len(starts)), np.abs(away).argmin(axis=1)]
    usual = nearest[np.abs(nearest) < _REACH * apart]
    away = (away - (float(np.median(usual)) if len(usual) else 0.0)) / apart
    cost = (away / _SPREAD) ** 2 / 2 - _likeness(features, np.abs(away).min(axis=0))
    cost[np.abs(away) > _REACH] = np.inf
    return np.array(_in_turn(cost, places, starts))


def _lines(text: Sheet, apart: float) -> tuple[Numbers, Numbers]:
    """The lines from the top down: their places, and of each the indent, the height, the room above, and how much of
    the width the line before it leaves free."""
    order = np.argsort(text.begin, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(text.begin[order]) > apart / 4) + 1)
    place = np.array([text.begin[group].mean() for group in groups])
    left, right = (
        np.array([how(values[group]) for group in groups])
        for how, values in ((np.min, text.left), (np.max, text.right))
    )
    high = np.array([text.height[group].max() for group in groups])
    width = max(1.0, float(np.percentile(right, 90) - np.percentile(left, 10)))
    above = np.diff(place, prepend=place[0] - apart) / apart
    free = np.clip(np.percentile(right, 90) - right, 0, None) / width
    features = [left / text.usual, high / text.usual, np.minimum(above, 2.0), np.concatenate([[0.0], free[:-1]])]
    return place, np.column_stack(features)


def _likeness(features: Numbers, away: Numbers) -> Numbers:
    """How much more each line looks like a first line than like another one, as a logarithm of odds."""
    first, other = features[away < _SURE], features[away > _OTHER]
    if min(len(first), len(other)) < _LEAST:
        return np.zeros(len(features))
    spread = np.maximum(_FLOOR, np.sqrt((first.var(axis=0) + other.var(axis=0)) / 2))
    means = first.mean(axis=0), other.mean(axis=0)
    odds = (features - (means[0] + means[1]) / 2) * (means[0] - means[1]) / spread**2
    return np.asarray(np.clip(odds, -_MOST, _MOST).sum(axis=1))


def _in_turn(cost: Numbers, places: Numbers, starts: Numbers) -> list[float]:
    """The lines of all entries that are cheapest together, each below those before; a start without a line is itself.

    ``best[k, j]`` is the least cost of the first ``k`` entries on the first ``j`` lines.
    """
    entries, lines = cost.shape
    best = np.zeros((entries + 1, lines + 1))
    for entry in range(entries):
        taken = np.minimum.accumulate(np.concatenate([[np.inf], best[entry, :-1] + cost[entry]]))
        best[entry + 1] = np.minimum(taken, best[entry] + _NONE)
    found, line = starts.tolist(), lines
    for entry in range(entries - 1, -1, -1):
        if best[entry + 1, line] >= best[entry, line] + _NONE:
            continue
        line = next(
            at for at in range(line, 0, -1) if best[entry, at - 1] + cost[entry, at - 1] <= best[entry + 1, line]
        )
        line -= 1
        found[entry] = float(places[line])
    return [float(at) for at in np.maximum.accumulate(found)]
