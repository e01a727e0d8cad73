"""A convolutional ONNX graph as a PyTorch module: its weights can be learned, and go back into the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_LEARNED = ("Conv", "ConvTranspose", "Add")
"""Operators whose constants are learned, unless they are a single number."""


class Graph(nn.Module):
    """A graph of one input and one output that ends with a sigmoid; what it gives is the logit before that."""

    def __init__(self, model: onnx.ModelProto) -> None:
        super().__init__()
        alias = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Identity"}
        constants = dict(_constants(model))
        self._steps = [
            (node.op_type, [_origin(name, alias) for name in node.input], node.output[0], _attributes(node))
            for node in model.graph.node
            if node.op_type not in ("Identity", "Constant")
        ]
        self._steps = list(_joined(self._steps))
        used = [name for operator, inputs, _, _ in self._steps if operator in _LEARNED for name in inputs]
        self._learned = [name for name in dict.fromkeys(used) if name in constants and constants[name].dim() > 1]
        self._fixed = {name: tensor for name, tensor in constants.items() if name not in self._learned}
        self.weights = nn.ParameterList(constants[name] for name in self._learned)
        self._input = model.graph.input[0].name
        last, inputs, _, _ = self._steps.pop()
        if last != "Sigmoid":
            raise ValueError(f"the graph ends with {last}, not with a sigmoid")
        self._output = inputs[0]

    def _apply(self, function: Callable[[Tensor], Tensor], recurse: bool = True) -> Graph:
        self._fixed = {name: function(tensor) for name, tensor in self._fixed.items()}
        super()._apply(function, recurse)  # type: ignore[no-untyped-call]
        return self

    def forward(self, image: Tensor) -> Tensor:
        """See the class."""
        known: dict[str, Tensor] = {**self._fixed, **dict(zip(self._learned, self.weights, strict=True))}
        known[self._input] = image
        for operator, inputs, output, attributes in self._steps:
            known[output] = _OPERATORS[operator](attributes, *(known[name] for name in inputs if name))
        return known[self._output]

    def store(self, model: onnx.ModelProto) -> None:
        """Put the weights into the file that the graph was made from."""
        learned = dict(zip(self._learned, self.weights, strict=True))
        for tensor in model.graph.initializer:
            if tensor.name in learned:
                array = learned[tensor.name].detach().float().numpy()
                tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


_Step = tuple[str, list[str], str, dict[str, Any]]


def _constants(model: onnx.ModelProto) -> Iterator[tuple[str, Tensor]]:
    for tensor in model.graph.initializer:
        yield tensor.name, torch.from_numpy(numpy_helper.to_array(tensor).copy())
    for node in model.graph.node:
        if node.op_type == "Constant":
            yield node.output[0], torch.from_numpy(numpy_helper.to_array(node.attribute[0].t).copy())


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def _origin(name: str, alias: Mapping[str, str]) -> str:
    while name in alias:
        name = alias[name]
    return name


def _joined(steps: Sequence[_Step]) -> Iterator[_Step]:
    """The steps, with GELU as one of them where it is spelt out: x / sqrt(2), erf, + 1, * x, * 1/2."""
    begins = {at - 1: steps[at - 1] for at, step in enumerate(steps) if step[0] == "Erf"}
    at = 0
    while at < len(steps):
        if at in begins:
            spelt = [operator for operator, *_ in steps[at : at + 5]]
            if spelt != ["Div", "Erf", "Add", "Mul", "Mul"]:
                raise ValueError(f"unknown use of erf: {spelt}")
            yield "Gelu", steps[at][1][:1], steps[at + 4][2], {}
            at += 5
            continue
        yield steps[at]
        at += 1


def _convolved(attributes: Mapping[str, Any], image: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if attributes.get("auto_pad") == b"SAME_UPPER":
        image, pads = _padded(image, weight.shape[2:]), [0, 0]
    else:
        pads = attributes["pads"][:2]
    return functional.conv2d(image, weight, bias, attributes["strides"], pads, 1, attributes["group"])


def _padded(image: Tensor, window: Sequence[int]) -> Tensor:
    """As many rows below and columns to the right as keep the size under a window moved by one (of up to two)."""
    return functional.pad(image, (0, window[1] - 1, 0, window[0] - 1))


def _widened(attributes: Mapping[str, Any], image: Tensor, weight: Tensor) -> Tensor:
    return functional.conv_transpose2d(image, weight, stride=attributes["strides"], groups=attributes["group"])


def _pooled(attributes: Mapping[str, Any], image: Tensor) -> Tensor:
    return functional.max_pool2d(_padded(image, attributes["kernel_shape"]), attributes["kernel_shape"], stride=1)


def _resized(_: Mapping[str, Any], image: Tensor, *sizes: Tensor) -> Tensor:
    down, right = sizes[-1][2:].tolist()
    return functional.interpolate(image, scale_factor=(down, right), mode="nearest")


def _hard(attributes: Mapping[str, Any], image: Tensor) -> Tensor:
    return torch.clamp(image * attributes["alpha"] + attributes["beta"], 0, 1)


_OPERATORS: Mapping[str, Callable[..., Tensor]] = {
    "Add": lambda _, one, other: one + other,
    "Concat": lambda attributes, *parts: torch.cat(parts, attributes["axis"]),
    "Conv": _convolved,
    "ConvTranspose": _widened,
    "Gelu": lambda _, image: functional.gelu(image),
    "GlobalAveragePool": lambda _, image: image.mean((2, 3), keepdim=True),
    "HardSigmoid": _hard,
    "MaxPool": _pooled,
    "Mul": lambda _, one, other: one * other,
    "ReduceMean": lambda attributes, image: image.mean(attributes["axes"], keepdim=True),
    "Relu": lambda _, image: functional.relu(image),
    "Resize": _resized,
}
