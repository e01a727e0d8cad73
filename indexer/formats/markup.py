"""What ALTO and PAGE have in common: transcribed lines and pages, and numbers, points and texts in XML."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from indexer.image.geometry import around, bounding_box, corners

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from xml.etree.ElementTree import Element

    from indexer.values import Point

_RISE, _FALL = 0.75, 0.25
"""Of the distance between two baselines: how much lies above and below one of them."""
_SEPARATORS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class TruthLine:
    """A transcribed line (NFC) and the region it fills, in pixels of the transcribed image."""

    text: str
    polygon: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class TruthPage:
    """A transcribed page; lines without text are left out.

    Its size is in the unit of its points, 0 where it is not told, and then these are pixels of the image. ``upright``
    says that they lie on the image as people see it, whatever its metadata say; otherwise that has to be found out.
    """

    width: float
    height: float
    lines: tuple[TruthLine, ...]
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A line as it stands in the XML: its region may be missing, and its baseline (points) too."""

    text: str
    region: tuple[Point, ...]
    baseline: tuple[Point, ...] = ()


def placed(lines: Sequence[Written]) -> tuple[TruthLine, ...]:
    """The lines that have text, each with its region; where only the baseline is told, as high as lines are apart.

    Raises ``ValueError`` where a line with text is nowhere.
    """
    gap = _gap(lines)
    found = []
    for line in lines:
        if not line.text:
            continue
        region = line.region
        if len(region) < 3 and len(line.baseline) > 1 and gap:
            region = _above(line.baseline, gap)
        if len(region) < 3:
            raise ValueError(f"the line “{line.text}” has no region")
        if not all(math.isfinite(number) for point in region for number in point):
            raise ValueError(f"the region of the line “{line.text}” has a point at infinity")
        found.append(TruthLine(line.text, region))
    return tuple(found)


def _gap(lines: Sequence[Written]) -> float:
    """How far baselines are apart, mostly; 0 where fewer than two are told."""
    heights = sorted(sum(y for _, y in line.baseline) / len(line.baseline) for line in lines if line.baseline)
    gaps = [below - above for above, below in pairwise(heights) if below > above]
    return median(gaps) if gaps else 0.0


def _above(baseline: Sequence[Point], gap: float) -> tuple[Point, ...]:
    upper = tuple((x, y - _RISE * gap) for x, y in baseline)
    return (*upper, *((x, y + _FALL * gap) for x, y in reversed(baseline)))


def rectangle(x: float, y: float, width: float, height: float) -> tuple[Point, ...]:
    """The corners of a rectangle, clockwise from the top left."""
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def hull(regions: Iterable[Sequence[Point]]) -> tuple[Point, ...]:
    """The upright box around regions, nothing where there are none."""
    boxes = [bounding_box(region) for region in regions if region]
    return corners(around(boxes)) if boxes else ()


def points(text: str) -> tuple[Point, ...]:
    """``x,y x,y`` or ``x y x y``; raises ``ValueError`` for what is no list of pairs of numbers."""
    numbers = [float(number) for number in _SEPARATORS.split(text.strip()) if number]
    if len(numbers) % 2:
        raise ValueError(f"the points “{text[:60]}” are no pairs")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def number(text: str | None) -> float:
    """A size, 0 where none is given; raises ``ValueError`` for what is none."""
    size = float(text) if text and text.strip() else 0.0
    if not math.isfinite(size) or size < 0:
        raise ValueError(f"{text} is no size")
    return size


def nfc(text: str) -> str:
    """A text composed, its white space collapsed."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def children(element: Element, name: str) -> Iterator[Element]:
    """The children of a name, whatever their namespace."""
    return (each for each in element if name_of(each) == name)


def all_of(element: Element, name: str) -> Iterator[Element]:
    """The descendants of a name, whatever their namespace."""
    return (each for each in element.iter() if name_of(each) == name)


def name_of(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]
