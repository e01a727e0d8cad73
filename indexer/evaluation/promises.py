"""What was promised beside what is right: confidences and relevances in bins. Pure."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BINS = 10
Promised = tuple[float, float]
"""A confidence or relevance, and the share that is right; both 0–1."""


def bins(rows: Sequence[Promised], weights: Sequence[float]) -> list[list[Promised]]:
    """The rows in at most ten groups of equal weight, in order, none of them empty."""
    parts: dict[int, list[Promised]] = {}
    whole, sums = sum(weights), accumulate(weights)
    for row, weight in zip(rows, sums, strict=True):
        number = math.ceil(weight * _BINS / whole) if whole else 1
        parts.setdefault(max(1, min(number, _BINS)), []).append(row)
    return list(parts.values())


def calibration(parts: Sequence[Sequence[Promised]], things: str, promise: str) -> dict[str, Any]:
    """How far what is right is from what was promised in each part; the names are keys of a bin."""
    made: list[dict[str, float]] = []
    gap = 0.0
    for part in parts:
        promised = sum(each for each, _ in part) / len(part)
        right = sum(share for _, share in part) / len(part)
        gap += abs(promised - right) * len(part)
        made.append({things: len(part), promise: promised, "right": right})
    return {"ece": rate(gap, sum(map(len, parts))), "bins": made}


def untied(rows: Iterable[Promised]) -> list[Promised]:
    """The rows by rising confidence or relevance. Rows of the same one get their mean share."""
    groups: dict[float, list[float]] = {}
    for promise, share in rows:
        groups.setdefault(promise, []).append(share)
    return [(promise, sum(shares) / len(shares)) for promise, shares in sorted(groups.items()) for _ in shares]


def rate(part: float, whole: float) -> float | None:
    """A share; ``None`` where there is nothing to divide by."""
    return part / whole if whole else None
