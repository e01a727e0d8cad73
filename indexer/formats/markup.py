"""What ALTO and PAGE share: transcribed lines and pages, and numbers, points and texts in XML."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from itertools import count, pairwise
from operator import itemgetter
from statistics import median
from typing import TYPE_CHECKING

from indexer.image.geometry import around, bounding_box, corners

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from indexer.values import Point

_RISE, _FALL = 0.75, 0.25
"""A line without an outline reaches this far above and below its baseline, as shares of the distance of baselines."""
_SEPARATORS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class TruthLine:
    """A transcribed line (NFC) and its outline, in pixels of the transcribed image.

    ``region`` is the number of the region of the page that it stands in: a column, a margin. ``None`` means no region.
    """

    text: str
    polygon: tuple[Point, ...]
    region: int | None = None


@dataclass(frozen=True, slots=True)
class TruthPage:
    """A transcribed page with its lines in reading order. Lines without text are left out.

    Its size is in the unit of its points. A size of 0 is unknown: then the points are pixels of the image. ``upright``
    says that they lie on the image as people see it, whatever its metadata say. Otherwise that has to be found out.
    """

    width: float
    height: float
    lines: tuple[TruthLine, ...]
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A line as it stands in the XML. Its outline, baseline and region may be missing."""

    text: str
    outline: tuple[Point, ...]
    baseline: tuple[Point, ...] = ()
    region: int | None = None


def placed(lines: Sequence[Written]) -> tuple[TruthLine, ...]:
    """The lines with text, each with its outline. A line with only a baseline becomes as high as baselines are apart.

    Raises ``ValueError`` if a line with text has no place.
    """
    gap = _gap(lines)
    found = []
    for line in lines:
        if not line.text:
            continue
        outline = line.outline
        if len(outline) < 3 and len(line.baseline) > 1 and gap:
            outline = _above(line.baseline, gap)
        if len(outline) < 3:
            raise ValueError(f"the line “{line.text}” has no region")
        if not all(math.isfinite(number) for point in outline for number in point):
            raise ValueError(f"the region of the line “{line.text}” has a point at infinity")
        found.append(TruthLine(line.text, outline, line.region))
    return tuple(found)


def _gap(lines: Sequence[Written]) -> float:
    """The usual distance of baselines, 0 with fewer than two of them."""
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
    """The upright box around outlines, nothing if there are none."""
    boxes = [bounding_box(region) for region in regions if region]
    return corners(around(boxes)) if boxes else ()


def points(text: str) -> tuple[Point, ...]:
    """Points as ``x,y x,y`` or ``x y x y``. Raises ``ValueError`` if they are no pairs of numbers."""
    numbers = [float(number) for number in _SEPARATORS.split(text.strip()) if number]
    if len(numbers) % 2:
        raise ValueError(f"the points “{text[:60]}” are no pairs")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def number(text: str | None) -> float:
    """A size, 0 if none is given. Raises ``ValueError`` if it is no number."""
    size = float(text) if text and text.strip() else 0.0
    if not math.isfinite(size) or size < 0:
        raise ValueError(f"{text} is no size")
    return size


def nfc(text: str) -> str:
    """A text in the composed form (NFC), its white space collapsed."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def standing(page: Element, region: str, line: str, ranks: Mapping[str, int]) -> list[tuple[Element, int | None]]:
    """The elements named ``line`` of a page in reading order, each with the number of its innermost region.

    ``ranks`` gives places in the reading order by the ids of lines or of what holds them. Lines without a place come
    last, in the order of the document. The lines of a region come before those of regions inside it.
    """
    found: list[tuple[int, Element, int | None]] = []
    numbers = count()

    def walk(element: Element, rank: int, inside: int | None) -> None:
        rank = ranks.get(element.get("ID") or element.get("id") or "", rank)
        if name_of(element) == region:
            inside = next(numbers)
        if name_of(element) == line:
            found.append((rank, element, inside))
        for each in sorted(element, key=lambda each: name_of(each) != line):
            walk(each, rank, inside)

    walk(page, len(ranks), None)
    return [(each, inside) for _, each, inside in sorted(found, key=itemgetter(0))]


def ranked(references: Iterable[str | None]) -> dict[str, int]:
    """The place of each id in a reading order. An id that is named twice gets its first place."""
    return {each: at for at, each in reversed([*enumerate(filter(None, references))])}


def children(element: Element, name: str) -> Iterator[Element]:
    """The children with a name, in any namespace."""
    return (each for each in element if name_of(each) == name)


def all_of(element: Element, name: str) -> Iterator[Element]:
    """The descendants with a name, in any namespace."""
    return (each for each in element.iter() if name_of(each) == name)


def name_of(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]
