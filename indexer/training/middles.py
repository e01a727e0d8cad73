"""What a detector of lines is to give for a page: shrunken middles of lines, and how much each pixel counts.

Where the detector that is taught found a line as it stands in the ground truth, its own middle is what is wanted: it
keeps what it does well, and boxes keep the height that the recogniser knows. Other lines get a band along their
baseline, as high above it and as thick as the middles it found on the same page; blanks in it, where ground truth goes
on over a ruling or a gutter, do not count. What it found where the ground truth has nothing is wrong when it is faint
(writing that shines through); else it does not count either, for ground truth leaves out stamps and headings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

_STROKE = 15
"""Pixels: wider than a stroke."""
_INK = 128
"""Of 255: what the detector took for the middle of a line."""
_INSIDE, _OTHER, _COVERED = 0.7, 0.15, 0.85
"""A line was found when a middle lies inside its outline by ``_INSIDE``, in no other one by ``_OTHER``, and covers this
much of its length."""
_UNKNOWN = 0.3
"""A middle of which less lies in outlines is not in the ground truth."""
_FAINT = 0.6
"""Of the darkness that the page's lines have on average: less is taken to shine through."""
_FEW = 4
"""Lines found on a page from which their place and thickness are taken; with fewer, those of the usual page."""
_USUAL = (0.33, 0.42)
"""How far above the baseline the middle of a line runs, and its thickness, over the height of its outline."""
_BLANK = 0.5
"""Of the darkness of a line: columns that are lighter have no writing."""
_MISSED, _BETWEEN, _SHINING = 2, 4, 2
"""How much pixels count that lie in lines that were not found, between two lines, and in what shines through."""


class Sample(NamedTuple):
    """A page (grey), for each pixel whether it is in the middle of a line (0, 1), and how much it counts."""

    page: NDArray[np.uint8]
    middles: NDArray[np.uint8]
    weights: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the ground truth: its outline as a mask with its corner, for each column of that the baseline."""

    left: int
    top: int
    mask: NDArray[np.uint8]
    baseline: NDArray[np.float64]
    height: float

    @property
    def window(self) -> tuple[slice, slice]:
        height, width = self.mask.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


class _Found(NamedTuple):
    """A middle that the detector gave: its number among all, and how far above the baseline and thick it is."""

    number: int
    above: float
    thick: float


def wanted(page: NDArray[np.uint8], lines: Sequence[Mapping[str, Any]], seen: NDArray[np.uint8]) -> Sample:
    """What the detector is to give for a page (grey), by its ground truth and what it gives now (0-255)."""
    size = page.shape
    known = [line for each in lines if (line := _line(each, size)) is not None]
    _, numbers, boxes, _ = cv2.connectedComponentsWithStats((seen > _INK).astype(np.uint8))
    found = [_found(line, numbers, boxes) for line in known]
    places = [each[1:] for each in found if each is not None]
    above, thick = np.median(places, axis=0) if len(places) >= _FEW else _USUAL
    outlines = np.zeros(size, np.uint8)
    for line in known:
        outlines[line.window] |= line.mask
    dark = cv2.morphologyEx(page, cv2.MORPH_BLACKHAT, np.ones((_STROKE, _STROKE), np.uint8))
    usual = _darkness(dark[outlines > 0])
    middles, weights = np.zeros(size, np.uint8), np.ones(size, np.uint8)
    near = np.zeros(size, np.uint8)
    for line, each in zip(known, found, strict=True):
        band = _band(line, size, above, thick)
        middle = band if each is None else numbers == each.number
        middles[middle > 0] = 1
        if each is None:
            weights[band > 0] = _MISSED
            for blank in _blanks(line, dark):
                apart = np.zeros(size, bool)
                apart[line.window[0], blank] = band[line.window[0], blank] > 0
                middles[apart], weights[apart] = 0, 0
        near += _band(line, size, above, 2.4 * thick, line.height / 2)
    weights[(near > 1) & (middles == 0)] = _BETWEEN
    _judge(dark, usual, numbers, boxes, outlines, Sample(page, middles, weights))
    return Sample(page, middles, weights)


def _line(record: Mapping[str, Any], size: tuple[int, ...]) -> _Line | None:
    """A line of the ground truth; none where it stands on its side or has no baseline."""
    polygon = np.array(record["polygon"], np.int32).reshape(-1, 2)
    baseline = np.array(record["baseline"], np.float64).reshape(-1, 2)
    if len(polygon) < 3 or len(baseline) < 2:
        return None
    polygon = np.clip(polygon, 0, [size[1] - 1, size[0] - 1]).astype(np.int32)
    left, top, width, height = cv2.boundingRect(polygon)
    mask = cv2.fillPoly(np.zeros((height, width), np.uint8), [polygon - [left, top]], 1)
    order = np.argsort(baseline[:, 0], kind="stable")
    columns = np.arange(left, left + width)
    levels = np.interp(columns, baseline[order, 0], baseline[order, 1])
    return _Line(left, top, mask, levels, float(np.median(mask.sum(axis=0))))


def _found(line: _Line, numbers: NDArray[np.int32], boxes: NDArray[np.int32]) -> _Found | None:
    """The one middle that is the line's, if there is one."""
    inside = numbers[line.window]
    sizes = np.bincount(inside[line.mask > 0])
    if len(sizes) < 2 or not sizes[1:].any():
        return None
    number = int(sizes[1:].argmax()) + 1
    whole = boxes[number, cv2.CC_STAT_AREA]
    if sizes[number] < _INSIDE * whole or sizes[number] < (1 - _OTHER) * sizes[1:].sum():
        return None
    columns = ((inside == number) & (line.mask > 0)).sum(axis=0)
    if np.count_nonzero(columns) < _COVERED * len(columns) - line.height / 2:
        return None
    rows, at = np.nonzero(inside == number)
    above = float(np.median(line.baseline[at] - line.top - rows))
    return _Found(number, above / line.height, float(np.median(columns[columns > 0])) / line.height)


def _band(line: _Line, size: tuple[int, ...], above: float, thick: float, longer: float = 0.0) -> NDArray[np.uint8]:
    """A band along the baseline, a little shorter than the line unless it is to be longer."""
    filled = np.flatnonzero(line.mask.any(axis=0))
    inset = max(0.0, thick * line.height / 2) if not longer else -longer
    first, last = filled[0] + inset, filled[-1] - inset
    if last <= first:
        first, last = filled.mean() - 1, filled.mean() + 1
    columns = np.linspace(first, last, max(2, int((last - first) / 8)))
    levels = np.interp(columns, np.arange(len(line.baseline)), line.baseline) - above * line.height
    half = max(1.0, thick * line.height / 2)
    ahead = np.column_stack([columns + line.left, levels - half])
    back = np.column_stack([columns + line.left, levels + half])[::-1]
    outline = np.concatenate([ahead, back]).round().astype(np.int32)
    return np.asarray(cv2.fillPoly(np.zeros(size, np.uint8), [outline], 1), np.uint8)


def _blanks(line: _Line, dark: NDArray[np.uint8]) -> Iterator[slice]:
    """The columns of the page where a line has no writing over a length of its height; a thin ruling is no writing."""
    darkest = (dark[line.window] * line.mask).max(axis=0)
    least = _BLANK * _darkness(dark[line.window][line.mask > 0])
    light = cv2.medianBlur((darkest < least).astype(np.uint8).reshape(1, -1), 9).ravel()
    edges = np.flatnonzero(np.diff(light, prepend=0, append=0)).reshape(-1, 2)
    for first, last in edges.tolist():
        if last - first >= line.height and first > 0 and last < len(light):
            yield slice(line.left + first, line.left + last)


def _judge(
    dark: NDArray[np.uint8],
    usual: float,
    numbers: NDArray[np.int32],
    boxes: NDArray[np.int32],
    outlines: NDArray[np.uint8],
    target: Sample,
) -> None:
    """Say how much it counts what was found where the ground truth has nothing."""
    for number in range(1, len(boxes)):
        left, top, width, height = boxes[number, :4]
        room = height // 2 + 2
        window = (slice(max(0, top - room), top + height + room), slice(left, left + width))
        middle = numbers[window] == number
        if outlines[window][middle].mean() >= _UNKNOWN:
            continue
        around = cv2.dilate(middle.astype(np.uint8), np.ones((2 * room + 1, 3), np.uint8)) > 0
        faint = _darkness(dark[window][around]) < _FAINT * usual
        unmarked = around & (target.middles[window] == 0) & (outlines[window] == 0)
        target.weights[window][unmarked] = _SHINING if faint else 0


def _darkness(dark: NDArray[np.uint8]) -> float:
    return float(np.percentile(dark, 90)) if dark.size else 0.0
