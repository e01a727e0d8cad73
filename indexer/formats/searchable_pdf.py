"""Writes searchable PDFs: the pictures of pages, and invisible text under each line."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from indexer.formats.about import in_pdf
from indexer.formats.archival_pdf import keep_for_ever
from indexer.formats.document import TextWord
from indexer.formats.markup import our_version
from indexer.image.baselines import RISES, baselines
from indexer.image.mupdf import mupdf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.formats.document import TextDocument, TextLine, TextPage
    from indexer.image.baselines import Baseline
    from indexer.values import Point

POINTS = 72 / 200
"""Points for each pixel. A photo does not say how large its paper is, so 200 pixels are taken for an inch."""
_PDF = b"%PDF"
_ROOM = 0.2
"""Share of a line's height between two words: pdftotext -raw takes those that are nearer for one."""
_ASLANT = 4.5
"""Degrees up to which a line that is not level, or upright, is a little aslant."""
_LETTERS = 0.75
"""The size of the letters, as a share of the line's height."""


def write(document: TextDocument, sheets: Sequence[bytes], *, archival: bool = False) -> bytes:
    """A PDF of a document. Each page is a picture (JPEG), or a PDF of a page, which stays as it is; on each line that
    has a place lies its text, invisible, to be selected and searched. An ``archival`` one is made of pictures, as
    PDF/A-2b wants it."""
    with mupdf() as pymupdf, pymupdf.open() as made, pymupdf.open() as texts:
        fonts = [pymupdf.Font("helv"), pymupdf.Font("cjk")]
        for page, sheet in zip(document.pages, sheets, strict=True):
            if sheet.startswith(_PDF):
                with pymupdf.open(stream=sheet, filetype="pdf") as original:
                    made.insert_pdf(original)
                _write_lines(_blank(texts, page), _unseen(page, made[-1]), fonts, pymupdf)
            else:
                shown = _blank(made, page)
                shown.insert_image(shown.rect, stream=sheet)
                _write_lines(shown, page.lines, fonts, pymupdf)
        told = in_pdf(document.title, document.about)
        made.set_metadata({**told, "producer": f"notes {our_version()}"})
        if texts.page_count:
            _lay(made, texts, [at for at, sheet in enumerate(sheets) if sheet.startswith(_PDF)])
        else:
            made.subset_fonts()
        if archival:
            keep_for_ever(made, told)
        data: bytes = made.tobytes(garbage=3, deflate=True, use_objstms=1)
    return data


def _blank(made: Any, page: TextPage) -> Any:
    return made.new_page(width=page.width * POINTS, height=page.height * POINTS)


def _lay(made: Any, texts: Any, places: Sequence[int]) -> None:
    """Lay pages of text on pages that have their own fonts, turning and margins, each as it is seen."""
    texts.subset_fonts()
    for number, at in enumerate(places):
        if texts[number].get_contents():
            sheet, turned = made[at], made[at].rotation
            sheet.set_rotation(0)  # PyMuPDF minds the margins of pages only where they are not turned
            sheet.show_pdf_page(sheet.rect, texts, number, rotate=turned, keep_proportion=False)
            sheet.set_rotation(turned)


def _unseen(page: TextPage, sheet: Any) -> list[TextLine]:
    """The lines of a page whose text does not stand in the page itself."""
    seen = sheet.rotation_matrix * (page.width / sheet.rect.width)
    told = [(*_middle(word, seen), word[4].casefold()) for word in sheet.get_text("words")]
    found = []
    for line in page.lines:
        (x, y, width, height), reach = line.box.xywh, line.box.height * _ROOM
        words = [
            word for across, down, word in told if x - reach <= across <= x + width + reach and y <= down <= y + height
        ]
        if words != line.text.casefold().split():
            found.append(line)
    return found


def _middle(word: Sequence[float], seen: Any) -> Point:
    across, down = (word[0] + word[2]) / 2, (word[1] + word[3]) / 2
    return across * seen.a + down * seen.c + seen.e, across * seen.b + down * seen.d + seen.f


def _write_lines(sheet: Any, lines: Sequence[TextLine], fonts: Sequence[Any], pymupdf: Any) -> None:
    placed = [(line, line.words or _whole(line)) for line in lines if line.polygon]
    for (_, words), baseline in zip(placed, baselines(placed), strict=True):
        _write(sheet, baseline, words, fonts, pymupdf)
    if sheet.get_contents():
        _join(sheet.parent, sheet)


def _join(made: Any, sheet: Any) -> None:
    """Make one stream of what is written on a page. Each word has one of its own before, which is twice as much."""
    first = sheet.get_contents()[0]
    made.update_stream(first, sheet.read_contents())
    sheet.set_contents(first)


def _whole(line: TextLine) -> tuple[TextWord, ...]:
    return (TextWord(line.text, None, line.polygon),) if line.text else ()


@dataclass(frozen=True, slots=True)
class _Placed:
    """A word of a line, where it begins along the line, how long it is, and the middle of its foot."""

    text: str
    start: float
    length: float
    foot: Point


def _write(sheet: Any, baseline: Baseline, words: Sequence[TextWord], fonts: Sequence[Any], pymupdf: Any) -> None:
    """Write the words of a line, each as wide as its ink. All have one size.

    Programs that take the text out of a PDF, such as pdftotext, break words that are aslant into letters, and mix lines
    that sink. So each word is level, or upright. All stand at one height where the line is but a little aslant and they
    still lie on their ink then. In other lines, and in bent ones, each stands at its own place.
    """
    size = max(1.0, baseline.height * _LETTERS * POINTS)
    quarter = round(baseline.degrees / 90) * 90
    ahead = (round(math.cos(math.radians(quarter))), round(math.sin(math.radians(quarter))))
    wide = abs(baseline.x * ahead[0] + baseline.y * ahead[1])
    placed = list(_placed(baseline, words))
    level = abs(baseline.degrees - quarter) <= _ASLANT and all(
        abs(_sinks(baseline, each.foot, ahead)) <= baseline.height / 2 for each in placed
    )
    for each in placed:
        font = next((one for one in fonts if all(one.has_glyph(ord(letter)) for letter in each.text)), fonts[-1])
        sinks = _sinks(baseline, each.foot, ahead) if level else 0.0
        x, y = each.foot[0] + sinks * ahead[1], each.foot[1] - sinks * ahead[0]
        length = each.length * wide
        at = pymupdf.Point(x - ahead[0] * length / 2, y - ahead[1] * length / 2) * POINTS
        writer = pymupdf.TextWriter(sheet.rect)
        writer.append(at, each.text + " ", font=font, fontsize=size)
        narrowed = length * POINTS / max(0.01, font.text_length(each.text, fontsize=size))
        writer.write_text(sheet, render_mode=3, morph=(at, pymupdf.Matrix(narrowed, 1) * pymupdf.Matrix(-quarter)))


def _sinks(baseline: Baseline, foot: Point, ahead: Point) -> float:
    """How far below the middle of its line a word stands."""
    across, down = baseline.at(baseline.length / 2)
    return (foot[1] - down) * ahead[0] - (foot[0] - across) * ahead[1]


def _placed(baseline: Baseline, words: Sequence[TextWord]) -> Iterator[_Placed]:
    """Each word in its place. A word ends so long before the next one that they are two."""
    places = [each for word in words for each in _parts(baseline, word)]
    limits = [each.start - _ROOM * baseline.height for each in places[1:]]
    for each, limit in zip(places, [*limits, math.inf], strict=False):
        length = max(1.0, each.length / 2, min(each.length, limit - each.start))
        moved = (length - each.length) / 2
        yield replace(each, length=length, foot=(each.foot[0] + moved * baseline.x, each.foot[1] + moved * baseline.y))


def _parts(baseline: Baseline, word: TextWord) -> Iterator[_Placed]:
    """A word as it stands on its ink. What is several words, as a whole line may be, is divided by its letters."""
    start, end = baseline.reach(word.box)
    texts, below = word.text.split(), (RISES - 0.5) * baseline.height
    if len(texts) < 2:
        x, y = word.box.centre
        yield _Placed(word.text, start, end - start, (x - below * baseline.y, y + below * baseline.x))
        return
    step = (end - start) / len(" ".join(texts))
    for text in texts:
        yield _Placed(text, start, len(text) * step, baseline.at(start + len(text) * step / 2))
        start += (len(text) + 1) * step
