"""Batches of training lines: drawn at random, distorted, grouped by width; in this process or in others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from .distortion import distorted
from .lines import TRUTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray
    from torch import Tensor

    from indexer.values import LineShape

    from .lines import Encoded

_POOL, _MOST = 22, 2048
"""Lines drawn at once for each 1,000 pixels of a batch, and the most of them. Batches are lines of about the same width
among them."""
_WIDTHS = (384, 576, 768, 960, 1216, 2048)
"""Widths of the lines in large batches. They are few: a GPU takes seconds to get ready for a new shape."""
_LARGE = 50_000
"""Pixels of width: from here on a batch is large."""
_AHEAD = 4
"""Batches that each process makes in advance."""
_START = "spawn"
"""How processes start. A fork would wait for ever for the threads of OpenCV: they are not copied."""

Drawn = tuple["NDArray[np.uint8]", list[int]]
"""A line in grey, and the classes of its characters."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Line images (grey, batch x height x width) and the classes of their texts, one after the other.

    ``frames`` and ``lengths`` say how many frames and letters each line has, ``pool`` from which draw they are.
    """

    images: Tensor
    texts: Tensor
    frames: Tensor
    lengths: Tensor
    pool: int


@dataclass(frozen=True)
class Invented:
    """Makes lines that nobody wrote, in grey and cut as a region of ground truth is; ``share`` (0-1) of all lines."""

    share: float
    lines: Callable[[Generator, int], Sequence[Drawn]]


def batches(
    lines: Sequence[Encoded],
    shape: LineShape,
    size: int,
    seed: int,
    first: int,
    workers: int,
    invented: Invented | None = None,
) -> Iterator[Batch]:
    """Batches without end. The lines of each are drawn by their weights, and about ``size`` pixels wide together.

    The same seed and first pool give the same batches. With several processes their order may differ.
    """
    drawing = _Drawing(lines, shape, size, seed, first, invented)
    more: dict[str, Any] = {"prefetch_factor": _AHEAD, "multiprocessing_context": _START} if workers else {}
    loader = DataLoader(
        drawing, batch_size=None, num_workers=workers, pin_memory=workers > 0 and torch.cuda.is_available(), **more
    )
    for images, texts, frames, lengths, pool in loader:
        yield Batch(images, texts, frames, lengths, int(pool))


class _Drawing(IterableDataset[Any]):
    def __init__(
        self,
        lines: Sequence[Encoded],
        shape: LineShape,
        size: int,
        seed: int,
        first: int,
        invented: Invented | None,
    ) -> None:
        self._texts = [classes for _, classes in lines]
        self._lines = [line for line, _ in lines]
        chance = np.array([line.weight for line in self._lines])
        self._chance = chance / chance.sum()
        self._shape, self._size, self._seed, self._first, self._invented = shape, size, seed, first, invented

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        process = get_worker_info()
        start, step = (process.id, process.num_workers) if process else (0, 1)
        if process:
            cv2.setNumThreads(1)
        waiting: dict[int, list[Drawn]] = defaultdict(list)
        for pool in count(self._first + start, step):
            random = np.random.default_rng((self._seed, pool))
            drawn = self._pool(random)
            if self._size >= _LARGE:
                grouped = _full(drawn, self._shape, self._size, waiting)
            else:
                grouped = _sorted(drawn, self._shape, self._size, random)
            for batch in grouped:
                yield *_tensors(batch, self._shape, self._size), pool

    def _pool(self, random: Generator) -> Iterator[Drawn]:
        """Lines that are drawn at once, distorted."""
        number = min(_MOST, max(1, _POOL * self._size // 1000))
        new: list[Drawn] = []
        if self._invented:
            new = list(self._invented.lines(random, int(random.binomial(number, self._invented.share))))
        chosen = random.choice(len(self._lines), size=number - len(new), p=self._chance)
        given = [(self._lines[at].pixels(), self._texts[at], self._lines[at].cut) for at in chosen]
        given += [(image, classes, TRUTH) for image, classes in new]
        for at in random.permutation(number):
            image, classes, cut = given[at]
            stranger = self._lines[int(random.integers(len(self._lines)))].pixels()
            made = distorted(image, cut, stranger, self._shape, random)
            repeated = sum(a == b for a, b in pairwise(classes))
            if frames_of(made, self._shape) >= len(classes) + repeated:
                yield made, classes


def _sorted(drawn: Iterator[Drawn], shape: LineShape, size: int, random: Generator) -> Iterator[list[Drawn]]:
    """Batches of lines of about the same width."""
    batches: list[list[Drawn]] = []
    left = sorted(drawn, key=lambda each: each[0].shape[1])
    while left:
        number = max(1, size // room(left[-1][0].shape[1], shape, size))
        batches.append(left[-number:])
        left = left[:-number]
    for at in random.permutation(len(batches)):
        yield batches[at]


def _full(
    drawn: Iterator[Drawn], shape: LineShape, size: int, waiting: dict[int, list[Drawn]]
) -> Iterator[list[Drawn]]:
    """Batches of lines that take the same width, as soon as each is full. The others wait for the next draw."""
    for each in drawn:
        width = room(each[0].shape[1], shape, size)
        waiting[width].append(each)
        if len(waiting[width]) >= size // width:
            yield waiting.pop(width)


def room(width: int, shape: LineShape, size: int) -> int:
    """The width that a line takes in a batch of this size, with the room after it."""
    width += shape.room
    if size >= _LARGE and width <= _WIDTHS[-1]:
        return next(each for each in _WIDTHS if each >= width)
    return width + -width % shape.frame


def padded(images: Sequence[NDArray[np.uint8]], shape: LineShape, size: int) -> NDArray[np.uint8]:
    """Line images in an array, each with grey after it."""
    width = room(max(image.shape[1] for image in images), shape, size)
    batch = np.full((len(images), shape.height, width), 127, np.uint8)
    for row, image in zip(batch, images, strict=True):
        row[:, : image.shape[1]] = image
    return batch


def frames_of(image: NDArray[np.uint8], shape: LineShape) -> int:
    """The number of frames that the network makes of a line image, with the room after it."""
    return int((image.shape[1] + shape.room) // shape.frame)


def _tensors(batch: Sequence[Drawn], shape: LineShape, size: int) -> tuple[Tensor, ...]:
    images, texts = [image for image, _ in batch], [classes for _, classes in batch]
    return (
        torch.from_numpy(padded(images, shape, size)),
        torch.tensor([each for classes in texts for each in classes]),
        torch.tensor([frames_of(image, shape) for image in images]),
        torch.tensor([len(classes) for classes in texts]),
    )
