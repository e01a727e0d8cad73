"""Ground truth: the transcribed lines of a page, each with its place, as a document has them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.formats.document import TextLine, TextPage
    from indexer.values import Point

_RISE, _FALL = 0.75, 0.25
"""A line without an outline reaches this far above and below its baseline, as shares of the distance of baselines."""


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


def truth_of(page: TextPage) -> TruthPage:
    """A page as ground truth. A line with only a baseline becomes as high as baselines are apart.

    Raises ``ValueError`` if a line with text has no place.
    """
    gap = _gap(page.lines)
    found = []
    for line in page.lines:
        if not line.text:
            continue
        outline = line.polygon
        if len(outline) < 3 and len(line.baseline) > 1 and gap:
            outline = _above(line.baseline, gap)
        if len(outline) < 3:
            raise ValueError(f"the line “{line.text}” has no region")
        found.append(TruthLine(line.text, outline, line.block))
    return TruthPage(page.width, page.height, tuple(found), page.upright)


def _gap(lines: Sequence[TextLine]) -> float:
    """The usual distance of baselines, 0 with fewer than two of them."""
    heights = sorted(sum(y for _, y in line.baseline) / len(line.baseline) for line in lines if line.baseline)
    gaps = [below - above for above, below in pairwise(heights) if below > above]
    return median(gaps) if gaps else 0.0


def _above(baseline: Sequence[Point], gap: float) -> tuple[Point, ...]:
    upper = tuple((x, y - _RISE * gap) for x, y in baseline)
    return (*upper, *((x, y + _FALL * gap) for x, y in reversed(baseline)))
