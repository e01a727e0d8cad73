"""The recogniser of PP-OCRv6 (small) in PyTorch, and the way between it and the ONNX file that it came from.

A convolutional backbone of the LCNet family and two blocks of attention over the frames, as the graph of the file shows
it. The parameters are declared in the order in which that graph uses its weights, so both can be walked side by side:
what is trained goes back into the file that it was loaded from, and everything else in that file stays what it was.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from indexer.api import read_weights

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_FEATURES, _HEADS = 120, 8
_RARE = 3.0
"""Nats by which a new character begins less probable than the one it looks like."""


class Network(nn.Module):
    """Grey lines (batch x 48 x width, 0 to 255) in, log probabilities (batch x width / 8 x classes) out."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = _Stem()
        self.backbone = nn.Sequential(
            *(_Mixer(96, 192, squeezed=True), _Mixer(96, 192), _Mixer(96, 192), _Down(96, 192)),
            *(_Mixer(192, 384, squeezed=True), _Mixer(192, 384), _Mixer(192, 384, squeezed=True), _Mixer(192, 384)),
            *(_Mixer(192, 384, squeezed=True), _Mixer(192, 384), _Down(192, 384)),
            *(_Mixer(384, 768, squeezed=True), _Mixer(384, 768)),
            nn.AvgPool2d((3, 2)),
        )
        self.aside = nn.Sequential(nn.Conv2d(384, _FEATURES, 1, bias=False), _Norm())
        self.narrow = nn.Sequential(nn.Conv2d(384, _FEATURES, 1, bias=False), _Norm())
        neighbours = nn.Conv2d(_FEATURES, _FEATURES, (1, 7), padding=(0, 3), groups=_FEATURES, bias=False)
        self.neighbours = nn.Sequential(neighbours, _Norm())
        self.blocks = nn.ModuleList(_Attention() for _ in range(2))
        self.norm = nn.LayerNorm(_FEATURES, eps=1e-6)
        self.classes = nn.Linear(_FEATURES, classes)

    def forward(self, lines: Tensor) -> Tensor:
        """See the class."""
        return self.judge(self.see(lines))

    def see(self, lines: Tensor) -> Tensor:
        """What the convolutions see of lines: a column of features for every 8 pixels."""
        seen: Tensor = self.backbone(self.stem(_scaled(lines)))
        return seen

    def judge(self, shapes: Tensor) -> Tensor:
        """Log probabilities of the classes by the features that were seen: the last layers."""
        aside, near = self.aside(shapes), self.narrow(shapes)
        frames = (near + self.neighbours(near)).squeeze(2).transpose(1, 2)
        for block in self.blocks:
            frames = block(frames)
        found = self.norm(frames) + aside.squeeze(2).transpose(1, 2)
        return functional.log_softmax(self.classes(found).float(), dim=2)


def _scaled(lines: Tensor) -> Tensor:
    """Grey lines in three channels from -1 to 1, in the order in which this is faster: it differs while learning."""
    layout = torch.channels_last if torch.is_grad_enabled() else torch.contiguous_format
    grey = lines.float() / 127.5 - 1.0
    return grey[:, None].expand(-1, 3, -1, -1).contiguous(memory_format=layout)


class _Stem(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 48, 3, stride=2, padding=1)
        self.narrow = nn.Conv2d(48, 24, 2)
        self.wide = nn.Conv2d(24, 48, 2)
        self.joined = nn.Conv2d(96, 48, 3, stride=2, padding=1)
        self.last = nn.Conv2d(48, 96, 1)

    def forward(self, lines: Tensor) -> Tensor:
        first = functional.relu(self.first(lines))
        drawn = functional.relu(self.narrow(_after(first)))
        drawn = functional.relu(self.wide(_after(drawn)))
        pooled = functional.max_pool2d(_after(first), 2, stride=1)
        joined = functional.relu(self.joined(torch.cat((pooled, drawn), 1)))
        return functional.relu(self.last(joined))


def _after(image: Tensor) -> Tensor:
    """One more row below and column to the right, as the graph pads for windows of two."""
    return functional.pad(image, (0, 1, 0, 1))


class _Mixer(nn.Module):
    """Mixes what is near, each channel alone, then the channels, with the input added."""

    def __init__(self, channels: int, hidden: int, *, squeezed: bool = False) -> None:
        super().__init__()
        self.near = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.squeeze = _Squeeze(channels) if squeezed else nn.Identity()
        self.wide = nn.Conv2d(channels, hidden, 1)
        self.narrow = nn.Conv2d(hidden, channels, 1)

    def forward(self, image: Tensor) -> Tensor:
        image = self.squeeze(self.near(image))
        mixed: Tensor = image + self.narrow(functional.gelu(self.wide(image)))
        return mixed


class _Down(nn.Module):
    """Halves the height, and gives the channels."""

    def __init__(self, channels: int, wider: int) -> None:
        super().__init__()
        self.near = nn.Conv2d(channels, channels, 3, stride=(2, 1), padding=1, groups=channels)
        self.wide = nn.Conv2d(channels, 2 * channels, 1)
        self.narrow = nn.Conv2d(2 * channels, wider, 1)

    def forward(self, image: Tensor) -> Tensor:
        lower: Tensor = self.narrow(functional.gelu(self.wide(self.near(image))))
        return lower


class _Squeeze(nn.Module):
    """Weighs the channels by what the whole line shows (squeeze and excitation)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, channels // 4, 1)
        self.wide = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, image: Tensor) -> Tensor:
        mean = image.mean((2, 3), keepdim=True)
        return image * functional.hardsigmoid(self.wide(functional.relu(self.narrow(mean))))


class _Norm(nn.Module):
    """Normalises with the statistics it came with, which training leaves as they are, and swish."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(_FEATURES))
        self.bias = nn.Parameter(torch.zeros(_FEATURES))
        self.mean = nn.Parameter(torch.zeros(_FEATURES), requires_grad=False)
        self.variance = nn.Parameter(torch.ones(_FEATURES), requires_grad=False)

    def forward(self, image: Tensor) -> Tensor:
        return functional.silu(functional.batch_norm(image, self.mean, self.variance, self.weight, self.bias))


class _Attention(nn.Module):
    """A block of a transformer over the frames."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.LayerNorm(_FEATURES, eps=1e-5)
        self.asked = nn.Linear(_FEATURES, 3 * _FEATURES)
        self.answered = nn.Linear(_FEATURES, _FEATURES)
        self.after = nn.LayerNorm(_FEATURES, eps=1e-5)
        self.wide = nn.Linear(_FEATURES, 2 * _FEATURES)
        self.narrow = nn.Linear(2 * _FEATURES, _FEATURES)

    def forward(self, frames: Tensor) -> Tensor:
        batch, length, _ = frames.shape
        asked = self.asked(self.before(frames)).reshape(batch, length, 3, _HEADS, -1).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(asked[0], asked[1], asked[2])
        frames = frames + self.answered(seen.transpose(1, 2).reshape(batch, length, -1))
        found: Tensor = frames + self.narrow(functional.silu(self.wide(self.after(frames))))
        return found


def load(model: onnx.ModelProto) -> Network:
    """The network with the weights of the file; raises ``ValueError`` when the file is of another network."""
    tensors = _weights(model)
    network = Network(tensors[-1].dims[0])
    with torch.no_grad():
        for (name, values), tensor in zip(network.named_parameters(), tensors, strict=True):
            array = _turned(numpy_helper.to_array(tensor), name)
            values.copy_(torch.from_numpy(array.reshape(values.shape).copy()))
    return network


def store(network: nn.Module, model: onnx.ModelProto) -> None:
    """Put the network's weights into the file that it was loaded from, or one of another number of classes."""
    for (name, values), tensor in zip(network.named_parameters(), _weights(model), strict=True):
        array = np.ascontiguousarray(_turned(values.detach().cpu().float().numpy(), name))
        last = name.startswith("classes.")
        tensor.CopyFrom(numpy_helper.from_array(array if last else array.reshape(tuple(tensor.dims)), tensor.name))
    del model.graph.value_info[:]
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = len(array)  # of the last one: a number a class


def _weights(model: onnx.ModelProto) -> list[onnx.TensorProto]:
    """The tensors that can be learned, in the order in which the graph uses them."""
    known = {tensor.name: tensor for tensor in model.graph.initializer}
    used = (known[name] for node in model.graph.node for name in node.input if name in known)
    return [tensor for tensor in used if tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) > 1]


def _turned(array: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """A matrix of weights as the other side keeps it: PyTorch by outputs, ONNX by inputs."""
    return array.T if array.ndim == 2 and name.endswith(".weight") else array


def with_classes(network: Network, known: Sequence[str], wanted: Sequence[str]) -> Network:
    """The network for other characters: those it knows as they are, others begin as a rare form of what is alike."""
    rows = {character: row for row, character in enumerate(known)}
    classes = nn.Linear(_FEATURES, len(wanted))
    with torch.no_grad():
        for row, character in enumerate(wanted):
            plain = unicodedata.normalize("NFKD", character)[:1]
            source = rows.get(character, rows.get(plain, rows.get("-", 0)))
            classes.weight[row] = network.classes.weight[source]
            classes.bias[row] = network.classes.bias[source] - (0.0 if character in rows else _RARE)
    network.classes = classes
    return network


def load_weights(folder: Path) -> Network | None:
    """The network with the weights in the folder of a model, if it has some of its own."""
    weights = read_weights(folder)
    if weights is None:
        return None
    network = Network(len(weights["classes.bias"]))
    network.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})
    return network
