"""The rule that says which lines are accepted and which wait for review."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexer.values import Origin, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_THRESHOLD = 0.75


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least confidence (0–1) of an accepted line; ``engines`` have thresholds of their own."""

    default: float = DEFAULT_THRESHOLD
    engines: Mapping[str, float] = field(default_factory=dict)

    def of(self, engine: str) -> float:
        """The threshold (0–1) for the lines of an engine."""
        return self.engines.get(engine, self.default)


def judge(confidence: float | None, origin: Origin, thresholds: Thresholds) -> Status:
    """The status of a line by its confidence and its origin.

    A line of unknown confidence is accepted from a trusted origin (a text layer, a person); otherwise it waits for
    review.
    """
    if confidence is None:
        return Status.ACCEPTED if origin.trusted else Status.UNKNOWN
    return Status.ACCEPTED if confidence >= thresholds.of(origin.engine) else Status.REVIEW


def waiting(lines: Mapping[Status, int]) -> int:
    """How many lines wait for review, given the numbers of lines by status."""
    return sum(number for status, number in lines.items() if status.waits)
