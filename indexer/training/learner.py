"""A network that can be trained, with what belongs to it: its characters, its line images, and what it reads."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from rapidfuzz.distance import Levenshtein
from torch import nn
from torch.nn import functional

from indexer.posteriors.posteriorgram import best_path
from indexer.text.folding import fold

from .batches import frames_of, padded, room
from .distortion import plain
from .letters import Letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from indexer.values import LineShape, Trainable

    from .lines import Encoded, TrainingLine

_AT_ONCE = 100_000
"""Pixels of width of lines that a GPU reads at once."""
_ALONE = 64
"""Lines whose probabilities are held at once, where each is read by itself."""


@dataclass(frozen=True, slots=True)
class Learner:
    """A network, the letters of its classes, and the shape of its line images."""

    network: nn.Module
    letters: Letters
    shape: LineShape

    def blended(self, after: Learner, share: float) -> Learner:
        """The network with weights between its own and those of ``after``: at a share (0-1) of the way to them."""
        mixed, known = copy.deepcopy(after.network), self.network.state_dict()
        mixed.load_state_dict(
            {name: torch.lerp(known[name], new, share) for name, new in after.network.state_dict().items()}
        )
        return replace(after, network=mixed)


def opened(engine: Trainable, folder: Path, characters: Sequence[str] | None = None) -> Learner:
    """The network of the recognition model in a folder, also for other characters than its own."""
    network, known = engine.network(folder, characters)
    return Learner(network, Letters(known), engine.shape)


def error_rate(learner: Learner, lines: Sequence[Encoded]) -> float:
    """The folded character error rate over lines, cut as the engine mostly cuts them."""
    read = readings(learner, [line for line, _ in lines])
    texts = (learner.letters.text(classes) for _, classes in lines)
    return share_of([wrong(text, each) for text, each in zip(texts, read, strict=True)])


def wrong(text: str, read: str) -> tuple[int, int]:
    """How many letters of a text were read wrongly, and how many it has; both texts are folded."""
    truth = fold(text)
    return Levenshtein.distance(truth, fold(read)), len(truth)


def share_of(counts: Sequence[tuple[int, int]]) -> float:
    """The share of wrong letters of what ``wrong`` counted."""
    return sum(errors for errors, _ in counts) / max(1, sum(length for _, length in counts))


def readings(learner: Learner, lines: Sequence[TrainingLine]) -> list[str]:
    """What the network reads in lines, in their order."""
    return read_images(learner, [plain(line.pixels(), line.cut, learner.shape) for line in lines])


def read_images(learner: Learner, images: Sequence[NDArray[np.uint8]]) -> list[str]:
    """What the network reads in line images that ``plain`` made."""
    texts = [""] * len(images)
    for numbers, logs in probabilities(learner, images):
        for at, found in zip(numbers, logs.cpu().numpy(), strict=True):
            frames = found[: frames_of(images[at], learner.shape)]
            texts[at] = learner.letters.text([number for number, _ in best_path(frames)])
    return texts


def probabilities(learner: Learner, images: Sequence[NDArray[np.uint8]]) -> Iterator[tuple[list[int], Tensor]]:
    """The log probabilities of line images, in batches: the numbers of the images, and frames x classes for each.

    A CPU reads each line by itself. A GPU reads lines of about the same width together; that changes the numbers a bit.
    """
    device, size = next(learner.network.parameters()).device, _AT_ONCE
    order = sorted(range(len(images)), key=lambda at: images[at].shape[1])
    if device.type == "cpu":
        for first in range(0, len(order), _ALONE):
            part = order[first : first + _ALONE]
            yield from zip([[at] for at in part], _alone(learner, [images[at] for at in part]), strict=True)
        return
    while order:
        number = max(1, size // room(images[order[-1]].shape[1], learner.shape, size))
        part, order = order[-number:], order[:-number]
        given = torch.from_numpy(padded([images[at] for at in part], learner.shape, size)).to(device)
        given = functional.pad(given, (0, 0, 0, 0, 0, number - len(part)))  # a shape that the GPU has seen
        with torch.no_grad():  # ends before the caller goes on, who may learn, or ask two networks in turn
            found = learner.network(given)[: len(part)]
        yield part, found


def _alone(learner: Learner, images: Sequence[NDArray[np.uint8]]) -> list[Tensor]:
    """The log probabilities of line images (1 x frames x classes), each read by one thread.

    A line is too little work to be shared out: where other programs run too, threads that wait for each other at every
    layer took eight times as long for it.
    """

    def read(image: NDArray[np.uint8]) -> Tensor:
        with torch.no_grad():  # of this thread
            return learner.network(torch.from_numpy(padded([image], learner.shape, 0)))  # type: ignore[no-any-return]

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(read, images))
    finally:
        torch.set_num_threads(threads)
