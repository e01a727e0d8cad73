"""The searchable PDF: text lies along the line it belongs to, a baseline a line; MuPDF runs in one thread at a time."""

from __future__ import annotations

import io
import itertools
import math
import re
import shutil
import subprocess
import threading
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from indexer.archive.transcription import text_page
from indexer.catalog import DocumentPage
from indexer.formats import alto, searchable_pdf
from indexer.formats.document import TextDocument
from indexer.image.baselines import baselines
from indexer.image.geometry import along, bounding_box
from indexer.image.mupdf import mupdf
from indexer.values import Box, Origin, Status, StoredLine, Word

SIZE = (1600, 1600)
TEXTS = ("Ceci est mon testament", "fait a Nesles la Vallee")
PAGE = DocumentPage(1, 1, Path("a.jpg"), "a.jpg", "0", 1, None, *SIZE, None, 1)


def turned(x: float, y: float, degrees: float) -> tuple[float, float]:
    """A place on the page when that is turned clockwise around its middle."""
    return rotated((x, y), (SIZE[0] / 2, SIZE[0] / 2), degrees)


def rotated(point: tuple[float, float], middle: tuple[float, float], degrees: float) -> tuple[float, float]:
    angle, (across, down) = math.radians(degrees), (point[0] - middle[0], point[1] - middle[1])
    return (
        middle[0] + across * math.cos(angle) - down * math.sin(angle),
        middle[1] + across * math.sin(angle) + down * math.cos(angle),
    )


def line(number: int, text: str, degrees: float, *, whole: bool = False, polygon: bool = True) -> tuple:
    """A line of a turned page and its words, as an engine gives them."""
    top = 500 + 120 * number
    outline = tuple(turned(x, y, degrees) for x, y in ((400, top), (1200, top), (1200, top + 60), (400, top + 60)))
    box = bounding_box(outline)
    stored = StoredLine(
        *(number, Path("a.jpg"), 1, number, text, 0.9, Status.ACCEPTED, Origin("engine"), box),
        polygon=outline if polygon else (),
    )
    words, at = [], 0
    for word in text.split():
        words.append(Word(word, 0.9, along(outline, at / len(text), (at + len(word)) / len(text))))
        at += len(word) + 1
    return stored, (Word(text, None, box),) if whole else tuple(words)


def document(lines: list[tuple]) -> TextDocument:
    return TextDocument((text_page(PAGE, lines),))


def made(lines: list[tuple]) -> pymupdf.Page:
    return pymupdf.open(stream=searchable_pdf.write(document(lines), [picture()]))[0]


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("L", (160, 160), 255).save(made, "JPEG")
    return made.getvalue()


WAYS = [
    *((degrees, whole, True) for degrees in (0, 5, -7, 30, 90, -90, 180) for whole in (False, True)),
    # An upright box does not say how the line runs in it; the order of its words does, if they have places.
    *((degrees, False, False) for degrees in (0, 5, -7, 90, -90)),
    *((degrees, True, False) for degrees in (0, -90)),
]


@pytest.mark.parametrize(("degrees", "whole", "polygon"), WAYS)
def test_words_stand_in_order_on_their_ink_however_the_line_runs(degrees: int, whole: bool, polygon: bool) -> None:
    page = made([line(number, text, degrees, whole=whole, polygon=polygon) for number, text in enumerate(TEXTS, 1)])
    assert page.get_text().split() == " ".join(TEXTS).split()
    quarter = round(degrees / 90) * 90
    for way in directions(page):
        assert abs((way - quarter + 180) % 360 - 180) < 0.1
    for number, text in enumerate(TEXTS, 1):
        for start, word in ((0, text.split()[0]), (len(text) - len(text.split()[-1]), text.split()[-1])):
            where = (start + len(word) / 2) / len(text)
            x, y = turned(400 + 800 * where, 530 + 120 * number, degrees)
            ((place),) = page.search_for(word)[:1]
            middle = (place.tl + place.br) / 2 * 200 / 72
            assert abs(middle.x - x) < 40
            assert abs(middle.y - y) < 40


def directions(page: pymupdf.Page) -> list[float]:
    lines = [each for block in page.get_text("dict")["blocks"] for each in block.get("lines", ())]
    return [math.degrees(math.atan2(each["dir"][1], each["dir"][0])) for each in lines]


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext (poppler-utils) is not installed")
@pytest.mark.parametrize("degrees", [0, 3, -7, 12, 30, -30, 44, 90, -90, 95, 180, 172, -170])
def test_pdftotext_finds_the_words_whole_and_in_order_each_on_its_ink(degrees: int, tmp_path: Path) -> None:
    lines = [line(number, text, degrees) for number, text in enumerate(TEXTS, 1)]
    file = tmp_path / "page.pdf"
    file.write_bytes(searchable_pdf.write(document(lines), [picture()]))

    def told(*options: str) -> str:
        return subprocess.run(["pdftotext", *options, file, "-"], check=True, capture_output=True, text=True).stdout

    assert told("-raw").split() == " ".join(TEXTS).split()
    words = re.findall(r'<word xMin="(.+)" yMin="(.+)" xMax="(.+)" yMax="(.+)">(.+)</word>', told("-bbox", "-raw"))
    inks = [word for _, row in lines for word in row]
    assert [word[4] for word in words] == [ink.text for ink in inks]
    for word, ink in zip(words, inks, strict=True):
        left, top, right, bottom = (float(each) / 0.36 for each in word[:4])
        assert abs((left + right) / 2 - ink.box.centre[0]) < 25
        assert abs((top + bottom) / 2 - ink.box.centre[1]) < 25
        assert right - left < ink.box.width + 30
        assert bottom - top < ink.box.height + 30


def test_words_of_a_bent_line_stand_on_their_ink() -> None:
    """Its words rise and sink by more than its height, and it is level from end to end."""
    stored, words = line(1, "on the hill and down again", 0)
    bent = [
        Word(word.text, 0.9, Box(word.box.x, word.box.y + rise, word.box.width, word.box.height))
        for word, rise in zip(words, (0, -60, -110, -110, -60, 0), strict=True)
    ]
    page = made([(stored, tuple(bent))])
    placed = page.get_text("words")
    assert [word[4] for word in placed] == [word.text for word in bent]
    for found, ink in zip(placed, bent, strict=True):
        assert abs((found[1] + found[3]) / 2 / 0.36 - ink.box.centre[1]) < 15


# How far the outlines of short lines are turned by the ascenders at their ends, and how long these lines are.
LEANING = ((250, 6.0), (180, -9.0), (90, 25.0), (300, -5.5))


@pytest.mark.parametrize("longest", [1100, 420])
@pytest.mark.parametrize("degrees", [5, -5, 95])
def test_on_a_turned_page_short_lines_run_as_the_others_do(degrees: int, longest: int) -> None:
    """Also where none is long: 420 pixels are seven times the height of a line, and those say what the page does."""
    lines = [
        *((700 + 90 * at, longest, (-0.4, 0.3, 0.0, -0.2, 0.4)[at]) for at in range(5)),
        *((250 + 90 * at, length, lean) for at, (length, lean) in enumerate(LEANING)),
    ]
    made_lines = [leaning(number, *line, degrees) for number, line in enumerate(lines, 1)]
    assert len(made(made_lines).get_text("words")) == len(lines)
    root = ElementTree.fromstring(alto.write(document(made_lines)))
    written = [each.attrib["BASELINE"].split() for each in root.iter() if each.tag.endswith("TextLine")]
    for start, end in written:
        (x0, y0), (x1, y1) = (map(int, point.split(",")) for point in (start, end))
        assert abs(math.degrees(math.atan2(y1 - y0, x1 - x0)) - degrees) < 1.5  # whole pixels


def test_a_short_line_that_was_written_aslant_keeps_its_own_direction() -> None:
    lines = [*(leaning(at, 700 + 90 * at, 1100, 0.0, 0) for at in range(5)), leaning(9, 400, 400, 30.0, 0)]
    ways = sorted(round(each.degrees) for each in baselines(lines))
    assert ways == [0, 0, 0, 0, 0, 30]


def leaning(number: int, top: int, length: int, lean: float, degrees: float) -> tuple:
    """A line of a turned page whose outline is turned more than its writing is, around its middle."""
    middle = (200 + length / 2, top + 30)
    level = ((200, top), (200 + length, top), (200 + length, top + 60), (200, top + 60))
    outline = tuple(turned(*rotated(corner, middle, lean), degrees) for corner in level)
    stored = StoredLine(
        *(number, Path("a.jpg"), 1, number, "word", 0.9, Status.ACCEPTED, Origin("engine"), bounding_box(outline)),
        polygon=outline,
    )
    return stored, (Word("word", 0.9, along(outline, 0.1, 0.9)),)


def test_mupdf_runs_in_one_thread_at_a_time() -> None:
    done: list[str] = []
    with mupdf():
        other = threading.Thread(target=lambda: done.append(made([line(1, TEXTS[0], 0)]).get_text().strip()))
        other.start()
        other.join(0.3)
        assert done == []
    other.join(20)
    assert done == [TEXTS[0]]


@pytest.mark.parametrize("degrees", [3, -3, 93, -87])
def test_words_of_a_line_a_little_aslant_are_level_and_apart(degrees: float) -> None:
    """pdftotext breaks words that are a little aslant, and joins those that nearly touch; measured with 22.12."""
    lines = [line(number, text, degrees) for number, text in enumerate(TEXTS, 1)]
    page = made(lines)
    assert page.get_text().split() == " ".join(TEXTS).split()
    found = [each for block in page.get_text("dict")["blocks"] for each in block.get("lines", ())]
    quarter = math.radians(round(degrees / 90) * 90)
    assert {tuple(map(round, each["dir"])) for each in found} == {(round(math.cos(quarter)), round(math.sin(quarter)))}
    assert all(abs(abs(each["dir"][0]) - abs(math.cos(quarter))) < 1e-3 for each in found)
    words = [[each / 0.36 for each in word[:4]] for word in page.get_text("words")]
    inks = [word.box for _, row in lines for word in row]
    assert len(words) == len(inks)
    for (left, top, right, bottom), ink in zip(words, inks, strict=True):
        x, y = (left + right) / 2, (top + bottom) / 2
        assert ink.x - 30 < x < ink.x + ink.width + 30
        assert ink.y - 30 < y < ink.y + ink.height + 30
    assert all(gap >= 10 for gap in gaps(words, level=abs(degrees) < 45))


def gaps(words: list[list[float]], *, level: bool) -> list[float]:
    """The room between the words of a line, of two lines of as many words."""
    spans = [sorted((word[0], word[2]) if level else (word[1], word[3])) for word in words]
    rows = [sorted(spans[: len(TEXTS[0].split())]), sorted(spans[len(TEXTS[0].split()) :])]
    return [after[0] - before[1] for row in rows for before, after in itertools.pairwise(row)]
