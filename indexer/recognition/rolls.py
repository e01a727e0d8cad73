"""Reads a page that is much longer than wide in pieces: engines shrink a page to a size at which they find lines.

A piece ends where there is the least ink, so that no line is cut.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from indexer.image.turning import moved_line
from indexer.values import Box, PageLines, Partial
from indexer.values.engine import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from indexer.recognition.upright import ReadImage
    from indexer.values import Line

_LONG, _SIDE = 3.0, 4000
"""A page is read in pieces if it is so many times as long as wide, or as wide as high, and has so many pixels there."""
_NARROW, _LOW = 100, 600
"""A tall page with fewer pixels across has no lines; a wide one with fewer pixels up is mostly a single line."""
_PIECE, _LEAST, _MOST = 1.5, 1500, 60
"""The length of a piece, in widths of the page; its least length in pixels; and the most pieces."""
_SLACK = 0.2
"""How far from its place, as a part of a piece, a cut is made where there is less ink."""


def read_in_pieces(image: Image, read: ReadImage) -> Sequence[Line] | Partial:
    """What an engine reads of a page, in pieces where the page is long."""
    boxes = pieces(image)
    if len(boxes) == 1:
        return read(image)
    found = [read(image.crop((box.x, box.y, box.x + box.width, box.y + box.height))) for box in boxes]
    parts = zip(boxes, found, strict=True)
    lines = tuple(moved_line(line, box.x, box.y) for box, part in parts for line in lines_of(part))
    reasons = dict.fromkeys(each.reason for each in found if isinstance(each, Partial))
    return Partial(lines, "; ".join(reasons)) if reasons else PageLines(lines, _languages(found))


def pieces(image: Image) -> list[Box]:
    """The pieces in which a page is read: one, unless it is long."""
    across, along = sorted(image.size)
    tall = image.height > image.width
    if along < max(_SIDE, _LONG * across) or across < (_NARROW if tall else _LOW):
        return [Box(0, 0, *image.size)]
    many = min(_MOST, max(1, round(along / max(_LEAST, _PIECE * across))))
    ends = [0, *_cuts(image, many, tall=tall), along]
    spans = pairwise(ends)
    return [Box(0, at, across, end - at) if tall else Box(at, 0, end - at, across) for at, end in spans]


def _cuts(image: Image, many: int, *, tall: bool) -> list[int]:
    """Where a long page is cut into so many pieces."""
    import numpy as np
    from PIL import Image as Images

    along = image.height if tall else image.width
    thin = image.convert("L").resize((64, along) if tall else (along, 64), Images.Resampling.BOX)
    tones = np.asarray(thin, float) if tall else np.asarray(thin, float).T
    ink = tones.max() - tones.mean(axis=1)
    slack = int(_SLACK * along / many)
    nominal = [round(at * along / many) for at in range(1, many)]
    return [at - slack + _quietest(ink[at - slack : at + slack + 1]) for at in nominal]


def _quietest(ink: object) -> int:
    """The middle of the longest stretch with hardly more ink than where there is the least."""
    import numpy as np

    rows = np.asarray(ink, float)
    quiet = np.flatnonzero(rows <= rows.min() + 0.05 * np.ptp(rows))
    runs = np.split(quiet, np.flatnonzero(np.diff(quiet) > 1) + 1)
    longest = max(runs, key=len)
    return int(longest[len(longest) // 2])


def _languages(found: Sequence[Sequence[Line] | Partial]) -> dict[str, float]:
    """The languages of pieces together, by their lines."""
    spoken = [(each.languages, len(each)) for each in found if isinstance(each, PageLines)]
    whole = sum(lines for languages, lines in spoken if languages)
    names = sorted({name for languages, _ in spoken for name in languages})
    return {
        name: sum(languages.get(name, 0.0) * lines for languages, lines in spoken) / whole for name in names if whole
    }
