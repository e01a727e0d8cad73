"""Teaches a detector lines of writing: ``python -m indexer.training.detection FOLDER PAGES --start MODEL --minutes N``.

``MODEL`` is a detector in floats, such as the one of the package rapidocr. ``PAGES`` is a folder with ``pages.jsonl``,
a record a page: ``file`` (beside it), ``collection``, and ``lines``, each with ``polygon`` and ``baseline``. What is
wanted of the network is made from that and from what it gives before (``middles``). It learns from cuttings of the
pages (``cuttings``). ``--leave-out`` names collections that it is not to see.

``FOLDER`` then holds ``network.pt``, from which work goes on after an interruption, and ``detector.onnx``, the mean of
the weights of the last steps, for ``plugins/embedded/quantise.py``. On a GPU ``--workers`` processes cut the pages, and
``--batch`` is some 16 with a ``--rate`` of .0006. On a machine that has other work, the variable
``OMP_WAIT_POLICY=passive`` keeps threads from burning time while they wait.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from .cuttings import cutting
from .graph import Graph
from .middles import Sample, wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

_SIDE = 544
"""Pixels of a cutting, a multiple of 32."""
_LEAST, _WARM = 0.02, 30
"""The share of the learning rate that it falls to, and the steps until the whole is reached."""
_MEAN = 20
"""The mean weights are mostly those of the last part in so many of all steps."""
_STEM = 26
"""So many of the weights, those of the layers of most pixels, stay as they are on a CPU: it saves a third of the time.
"""
_AHEAD = 4
"""Steps whose cuttings each process makes in advance."""
_HARD, _FEWEST = 3, 1000
"""So many pixels outside of middles count for one inside, those the network is most wrong about; at least so many."""
_DICE = 0.5
"""Weight of Dice's measure beside the entropy."""
_EVEN = 0.7
"""A collection is drawn from by the power ``_EVEN`` of its pages."""
_SEEN, _MULTIPLE = 1056, 32
"""Pixels of the long side at which the detector is asked what it finds now, and what the sides are multiples of."""
_SAVED = 120.0
"""Seconds from one checkpoint to the next."""


def main() -> None:
    """Learn for some minutes, or go on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--start", type=Path, required=True, help="the detector to begin from (ONNX, in floats)")
    parser.add_argument("--minutes", type=float, default=60.0, help="those before an interruption included")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="COLLECTION")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=0, help="processes that cut pages; with 0 this one does")
    parser.add_argument("--batch", type=int, default=2, help="cuttings of a step")
    parser.add_argument("--rate", type=float, default=2e-4, help="learning rate")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    samples = prepared(arguments.folder / "wanted", arguments.pages, arguments.start, arguments.leave_out)
    plan = Plan(60 * arguments.minutes, arguments.rate, arguments.batch, arguments.workers)
    learn(arguments.folder, arguments.start, samples, plan)


class Plan(NamedTuple):
    """Seconds, learning rate, cuttings of a step, and processes that cut (with 0 this one does)."""

    seconds: float
    rate: float
    batch: int
    workers: int


def prepared(folder: Path, pages: Path, start: Path, left_out: Collection[str]) -> Mapping[str, Sequence[Path]]:
    """The files with the samples of each collection; those that are missing are made."""
    folder.mkdir(exist_ok=True)
    session = onnxruntime.InferenceSession(str(start), providers=["CPUExecutionProvider"])
    made = defaultdict(list)
    for text in (pages / "pages.jsonl").read_text("utf-8").splitlines():
        record = json.loads(text)
        if record["collection"] in left_out:
            continue
        target = folder / f"{record['file']}.npy"
        if not target.is_file():
            page = np.asarray(cv2.imread(str(pages / record["file"]), cv2.IMREAD_GRAYSCALE), np.uint8)
            np.save(target, np.stack(wanted(page, record["lines"], _seen(session, page))))
        made[record["collection"]].append(target)
    return made


def _seen(session: onnxruntime.InferenceSession, page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What the detector gives for a page as it is used now, 0-255."""
    height, width = page.shape
    scale = min(1.0, _SEEN / max(height, width))
    size = [max(_MULTIPLE, round(side * scale / _MULTIPLE) * _MULTIPLE) for side in (width, height)]
    small = np.asarray(cv2.cvtColor(cv2.resize(page, size), cv2.COLOR_GRAY2RGB), np.uint8)
    given = small.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
    (ink,) = session.run(None, {"x": given})
    return np.asarray(cv2.resize((ink[0, 0] * 255).astype(np.uint8), (width, height)), np.uint8)


class Learner:
    """A network that learns, and the mean of its weights over the last steps; ``spent`` are its seconds so far."""

    def __init__(self, start: Path, rate: float) -> None:
        self._model, self._rate = onnx.load(start), rate
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = Graph(self._model).to(self._device)
        for weight in self.network.weights[: _STEM if self._device.type == "cpu" else 0]:
            weight.requires_grad_(requires_grad=False)
        self._mean = [weight.detach().clone() for weight in self.network.weights]
        learned = [weight for weight in self.network.weights if weight.requires_grad]
        self._optimizer = torch.optim.AdamW(learned, lr=rate, weight_decay=1e-4)
        self.spent, self.steps = 0.0, 0

    def step(self, cuttings: Sequence[Tensor], done: float) -> Tensor:
        """Learn from cuttings when the share ``done`` of the time is over; how wrong it was about them.

        Of the cuttings it is given the pages (batch x side x side x 3), the middles and the weights.
        """
        self.steps += 1
        rate = self._rate * (_LEAST + (1 - _LEAST) * (1 + math.cos(math.pi * min(1.0, done))) / 2)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * min(1.0, self.steps / _WARM)
        pages, middles, weights = (each.to(self._device, non_blocking=True) for each in cuttings)
        images = (pages.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._device.type == "cuda"):
            logits = self.network(images)[:, 0].float()
        each = [wrong(*parts) for parts in zip(logits, middles.float(), weights.float(), strict=True)]
        loss = torch.stack(each).mean()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimizer.step()
        with torch.no_grad():
            for mean, weight in zip(self._mean, self.network.weights, strict=True):
                mean.lerp_(weight, _MEAN / (_MEAN + self.steps))
        return loss.detach()

    def save(self, folder: Path) -> None:
        """Write what to go on from, and the network of the mean weights."""
        state = {"network": self.network.state_dict(), "optimizer": self._optimizer.state_dict(), "mean": self._mean}
        torch.save({**state, "spent": self.spent, "step": self.steps}, folder / "network.new")
        (folder / "network.new").replace(folder / "network.pt")
        averaged = Graph(self._model)
        with torch.no_grad():
            for weight, mean in zip(averaged.weights, self._mean, strict=True):
                weight.copy_(mean)
        averaged.store(self._model)
        onnx.save(self._model, folder / "detector.onnx")

    def go_on(self, folder: Path) -> None:
        """From where ``save`` left it, if it did."""
        if (folder / "network.pt").is_file():
            saved = torch.load(folder / "network.pt", weights_only=True, map_location=self._device)
            self.network.load_state_dict(saved["network"])
            self._optimizer.load_state_dict(saved["optimizer"])
            self._mean, self.spent, self.steps = saved["mean"], saved["spent"], saved["step"]


def learn(folder: Path, start: Path, samples: Mapping[str, Sequence[Path]], plan: Plan) -> None:
    """Learn until the time is over, counted with that before an interruption."""
    learner = Learner(start, plan.rate)
    learner.go_on(folder)
    drawn = _batches(samples, plan, learner.steps)
    began = saved = time.monotonic() - learner.spent
    losses = []
    while learner.spent < plan.seconds:
        losses.append(learner.step(next(drawn), learner.spent / plan.seconds))
        learner.spent = time.monotonic() - began
        if time.monotonic() - saved > _SAVED:
            saved = time.monotonic()
            learner.save(folder)
            wrong_now = torch.stack(losses[-100:]).mean().item()
            print(f"{learner.spent / 60:.0f} min, step {learner.steps}: {wrong_now:.3f}", flush=True)  # noqa: T201
    learner.save(folder)


def _batches(samples: Mapping[str, Sequence[Path]], plan: Plan, seed: int) -> Iterator[Sequence[Tensor]]:
    """The cuttings of each step, without end; other ones for each seed."""
    more: dict[str, Any] = {"prefetch_factor": _AHEAD, "multiprocessing_context": "spawn"} if plan.workers else {}
    drawing = _Drawing(samples, seed)
    pinned = plan.workers > 0 and torch.cuda.is_available()
    yield from DataLoader(drawing, batch_size=plan.batch, num_workers=plan.workers, pin_memory=pinned, **more)


class _Drawing(IterableDataset[Any]):
    """Cuttings drawn from the pages of all collections, without end."""

    def __init__(self, samples: Mapping[str, Sequence[Path]], seed: int) -> None:
        self._samples, self._seed = samples, seed

    def __iter__(self) -> Iterator[Sample]:
        cv2.setNumThreads(1)
        process = get_worker_info()
        drawn = random.Random(f"{self._seed} {process.id if process else 0}")  # noqa: S311 - no secret
        names = list(self._samples)
        often = [len(self._samples[name]) ** _EVEN for name in names]
        while True:
            (name,) = drawn.choices(names, often)
            other = drawn.choice(self._samples[drawn.choice(names)])
            yield cutting(_loaded(drawn.choice(self._samples[name])), _loaded(other), _SIDE, drawn)


def _loaded(path: Path) -> Sample:
    return Sample(*np.load(path, mmap_mode="r", allow_pickle=False))


def wrong(logits: Tensor, middles: Tensor, weights: Tensor) -> Tensor:
    """How wrong a map is: the entropy of the middles and of the hardest pixels outside, and one less Dice's measure."""
    each = functional.binary_cross_entropy_with_logits(logits, middles, reduction="none") * weights
    inside, outside = each[middles > 0], each[middles == 0]
    hardest = outside.topk(min(outside.numel(), max(_FEWEST, _HARD * inside.numel()))).values
    entropy = (inside.sum() + hardest.sum()) / (inside.numel() + hardest.numel())
    counted = (weights > 0).float()
    found = torch.sigmoid(logits) * counted
    dice = 1 - (2 * (found * middles).sum() + 1) / (found.sum() + (middles * counted).sum() + 1)
    return entropy + _DICE * dice


if __name__ == "__main__":
    main()
