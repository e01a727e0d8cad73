"""Writes a page as a searchable PDF: its picture, and invisible text under each line."""

from __future__ import annotations

import math
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from indexer.image.baselines import baselines
from indexer.image.mupdf import mupdf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.catalog import DocumentPage
    from indexer.formats.transcription import PageLine
    from indexer.image.baselines import Baseline
    from indexer.values import Point, Word

_SCALE = 72 / 200
"""Points for each pixel. A photo does not say how large its paper is, so 200 pixels are taken for an inch."""
_ROOM = 0.2
"""Share of a line's height between two words: pdftotext -raw takes those that are nearer for one."""
_ASLANT = 4.5
"""Degrees up to which a line that is not level, or upright, is a little aslant."""
_LETTERS = 0.75
"""The size of the letters, as a share of the line's height."""


def searchable_pdf(page: DocumentPage, picture: bytes, lines: Sequence[PageLine]) -> bytes:
    """A PDF of one page: its picture (JPEG), and under each line its text, which can be selected and searched."""
    with mupdf() as pymupdf, pymupdf.open() as document:
        sheet = document.new_page(width=page.width * _SCALE, height=page.height * _SCALE)
        sheet.insert_image(sheet.rect, stream=picture)
        fonts = [pymupdf.Font("helv"), pymupdf.Font("cjk")]
        for (_, words), baseline in zip(lines, baselines(lines), strict=True):
            _write(sheet, baseline, words, fonts, pymupdf)
        document.set_metadata({"title": f"{page.name}, page {page.number}", "producer": f"notes {version('notes')}"})
        document.subset_fonts()
        made: bytes = document.tobytes(garbage=3, deflate=True)
    return made


def _write(sheet: Any, baseline: Baseline, words: Sequence[Word], fonts: Sequence[Any], pymupdf: Any) -> None:
    """Write the words of a line, each as long as its ink. All have one size, and run as ``_way`` says."""
    size = max(1.0, baseline.height * _LETTERS * _SCALE)
    degrees, level = _way(baseline)
    ahead = (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
    for word, start, length in _placed(baseline, words):
        text = word.text + " "
        font = next((each for each in fonts if all(each.has_glyph(ord(letter)) for letter in text)), fonts[-1])
        x, y = _middle(baseline, start + length / 2, ahead if level else None)
        at = pymupdf.Point(x - ahead[0] * length / 2, y - ahead[1] * length / 2) * _SCALE
        writer = pymupdf.TextWriter(sheet.rect)
        writer.append(at, text, font=font, fontsize=size)
        narrowed = length * _SCALE / max(0.01, font.text_length(word.text, fontsize=size))
        writer.write_text(sheet, render_mode=3, morph=(at, pymupdf.Matrix(narrowed, 1) * pymupdf.Matrix(-degrees)))


def _way(baseline: Baseline) -> tuple[float, bool]:
    """The direction of the words of a line in degrees, and whether they all stand at one height.

    Programs that take the text out of a PDF, such as pdftotext, break words that are a little aslant, and mix lines
    that sink. So the words of such a line are level, each at its place; and all at one height if they still lie on
    their ink then.
    """
    quarter = round(baseline.degrees / 90) * 90
    if abs(baseline.degrees - quarter) > _ASLANT:
        return baseline.degrees, False
    off = [x if quarter % 180 else y for x, y in baseline.points]
    return quarter, max(off) - min(off) <= baseline.height


def _middle(baseline: Baseline, along: float, ahead: Point | None) -> Point:
    """The place so far along a line; with a direction, on the line in that direction through its middle."""
    x, y = baseline.at(along)
    if ahead is None:
        return x, y
    across, down = baseline.at(baseline.length / 2)
    far = (x - across) * ahead[0] + (y - down) * ahead[1]
    return across + far * ahead[0], down + far * ahead[1]


def _placed(baseline: Baseline, words: Sequence[Word]) -> Iterator[tuple[Word, float, float]]:
    """Each word with its start and its length. A word ends so long before the next one that they are two."""
    places = [baseline.reach(word.box) for word in words]
    limits = [begin - _ROOM * baseline.height for begin, _ in places[1:]]
    ends = [
        max(start + 1.0, (start + end) / 2, min(end, limit))
        for (start, end), limit in zip(places, limits, strict=False)
    ]
    for word, (start, end), limit in zip(words, places, [*ends, math.inf], strict=False):
        yield word, start, min(end, limit) - start
