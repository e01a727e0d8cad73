"""Trains a network with CTC on distorted lines, validates it, and can be resumed.

AdamW; the learning rate rises for a moment and falls along a cosine over the time that is given. The running mean of
the weights is measured and kept: it is better than the weights of any one step. The statistics of normalisation stay
as they are. For a GPU other processes draw and distort the lines (``batches``), or it would wait for them.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import get_ema_multi_avg_fn

from indexer.api.models import write_weights
from indexer.system.files import replacing

from .batches import Batch, batches
from .distortion import plain
from .events import TrainingProgress
from .learner import read_images, share_of, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from torch import Tensor

    from .batches import Invented
    from .learner import Learner
    from .lines import Encoded

FEW = 11_500
"""Pixels of width of all lines of a batch on a CPU: about 16 lines of a page."""
_SELDOM = 20
"""The loss is fetched after so many steps. A GPU would have to be waited for at each."""
_WARMING, _WARM_STEPS = 0.03, 20
"""The learning rate rises in this share of the time, and in so many steps at least: in two minutes, of which what is
measured first takes a part, it was at its height at once, and what the model knew was lost."""
_MEAN = 0.998
"""Decay of the running mean of the weights, once there were enough steps."""
_BETWEEN = 0.08
"""The share of the training between two validations."""
_PATIENCE = 8
"""Training ends after so many validations without a better one. The beginning does not count: a good model is worse at
first, while the learning rate is high, and better only when the rate has fallen."""
_FORMAT = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train: seconds, the highest learning rate, the seed, threads, processes that draw lines (``workers``; with
    0 this process does), the pixels of width of a batch, and after how many lines it ends at the latest (``most``)."""

    seconds: float
    rate: float = 3e-4
    seed: int = 1
    threads: int = 1
    workers: int = 0
    batch: int = FEW
    most: int | None = None

    def done(self, seconds: float, lines: int) -> float:
        """The share (0-1) of the training that is over."""
        spent = seconds / self.seconds if self.seconds > 0 else 1.0
        return min(1.0, max(spent, lines / self.most if self.most else 0.0))


@dataclass
class _State:
    network: nn.Module
    mean: nn.Module
    optimiser: torch.optim.Optimizer
    pool: int = 0
    steps: int = 0
    lines: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)
    collections: dict[str, float] = field(default_factory=dict)


def learn(
    learner: Learner,
    lines: Sequence[Encoded],
    validation: Sequence[Encoded],
    plan: Plan,
    checkpoint: Path,
    invented: Invented | None = None,
) -> Iterator[TrainingProgress]:
    """Train until the plan is done or nothing gets better; yields the progress, and leaves the network at its best.
    Without lines to validate with, the last weights are the best ones. However little time there is, one step is taken.

    At every validation the state is written to ``checkpoint``, and the best weights into its folder. If there is a
    state already, training goes on from it. ``invented`` makes a share of the lines. The plan's seconds are
    those of all of this.
    """
    began = time.monotonic()
    torch.set_num_threads(plan.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    state = _started(learner.network, plan, device, checkpoint)
    measured = plan.done(state.seconds, state.lines)  # a state is written when it is measured
    faster = _faster(state.network, learner.shape.height, device)
    measure = _Measure(learner, validation)
    if not state.errors:
        state.errors, state.best = [measure(state)], _weights(state.mean)
    state.seconds += time.monotonic() - began
    yield _progress_of(state, plan)
    drawn = batches(lines, learner.shape, plan.batch, plan.seed, state.pool, plan.workers, invented)
    losses: list[Tensor] = []
    while not state.steps or (
        plan.done(state.seconds, state.lines) < 1 and not (validation and is_stuck(state.errors))
    ):
        began = time.monotonic()
        batch = next(drawn)
        state.pool = batch.pool
        losses.append(_step(state, batch, plan, device, faster))
        is_measured = plan.done(state.seconds, state.lines) - measured >= _BETWEEN
        if is_measured or len(losses) >= _SELDOM or device.type == "cpu":
            state.losses += torch.stack(losses).tolist()
            losses.clear()
        state.seconds += time.monotonic() - began
        if is_measured or plan.done(state.seconds, state.lines) >= 1:
            began = time.monotonic()
            _judge(state, measure, checkpoint)
            state.seconds += time.monotonic() - began
            measured = plan.done(state.seconds, state.lines)
        yield _progress_of(state, plan)
    learner.network.load_state_dict(state.best)


def learned_for(checkpoint: Path) -> float:
    """The seconds for which was learned until a state was written; 0 without one."""
    return float(torch.load(checkpoint, weights_only=True)["seconds"]) if checkpoint.is_file() else 0.0


def _judge(state: _State, measure: _Measure, checkpoint: Path) -> None:
    """Validate, and write the state and the best weights."""
    error = measure(state)
    if error < min(state.errors) or not measure.lines:
        state.best = _weights(state.mean)
        write_weights(checkpoint.parent, {name: values.cpu().numpy() for name, values in state.best.items()})
    state.errors.append(error)
    _save(state, checkpoint)


def is_stuck(errors: Sequence[float]) -> bool:
    """Whether training got no further for long; ``errors`` are those of the beginning and of every validation."""
    earlier, latest = errors[1:-_PATIENCE], errors[-_PATIENCE:]
    return bool(earlier) and min(latest) >= min(earlier)


class _Measure:
    """Validates the running mean of the weights, by collection."""

    def __init__(self, learner: Learner, lines: Sequence[Encoded]) -> None:
        self._learner, self.lines = learner, lines
        self._images = [plain(line.pixels(), line.cut, learner.shape) for line, _ in lines]

    def __call__(self, state: _State) -> float:
        read = read_images(replace(self._learner, network=state.mean), self._images)
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for (line, classes), text in zip(self.lines, read, strict=True):
            found[line.collection].append(wrong(self._learner.letters.text(classes), text))
        state.collections = {name: share_of(counts) for name, counts in found.items()}
        return share_of([each for counts in found.values() for each in counts])


def _started(network: nn.Module, plan: Plan, device: torch.device, checkpoint: Path) -> _State:
    """The state to begin with, or to go on with."""
    import copy

    torch.manual_seed(plan.seed)
    network = network.to(device)
    for values in network.parameters():
        if values.dim() == 4:
            values.data = values.data.contiguous(memory_format=torch.channels_last)
    learned = [values for values in network.parameters() if values.requires_grad]
    optimiser = torch.optim.AdamW(learned, plan.rate, weight_decay=0.01, fused=device.type == "cuda")
    state = _State(network, copy.deepcopy(network), optimiser)
    if checkpoint.is_file():
        _resume(state, checkpoint)
    return state


def _step(
    state: _State, batch: Batch, plan: Plan, device: torch.device, faster: Callable[[], AbstractContextManager[Any]]
) -> Tensor:
    """One step of training; gives the loss."""
    done = plan.done(state.seconds, state.lines)
    warm = min(1.0, (done + 0.001) / _WARMING, (state.steps + 1) / _WARM_STEPS)
    for group in state.optimiser.param_groups:
        group["lr"] = plan.rate * warm * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)
    state.network.train()
    with faster():
        found = state.network(batch.images.to(device, non_blocking=True))
    texts = batch.texts.to(device, non_blocking=True)
    found = functional.pad(found.float(), (0, 1))  # one more class, ``letters.ANYTHING``: each frame surely is that
    loss = functional.ctc_loss(found.transpose(0, 1), texts, batch.frames, batch.lengths, zero_infinity=True)
    state.optimiser.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), 2.0)
    state.optimiser.step()
    state.steps += 1
    state.lines += len(batch.lengths)
    kept = min(_MEAN, (1 + state.steps) / (10 + state.steps))
    average = get_ema_multi_avg_fn(kept)  # type: ignore[no-untyped-call]
    average(list(state.mean.parameters()), list(state.network.parameters()), state.steps)
    return loss.detach()


def _faster(network: nn.Module, height: int, device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    """Arithmetic in 16 bits where that is faster: on a GPU always, on a CPU as measured here."""

    def half() -> AbstractContextManager[Any]:
        return torch.autocast(device.type, torch.bfloat16)

    def seconds(context: Callable[[], AbstractContextManager[Any]]) -> float:
        images = torch.zeros(4, height, 640, dtype=torch.uint8, device=device)
        taken = []
        for _ in range(3):
            began = time.monotonic()
            with context():
                network(images).sum().backward()
            taken.append(time.monotonic() - began)
        network.zero_grad()
        return min(taken)

    return half if device.type == "cuda" or seconds(half) < seconds(nullcontext) else nullcontext


def _weights(network: nn.Module) -> dict[str, Any]:
    return {name: values.detach().clone() for name, values in network.state_dict().items()}


def _progress_of(state: _State, plan: Plan) -> TrainingProgress:
    loss = float(np.mean(state.losses[-50:])) if state.losses else math.nan
    best = min(state.errors)
    gained = best < state.errors[0]
    return TrainingProgress(
        plan.done(state.seconds, state.lines),
        state.seconds,
        plan.seconds,
        state.lines,
        loss,
        state.errors[-1],
        best,
        gained,
        dict(state.collections),
    )


def _save(state: _State, checkpoint: Path) -> None:
    """Write the state, whole or not at all."""
    names = ("pool", "steps", "lines", "seconds", "errors", "best", "collections")
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
    for name in ("pool", "steps", "lines", "seconds", "errors", "best", "collections", "losses"):
        setattr(state, name, saved[name])
