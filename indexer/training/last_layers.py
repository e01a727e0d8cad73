"""Trains the last layers of a network on a few lines, in seconds: what the other layers see of each line is kept.

Lines of other hands are replayed beside them, and further ones, held out, say how much of the new weights is kept.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from indexer.api.models import HOLD_OUT, REPLAY
from indexer.posteriors.posteriorgram import best_path
from indexer.values import Layered, WritesLastLayers

from .batches import frames_of, padded
from .distortion import as_found, distorted, plain
from .learner import opened, share_of, wrong
from .lines import spread
from .package import brought
from .run import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.random import Generator
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from indexer.api.models import RecognitionModel
    from indexer.values import Trainable

    from .learner import Learner
    from .lines import Encoded, TrainingLine

_VIEWS = 4
"""Distorted views of each line beside the plain one."""
_STEPS, _LINES, _RATE = 80, 12, 1e-3
"""Steps, lines of a step, and the highest learning rate."""
_TOGETHER = 4
"""Lines of a step that are computed together, all as wide as the widest: those of about one width."""
_SEED = 1
_REPLAYED = 0.5
"""Share of replayed lines in a step."""
_WARMING, _LAST = 5, 0.02
"""Steps in which the learning rate rises, and the share of it that is left at the end."""
_LOST = 0.005
"""How much the folded character error rate of the hold-out may grow, as in ``notes train``."""
_HALF = 5
"""Lines of which half of what was learned is kept. With all of it after ten lines, one hand of three that was read well
before had more letters wrong on its other pages (``tests/benchmarks/few_lines.py``)."""
_SHARES = (1.0, 0.6, 0.3)
"""Shares of the new weights that are tried, until the hold-out bears one."""
_OTHERS = {REPLAY: 100, HOLD_OUT: 60}
"""At most so many lines of other hands are replayed and held out."""
_RANGES = 40
"""The ranges of the 8-bit integers are taken from at most so many lines. With fewer of them nothing was
learned from ten lines of a German hand, since what was tried was spoilt."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the first layers see of a line (features x 1 x places), its frames, and its classes."""

    features: Tensor
    frames: int
    classes: list[int]


def views(learner: Learner, lines: Sequence[Encoded], number: int) -> list[list[Seen]]:
    """What the network sees of each line distorted in a number of ways, where the text has room."""
    random = np.random.default_rng(_SEED)
    strangers = [line.pixels() for line, _ in lines]
    found = []
    for (line, classes), image in zip(lines, strangers, strict=True):
        others = [strangers[int(random.integers(len(strangers)))] for _ in range(number)]
        made = [distorted(image, line.cut, other, learner.shape, random) for other in others]
        found.append([_seen(learner, each, classes) for each in made])
    return [_fitting(some) for some in found]


def plainly(learner: Learner, lines: Sequence[Encoded]) -> list[Seen]:
    """What the network sees of lines as they are."""
    return [_seen(learner, plain(line.pixels(), line.cut, learner.shape), classes) for line, classes in lines]


def _seen(learner: Learner, image: np.ndarray, classes: list[int]) -> Seen:
    with torch.no_grad():
        features = _layered(learner.network).see(torch.from_numpy(padded([image], learner.shape, 0)))[0]
    return Seen(features.half(), frames_of(image, learner.shape), classes)


def _fitting(seen: Iterable[Seen]) -> list[Seen]:
    """Those lines that have the frames their text needs."""
    return [each for each in seen if each.frames >= len(each.classes) + sum(a == b for a, b in pairwise(each.classes))]


def _layered(network: nn.Module) -> Layered:
    if not isinstance(network, Layered):
        raise TypeError("a network without last layers was to be trained in part")
    return network


def taught(
    learner: Learner,
    own: Sequence[Seen],
    replayed: Sequence[Seen],
    held_out: Sequence[Seen],
    bearable: float,
    most: float = 1.0,
) -> Learner:
    """The network after its last layers have learned lines: at most so much of that, and no more than leaves the error
    of other hands (``held_out``) bearable."""
    after = replace(learner, network=copy.deepcopy(learner.network))
    _learn(after, own, replayed, np.random.default_rng(_SEED))
    for share in _SHARES:
        made = learner.blended(after, share * most)
        if error_of(made, held_out) <= bearable:
            return made
    return learner


def error_of(learner: Learner, lines: Sequence[Seen]) -> float:
    """The folded character error rate over lines, without a language model."""
    counts = []
    for line in lines:
        with torch.no_grad():
            found = _layered(learner.network).judge(line.features.float()[None])[0, : line.frames].numpy()
        read = learner.letters.text([number for number, _ in best_path(found)])
        counts.append(wrong(learner.letters.text(line.classes), read))
    return share_of(counts)


def _learn(learner: Learner, own: Sequence[Seen], replayed: Sequence[Seen], random: Generator) -> None:
    network = learner.network
    learned = last(network, own[0].features.float()[None])
    optimiser = torch.optim.AdamW(learned, _RATE, weight_decay=0.01)
    for step, lines in enumerate(_drawn(own, replayed, random)):
        fallen = _LAST + (1 - _LAST) * (1 + math.cos(math.pi * step / _STEPS)) / 2
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(1.0, (step + 1) / _WARMING) * fallen
        optimiser.zero_grad()
        torch.autograd.backward(_loss(network, lines))
        torch.nn.utils.clip_grad_norm_(learned, 2.0)
        optimiser.step()
    network.zero_grad()


def last(network: nn.Module, features: Tensor) -> list[nn.Parameter]:
    """The weights of the last layers: those on which the answer depends once the features are given."""
    torch.autograd.backward(_layered(network).judge(features).sum())
    learned = [each for each in network.parameters() if each.grad is not None]
    network.zero_grad()
    return learned


def _drawn(own: Sequence[Seen], replayed: Sequence[Seen], random: Generator) -> Iterator[list[Seen]]:
    others = round(_LINES * _REPLAYED) if replayed else 0
    for _ in range(_STEPS):
        mine = [own[at] for at in random.integers(len(own), size=_LINES - others)]
        yield mine + [replayed[at] for at in random.integers(len(replayed), size=others)]


def _loss(network: nn.Module, lines: Sequence[Seen]) -> Tensor:
    """The mean loss of a step."""
    level = sorted(lines, key=lambda line: line.features.shape[-1])
    parts = [level[at : at + _TOGETHER] for at in range(0, len(level), _TOGETHER)]
    return torch.stack([_loss_together(network, some) * len(some) for some in parts]).sum() / len(lines)


def _loss_together(network: nn.Module, lines: Sequence[Seen]) -> Tensor:
    width = max(line.features.shape[-1] for line in lines)
    given = torch.stack([functional.pad(line.features.float(), (0, width - line.features.shape[-1])) for line in lines])
    found = _layered(network).judge(given).transpose(0, 1)
    texts = torch.tensor([each for line in lines for each in line.classes])
    frames, lengths = (
        torch.tensor([line.frames for line in lines]),
        torch.tensor([len(line.classes) for line in lines]),
    )
    return functional.ctc_loss(found, texts, frames, lengths, zero_infinity=True)


@dataclass(frozen=True, slots=True)
class Teacher:
    """A network that can learn from any of some lines: what it sees of each, of replayed lines, and of the hold-out,
    with the error that is bearable there. ``base`` is the folder of its model."""

    engine: Trainable
    base: Path
    learner: Learner
    own: list[list[Seen]]
    replayed: list[Seen]
    held_out: list[Seen]
    bearable: float
    images: list[NDArray[np.uint8]]

    def write(self, numbers: Iterable[int], folder: Path) -> bool:
        """Write a network that has learned the lines with these numbers; whether there was anything to learn."""
        own = [view for number in numbers for view in self.own[number]]
        if not own:
            return False
        most = len(self.own) / (len(self.own) + _HALF)
        made = taught(self.learner, own, self.replayed, self.held_out, self.bearable, most)
        lines = spread(self.images, _RANGES)
        if not isinstance(self.engine, WritesLastLayers) or not self.engine.write_last(
            folder, self.base, made.network, lines
        ):
            self.engine.write(folder, made.network, self.learner.letters.characters, lines)
        return True


def teacher(engine: Trainable, base: RecognitionModel, lines: Sequence[TrainingLine | None]) -> Teacher | None:
    """A teacher of the last layers of a model; ``None`` if its network does not say which these are.

    Nothing is learned from a line that is ``None``.
    """
    learner = opened(engine, base.folder)
    if not isinstance(learner.network, Layered):
        return None
    kept = [spread(encoded(brought(base, name), learner.letters)[0], _OTHERS[name]) for name in (REPLAY, HOLD_OUT)]
    known = [encoded([line] if line else [], learner.letters)[0] for line in lines]
    flat = [each for some in known for each in some]
    seen = ([each, *others] for each, others in zip(plainly(learner, flat), views(learner, flat, _VIEWS), strict=True))
    own = [_fitting(next(seen)) if some else [] for some in known]
    ranges = [as_found(line.pixels(), line.cut, learner.shape) for line, _ in kept[0]]
    ranges += [as_found(line.pixels(), line.cut, learner.shape) for some in known for line, _ in some]
    replayed = [each for some in views(learner, kept[0], 1) for each in some]
    held_out = plainly(learner, kept[1])
    bearable = error_of(learner, held_out) + _LOST
    return Teacher(engine, base.folder, learner, own, replayed, held_out, bearable, ranges)
