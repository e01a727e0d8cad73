"""A page as a PDF to search and to copy from: its picture, and its text under it, along the lines that it stands in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from indexer.mupdf import mupdf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from indexer.catalog import DocumentPage
    from indexer.export import PageLine
    from indexer.model import Box, Point, StoredLine, Word

_SCALE = 72 / 200
"""Points a pixel: a photo does not say how large its paper is, and 200 pixels are taken for an inch."""
_RISES = 0.75
"""Share of a line's height from its top to where its letters stand."""
_TALL = 1.5
"""A box so many times as high as wide holds a line that runs up or down the page."""
_LEVEL = 0.15
"""Share of a line's height by which its words may go up and down, and it is level."""


@dataclass(frozen=True, slots=True)
class _Baseline:
    """Where the letters of a line stand, in pixels: from ``start`` along ``x``, ``y`` (of length 1)."""

    start: Point
    x: float
    y: float
    height: float

    def at(self, along: float) -> Point:
        """The place so many pixels along."""
        return (self.start[0] + along * self.x, self.start[1] + along * self.y)

    def reach(self, box: Box) -> tuple[float, float]:
        """Where along the line what lies in an upright box begins and ends."""
        middle = (box.centre[0] - self.start[0]) * self.x + (box.centre[1] - self.start[1]) * self.y
        across, down = abs(self.x), abs(self.y)
        if across >= down:
            length = (box.width - self.height * down) / across
        else:
            length = (box.height - self.height * across) / down
        half = max(1.0, length) / 2
        return (middle - half, middle + half)


def searchable_pdf(page: DocumentPage, picture: bytes, lines: Iterable[PageLine]) -> bytes:
    """A PDF of one page: its picture (JPEG), and under each line its text, to select and to search for."""
    with mupdf() as pymupdf, pymupdf.open() as document:
        sheet = document.new_page(width=page.width * _SCALE, height=page.height * _SCALE)
        sheet.insert_image(sheet.rect, stream=picture)
        fonts = [pymupdf.Font("helv"), pymupdf.Font("cjk")]
        for line, words in lines:
            _write(sheet, _baseline(line, words), words, fonts, pymupdf)
        document.set_metadata({"title": f"{page.name}, page {page.number}", "producer": f"notes {version('notes')}"})
        document.subset_fonts()
        made: bytes = document.tobytes(garbage=3, deflate=True)
    return made


def _write(sheet: Any, baseline: _Baseline, words: Sequence[Word], fonts: Sequence[Any], pymupdf: Any) -> None:
    """The words of a line, each as long as its ink, all on one baseline and of one size."""
    size = max(1.0, baseline.height * _RISES * _SCALE)
    turn = pymupdf.Matrix(-math.degrees(math.atan2(baseline.y, baseline.x)))
    for word, start, length in _placed(baseline, words):
        text = word.text + " "
        font = next((each for each in fonts if all(each.has_glyph(ord(letter)) for letter in text)), fonts[-1])
        at = pymupdf.Point(*baseline.at(start)) * _SCALE
        writer = pymupdf.TextWriter(sheet.rect)
        writer.append(at, text, font=font, fontsize=size)
        narrowed = length * _SCALE / max(0.01, font.text_length(word.text, fontsize=size))
        writer.write_text(sheet, render_mode=3, morph=(at, pymupdf.Matrix(narrowed, 1) * turn))


def _placed(baseline: _Baseline, words: Sequence[Word]) -> Iterator[tuple[Word, float, float]]:
    """Each word with where it begins and how long it is; it ends before the next one begins."""
    places = [baseline.reach(word.box) for word in words]
    ends = [max(start + 1.0, min(end, following)) for (start, end), (following, _) in pairwise(places)]
    for word, (start, end), limit in zip(words, places, [*ends, math.inf], strict=False):
        yield word, start, min(end, limit) - start


def _baseline(line: StoredLine, words: Sequence[Word]) -> _Baseline:
    """By the line's corners where there are four (from where its writing begins, clockwise), or by its words."""
    if len(line.polygon) == 4:
        above, far_above, far_below, below = line.polygon
        height = (math.dist(above, below) + math.dist(far_above, far_below)) / 2
        begin, end = _between(above, below), _between(far_above, far_below)
        if math.dist(begin, end) > 0:
            return _along(begin, end, height)
    return _along(*_ends(line.box, words))


def _between(above: Point, below: Point) -> Point:
    return (above[0] + _RISES * (below[0] - above[0]), above[1] + _RISES * (below[1] - above[1]))


def _along(begin: Point, end: Point, height: float) -> _Baseline:
    length = math.dist(begin, end)
    return _Baseline(begin, (end[0] - begin[0]) / length, (end[1] - begin[1]) / length, max(1.0, height))


def _ends(box: Box, words: Sequence[Word]) -> tuple[Point, Point, float]:
    """Where the baseline in an upright box begins and ends, and the height of its line."""
    (x0, y0), (x1, y1) = words[0].box.centre, words[-1].box.centre
    if box.height > _TALL * box.width:
        across = box.x + _RISES * box.width
        if y1 > y0:  # down the page, on its right side
            across = box.x + (1 - _RISES) * box.width
            return (across, box.y), (across, box.y + box.height), box.width
        return (across, box.y + box.height), (across, box.y), box.width
    height = max(word.box.height for word in words)
    if x1 <= x0 or abs(y1 - y0) <= _LEVEL * height:
        level = box.y + _RISES * box.height
        return (box.x, level), (box.x + max(1, box.width), level), box.height
    lower = (_RISES - 0.5) * height
    return (x0, y0 + lower), (x1, y1 + lower), height
