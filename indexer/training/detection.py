"""Teaches a detector lines of writing: ``python -m indexer.training.detection FOLDER PAGES --start MODEL --minutes N``.

``MODEL`` is a detector in floats, such as the one of the package rapidocr. ``PAGES`` is a folder with ``pages.jsonl``,
a record a page: ``file`` (beside it), ``collection``, and ``lines``, each with ``polygon`` and ``baseline``. What is
wanted of the network is made from that and from what it gives before (``middles``). It learns from cuttings of the
pages (``cuttings``). ``--leave-out`` names collections that it is not to see.

``FOLDER`` then holds ``network.pt``, from which work goes on after an interruption, and ``detector.onnx``, the mean of
the weights of the last steps, for ``plugins/embedded/quantise.py``. On a machine that has other work, the variable
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
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor
from torch.nn import functional

from .cuttings import cutting
from .graph import Graph
from .middles import Sample, wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

_SIDE, _BATCH = 544, 2
"""Pixels of a cutting, a multiple of 32, and cuttings of a step."""
_RATE, _LEAST, _WARM, _KEPT = 2e-4, 4e-6, 30, 0.98
"""Learning rate, what it falls to, steps until it is reached, and how much of the mean weights is kept at a step."""
_STEM = 26
"""So many of the weights, those of the layers of most pixels, stay as they are: it saves a third of the time."""
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
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    samples = prepared(arguments.folder / "wanted", arguments.pages, arguments.start, arguments.leave_out)
    learn(arguments.folder, arguments.start, samples, arguments.minutes)


def prepared(folder: Path, pages: Path, start: Path, left_out: Collection[str]) -> Mapping[str, Sequence[Path]]:
    """The files with the samples of each collection; those that are missing are made."""
    folder.mkdir(exist_ok=True)
    session = onnxruntime.InferenceSession(str(start), providers=["CPUExecutionProvider"])
    made = defaultdict(list)
    for text in (pages / "pages.jsonl").read_text("utf-8").splitlines():
        record = json.loads(text)
        if record["collection"] in left_out:
            continue
        target = folder / f"{record['file']}.npz"
        if not target.is_file():
            page = np.asarray(cv2.imread(str(pages / record["file"]), cv2.IMREAD_GRAYSCALE), np.uint8)
            np.savez_compressed(target, **wanted(page, record["lines"], _seen(session, page))._asdict())
        made[record["collection"]].append(target)
    return made


def _seen(session: onnxruntime.InferenceSession, page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What the detector gives for a page as it is used now, 0-255."""
    height, width = page.shape
    scale = min(1.0, _SEEN / max(height, width))
    size = [max(_MULTIPLE, round(side * scale / _MULTIPLE) * _MULTIPLE) for side in (width, height)]
    small = np.asarray(cv2.cvtColor(cv2.resize(page, size), cv2.COLOR_GRAY2RGB), np.uint8)
    (ink,) = session.run(None, {"x": _as_input(small)[None].numpy()})
    return np.asarray(cv2.resize((ink[0, 0] * 255).astype(np.uint8), (width, height)), np.uint8)


def _as_input(image: NDArray[np.uint8]) -> Tensor:
    """An image in colour as the network takes it."""
    return torch.from_numpy(image).permute(2, 0, 1).float() / 127.5 - 1


class Learner:
    """A network that learns, and the mean of its weights over the last steps; ``spent`` are its seconds so far."""

    def __init__(self, start: Path) -> None:
        self._model = onnx.load(start)
        self.network = Graph(self._model)
        for weight in self.network.weights[:_STEM]:
            weight.requires_grad_(requires_grad=False)
        self._mean = [weight.detach().clone() for weight in self.network.weights]
        learned = [weight for weight in self.network.weights if weight.requires_grad]
        self._optimizer = torch.optim.AdamW(learned, lr=_RATE, weight_decay=1e-4)
        self.spent, self.steps = 0.0, 0

    def step(self, cuttings: Iterator[Sample], done: float) -> float:
        """Learn from some cuttings when the share ``done`` of the time is over; how wrong it was about them."""
        self.steps += 1
        rate = _LEAST + (_RATE - _LEAST) * (1 + math.cos(math.pi * done)) / 2
        for group in self._optimizer.param_groups:
            group["lr"] = rate * min(1.0, self.steps / _WARM)
        self._optimizer.zero_grad(set_to_none=True)
        losses = []
        for each in cuttings:
            image = _as_input(each.page)[None].contiguous(memory_format=torch.channels_last)
            middles, weights = torch.from_numpy(each.middles).float(), torch.from_numpy(each.weights).float()
            loss = wrong(self.network(image)[0, 0], middles, weights)
            (loss / _BATCH).backward()  # type: ignore[no-untyped-call]
            losses.append(loss.item())
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimizer.step()
        kept = min(_KEPT, self.steps / (self.steps + 10))
        with torch.no_grad():
            for mean, weight in zip(self._mean, self.network.weights, strict=True):
                mean.lerp_(weight, 1 - kept)
        return sum(losses) / len(losses)

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
            saved = torch.load(folder / "network.pt", weights_only=True)
            self.network.load_state_dict(saved["network"])
            self._optimizer.load_state_dict(saved["optimizer"])
            self._mean, self.spent, self.steps = saved["mean"], saved["spent"], saved["step"]


def learn(folder: Path, start: Path, samples: Mapping[str, Sequence[Path]], minutes: float) -> None:
    """Learn until the minutes are over, counted with those before an interruption."""
    learner = Learner(start)
    learner.go_on(folder)
    drawn = random.Random(learner.steps)  # noqa: S311 - other cuttings than before an interruption; no secret
    began = saved = time.monotonic() - learner.spent
    losses = []
    while learner.spent < 60 * minutes:
        losses.append(learner.step(_cuttings(samples, drawn), learner.spent / 60 / minutes))
        learner.spent = time.monotonic() - began
        if time.monotonic() - saved > _SAVED:
            saved = time.monotonic()
            learner.save(folder)
            wrong_now = np.mean(losses[-100:])
            print(f"{learner.spent / 60:.0f} min, step {learner.steps}: {wrong_now:.3f}", flush=True)  # noqa: T201
    learner.save(folder)


def _cuttings(samples: Mapping[str, Sequence[Path]], drawn: random.Random) -> Iterator[Sample]:
    """The cuttings of a step."""
    names = list(samples)
    for name in drawn.choices(names, [len(samples[name]) ** _EVEN for name in names], k=_BATCH):
        other = drawn.choice(samples[drawn.choice(names)])
        yield cutting(_loaded(drawn.choice(samples[name])), _loaded(other), _SIDE, drawn)


def _loaded(path: Path) -> Sample:
    with np.load(path, allow_pickle=False) as saved:
        return Sample(*(saved[name] for name in Sample._fields))


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
