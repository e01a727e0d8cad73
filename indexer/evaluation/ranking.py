"""Figures of a ranking: average precision, and recall against precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Scored = tuple[float, bool]
"""A ranked item: its score, and whether it is relevant."""
Point = tuple[float, float]
"""Recall and precision (0–1) of a ranking down to a score."""


def average_precision(ranking: Iterable[Scored], relevant: int) -> float:
    """The average precision (0–1) of a ranking; ``relevant`` counts the relevant items, found or not."""
    area = 0.0
    before = 0
    for found, seen in _steps(ranking):
        area += (found - before) * found / seen
        before = found
    return area / relevant if relevant else 0.0


def curve(ranking: Iterable[Scored], relevant: int) -> list[Point]:
    """Recall and precision down to each distinct score of a ranking, highest first; ``relevant`` counts the relevant
    items, found or not. Drawn as steps, each precision up to its recall, the area is the average precision. There are
    no points when nothing is relevant."""
    return [(found / relevant, found / seen) for found, seen in _steps(ranking)] if relevant else []


def _steps(ranking: Iterable[Scored]) -> Iterable[tuple[int, int]]:
    """The number of relevant items and of all items down to each distinct score, the highest first."""
    by_score: dict[float, list[int]] = {}
    for score, right in ranking:
        counts = by_score.setdefault(score, [0, 0])
        counts[0] += right
        counts[1] += 1
    found = seen = 0
    for score in sorted(by_score, reverse=True):
        gained, number = by_score[score]
        found += gained
        seen += number
        yield found, seen
