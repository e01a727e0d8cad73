"""What is told of a training run: what it learns from, where it is, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indexer.api.models import RecognitionModel


@dataclass(frozen=True, slots=True)
class TrainingLines:
    """What is learned from: the name of the base model, and numbers of lines. ``unusable`` lines are left out: they
    have letters that the model does not know, or only marks of editors."""

    base: str
    training: int
    validation: int
    unusable: int


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """How far training is: the share of the time (0-1), the seconds so far and the ``whole`` of them, lines seen, the
    loss, and the folded character error rate of the validation, now and at best."""

    done: float
    seconds: float
    whole: float
    lines: int
    loss: float
    error: float
    best: float
    gained: bool
    """Whether the best is better than the base model."""
    collections: Mapping[str, float]
    """The error of each collection of the validation, at the latest measurement."""


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """What came of a training run: the model, or ``None`` when it is no better than its ``base``. Before and after:
    the folded character error rates (0-1) on the validation, and on the hold-out of other hands if there is one."""

    model: RecognitionModel | None
    base: str
    before: float
    after: float
    others_before: float | None
    others_after: float | None


@dataclass(frozen=True, slots=True)
class LinesRead:
    """How many of the ``lines`` are read before the next round of adapting, and the seconds so far of the ``whole`` of
    them."""

    done: int
    lines: int
    seconds: float
    whole: float


@dataclass(frozen=True, slots=True)
class AdaptationOutcome:
    """What came of adapting: the model, or ``None`` when it is no better than its ``base``; the ``lines`` of the
    archive that it adapted to. Before and after: the share (0-1) of wrong words of these, as it is estimated, and the
    folded character error rate on the hold-out of other hands, if there is one. ``gathered`` lines were there to be
    read; it was estimated by so many ``measured`` ones, 0 if there was no time to learn."""

    model: RecognitionModel | None
    base: str
    lines: int
    before: float
    after: float
    others_before: float | None
    others_after: float | None
    gathered: int = 0
    measured: int = 0
