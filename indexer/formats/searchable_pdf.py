"""Writes a page as a searchable PDF: its picture, and invisible text under each line."""

from __future__ import annotations

import math
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from indexer.image.baselines import baselines
from indexer.image.mupdf import mupdf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.catalog import DocumentPage
    from indexer.formats.transcription import PageLine
    from indexer.image.baselines import Baseline
    from indexer.values import Word

_SCALE = 72 / 200
"""Points for each pixel. A photo does not say how large its paper is, so 200 pixels are taken for an inch."""
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
    """Write the words of a line, each as long as its ink. All stand on one baseline and have one size."""
    size = max(1.0, baseline.height * _LETTERS * _SCALE)
    turn = pymupdf.Matrix(-math.degrees(math.atan2(baseline.y, baseline.x)))
    for word, start, length in _placed(baseline, words):
        text = word.text + " "
        font = next((each for each in fonts if all(each.has_glyph(ord(letter)) for letter in text)), fonts[-1])
        at = pymupdf.Point(*baseline.at(start)) * _SCALE
        writer = pymupdf.TextWriter(sheet.rect)
        writer.append(at, text, font=font, fontsize=size)
        narrowed = length * _SCALE / max(0.01, font.text_length(word.text, fontsize=size))
        writer.write_text(sheet, render_mode=3, morph=(at, pymupdf.Matrix(narrowed, 1) * turn))


def _placed(baseline: Baseline, words: Sequence[Word]) -> Iterator[tuple[Word, float, float]]:
    """Each word with its start and its length. A word ends before the next one begins."""
    places = [baseline.reach(word.box) for word in words]
    ends = [max(start + 1.0, min(end, following)) for (start, end), (following, _) in pairwise(places)]
    for word, (start, end), limit in zip(words, places, [*ends, math.inf], strict=False):
        yield word, start, min(end, limit) - start
