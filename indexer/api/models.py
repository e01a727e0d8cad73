"""Recognition models: what an engine reads with. Each is a folder that can be copied and trained further.

The folder holds ``model.json`` (its summary, its calibration, where it comes from), the network with its character set
in ``recogniser.onnx``, and mostly a language model in ``language.npz``. If it can be trained further, it also has its
weights in ``weights.safetensors``, lines for replay in ``replay.tar``, and lines that it never learned from in
``hold-out.tar``, which show whether it forgets.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from indexer.system.files import move, sync
from indexer.translation import _
from indexer.values.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

SHELVES = ("models", "readers")
"""Names of the folders with models: new ones are written to the first; the second is from earlier versions."""
CARD = "model.json"
NETWORK, LANGUAGE = "recogniser.onnx", "language.npz"
WEIGHTS, REPLAY, HOLD_OUT = "weights.safetensors", "replay.tar", "hold-out.tar"
_EARLIER = {CARD: "reader.json", WEIGHTS: "weights.npz", REPLAY: "rehearsal.tar", HOLD_OUT: "guards.tar"}
"""Names of the same files in models of earlier versions."""
UNFINISHED, REPLACED = ".training", ".old"
"""Suffixes of the folder of a model: while it is made, and when another one takes its place."""
_FIRST = "embedded"
"""The engine of models whose card names none: once there was no other that reads with such."""
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class RecognitionModel:
    """A model in its folder. ``confidence`` is the bias and the weights of its calibration. ``provenance`` says what it
    was made from, with which figures. A model without weights is trained from those of the network that the engine came
    with."""

    name: str
    folder: Path
    summary: str
    confidence: tuple[float, tuple[float, ...]]
    network: str = ""
    """SHA-256 of ``recogniser.onnx``; empty if the engine's own package brings the network."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    engine: str = _FIRST
    """The engine that reads with it."""


def identity(folder: Path) -> str:
    """The name of a model and, after ``@``, the first eight digits of the SHA-256 of its card.

    They differ between two models of the same name. Raises ``UnavailableError`` without a card.
    """
    try:
        return f"{_name(folder)}@{hashlib.sha256(part(folder, CARD).read_bytes()).hexdigest()[:8]}"
    except OSError as error:
        raise UnavailableError(
            _("the model in %(folder)s cannot be used (%(name)s)", folder=folder, name=type(error).__name__),
            _train_again(),
        ) from error


def part(folder: Path, name: str) -> Path:
    """The path of a file of a model: by its earlier name if only that is there."""
    path, before = folder / name, folder / _EARLIER.get(name, name)
    return before if before.exists() and not path.exists() else path


def load(folder: Path) -> RecognitionModel:
    """The model in a folder; raises ``UnavailableError`` if it is damaged or from another version."""
    try:
        card = json.loads(part(folder, CARD).read_text(encoding="utf-8"))
        if card["format"] != _FORMAT:
            raise UnavailableError(
                _("the model in %(folder)s was made by another version of notes", folder=folder), _train_again()
            )
        bias, *weights = (float(number) for number in card["confidence"])
        package = RecognitionModel(
            _name(folder),
            folder,
            str(card["summary"]),
            (bias, tuple(weights)),
            str(card["network"]),
            card["provenance"],
            str(card.get("engine", _FIRST)),
        )
        if package.network and hashlib.sha256((folder / NETWORK).read_bytes()).hexdigest() != package.network:
            raise UnavailableError(
                _("the network of the model in %(folder)s is damaged", folder=folder), _train_again()
            )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnavailableError(
            _("the model in %(folder)s cannot be used (%(name)s)", folder=folder, name=type(error).__name__),
            _train_again(),
        ) from error
    return package


def write_card(package: RecognitionModel) -> None:
    """Write ``model.json`` into the package's folder."""
    bias, weights = package.confidence
    card = {
        "format": _FORMAT,
        "engine": package.engine,
        "summary": package.summary,
        "confidence": [round(number, 4) for number in (bias, *weights)],
        "network": package.network,
        "provenance": package.provenance,
    }
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    (package.folder / CARD).write_text(text, encoding="utf-8")


def with_network(package: RecognitionModel) -> RecognitionModel:
    """The package with the hash of the network that lies in its folder, if one does."""
    network = package.folder / NETWORK
    return replace(package, network=hashlib.sha256(network.read_bytes()).hexdigest() if network.is_file() else "")


def write_weights(folder: Path, weights: Mapping[str, NDArray[Any]]) -> None:
    """Write the weights of a network by their names into a folder, in 16 bits, for further training."""
    import numpy as np
    from safetensors.numpy import save

    half = {name: np.ascontiguousarray(values, np.float16) for name, values in weights.items()}
    (folder / WEIGHTS).write_bytes(save(half))  # save_file would let nobody else read them


def read_weights(folder: Path) -> dict[str, NDArray[np.float32]] | None:
    """The weights in the folder of a model, if it has some; raises ``UnavailableError`` when they are damaged."""
    import numpy as np
    from safetensors.numpy import load as loaded

    path = part(folder, WEIGHTS)
    if not path.is_file():
        return None
    try:
        if path.suffix == ".npz":  # as models of before have them
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as saved:
                return {name: saved[name].astype(np.float32) for name in saved.files}
        return {name: values.astype(np.float32) for name, values in loaded(path.read_bytes()).items()}
    except Exception as error:  # NumPy and safetensors raise many kinds of errors for damaged files
        raise UnavailableError(
            _("%(path)s cannot be read (%(name)s)", path=path, name=type(error).__name__), _train_again()
        ) from error


def available(shelves: Sequence[Path]) -> list[Path]:
    """The folders of the models on the shelves. Of two with one name the one on the earlier shelf is taken.

    A model in training does not count. One that is being replaced counts only until the new one is there.
    """
    found: dict[str, Path] = {}
    for shelf in shelves:
        cards = {card.parent for name in (CARD, _EARLIER[CARD]) for card in shelf.glob(f"*/{name}")}
        folders = sorted(cards, key=lambda folder: (folder.suffix == REPLACED, folder))
        for folder in folders:
            if folder.suffix != UNFINISHED:
                found.setdefault(_name(folder), folder)
    return [found[name] for name in sorted(found)]


def _name(folder: Path) -> str:
    return folder.name.removesuffix(REPLACED)


def find(name: str, shelves: Sequence[Path]) -> Path:
    """The folder of a model by its name; raises ``UsageError`` when there is none."""
    known = {_name(folder): folder for folder in available(shelves)}
    if name not in known:
        raise UsageError(
            _("there is no model %(name)s", name=repr(name)),
            _("There are: %(known)s. See notes models.", known=", ".join(known)),
        )
    return known[name]


def install(folder: Path, target: Path) -> None:
    """Put the new model in the place of an older one of that name. One of both can be read with at any time."""
    old = target.with_name(target.name + REPLACED)
    if target.exists():
        if old.exists():
            shutil.rmtree(old)
        move(target, old)
    for file in folder.rglob("*"):
        if file.is_file():
            sync(file)
    move(folder, target)
    if old.exists():
        shutil.rmtree(old)


def _train_again() -> str:
    return _("Train it again. If it came along: in the checkout of notes, pip install --force-reinstall .")
