"""Reads a page in pieces that is much longer than wide, or whose writing is tiny: engines shrink a page to a size at
which they find lines.

A piece ends where there is the least ink, so that no line is cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from indexer.image.turning import moved_line
from indexer.values import Box, PageLines, Partial
from indexer.values.engine import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
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

_WRITTEN, _TINY, _USUAL, _GRID = 5000, 9.0, 12.0, 5
"""Writing is tiny where so many letters are, as a median, at most so high, in 2,000ths of the long side of the page.
Then it is cut so that they become about so high, into at most so many pieces each way. Of the 112 pages of the archive
none has more than 2,600 marks like letters, and not more than 4,700 when it is enlarged and covered with noise; a sheet
with 6,000 numbers has 18,700."""
_LETTER = (8, 40)
"""The least and the greatest height of a letter on a page of 4,000 pixels; less is dirt, more is no tiny writing."""
_SPECKS, _MARK, _LARGEST = 15_000, 3, 12_000
"""Where a larger page has so many marks below the least height, of so many pixels at least, they may be letters: it is
looked at again, with so many pixels at most. A page of 4,200 x 9,000 pixels with 3,000 lines has 38,600."""
_DARK, _OF_INK = 25.0, 0.4
"""A letter is darker than the paper beside it by so many greys, and by this share of what strokes are."""
_READ = 0.2
"""Most of a page was not read where fewer letters were read than this share of the marks that look like some."""


@dataclass(frozen=True, slots=True)
class Letters:
    """How many marks on a page look like letters, and how high they are in its pixels, as a median."""

    number: int
    height: float


def read_in_pieces(image: Image, read: ReadImage) -> Sequence[Line] | Partial:
    """What an engine reads of a page, in pieces where the page is long or its writing tiny.

    Where there are many marks like letters and few letters were read, that is said.
    """
    letters = letters_on(image)
    boxes = pieces(image, letters)
    if len(boxes) == 1:
        return _or_said(read(image), letters)
    found = [read(image.crop((box.x, box.y, box.x + box.width, box.y + box.height))) for box in boxes]
    parts = zip(boxes, found, strict=True)
    lines = tuple(moved_line(line, box.x, box.y) for box, part in parts for line in lines_of(part))
    reasons = dict.fromkeys(each.reason for each in found if isinstance(each, Partial))
    whole = Partial(lines, "; ".join(reasons)) if reasons else PageLines(lines, _languages(found))
    return _or_said(whole, letters)


def _or_said(read: Sequence[Line] | Partial, letters: Letters) -> Sequence[Line] | Partial:
    """What was read of a page, with a sentence if most of its letters were not."""
    if letters.number < _WRITTEN:
        return read
    lines = tuple(lines_of(read))
    number = sum(len("".join(line.text.split())) for line in lines)
    if number >= _READ * letters.number:
        return lines if not isinstance(read, Partial | PageLines) else read
    reason = (
        f"most of it was not read: {letters.number:,} marks look like letters, about {letters.height:.0f} pixels high, "
        f"and {number:,} letters were read (scan it larger, or in parts)"
    )
    return Partial(lines, f"{read.reason}; {reason}" if isinstance(read, Partial) else reason)


def pieces(image: Image, letters: Letters) -> list[Box]:
    """The pieces in which a page is read: one, unless it is long or its writing tiny."""
    across, along = sorted(image.size)
    tall = image.height > image.width
    if along < max(_SIDE, _LONG * across) or across < (_NARROW if tall else _LOW):
        many = _closer(letters, max(image.size))
        return _grid(image, many) if many > 1 else [Box(0, 0, *image.size)]
    many = min(_MOST, max(1, round(along / max(_LEAST, _PIECE * across))))
    ends = [0, *_cuts(image, many, tall=tall), along]
    spans = pairwise(ends)
    return [Box(0, at, across, end - at) if tall else Box(at, 0, end - at, across) for at, end in spans]


def _grid(image: Image, many: int) -> list[Box]:
    """A page cut into so many pieces across and down."""
    rows, columns = ([0, *_cuts(image, many, tall=tall), image.size[tall]] for tall in (True, False))
    return [Box(x, y, u - x, v - y) for y, v in pairwise(rows) for x, u in pairwise(columns)]


def _closer(letters: Letters, side: int) -> int:
    """Into how many pieces each way a page of so many pixels a side has to be cut so that its writing is not tiny."""
    usual = letters.height * 2000 / side
    tiny = letters.number >= _WRITTEN and usual <= _TINY and side > 2000  # else engines see all of its pixels
    return min(_GRID, max(1, math.ceil(_USUAL / usual))) if tiny else 1


def letters_on(image: Image) -> Letters:
    """The marks on a page that look like letters: dark, apart from others, neither dirt nor large."""
    import numpy as np

    factor = max(1.0, max(image.size) / _SIDE)
    heights = _marks(image, factor)
    if factor > 1 and np.count_nonzero(heights < _LETTER[0]) >= _SPECKS:
        factor = max(1.0, max(image.size) / _LARGEST)
        heights = _marks(image, factor)
    heights = heights[(heights >= _LETTER[0]) & (heights <= _LETTER[1])]
    return Letters(len(heights), float(np.median(heights)) * factor if len(heights) else 0.0)


def _marks(image: Image, factor: float) -> NDArray[np.int32]:
    """The heights of the dark marks on a page that is made smaller by a factor, in its pixels then."""
    import cv2
    import numpy as np

    size = (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
    grey = np.asarray(image.resize(size, reducing_gap=2.0).convert("L"))
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((15, 15), np.uint8))
    least = max(_DARK, _OF_INK * float(np.percentile(dark[::3, ::3], 99.5)))
    _, _, boxes, _ = cv2.connectedComponentsWithStats((dark > least).astype(np.uint8))
    heights: NDArray[np.int32] = boxes[1:, cv2.CC_STAT_HEIGHT]
    return heights[heights >= _MARK]


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
