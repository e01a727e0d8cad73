"""Teaches the network: CTC over distorted lines, measured on lines kept apart, and resumable after a kill.

AdamW with a rate that rises for a moment and falls along a cosine over the time that is given; what is measured and
kept is the running mean of the weights, which is better than those of any one moment. The statistics of normalisation
stay those of the original.
"""

from __future__ import annotations

import math
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from rapidfuzz.distance import Levenshtein
from torch.nn import functional

from indexer.files import replacing
from indexer.text import fold

from .distortion import distorted, plain
from .embedded import END_ROOM, FRAME, HEIGHT, best_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from numpy.typing import NDArray

    from .letters import Letters
    from .lines import Encoded, TrainingLine
    from .network import Recogniser

_BATCH = 11_500
"""Pixels of width of the lines of a batch together: about 16 lines of a page."""
_POOL = 256
"""Lines drawn at once, to make batches of lines of about the same width."""
_WARMING = 0.03
"""Share of the time in which the rate rises."""
_MEAN = 0.998
"""How much of the mean of the weights a step keeps, once there were enough steps."""
_BETWEEN = 0.08
"""Share of the time from one measurement to the next."""
_PATIENCE = 8
"""Measurements without a better one after which it is enough. The beginning does not count: at the rate that a course
rises to, a good reader is at first worse than it was, and better only when the rate has fallen."""
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """How to learn: seconds of work, peak of the learning rate, what the chance is drawn from."""

    seconds: float
    rate: float = 3e-4
    seed: int = 1
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Moment:
    """Where it is: work done (0-1), seconds of it, lines seen, loss a character, and the folded character error rate of
    the validation, now and at best."""

    done: float
    seconds: float
    lines: int
    loss: float
    error: float
    best: float
    gained: bool
    """Whether the best is better than the beginning."""


@dataclass
class _State:
    network: Recogniser
    mean: Recogniser
    optimiser: torch.optim.Optimizer
    pool: int = 0
    steps: int = 0
    lines: int = 0
    seconds: float = 0.0
    measured: float = 0.0
    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)


def learn(
    network: Recogniser,
    letters: Letters,
    lines: Sequence[Encoded],
    validation: Sequence[Encoded],
    plan: Plan,
    checkpoint: Path,
) -> Iterator[Moment]:
    """Train until the time is over or nothing gets better; yields where it is, and leaves ``network`` at its best.

    The state is written to ``checkpoint`` at every measurement; when that file is there it goes on from it.
    """
    torch.set_num_threads(plan.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    state = _started(network, plan, device)
    if checkpoint.is_file():
        _resume(state, checkpoint)
    faster = _faster(state.network, device)
    if not state.errors:
        state.errors.append(error_rate(state.mean, letters, validation))
        state.best = _weights(state.mean)
    yield _moment(state, plan)
    batches = _batches(lines, plan.seed, state)
    while state.seconds < plan.seconds and not is_stuck(state.errors):
        batch = next(batches)
        began = time.monotonic()
        state.losses.append(_step(state, batch, plan, device, faster))
        state.lines += len(batch)
        state.seconds += time.monotonic() - began
        if state.seconds - state.measured >= _BETWEEN * plan.seconds or state.seconds >= plan.seconds:
            _measure(state, letters, validation)
            _save(state, checkpoint)
        yield _moment(state, plan)
    network.load_state_dict(state.best)


def is_stuck(errors: Sequence[float]) -> bool:
    """Whether learning got no further for long; ``errors`` are those of the beginning and of every measurement."""
    earlier, latest = errors[1:-_PATIENCE], errors[-_PATIENCE:]
    return bool(earlier) and min(latest) >= min(earlier)


def error_rate(network: Recogniser, letters: Letters, lines: Sequence[Encoded]) -> float:
    """The folded character error rate over lines cut as the detector mostly does."""
    wrong = length = 0
    for (_, classes), read in zip(lines, readings(network, letters, [line for line, _ in lines]), strict=True):
        truth = fold(letters.text(classes))
        wrong += Levenshtein.distance(truth, fold(read))
        length += len(truth)
    return wrong / max(1, length)


def readings(network: Recogniser, letters: Letters, lines: Sequence[TrainingLine]) -> Iterator[str]:
    """What the network reads in lines, in their order."""
    device = next(network.parameters()).device
    for line in lines:
        image = as_input([plain(line.pixels(), line.cut)]).to(device)
        with torch.no_grad():
            found = network(image)[0].cpu().numpy()
        yield letters.text([number for number, _ in best_path(found)])


def _started(network: Recogniser, plan: Plan, device: torch.device) -> _State:
    import copy

    torch.manual_seed(plan.seed)
    network = network.to(device)
    for values in network.parameters():
        if values.dim() == 4:
            values.data = values.data.contiguous(memory_format=torch.channels_last)
    learned = [values for values in network.parameters() if values.requires_grad]
    return _State(network, copy.deepcopy(network), torch.optim.AdamW(learned, plan.rate, weight_decay=0.01))


def _batches(lines: Sequence[Encoded], seed: int, state: _State) -> Iterator[list[tuple[NDArray[np.uint8], list[int]]]]:
    """Batches without end, from pools of lines that are drawn by their weights, the same after every start."""
    chance = np.array([line.weight for line, _ in lines])
    chance /= chance.sum()
    while True:
        yield from _pool(lines, chance, np.random.default_rng((seed, state.pool)))
        state.pool += 1


def _pool(
    lines: Sequence[Encoded], chance: NDArray[np.float64], random: np.random.Generator
) -> Iterator[list[tuple[NDArray[np.uint8], list[int]]]]:
    """Distorted lines in batches of about the same width, each about as wide in all."""
    chosen = random.choice(len(lines), size=_POOL, p=chance)
    strangers = random.integers(len(lines), size=_POOL)
    drawn = []
    for at, stranger in zip(chosen, strangers, strict=True):
        line, classes = lines[at]
        image = distorted(line.pixels(), line.cut, lines[stranger][0].pixels(), random)
        repeated = sum(a == b for a, b in pairwise(classes))
        if (image.shape[1] + END_ROOM) // FRAME >= len(classes) + repeated:
            drawn.append((image, classes))
    drawn.sort(key=lambda each: each[0].shape[1])
    batches: list[list[tuple[NDArray[np.uint8], list[int]]]] = [[]]
    for image, classes in drawn:
        if batches[-1] and (len(batches[-1]) + 1) * (image.shape[1] + END_ROOM) > _BATCH:
            batches.append([])
        batches[-1].append((image, classes))
    for number in random.permutation(len(batches)):
        yield batches[number]


def _step(
    state: _State,
    batch: Sequence[tuple[NDArray[np.uint8], list[int]]],
    plan: Plan,
    device: torch.device,
    faster: Callable[[], AbstractContextManager[Any]],
) -> float:
    """One step down the loss; gives the loss."""
    done = state.seconds / plan.seconds
    for group in state.optimiser.param_groups:
        group["lr"] = (
            plan.rate
            * min(1.0, (done + 0.001) / _WARMING)
            * (0.01 + 0.99 * (1 + math.cos(math.pi * min(done, 1.0))) / 2)
        )
    state.network.train()
    images = as_input([image for image, _ in batch]).to(device, memory_format=torch.channels_last)
    with faster():
        found = state.network(images)
    texts = torch.tensor([each for _, classes in batch for each in classes], device=device)
    lengths = torch.tensor([len(classes) for _, classes in batch])
    frames = torch.tensor([(image.shape[1] + END_ROOM) // FRAME for image, _ in batch])
    loss = functional.ctc_loss(found.transpose(0, 1), texts, frames, lengths, zero_infinity=True)
    state.optimiser.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), 2.0)
    state.optimiser.step()
    state.steps += 1
    kept = min(_MEAN, (1 + state.steps) / (10 + state.steps))
    with torch.no_grad():
        for mean, values in zip(state.mean.parameters(), state.network.parameters(), strict=True):
            mean.lerp_(values, 1 - kept)
    return float(loss.detach())


def as_input(images: Sequence[NDArray[np.uint8]]) -> torch.Tensor:
    """Grey lines (48 x width) side by side as the network takes them (batch x 3 x 48 x width)."""
    width = max(image.shape[1] for image in images) + END_ROOM
    width += -width % FRAME
    batch = np.full((len(images), HEIGHT, width), 127, np.uint8)
    for row, image in zip(batch, images, strict=True):
        row[:, : image.shape[1]] = image
    grey = torch.from_numpy(batch).float().div_(127.5).sub_(1.0)
    return grey[:, None].expand(-1, 3, -1, -1)


def _faster(network: Recogniser, device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    """Arithmetic in 16 bits where that is faster here, which it is not on every processor."""

    def half() -> AbstractContextManager[Any]:
        return torch.autocast(device.type, torch.bfloat16)

    def seconds(context: Callable[[], AbstractContextManager[Any]]) -> float:
        images = torch.zeros(4, 3, HEIGHT, 640, device=device).to(memory_format=torch.channels_last)
        taken = []
        for _ in range(3):
            began = time.monotonic()
            with context():
                network(images).sum().backward()
            taken.append(time.monotonic() - began)
        network.zero_grad()
        return min(taken)

    return half if seconds(half) < seconds(nullcontext) else nullcontext


def _measure(state: _State, letters: Letters, validation: Sequence[Encoded]) -> None:
    error = error_rate(state.mean, letters, validation)
    if error < min(state.errors):
        state.best = _weights(state.mean)
    state.errors.append(error)
    state.measured = state.seconds


def _weights(network: Recogniser) -> dict[str, Any]:
    return {name: values.detach().clone() for name, values in network.state_dict().items()}


def _moment(state: _State, plan: Plan) -> Moment:
    loss = float(np.mean(state.losses[-50:])) if state.losses else math.nan
    done, best = state.seconds / max(plan.seconds, 1e-9), min(state.errors)
    gained = best < state.errors[0]
    return Moment(min(1.0, done), state.seconds, state.lines, loss, state.errors[-1], best, gained)


def _save(state: _State, checkpoint: Path) -> None:
    """Write the state whole or not at all."""
    names = ("pool", "steps", "lines", "seconds", "measured", "errors", "best")
    kept = {
        "format": _FORMAT,
        "network": state.network.state_dict(),
        "mean": state.mean.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "losses": state.losses[-50:],
        **{name: getattr(state, name) for name in names},
    }
    with replacing(checkpoint) as partial:
        torch.save(kept, partial)


def _resume(state: _State, checkpoint: Path) -> None:
    saved = torch.load(checkpoint, weights_only=True)
    state.network.load_state_dict(saved["network"])
    state.mean.load_state_dict(saved["mean"])
    state.optimiser.load_state_dict(saved["optimiser"])
    for name in ("pool", "steps", "lines", "seconds", "measured", "errors", "best", "losses"):
        setattr(state, name, saved[name])
