"""What is told of a training run: what it learns from, where it is, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indexer.api.models import RecognitionModel


@dataclass(frozen=True, slots=True)
class TrainingLines:
    """What is learned from: the name of the model that it begins from, lines of training and of the validation, and
    lines left out since they have letters that the model does not know, or marks only."""

    base: str
    training: int
    validation: int
    unusable: int


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """Where it is: work done (0-1), seconds of it and of all, lines seen, loss a character, and the folded character
    error rate of the validation, now and at best."""

    done: float
    seconds: float
    whole: float
    lines: int
    loss: float
    error: float
    best: float
    gained: bool
    """Whether the best is better than the beginning."""
    collections: Mapping[str, float]
    """The error of each collection of the validation, at the latest measurement."""


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """What came of it: the model, or ``None`` when it is no better than its ``base``; folded character error rates
    (0-1) on the lines kept apart and on those of other hands, before and after."""

    model: RecognitionModel | None
    base: str
    before: float
    after: float
    others_before: float | None
    others_after: float | None
