"""Finds the gutters between columns of lines: they run beside many lines and through few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_THROUGH, _BESIDE, _AT_RULING = 2.0, 0.2, 1.5
"""Weights of evidence. A pair of lines on both sides of a gutter counts 1 for it. A line that it runs through counts
this much against it. A line that begins or ends at it counts this much for it, and this much where a ruling stands."""
_ENOUGH = 5.5
"""The least evidence for a gutter; with 5.0 more lists that stand side by side are cut. These values are chosen by
``order`` and ``region_agreement`` of ``notes evaluate`` on 27 collections. Whichever of them is left out, the others
choose ``_INSIDE`` and ``_ROW`` as they are, and ``_AT_RULING`` but for one."""
_AT_IT = 2.0
"""A line begins or ends at a gutter if it does so within so many line heights."""
_WIDE, _INSIDE = 0.5, 0.6
"""In line heights: the least width of a gutter, and how far it reaches into a line if it runs through the line."""
_TOUCH, _CUT = 1.0, 0.3
"""In line heights: how far lines side by side may reach into each other, and how far those do that were cut apart."""
_ROW = 0.5
"""Two lines side by side differ in height by at most so many line heights."""
_RULED = 1.5
"""A ruling between two lines side by side adds this to their evidence for a gutter."""
_MOST = 300
"""The most places that are tried."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Level lines that run to the right: their left and right ends, their middles down the page, and their heights."""

    left: Numbers
    right: Numbers
    middle: Numbers
    height: Numbers
    place: Numbers
    """Where their middles are down the page as it is."""

    def __len__(self) -> int:
        return len(self.left)

    def only(self, some: NDArray[np.bool_]) -> Lines:
        """Some of the lines."""
        return Lines(self.left[some], self.right[some], self.middle[some], self.height[some], self.place[some])


@dataclass(frozen=True, slots=True)
class Gutter:
    """A gutter: its place across the page, and the stretch down the page in which no line crosses it."""

    at: float
    top: float
    bottom: float


def neighbours(lines: Lines) -> NDArray[np.intp]:
    """Pairs of lines side by side with nothing between them: the numbers of the left and the right line, n x 2."""
    order = np.argsort(lines.middle, kind="stable")
    middles = lines.middle[order]
    reach = _ROW * lines.height
    found = []
    for line in range(len(lines)):
        first, last = np.searchsorted(middles, lines.middle[line] + np.array([-reach[line], reach[line]]))
        near = order[first:last][order[first:last] != line]
        apart = lines.left[near] - lines.right[line] + _TOUCH * np.minimum(lines.height[near], lines.height[line])
        beside = near[(apart >= 0) & (np.abs(lines.middle[near] - lines.middle[line]) < reach[near])]
        if len(beside):
            found.append((line, beside[np.argmin(lines.left[beside])]))
    return np.array(found, np.intp).reshape(-1, 2)


def best_gutter(lines: Lines, standing: Numbers) -> Gutter | None:
    """The gutter with the most evidence, if that is enough.

    At each place across the page the stretch with the greatest sum of evidence for and against counts. At least one
    pair of lines must stand side by side in it, if no ruling stands there. The rulings are those of a table.
    """
    pairs, begins, ends, ruled, height = _gaps(lines, standing)
    rulings = standing.mean(axis=1)[:, 0]
    if not len(pairs) and not len(rulings):
        return None
    places = _places(begins, ends, rulings)[:, None]
    spans = (begins <= places) & (places <= ends)
    through = (lines.left + _INSIDE * height < places) & (places < lines.right - _INSIDE * height)
    at_it = _ends_at(lines, places, standing, height)
    down = np.concatenate([lines.middle[pairs].mean(axis=1), lines.middle])
    order = np.argsort(down, kind="stable")
    pieces = [spans * (1 + _RULED * ruled), np.where(through, -_THROUGH, at_it)]
    speaks = np.concatenate(pieces, axis=1)[:, order]
    side_by_side = np.concatenate([spans, np.zeros_like(through)], axis=1)[:, order]
    begin, end, score = _best_stretches(speaks)
    score[(_within(side_by_side, begin, end) < 1) & ~np.isin(places[:, 0], rulings)] = 0.0
    best = np.flatnonzero(score >= max(_ENOUGH, score.max() - 1e-6))
    if not len(best):
        return None
    at = best[len(best) // 2]  # neighbouring places are equally good
    crossing, (first, last) = lines.middle[through[at]], down[order[[begin[at], end[at] - 1]]]
    above, below = crossing[crossing < first], crossing[crossing > last]
    return Gutter(float(places[at, 0]), float(above.max(initial=-np.inf)), float(below.min(initial=np.inf)))


def _gaps(lines: Lines, standing: Numbers) -> tuple[NDArray[np.intp], Numbers, Numbers, NDArray[np.bool_], float]:
    """The neighbours with enough room or a ruling between them, the ends of that room, whether there is a ruling, and
    the usual height of lines."""
    height = float(np.median(lines.height)) if len(lines) else 0.0
    pairs = neighbours(lines)
    begins, ends = lines.right[pairs[:, 0]], lines.left[pairs[:, 1]]
    ruled = _ruled(begins - _INSIDE * height, ends + _INSIDE * height, lines.place[pairs].mean(axis=1), standing)
    room = ends - begins
    kept = (room >= _WIDE * height) | ruled | (room <= -_CUT * height)
    begins, ends = np.minimum(begins, ends), np.maximum(begins, ends)
    return pairs[kept], begins[kept], ends[kept], ruled[kept], height


def _ruled(begins: Numbers, ends: Numbers, down: Numbers, standing: Numbers) -> NDArray[np.bool_]:
    """Whether a standing ruling runs through each gap."""
    across, stands = _rulings_at(down, standing)
    inside = (begins[:, None] <= across) & (across <= ends[:, None])
    return np.asarray((inside & stands).any(axis=1))


def _ends_at(lines: Lines, places: Numbers, standing: Numbers, height: float) -> Numbers:
    """How much each line speaks for a gutter at each place by beginning or ending there: places x lines."""
    across, stands = _rulings_at(lines.place, standing)
    speaks = np.zeros((len(places), len(lines)))
    for ends in (lines.left, lines.right):
        apart = np.where(stands, np.abs(across - ends[:, None]), np.inf)
        nearest = np.take_along_axis(across, apart.argmin(axis=1)[:, None], axis=1)[:, 0] if len(standing) else -np.inf
        ruled = (apart.min(axis=1, initial=np.inf) < _AT_IT * height) & (np.abs(nearest - places) < height)
        at_it = np.abs(ends - places) < _AT_IT * height
        speaks = np.maximum(speaks, at_it * np.where(ruled, _AT_RULING, _BESIDE))
    return speaks


def _rulings_at(down: Numbers, standing: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
    """Where each standing ruling is across the page at each height, and whether it reaches there: heights x rulings."""
    (x, top), (to, bottom) = standing[:, 0].T, standing[:, 1].T
    part = (down[:, None] - top) / np.maximum(1.0, bottom - top)
    return np.asarray(x + part * (to - x)), np.asarray((part >= 0) & (part <= 1))


def _places(begins: Numbers, ends: Numbers, rulings: Numbers) -> Numbers:
    """Possible places of a gutter across the page, from left to right."""
    places = np.unique(np.concatenate([begins + 1, (begins + ends) / 2, ends - 1, rulings]))
    some = np.linspace(0, len(places) - 1, min(len(places), _MOST))
    return np.asarray(places[some.astype(int)])


def _best_stretches(speaks: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp], Numbers]:
    """In each row the stretch with the greatest sum: its start, its end (exclusive), and the sum."""
    sums = np.cumsum(np.pad(speaks, ((0, 0), (1, 0))), axis=1)
    lowest = np.minimum.accumulate(sums, axis=1)
    since = np.maximum.accumulate(np.where(sums <= lowest, np.arange(sums.shape[1]), 0), axis=1)
    rows, end = np.arange(len(sums)), np.argmax(sums - lowest, axis=1)
    return since[rows, end], end, (sums - lowest)[rows, end]


def _within(marked: NDArray[np.bool_], begin: NDArray[np.intp], end: NDArray[np.intp]) -> NDArray[np.intp]:
    """The number of marks in a stretch of each row."""
    counts = np.cumsum(np.pad(marked.astype(int), ((0, 0), (1, 0))), axis=1)
    rows = np.arange(len(counts))
    return np.asarray(counts[rows, end] - counts[rows, begin])
