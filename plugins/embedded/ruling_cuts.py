"""Standing rulings, as between the columns of a register: lines are cut apart at them.

In six registers .827 of the lines are found with the cuts, not .781, and half as many boxes hold none; on 99 other
pages nothing changes (``tests/benchmarks/lines.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from indexer.api import ruling_mask

from .line_cutting import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_STROKE = 15
"""Pixels, as the network sees the page: wider than a stroke or a ruling; what is dark further across is shadow."""
_LENGTH = 0.06
"""Of the height of a page: the least length of a ruling. No letter is so high."""
_BLANK, _LIGHT = 0.35, 0.35
"""A line has no writing at a ruling where a stretch around it, of this much of the line's height, is lighter than
``_LIGHT`` times the dark of its writing."""
_SEPARATES = 0.6
"""Of the lines across a ruling, the least share that has no writing there when the ruling parts columns."""


def darkness(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How much darker than the paper beside it each pixel of a stroke is."""
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((_STROKE, _STROKE), np.uint8)))


def cut_at_rulings(
    mask: NDArray[np.uint8], grey: NDArray[np.uint8], dark: NDArray[np.uint8], rulings: NDArray[np.uint8]
) -> None:
    """Take out of the mask of middles the places where lines go on over a ruling without writing there."""
    level = rulings_of(cv2.transpose(grey)).T
    ink = np.where((cv2.dilate(rulings, np.ones((1, 5), np.uint8)) > 0) | (level > 0), 0, dark)
    _, owners, boxes, _ = cv2.connectedComponentsWithStats(mask)
    _, numbers, extents, _ = cv2.connectedComponentsWithStats(rulings)
    for number in range(1, len(extents)):
        crossings = list(_crossings(owners, boxes, numbers, number, extents[number]))
        blanks = [blank for each in crossings if (blank := _blank(ink, each)) is not None]
        if len(blanks) >= _SEPARATES * len(crossings):
            for rows, columns in blanks:
                mask[rows, columns] = 0


class _Crossing(NamedTuple):
    """Where a ruling crosses the middle of a line, and where the line begins and ends."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    line: tuple[int, int]

    @property
    def tall(self) -> float:
        """The height of the whole line."""
        return WHOLE * (self.rows[1] - self.rows[0])


def rulings_of(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pixels of long thin standing lines."""
    return ruling_mask(grey, int(_LENGTH * len(grey)))


def _crossings(
    owners: NDArray[np.int32],
    boxes: NDArray[np.int32],
    numbers: NDArray[np.int32],
    number: int,
    extent: NDArray[np.int32],
) -> Iterator[_Crossing]:
    """Where a ruling crosses lines that lie, and go on at both sides of it."""
    left, top, width, height = (int(each) for each in extent[:4])
    window = (slice(top, top + height), slice(left, left + width))
    crossed = np.where(numbers[window] == number, owners[window], 0)
    for line in np.unique(crossed[crossed > 0]).tolist():
        rows, columns = np.nonzero(crossed == line)
        begin, _, across, down = (int(each) for each in boxes[line][:4])
        found = _Crossing(
            (top + int(rows.min()), top + int(rows.max()) + 1),
            (left + int(columns.min()), left + int(columns.max()) + 1),
            (begin, begin + across),
        )
        beside = min(found.columns[0] - begin, begin + across - found.columns[1])
        if across > down and beside >= found.tall / 3:
            yield found


def _blank(ink: NDArray[np.uint8], crossing: _Crossing) -> tuple[slice, slice] | None:
    """The place around a ruling where a line has no writing, if it is wide enough."""
    (top, bottom), (first, last), (begin, end), tall = *crossing, crossing.tall
    room = int((tall - (bottom - top)) / 4)
    darkest = ink[max(0, top - room) : bottom + room, begin:end].max(axis=0)
    written = begin + np.flatnonzero(darkest >= _LIGHT * np.percentile(darkest, 90))
    before, after = written[written < first], written[written >= last]
    if not len(before) or not len(after) or np.any((written >= first) & (written < last)):
        return None
    if after[0] - before[-1] - 1 - (last - first) < _BLANK * tall:
        return None
    near = int(tall / 8)
    return slice(top, bottom), slice(max(before[-1] + 1, first - near), min(after[0], last + near))
