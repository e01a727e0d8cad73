"""What a training run leaves: a recognition model in its folder, its calibration, its figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.api.models import RecognitionModel, identity, part, with_network, write_card
from indexer.posteriors.calibration import fit
from indexer.text.folding import search_words

from .distortion import as_found
from .learner import share_of, wrong
from .lines import spread
from .shards import read_shard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexer.values import Trainable

    from .learner import Learner
    from .lines import Encoded, TrainingLine

_RANGES = 150
_TELLING = 300
"""From so many words on the calibration is fitted anew. With fewer, that of the base model is better."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How well a model reads lines: its folded character error rate, and for each word the confidence (``sure``) and
    whether it is right (0 or 1)."""

    error: float
    sure: NDArray[np.float64]
    right: NDArray[np.float64]


def brought(package: RecognitionModel, name: str) -> list[TrainingLine]:
    """Lines that a model brings along: those of ``REPLAY`` or of ``HOLD_OUT``."""
    shard = part(package.folder, name)
    return list(read_shard(shard)) if shard.is_file() else []


def written(
    package: RecognitionModel,
    base: RecognitionModel,
    engine: Trainable,
    learner: Learner,
    training: Sequence[Encoded],
    replayed: Sequence[Encoded] = (),
    ranges: int = _RANGES,
) -> RecognitionModel:
    """Write what a training run learned into the package's folder; gives the package with the hash of its network.

    The language model is counted on the training lines whose text is sure. A line that was cut in two ways counts once.
    The ranges of the 8-bit integers are taken from at most so many lines.
    """
    characters = learner.letters.characters
    own = {(line.page, tuple(classes)) for line, classes in training if line.sure}
    engine.write_language(package.folder, base.folder, [classes for _, classes in sorted(own)], characters)
    chosen = [as_found(line.pixels(), line.cut, learner.shape) for line, _ in spread((*training, *replayed), ranges)]
    engine.write(package.folder, learner.network, characters, chosen)
    made = with_network(package)
    write_card(made)
    return made


def measured(
    package: RecognitionModel, engine: Trainable, lines: Sequence[TrainingLine], texts: Sequence[str]
) -> Measured:
    """How well a model, as the engine runs it, reads lines that it was not trained on."""
    read = engine.recogniser(package.folder)
    counts: list[tuple[int, int]] = []
    sure: list[float] = []
    right: list[float] = []
    for line, text in zip(lines, texts, strict=True):
        words = read(as_found(line.pixels(), line.cut, engine.shape))
        counts.append(wrong(text, " ".join(word for word, _ in words)))
        there = search_words(text)
        for word, confidence in words:
            if parts := search_words(word):
                sure.append(confidence)
                right.append(float(all(part in there for part in parts)))
    return Measured(share_of(counts), np.array(sure), np.array(right))


def provenance(
    base: RecognitionModel, seed: int, seconds: float, lines: int, data: Sequence[str], figures: dict[str, Any]
) -> dict[str, Any]:
    """What the card of a model says of its origin and its figures."""
    return {
        "base": identity(base.folder),
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "notes": version("notes"),
        "seed": seed,
        "seconds": seconds,
        "lines": lines,
        "data": list(data),
        "figures": figures,
    }


def recalibrated(package: RecognitionModel, *hands: Measured) -> RecognitionModel:
    """The package with its confidences calibrated on lines that it was not trained on, if these have words enough.

    Platt scaling on top of the former calibration. Each hand counts the same, whatever its number of lines.
    """
    sure, right = (np.concatenate(each) for each in zip(*((hand.sure, hand.right) for hand in hands), strict=True))
    if len(right) < _TELLING or right.all() or not right.any():
        return package
    counts = np.concatenate([np.full(len(hand.right), 1 / max(1, len(hand.right))) for hand in hands])
    within = np.clip(sure, 1e-4, 1 - 1e-4)
    model = fit(np.log(within / (1 - within))[:, None], right, counts * len(right) / len(hands))
    (slope,) = model.weights
    bias, weights = package.confidence
    return replace(package, confidence=(model.bias + slope * bias, tuple(slope * weight for weight in weights)))
