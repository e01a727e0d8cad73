"""What the embedded engine offers to ``notes train``: PP-OCRv6's network in PyTorch, and its lines.

Needs the packages torch and onnx (extra ``train``).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnx
import onnxruntime
import torch

from indexer.api import LANGUAGE, NETWORK, LineShape, load_model, write_weights

from . import DETECTOR, counts_of, line_recogniser, network_of, open_session, original_model, page_pixels
from .confidence import word_confidence
from .counting import MOST_CLASSES, LetterCounts
from .detector import Detector, network_input
from .network import Network, load, load_weights, store, with_classes
from .quantise import changed_in_floats, quantise_recogniser
from .recogniser import END_ROOM, FIRST, FRAME, HEIGHT, characters, cut_out, framed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.Image import Image
    from torch import nn


_CUT = (0.145, 0.975)
"""Where the detector's boxes, as they are cut out, mostly begin and end in the upright rectangle around a transcribed
line: .83 of its height, .06 of it lower. They are .62 to 1.1 as high."""
_CHECKED = 8
"""Lines on which the exported network is compared with the trained one."""
_CHECKED_LAST = 2
"""The same where only the last layers were trained."""
_EXACT = 1e-3
"""By how much a probability of the exported network may differ from PyTorch's."""
_ENOUGH = 2000
"""Lines from which a language model is counted where the base has none: few lines are no language."""
_OWN = 3
"""How many times the lines of a training run count beside those that the language model of the base was counted on."""


class ExportError(Exception):
    """The exported network does not give what the trained one gives: a bug, here or in a library."""


class EmbeddedTraining:
    """See ``indexer.api.Trainable``."""

    shape = LineShape(HEIGHT, FRAME, END_ROOM, FIRST.squeezed, _CUT)

    @cached_property
    def _detector(self) -> Detector:
        return Detector(open_session(DETECTOR, 1))

    def pixels(self, image: Image) -> tuple[NDArray[np.uint8], float]:
        """See the protocol."""
        return page_pixels(image)

    def find(self, pixels: NDArray[np.uint8]) -> Sequence[NDArray[np.float32]]:
        """See the protocol."""
        return [np.asarray(outline, np.float32) for outline in self._detector.find(pixels)]

    def cut(self, pixels: NDArray[np.uint8], outline: NDArray[np.float32]) -> NDArray[np.uint8]:
        """See the protocol."""
        return cut_out(pixels, outline)

    def network(self, folder: Path, characters: Sequence[str] | None = None) -> tuple[Network, tuple[str, ...]]:
        """See the protocol. A model without weights of its own begins with those of the original network."""
        known = _characters(folder)
        network = load_weights(folder)
        if network is None:
            original = onnx.load(original_model("rec"))
            network = with_classes(load(original), _metadata(original), known)
        return (network, known) if characters is None else (with_classes(network, known, characters), tuple(characters))

    def write(
        self, folder: Path, network: nn.Module, characters: Sequence[str], lines: Sequence[NDArray[np.uint8]]
    ) -> None:
        """See the protocol; raises ``ExportError``."""
        model = _exported(network, characters)
        given = [framed(cv2.cvtColor(line, cv2.COLOR_GRAY2BGR)) for line in lines]
        _check(model, network, given[:_CHECKED])
        quantise_recogniser(model, given, folder / NETWORK)
        _write_weights(folder, network)

    def write_last(self, folder: Path, base: Path, network: nn.Module, lines: Sequence[NDArray[np.uint8]]) -> bool:
        """See ``indexer.api.WritesLastLayers``. The last layers are in floats, so the others keep their integers."""
        known, weights = load_model(base), load_weights(base)
        if not known.network or weights is None:
            return False
        characters = _characters(base)
        model = _exported(network, characters)
        _check(model, network, [framed(cv2.cvtColor(line, cv2.COLOR_GRAY2BGR)) for line in lines[:_CHECKED_LAST]])
        if not changed_in_floats(network_of(known), _exported(weights, characters), model, folder / NETWORK):
            return False
        _write_weights(folder, network)
        return True

    def write_language(
        self, folder: Path, base: Path, lines: Sequence[Sequence[int]], characters: Sequence[str]
    ) -> None:
        """See the protocol. Few lines alone are no language: a model whose base has none stays without."""
        known = counts_of(load_model(base))
        if len(characters) > MOST_CLASSES or (len(lines) < _ENOUGH and known is None):
            return
        counted = LetterCounts.count(lines)
        (counted if known is None else known.plus(counted, _OWN)).save(folder / LANGUAGE, len(characters))

    def recogniser(self, folder: Path) -> Callable[[NDArray[np.uint8]], list[tuple[str, float]]]:
        """See the protocol."""
        read = self.page_recogniser(folder)
        return lambda line: read([line])[0]

    def page_recogniser(self, folder: Path) -> Callable[[Sequence[NDArray[np.uint8]]], list[list[tuple[str, float]]]]:
        """See ``indexer.api.ReadsTogether``."""
        model = load_model(folder)
        recogniser = line_recogniser(model, 1)

        def read(lines: Sequence[NDArray[np.uint8]]) -> list[list[tuple[str, float]]]:
            seen = [recogniser.see_cut(np.asarray(cv2.cvtColor(line, cv2.COLOR_GRAY2BGR))) for line in lines]
            return [
                [(word.text, word_confidence(model.confidence, word, found)) for word in found.words]
                for found in recogniser.read(seen)
            ]

        return read


def _exported(network: nn.Module, characters: Sequence[str]) -> onnx.ModelProto:
    """The network in floats as a file for reading."""
    model = onnx.load(original_model("rec"))
    store(network, model)
    for entry in model.metadata_props:
        if entry.key == "character":
            entry.value = "\n".join(characters[1:-1])
    return model


def _write_weights(folder: Path, network: nn.Module) -> None:
    write_weights(folder, {name: each.cpu().numpy() for name, each in network.state_dict().items()})


def _characters(folder: Path) -> tuple[str, ...]:
    session = open_session(network_of(load_model(folder)), 1)
    return tuple(characters(session.get_modelmeta().custom_metadata_map))


def _metadata(model: onnx.ModelProto) -> list[str]:
    """The characters of a model that is not opened."""
    return characters({entry.key: entry.value for entry in model.metadata_props})


def _check(model: onnx.ModelProto, network: nn.Module, lines: Sequence[NDArray[np.uint8]]) -> None:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    network.eval()
    for line in lines:
        (exported,) = session.run(None, {"x": network_input(line)})
        with torch.no_grad():
            difference = np.abs(network(torch.from_numpy(line[None, :, :, 0])).exp().numpy() - exported).max()
        if difference > _EXACT:
            raise ExportError(f"the exported network differs from the trained one by {difference:.2g}")
