"""Networks in 8-bit integers. ``python -m indexer.plugins.embedded.quantise PAGE…`` makes the model ``original`` again,
from that of the package rapidocr; with ``--detector MODEL`` the detector, from one that
``indexer.training.detection`` taught.

Convolutions get weights of 7 bits (8 would overflow in the arithmetic of processors without VNNI) and activations of 8,
whose ranges are taken from the given page images: of the detector all, of the recogniser the large ones of one pixel,
where its time goes and the loss is small. The original's last layer is cut to Latin letters, digits and usual signs.
The model that ships was made with ``tests/data/archive/*/*.jpg``, the detector with every fourteenth of the pages it
was taught on: ranges from the few coloured pages were so wide that small print fell to pieces. Needs the package onnx
(extra ``train``).
"""

from __future__ import annotations

import argparse
import logging
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper, version_converter
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from PIL import Image

from indexer.api import NETWORK

from . import DETECTOR, MODELS, open_session, original_model, page_pixels
from .detector import Detector, network_input, scaled
from .recogniser import characters, cut_out, framed, views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

_OPSET = 17
"""The first ones of the originals know no scale a channel."""
_LAST_LAYER = ("linear_8.w_0", "linear_8.b_0")
_LARGE = 96 * 96
"""Weights from which a convolution is worth it."""
_SENSITIVE = frozenset({"Conv.26", "Conv.53", "Conv.54", "Conv.55"})
"""Of these each alone moves the recogniser's probabilities more than twice as far as the rest on average."""
_ROUNDED = 5e-3
"""By so much of itself a weight may differ that was made of others in 16 bits."""
_SIGNS = frozenset("£€§°«»“”‘’„–—…·•†‡¶½¼¾²³¹ªº¿¡×÷±µ№™©®")


def main() -> None:
    """Write the networks and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path, nargs="+", help="upright page images to take the ranges from")
    parser.add_argument("--detector", type=Path, help="a detector in floats: it is written, not the model")
    arguments = parser.parse_args()
    pages = [page_pixels(Image.open(path).convert("RGB"))[0] for path in arguments.pages]
    if arguments.detector:
        write_detector(arguments.detector, pages)
    else:
        _write_original(pages)


def write_detector(model: Path, pages: Sequence[NDArray[np.uint8]]) -> None:
    """Write the detector of a file in floats in integers, the ranges taken from pages."""
    _quantise(onnx.load(model), _is_convolution, [scaled(page) for page in pages], DETECTOR)
    print(f"{DETECTOR}: {DETECTOR.stat().st_size / 1e6:.1f} MB")  # noqa: T201 - a script


def _write_original(pages: Sequence[NDArray[np.uint8]]) -> None:
    detector = Detector(open_session(original_model("det"), 1))
    lines = [framed(views(cut_out(page, corners))[0][1]) for page in pages for corners in detector.find(page)]
    made = MODELS / "original" / NETWORK
    quantise_recogniser(_latin(onnx.load(original_model("rec"))), lines, made)
    print(f"{made}: {made.stat().st_size / 1e6:.1f} MB")  # noqa: T201 - a script


def quantise_recogniser(model: onnx.ModelProto, lines: Sequence[NDArray[np.uint8]], target: Path) -> None:
    """Write a recogniser in integers, the ranges taken from lines as it is given them."""
    _quantise(model, _is_worth_it, lines, target)


def _latin(model: onnx.ModelProto) -> onnx.ModelProto:
    """The recogniser with the classes of Latin script alone."""
    known = characters({entry.key: entry.value for entry in model.metadata_props})
    kept = [number for number, text in enumerate(known) if number == 0 or _is_latin(text)]
    for tensor in model.graph.initializer:
        if tensor.name in _LAST_LAYER:
            cut = np.ascontiguousarray(numpy_helper.to_array(tensor)[..., kept])
            tensor.CopyFrom(numpy_helper.from_array(cut, tensor.name))
    del model.graph.value_info[:]
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = len(kept)
    for entry in model.metadata_props:
        if entry.key == "character":
            entry.value = "\n".join(known[number] for number in kept[1:-1])  # the blank and the space go without saying
    return model


def _is_latin(text: str) -> bool:
    if text.isascii():
        return True
    return text in _SIGNS or unicodedata.name(text[0], "").startswith("LATIN ")


def _is_convolution(node: onnx.NodeProto, _weights: Sequence[int]) -> bool:
    return bool(node.op_type == "Conv")


def _is_worth_it(node: onnx.NodeProto, weights: Sequence[int]) -> bool:
    large = list(weights[2:]) == [1, 1] and weights[0] * weights[1] >= _LARGE
    return _is_convolution(node, weights) and large and node.name not in _SENSITIVE


def _quantise(
    model: onnx.ModelProto,
    suits: Callable[[onnx.NodeProto, Sequence[int]], bool],
    images: Sequence[NDArray[np.uint8]],
    target: Path,
) -> None:
    with TemporaryDirectory() as name:
        folded = _folded(model, Path(name))
        graph = onnx.load(folded).graph
        shapes = {tensor.name: tensor.dims for tensor in graph.initializer}
        logging.disable(logging.WARNING)  # it recommends what was done above
        quantize_static(
            folded,
            target,
            _Images(images),
            quant_format=QuantFormat.QDQ,
            nodes_to_quantize=[
                node.name for node in graph.node if len(node.input) > 1 and suits(node, shapes.get(node.input[1], ()))
            ],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        logging.disable(logging.NOTSET)
    made = onnx.load(target)
    del made.metadata_props[:]
    made.metadata_props.extend(model.metadata_props)
    onnx.save(made, target)


def _folded(model: onnx.ModelProto, folder: Path) -> Path:
    """A file in the folder with the network in floats, its operators joined as those of integers are made from it."""
    plain, folded = folder / "plain.onnx", folder / "folded.onnx"
    onnx.save(version_converter.convert_version(model, _OPSET), plain)
    options = onnxruntime.SessionOptions()
    # What belongs together is joined first (GELU above all): between 8 bits and floats it is not recognised.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(folded)
    onnxruntime.InferenceSession(
        str(plain),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["ConvActivationFusion", "ConvAddActivationFusion"],
    )
    return folded


def changed_in_floats(integers: Path, before: onnx.ModelProto, after: onnx.ModelProto, target: Path) -> bool:
    """Write a recogniser in integers with the weights of ``after``, where it has those of ``before`` and only such
    weights changed as it has in floats. Whether that was so; else nothing is written.
    """
    old, new = _floats(before), _floats(after)
    made = onnx.load(integers)
    there = {tensor.name: tensor for tensor in made.graph.initializer}
    changed = [name for name in old if name not in new or not np.array_equal(old[name], new[name])]
    for name in changed:
        kept = there.get(name)
        if kept is None or name not in new or not _is_near(numpy_helper.to_array(kept), old[name]):
            return False
        kept.CopyFrom(numpy_helper.from_array(new[name], name))
    onnx.save(made, target)
    return True


def _floats(model: onnx.ModelProto) -> dict[str, NDArray[Any]]:
    """The weights of a network, its operators joined, by name."""
    with TemporaryDirectory() as name:
        graph = onnx.load(_folded(model, Path(name))).graph
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def _is_near(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether weights are the same but for the 16 bits in which a model keeps them for training."""
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=_ROUNDED, atol=1e-4))


class _Images(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, images: Sequence[NDArray[np.uint8]]) -> None:
        self._inputs: Iterator[dict[str, NDArray[np.float32]]] = ({"x": network_input(image)} for image in images)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next image as the network takes it."""
        return next(self._inputs, None)


if __name__ == "__main__":
    main()
