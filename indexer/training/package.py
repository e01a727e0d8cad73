"""From a model's folder to a network that can learn, and back: export, integers, calibration, figures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from rapidfuzz.distance import Levenshtein

from indexer.api.models import LANGUAGE, NETWORK, WEIGHTS, RecognitionModel, identity, part, write_card
from indexer.posteriors.calibration import fit
from indexer.text.folding import fold, search_words

from . import network as networks
from .distortion import as_found, plain
from .letters import Letters
from .lines import spread
from .shards import read_shard
from .trainable import (
    LetterModel,
    characters,
    framed,
    language_of,
    network_of,
    open_session,
    original_model,
    quantise_recogniser,
    word_confidence,
)
from .trainable import LineRecogniser as Reading
from .trainer import as_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from .lines import Encoded, TrainingLine
    from .network import Network
    from .trainable import ReadLine

_RANGES = 150
"""Lines at most from which the ranges of the integers are taken."""
_EXACT = 1e-3
"""By how much a probability of the exported network may differ from PyTorch's."""
_ENOUGH = 2000
"""Lines that are enough to count a language from."""
_OWN = 3
"""How much more a line of one's own says of its language than one of the model that it began from."""
_TELLING = 300
"""Words from which a calibration of its own is worth more than that of the model it began from."""


class ExportError(Exception):
    """The file that was written does not do what the network does: a bug, here or in a library."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How a model reads lines: folded character error rate, and each word's confidence with whether it is right."""

    error: float
    sure: NDArray[np.float64]
    right: NDArray[np.float64]


def opened(package: RecognitionModel) -> tuple[Network, Letters]:
    """A model's network and its letters."""
    session = open_session(network_of(package), 1)
    letters = Letters(tuple(characters(session.get_modelmeta().custom_metadata_map)))
    weights = package.folder / WEIGHTS
    if weights.is_file():
        return networks.load_weights(weights), letters
    model = onnx.load(original_model("rec"))
    known = characters({entry.key: entry.value for entry in model.metadata_props})
    return networks.with_classes(networks.load(model), known, letters.characters), letters


def brought(package: RecognitionModel, name: str) -> list[TrainingLine]:
    """The lines that a model brings along, ``REPLAY`` or ``HOLD_OUT``."""
    shard = part(package.folder, name)
    return list(read_shard(shard)) if shard.is_file() else []


def speak(package: RecognitionModel, base: RecognitionModel, lines: Sequence[Encoded], letters: Letters) -> None:
    """Write the language of a model: that of the one it began from, and what its own lines say, each page once.

    Few lines alone are no language: a model that begins from one without stays without.
    """
    own = {(line.page, tuple(classes)) for line, classes in lines if line.sure}
    if len(own) < _ENOUGH and not (base.folder / LANGUAGE).is_file():
        return
    counted = LetterModel.count([classes for _, classes in own], len(letters.characters))
    known = language_of(base, None)
    (counted if known is None else known.plus(counted, _OWN)).save(package.folder / LANGUAGE)


def write(
    package: RecognitionModel, network: Network, letters: Letters, lines: Sequence[TrainingLine]
) -> RecognitionModel:
    """Write network and weights into the package's folder, checked on lines; gives the package with its hash.

    The ranges of its integers are taken from lines spread over these, which should be of all the hands to be read.
    Raises ``ExportError`` when the exported network does not give what PyTorch gives.
    """
    model = onnx.load(original_model("rec"))
    networks.store(network, model)
    for entry in model.metadata_props:
        if entry.key == "character":
            entry.value = "\n".join(letters.characters[1:-1])
    _check(model, network, [plain(line.pixels(), line.cut) for line in lines[:8]])
    target = package.folder / NETWORK
    quantise_recogniser(model, [framed(_found(line)) for line in spread(lines, _RANGES)], target)
    networks.save_weights(network, package.folder / WEIGHTS)
    made = replace(package, network=hashlib.sha256(target.read_bytes()).hexdigest())
    write_card(made)
    return made


def _check(model: onnx.ModelProto, network: Network, images: Sequence[NDArray[np.uint8]]) -> None:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    network.eval()
    for image in images:
        given = as_input([image])
        (exported,) = session.run(None, {"x": given.contiguous().numpy()})
        with torch.no_grad():
            difference = np.abs(network(given).exp().numpy() - exported).max()
        if difference > _EXACT:
            raise ExportError(f"the exported network differs from the trained one by {difference:.2g}")


def measured(package: RecognitionModel, lines: Sequence[TrainingLine], texts: Sequence[str]) -> Measured:
    """How a model, as it is run, reads lines that it has not learned from."""
    reading = Reading(open_session(network_of(package), 1), language_of(package, None))
    wrong = length = 0
    sure: list[float] = []
    right: list[float] = []
    for line, text in zip(lines, texts, strict=True):
        read = reading.read_cut(_found(line))
        truth = fold(text)
        wrong += Levenshtein.distance(truth, fold(read.text))
        length += len(truth)
        for confidence, correct in _words(package, read, search_words(text)):
            sure.append(confidence)
            right.append(correct)
    return Measured(wrong / max(1, length), np.array(sure), np.array(right))


def _found(line: TrainingLine) -> NDArray[np.uint8]:
    """A line as the engine's detector cuts it, in three channels."""
    return np.asarray(cv2.cvtColor(as_found(line.pixels(), line.cut), cv2.COLOR_GRAY2BGR))


def _words(package: RecognitionModel, read: ReadLine, truth: Iterable[str]) -> Iterable[tuple[float, float]]:
    there = list(truth)
    for word in read.words:
        parts = search_words(word.text)
        if parts:
            correct = all(part in there for part in parts)
            yield word_confidence(package.confidence, word.characters, read.sureness), float(correct)


def provenance(
    base: RecognitionModel, seed: int, seconds: float, lines: int, data: Sequence[str], figures: dict[str, Any]
) -> dict[str, Any]:
    """Where a model comes from and what it is worth, for its card."""
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
    """The package with confidences that keep their word on lines it has not learned from (Platt's two numbers over what
    it had), when there are words enough to tell. The sets of lines given count the same, whatever their size."""
    sure, right = (np.concatenate(each) for each in zip(*((hand.sure, hand.right) for hand in hands), strict=True))
    if len(right) < _TELLING or right.all() or not right.any():
        return package
    counts = np.concatenate([np.full(len(hand.right), 1 / max(1, len(hand.right))) for hand in hands])
    within = np.clip(sure, 1e-4, 1 - 1e-4)
    model = fit(np.log(within / (1 - within))[:, None], right, counts * len(right) / len(hands))
    (slope,) = model.weights
    bias, weights = package.confidence
    return replace(package, confidence=(model.bias + slope * bias, tuple(slope * weight for weight in weights)))
