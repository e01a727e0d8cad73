"""How sharp the probabilities of a network are, and a network that is as sharp on lines as another one.

A network that learned its own readings believes them: its probabilities grow faster than what is right of them. Then
the language weighs too little against the ink, and confidences are too high. Dividing by a temperature mends both (Guo
et al., On calibration of modern neural networks, ICML 2017); here it is the one at which the likeliest characters of
the same lines are as probable, on average, as they were before. A network that became less sure of what it reads better
is made sharper in the same way.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from indexer.posteriors.posteriorgram import best_path

from .batches import frames_of
from .distortion import plain
from .learner import probabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .learner import Learner
    from .lines import TrainingLine

_HOTTEST, _HALVINGS = 4.0, 20
"""The highest temperature, one over the lowest, and the halvings by which the right one is sought."""
_EXACT = 1e-3
"""By so much a probability may differ from what the temperature makes of it."""


def as_sharp(learner: Learner, before: Learner, lines: Sequence[TrainingLine]) -> Learner:
    """The network at the temperature at which it is as sharp on lines as the one before.

    A network whose last weights are not those of its classes, a row each, stays as it is.
    """
    images = [plain(line.pixels(), line.cut, learner.shape) for line in lines]
    wanted, logs = _sharpness(_likeliest(before, images), 1.0), _likeliest(learner, images)
    if not len(logs):
        return learner
    low, high = 1 / _HOTTEST, _HOTTEST
    for _ in range(_HALVINGS):
        heat = (low + high) / 2
        low, high = (heat, high) if _sharpness(logs, heat) > wanted else (low, heat)
    made = _heated(learner, high)
    same = np.abs(np.exp(_likeliest(made, images[:1])) - _tempered(_likeliest(learner, images[:1]), high))
    return made if same.max(initial=0.0) < _EXACT else learner


def _likeliest(learner: Learner, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """The log probabilities in the frames of the likeliest characters of lines (characters x classes)."""
    found = []
    for numbers, logs in probabilities(learner, images):
        for at, each in zip(numbers, logs.cpu().numpy(), strict=True):
            frames = each[: frames_of(images[at], learner.shape)]
            found.append(frames[[frame for _, frame in best_path(frames)]])
    return np.concatenate(found) if found else np.zeros((0, len(learner.letters.characters)), np.float32)


def _tempered(logs: NDArray[np.float32], heat: float) -> NDArray[np.float32]:
    return np.asarray(functional.softmax(torch.from_numpy(logs) / heat, 1).numpy(), np.float32)


def _sharpness(logs: NDArray[np.float32], heat: float) -> float:
    """The mean probability of the likeliest characters at a temperature."""
    return float(_tempered(logs, heat).max(1).mean()) if len(logs) else 0.0


def _heated(learner: Learner, heat: float) -> Learner:
    """The network with the weights of its classes divided by a temperature."""
    network = copy.deepcopy(learner.network)
    with torch.no_grad():
        for values in list(network.parameters())[-2:]:
            if len(values) == len(learner.letters.characters):
                values.div_(heat)
    return replace(learner, network=network)
