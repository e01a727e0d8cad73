"""Puts together what the parts of an index give, and chooses lines that are looked at together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_YARDSTICK = 2_000
"""Lines, spread over the archive, that tell what the term costs where it does not stand."""


def in_order(
    parts: Sequence[tuple[NDArray[np.intp], NDArray[np.float32]]], costs_a_line: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Lines with so many costs each, in rising order (costs: lines x so many)."""
    lines, costs = joined([part[0] for part in parts], np.intp), joined([part[1] for part in parts], np.float32)
    costs = costs.reshape(len(lines), costs_a_line)
    order = np.argsort(lines)
    return lines[order], costs[order]


def spread(inked: NDArray[np.intp]) -> NDArray[np.intp]:
    """Some lines, spread over the archive."""
    if len(inked) <= _YARDSTICK:
        return inked
    return inked[np.linspace(0, len(inked) - 1, _YARDSTICK).astype(np.intp)]


def in_groups(numbers: NDArray[np.intp], lengths: NDArray[np.int64], most: int) -> list[NDArray[np.intp]]:
    """Lines in groups of about the same length, so many at most, each in rising order; none where there are no
    lines."""
    groups = -(-len(numbers) // most)
    order = np.argsort(lengths, kind="stable")
    return [np.sort(part) for part in np.array_split(numbers[order], groups)] if groups else []


def joined(parts: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    """Arrays one after the other, also where there are none."""
    return np.concatenate(parts).astype(kind, copy=False) if parts else np.zeros(0, kind)
