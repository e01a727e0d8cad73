"""Data augmentation: a line is cut, bent, written and photographed in other ways.

A line from a region of ground truth is cut about as the engine cuts (``LineShape.cut``): closer or wider, higher or
lower, too soon or too late at its ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from .lines import DETECTOR

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from indexer.values import LineShape

_WIDEST = 2000
_LONG = 5
"""Lines are long whose width is more than so many times their height."""
_PAPER = 90
"""The grey of the paper is this percentile of a line's pixels."""


def as_found(line: NDArray[np.uint8], cut: str, shape: LineShape) -> NDArray[np.uint8]:
    """A line (grey) as the engine mostly cuts it."""
    height = line.shape[0]
    top, bottom = shape.cut
    return line if cut == DETECTOR else line[round(top * height) : max(1, round(bottom * height))]


def plain(line: NDArray[np.uint8], cut: str, shape: LineShape) -> NDArray[np.uint8]:
    """A line (grey) as the network is given it."""
    return _sized(as_found(line, cut, shape), 1.0, shape)


def distorted(
    line: NDArray[np.uint8], cut: str, other: NDArray[np.uint8], shape: LineShape, random: Generator
) -> NDArray[np.uint8]:
    """A line (grey) distorted at random; some ink of the line ``other`` may stray into it."""
    line = _cut(line, cut, shape, random)
    line = _sized(line, random.uniform(0.82, 1.2), shape)
    if random.random() < 0.3:
        line = _strayed(line, _sized(other, 1.0, shape), random)
    if random.random() < 0.7:
        line = _bent(line, random)
    if random.random() < 0.12:
        line = _ruled(line, random)
    if random.random() < 0.2:
        line = _thickened(line, random)
    if random.random() < 0.25 and line.shape[1] > _LONG * line.shape[0]:
        line = _covered(line, random)
    return _exposed(line, random)


def _cut(line: NDArray[np.uint8], cut: str, shape: LineShape, random: Generator) -> NDArray[np.uint8]:
    height, width = line.shape
    if cut == DETECTOR:
        part, down = random.uniform(0.92, 1.1), random.normal(0, 0.02)
        left, right = random.uniform(-0.1, 0.1), random.uniform(-0.1, 0.3)
    else:
        top, bottom = shape.cut
        part = bottom - top + float(np.clip(random.normal(0.03, 0.12), -0.21, 0.37))
        down = random.normal((top + bottom) / 2 - 0.51, 0.05)
        left, right = random.uniform(-0.3, 0.12), random.uniform(-0.12, 0.4)
    middle = (0.5 + down) * height
    upper = min(round(middle - part * height / 2), height - 1)
    lower = max(round(middle + part * height / 2), upper + 1)
    first = min(round(left * height), width // 4)  # of a narrow line no more than a quarter is lost at either end
    last = max(width + round(right * height), width - width // 4)
    above, below, before, after = (max(0, each) for each in (-upper, lower - height, -first, last - width))
    framed = cv2.copyMakeBorder(line, above, below, before, after, cv2.BORDER_REPLICATE)
    return np.asarray(framed[above + upper : above + lower, before + first : before + last])


def _sized(line: NDArray[np.uint8], wider: float, shape: LineShape) -> NDArray[np.uint8]:
    height, width = line.shape
    scaled = min(_WIDEST, max(shape.frame, round(width * shape.height / height * shape.stretch * wider)))
    how = cv2.INTER_AREA if height > 1.5 * shape.height else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(line, (scaled, shape.height), interpolation=how))


def _strayed(line: NDArray[np.uint8], other: NDArray[np.uint8], random: Generator) -> NDArray[np.uint8]:
    """With ink of another line from above, from below, or shining through the paper."""
    height, width = line.shape
    ink = np.percentile(other, _PAPER) - other.astype(np.float32)
    ink = np.clip(np.tile(ink, (1, width // other.shape[1] + 1))[:, :width], 0, 255)
    kind = random.integers(3)
    if kind == 2:
        ink = cv2.GaussianBlur(ink[:, ::-1], (0, 0), random.uniform(0.8, 2)) * random.uniform(0.1, 0.35)
    else:
        shift = round(random.uniform(0.6, 0.9) * height) * (1 if kind else -1)
        moved = np.zeros_like(ink)
        if shift > 0:
            moved[shift:] = ink[: height - shift]
        else:
            moved[:shift] = ink[-shift:]
        ink = moved
    return np.asarray(np.clip(line - ink, 0, 255), np.uint8)


def _bent(line: NDArray[np.uint8], random: Generator) -> NDArray[np.uint8]:
    """Slanted, turned a little, and waved, as by a hand or on a curled page."""
    height, width = line.shape
    slant, turn = random.uniform(-0.35, 0.35), random.uniform(-0.015, 0.015) * min(1.0, 400 / width)
    wave, length, phase = random.uniform(0, 2.0), random.uniform(150, 500), random.uniform(0, 6.28)
    across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    stretch = random.uniform(0, 3) * np.sin(across * 6.28 / random.uniform(80, 300) + phase)
    from_across = across + slant * (down - height / 2) + stretch
    from_down = down + turn * (across - width / 2) + wave * np.sin(across * 6.28 / length + phase)
    return np.asarray(
        cv2.remap(
            line,
            from_across.astype(np.float32),
            from_down.astype(np.float32),
            cv2.INTER_LINEAR,
            None,
            cv2.BORDER_REPLICATE,
        )
    )


def _ruled(line: NDArray[np.uint8], random: Generator) -> NDArray[np.uint8]:
    drawn: NDArray[np.uint8] = line.copy()
    colour = int(max(0, np.percentile(line, _PAPER) - random.uniform(20, 120)))
    row, tilt = random.uniform(0.6, 0.98) * line.shape[0], random.uniform(-2, 2)
    cv2.line(drawn, (0, round(row)), (line.shape[1], round(row + tilt)), colour, 1, cv2.LINE_AA)
    return drawn


def _thickened(line: NDArray[np.uint8], random: Generator) -> NDArray[np.uint8]:
    """Written with a broader or a finer pen."""
    change = cv2.erode if random.random() < 0.5 else cv2.dilate
    part = random.uniform(0.3, 0.9)
    changed = change(line, np.ones((2, 2), np.uint8))
    return np.asarray(cv2.addWeighted(changed, part, line, 1 - part, 0), np.uint8)


def _covered(line: NDArray[np.uint8], random: Generator) -> NDArray[np.uint8]:
    """With up to three places where a hole hides a letter or a part of it, which is to be read from what is around."""
    covered: NDArray[np.uint8] = line.copy()
    height, width = line.shape
    for wide in (random.uniform(0.1, 0.45, random.integers(1, 4)) * height).round().astype(int).tolist():
        first = int(random.integers(width - wide))
        covered[:, first : first + wide] = np.percentile(line, _PAPER)
    return covered


def _exposed(line: NDArray[np.uint8], random: Generator) -> NDArray[np.uint8]:
    """Blurred, faded or darkened, unevenly lit, with grain."""
    seen = line.astype(np.float32)
    if random.random() < 0.35:
        seen = cv2.GaussianBlur(seen, (0, 0), random.uniform(0.3, 1.1))
    if random.random() < 0.15:
        small = cv2.resize(seen, None, fx=0.55, fy=0.55, interpolation=cv2.INTER_AREA)
        seen = cv2.resize(small, (line.shape[1], line.shape[0]), interpolation=cv2.INTER_LINEAR)
    paper = float(np.percentile(seen, _PAPER))
    level = min(255.0, paper * random.uniform(0.75, 1.2))
    seen = level - (paper - seen) * random.uniform(0.55, 1.3)
    if random.random() < 0.3:
        seen += np.linspace(random.uniform(-25, 25), random.uniform(-25, 25), line.shape[1], dtype=np.float32)
    if random.random() < 0.4:
        seen += random.normal(0, random.uniform(1, 8), line.shape).astype(np.float32)
    return np.asarray(np.clip(seen, 0, 255), np.uint8)
