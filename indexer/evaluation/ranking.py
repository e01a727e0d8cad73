"""A ranking measured: how much of what is relevant it has, and how far up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Scored = tuple[float, bool]
"""A ranked item: its score, and whether it is relevant."""
Point = tuple[float, float]
"""Recall and precision, both 0–1, down to one score of a ranking."""


def average_precision(ranking: Iterable[Scored], relevant: int) -> float:
    """The average precision of a ranking when so many items are relevant in all, found or not; 0–1."""
    area = 0.0
    before = 0
    for found, seen in _steps(ranking):
        area += (found - before) * found / seen
        before = found
    return area / relevant if relevant else 0.0


def curve(ranking: Iterable[Scored], relevant: int) -> list[Point]:
    """Recall and precision down to each distinct score of a ranking, highest first, when so many items are relevant in
    all, found or not. Drawn as steps, precision holding from the recall before it to its own, the area is the average
    precision. No points where nothing is relevant."""
    return [(found / relevant, found / seen) for found, seen in _steps(ranking)] if relevant else []


def _steps(ranking: Iterable[Scored]) -> Iterable[tuple[int, int]]:
    """How many relevant items and how many items there are down to each distinct score, highest first."""
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
