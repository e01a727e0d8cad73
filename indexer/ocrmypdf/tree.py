"""What was read of a page as the tree of elements that OCRmyPDF takes, in pixels of the image that it gave."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from ocrmypdf.models.ocr_element import Baseline, BoundingBox, OcrClass, OcrElement

from indexer.archive.transcription import by_block, page_lines
from indexer.image.turning import turned_box, turned_size
from indexer.text.folding import clean
from indexer.values import Box, Status, StoredLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.archive.transcription import PageLine
    from indexer.values import Line, PageReading, Point, Word

_SKEWED = 15.0
"""Degrees above which a page is not deskewed: its lines run up or down for another reason."""
_FEW = 3
"""Lines from which the skew of a page is told."""


def page_tree(page: PageReading, image: Path, number: int = 0) -> OcrElement:
    """A page with its blocks, lines and words. On a page that was turned to be read they stand on their side."""
    turned, size = -page.turned % 360, (page.width, page.height)

    def element(kind: str, box: Box, **more: Any) -> OcrElement:
        there = turned_box(box, turned, size)
        corners = BoundingBox(there.x, there.y, there.x + there.width, there.y + there.height)
        return OcrElement(kind, corners, **more)

    def line(read: StoredLine, words: Sequence[Word]) -> OcrElement:
        told = [element(OcrClass.WORD, each.box, text=each.text, confidence=each.confidence) for each in words]
        ahead = (page.turned + _direction(read)) % 360
        stands, angle = (None, float(ahead)) if ahead else (_baseline(read), None)
        return element(
            OcrClass.LINE, read.box, confidence=read.confidence, children=told, baseline=stands, textangle=angle
        )

    areas = []
    for block, lines in by_block(_lines(page, image)).items():
        inside = [line(*each) for each in lines]
        box = block.box if block else Box(0, 0, *size)
        areas.append(element(OcrClass.CAREA, box, children=[element(OcrClass.PARAGRAPH, box, children=inside)]))
    whole = BoundingBox(0, 0, *turned_size(size, turned))
    return OcrElement(OcrClass.PAGE, whole, children=areas, page_number=number, dpi=_dpi(image))


def page_text(page: PageReading, image: Path) -> str:
    """The text of a page, a line each, with an empty line between blocks."""
    blocks = by_block(_lines(page, image)).values()
    return "\n\n".join("\n".join(read.text for read, _ in lines) for lines in blocks)


def skew(page: PageReading) -> float:
    """By how many degrees the lines of a page fall to the right, as a median of those that have a baseline."""
    lines = [read.line for read, *_ in page.lines if len(read.line.baseline) > 1]
    angles = [math.degrees(math.atan2(end[1] - start[1], end[0] - start[0])) for start, end in map(_ends, lines)]
    angle = median(angles) if len(angles) >= _FEW else 0.0
    return angle if abs(angle) <= _SKEWED else 0.0


def hocr(tree: OcrElement) -> str:
    """The tree of a page as hOCR, where OCRmyPDF wants a file: it reads lines in paragraphs alone."""
    head = '<meta charset="utf-8"/><meta name="ocr-system" content="notes"/>'
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><head>{head}</head><body>{_hocr(tree)}</body></html>'


def _hocr(element: OcrElement) -> str:
    box = element.bbox
    said = [f"bbox {box.left:g} {box.top:g} {box.right:g} {box.bottom:g}"] if box else []
    if element.ocr_class == OcrClass.WORD and element.confidence is not None:
        said.append(f"x_wconf {element.confidence * 100:.0f}")
    if element.baseline:
        said.append(f"baseline {element.baseline.slope:.5f} {element.baseline.intercept:.1f}")
    if element.textangle:
        said.append(f"textangle {element.textangle:g}")
    name = {OcrClass.LINE: "span", OcrClass.WORD: "span", OcrClass.PARAGRAPH: "p"}.get(element.ocr_class, "div")
    inside = escape(element.text) + "".join(map(_hocr, element.children))
    return f'<{name} class="{element.ocr_class}" title="{"; ".join(said)}">{inside}</{name}>'


def _lines(page: PageReading, image: Path) -> list[PageLine]:
    """The lines of a page with their words, each in its place."""
    stored = [
        StoredLine(
            *(at, image, page.number, at, clean(read.line.text), read.line.confidence, Status.ACCEPTED, read.origin),
            *(read.line.box, read.line.polygon, read.line.block, read.line.baseline),
        )
        for at, (read, *_) in enumerate(page.lines, 1)
    ]
    return page_lines(stored, {at: read.line.words for at, (read, *_) in enumerate(page.lines, 1)})


def _baseline(line: StoredLine) -> Baseline | None:
    """The straight line that a line stands on, from the lower left corner of its box."""
    if len(line.baseline) < 2 or line.baseline[0][0] >= line.baseline[-1][0]:
        return None
    (x, y), (end, below) = _ends(line)
    slope = (below - y) / (end - x)
    return Baseline(slope, y + slope * (line.box.x - x) - (line.box.y + line.box.height))


def _direction(line: StoredLine) -> int:
    """By how many degrees anticlockwise a line is turned away from running to the right, in quarters of a turn."""
    if len(line.baseline) < 2:
        return 0
    (x, y), (end, below) = _ends(line)
    return 90 * round(math.degrees(math.atan2(y - below, end - x)) / 90)


def _ends(line: Line | StoredLine) -> tuple[Point, Point]:
    return line.baseline[0], line.baseline[-1]


def _dpi(image: Path) -> float | None:
    """The resolution that the image says it has."""
    from PIL import Image

    with Image.open(image) as opened:
        told = opened.info.get("dpi")
    return float(told[0]) if told else None
