"""Tiny writing on a large sheet: it is read in pieces, and what stays too small is said."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageDraw

ENGINE = """
from contextlib import contextmanager
import cv2, numpy as np
from indexer.api import Box, Engine, Line, hookimpl

class Shrinking:
    def read(self, image):
        # it sees a page at 2,000 pixels, and there no row whose marks are lower than 10
        dark = (np.asarray(image.convert("L")) < 128).astype(np.uint8)
        _, _, boxes, _ = cv2.connectedComponentsWithStats(dark)
        rows = {}
        for x, y, width, height, _ in boxes[1:].tolist():
            if height * min(1.0, 2000 / max(image.size)) >= 10:
                rows.setdefault(y, []).append((x, x + width, height))
        for y, row in sorted(rows.items()):
            left, right = min(x for x, _, _ in row), max(x for _, x, _ in row)
            yield Line("m" * len(row), 0.9, Box(left, y, right - left, row[0][2]))

@contextmanager
def opened(options):
    yield Shrinking()

@hookimpl
def notes_engines():
    yield Engine("shrinking", "reads marks that are not too small", opened, version="1")
"""
ACROSS, DOWN = 68, 80


def sheet(height: int) -> Image.Image:
    page = Image.new("L", (3000, 4000), 255)
    draw = ImageDraw.Draw(page)
    for row in range(DOWN):
        for column in range(ACROSS):
            x, y = 40 + 43 * column, 60 + 48 * row
            draw.rectangle((x, y, x + 7, y + height - 1), fill=0)
    return page


@pytest.fixture
def shrinking(notes: Any) -> Any:
    (notes.plugins / "shrinking.py").write_text(ENGINE)
    (notes.home / "notes.toml").write_text('engine = "shrinking"\n')
    return notes


def test_a_sheet_of_tiny_marks_is_read_in_pieces(shrinking: Any) -> None:
    sheet(14).save(shrinking.home / "a.png")
    report = shrinking.json("index", "a.png")
    lines = shrinking.json("show", "a.png")["lines"]
    assert sum(len(line["text"]) for line in lines) == ACROSS * DOWN
    assert {line["box"][3] for line in lines} == {14}
    assert {(line["box"][1] - 60) % 48 for line in lines} == {0}
    assert not report["pages_incomplete"]


def test_marks_that_are_no_more_than_dirt_on_a_smaller_page_are_looked_at_on_the_whole_one(shrinking: Any) -> None:
    page = Image.new("L", (4500, 9000), 255)
    draw = ImageDraw.Draw(page)
    for at in range(16_000):
        x, y = 40 + 43 * (at % 100), 60 + 55 * (at // 100)
        draw.rectangle((x, y, x + 6, y + 11), fill=0)
    page.save(shrinking.home / "a.png")
    shrinking.run("index", "a.png")
    assert sum(len(line["text"]) for line in shrinking.json("show", "a.png")["lines"]) == 16_000


def test_of_a_sheet_that_stays_too_small_to_read_the_reason_is_said(shrinking: Any) -> None:
    sheet(8).save(shrinking.home / "a.png")
    done = shrinking.run("index", "a.png")
    said = "most of it was not read: 5,440 marks look like letters, about 8 pixels high, and 0 letters were read"
    assert said in done.stderr
    assert said in shrinking.run("status").stdout


def test_large_writing_and_an_empty_page_are_read_at_once(shrinking: Any) -> None:
    Image.new("L", (3000, 4000), 255).save(shrinking.home / "empty.png")
    large = Image.new("L", (3000, 4000), 255)
    for row in range(40):
        ImageDraw.Draw(large).rectangle((100, 100 + 90 * row, 2000, 130 + 90 * row), fill=0)
    large.save(shrinking.home / "large.png")
    report = shrinking.json("index", "empty.png", "large.png")
    assert not report["pages_incomplete"]
    assert len(shrinking.json("show", "large.png")["lines"]) == 40
