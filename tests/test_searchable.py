"""The searchable PDF: text lies along the line it belongs to, a baseline a line; MuPDF runs in one thread at a time."""

from __future__ import annotations

import io
import math
import threading
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from indexer.catalog import DocumentPage
from indexer.geometry import along, bounding_box
from indexer.model import Origin, Status, StoredLine, Word
from indexer.mupdf import mupdf
from indexer.searchable import searchable_pdf

SIZE = (1600, 1600)
TEXTS = ("Ceci est mon testament", "fait a Nesles la Vallee")


def turned(x: float, y: float, degrees: float) -> tuple[float, float]:
    """A place on the page when that is turned clockwise around its middle."""
    middle, angle = SIZE[0] / 2, math.radians(degrees)
    across, down = x - middle, y - middle
    return (
        middle + across * math.cos(angle) - down * math.sin(angle),
        middle + across * math.sin(angle) + down * math.cos(angle),
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


def made(lines: list[tuple]) -> pymupdf.Page:
    page = DocumentPage(1, 1, Path("a.jpg"), "a.jpg", "0", 1, None, *SIZE, None, 1)
    picture = io.BytesIO()
    Image.new("L", (160, 160), 255).save(picture, "JPEG")
    return pymupdf.open(stream=searchable_pdf(page, picture.getvalue(), lines))[0]


WAYS = [
    *((degrees, whole, True) for degrees in (0, 5, -7, 30, 90, -90, 180) for whole in (False, True)),
    # An upright box does not say how the line runs in it; the order of its words does, if they have places.
    *((degrees, False, False) for degrees in (0, 5, -7, 90, -90)),
    *((degrees, True, False) for degrees in (0, -90)),
]


@pytest.mark.parametrize(("degrees", "whole", "polygon"), WAYS)
def test_text_lies_along_its_line(degrees: int, whole: bool, polygon: bool) -> None:
    page = made([line(number, text, degrees, whole=whole, polygon=polygon) for number, text in enumerate(TEXTS, 1)])
    found = [each for block in page.get_text("dict")["blocks"] for each in block.get("lines", ())]
    assert sorted("".join(span["text"] for span in each["spans"]).strip() for each in found) == sorted(TEXTS)
    for each in found:
        way = math.degrees(math.atan2(each["dir"][1], each["dir"][0]))
        assert abs((way - degrees + 180) % 360 - 180) < (1 if polygon else 3)
    for number, text in enumerate(TEXTS, 1):
        for start, word in ((0, text.split()[0]), (len(text) - len(text.split()[-1]), text.split()[-1])):
            where = (start + len(word) / 2) / len(text)
            x, y = turned(400 + 800 * where, 530 + 120 * number, degrees)
            ((place),) = page.search_for(word)[:1]
            middle = (place.tl + place.br) / 2 * 200 / 72
            assert abs(middle.x - x) < 40
            assert abs(middle.y - y) < 40


def test_mupdf_runs_in_one_thread_at_a_time() -> None:
    done: list[str] = []
    with mupdf():
        other = threading.Thread(target=lambda: done.append(made([line(1, TEXTS[0], 0)]).get_text().strip()))
        other.start()
        other.join(0.3)
        assert done == []
    other.join(20)
    assert done == [TEXTS[0]]
