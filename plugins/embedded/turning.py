"""Which way up a page is: pages that lie on their side or stand on their head are turned, read, and laid back.

Where lines lie does not tell whether a page stands on its head; how badly they read does. Then a few of them are tried
the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from .recogniser import ReadLine

    Lines = Sequence[tuple[NDArray[np.float32], ReadLine]]

_HARDLY = 0.5
"""Confidence, as a mean of the lines by their lengths, below which a page is tried on its head."""
_TRIED = 5
"""Longest lines that are tried."""
_GAIN, _LOSS = 0.15, 0.15
"""By how much surer a page has to read on its head, and by how much less sure it may read when it is laid upright:
there its lines are known to stand, and only their order is at stake."""


def turns_of(
    pixels: NDArray[np.uint8],
    read: Lines,
    read_lines: Callable[[NDArray[np.uint8], Sequence[NDArray[np.float32]]], Sequence[ReadLine]],
    sure: Callable[[ReadLine], float],
) -> int:
    """By how many quarters clockwise a page may have to be turned to be read (0-3), by what was read of it as it is."""
    sideways = {turns: sum(line.width for _, line in read if line.turns == turns) for turns in (1, -1)}
    most = max(sideways, key=sideways.__getitem__)
    if sideways[most] > sum(line.width for _, line in read) / 2:
        return most % 4
    if not read or mean_confidence(read, sure) >= _HARDLY:
        return 0
    longest = sorted(read, key=lambda each: -each[1].width)[:_TRIED]
    head = np.ascontiguousarray(pixels[::-1, ::-1])
    on_head = read_lines(head, [turned_corners(corners, 2, pixels.shape) for corners, _ in longest])
    tried = [(corners, line) for (corners, _), line in zip(longest, on_head, strict=True)]
    return 2 if is_better(tried, longest, 2, sure) else 0


def read_turned(
    pixels: NDArray[np.uint8], turns: int, read_page: Callable[[NDArray[np.uint8]], tuple[Lines, Mapping[str, float]]]
) -> tuple[list[tuple[NDArray[np.float32], ReadLine]], Mapping[str, float]]:
    """The lines of a page that is turned by so many quarters clockwise to be read, with their corners as it was given,
    and the weights of its languages.

    The first corner is where the writing begins above, seen the way it is read.
    """
    page = np.ascontiguousarray(np.rot90(pixels, -turns))
    lines, weights = read_page(page)
    return [(_laid_back(corners, turns, pixels.shape), line) for corners, line in lines], weights


def is_better(turned: Lines, read: Lines, turns: int, sure: Callable[[ReadLine], float]) -> bool:
    """Whether a page that was turned by so many quarters reads better than as it was."""
    least = _GAIN if turns % 2 == 0 else -_LOSS
    return mean_confidence(turned, sure) >= mean_confidence(read, sure) + least


def mean_confidence(read: Lines, sure: Callable[[ReadLine], float]) -> float:
    """How sure lines are as a mean by their lengths, 0-1."""
    whole = sum(line.width for _, line in read)
    return sum(sure(line) * line.width for _, line in read) / whole if whole else 0.0


def turned_corners(corners: NDArray[np.float32], turns: int, shape: Sequence[int]) -> NDArray[np.float32]:
    """Corners, clockwise from the top left, as they are on the page turned clockwise; again from the top left."""
    height, width = shape[:2]
    x, y = corners[:, 0], corners[:, 1]
    places = {0: (x, y), 1: (height - 1 - y, x), 2: (width - 1 - x, height - 1 - y), 3: (y, width - 1 - x)}
    return np.roll(np.stack(places[turns % 4], axis=1), turns, axis=0).astype(np.float32)


def _laid_back(corners: NDArray[np.float32], turns: int, shape: Sequence[int]) -> NDArray[np.float32]:
    """Corners on the turned page as they lie on the page of this shape; the first one stays the first."""
    height, width = shape[:2]
    x, y = corners[:, 0], corners[:, 1]
    places = {0: (x, y), 1: (y, height - 1 - x), 2: (width - 1 - x, height - 1 - y), 3: (width - 1 - y, x)}
    return np.stack(places[turns % 4], axis=1).astype(np.float32)
