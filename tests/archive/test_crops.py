"""Pictures of lines: upright boxes, and lines that slant, bend or stand on their side, which are laid straight."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import indexer

ENGINE = """
from contextlib import contextmanager
from indexer.api import Box, Engine, Line, Word, along, hookimpl

POLYGONS = POLYGONS_TOLD

class Teller:
    def read(self, image):
        for text, polygon in POLYGONS.items():
            words = tuple(Word(word, 0.9, along(polygon, at / 3, (at + 1) / 3)) for at, word in enumerate(text.split()))
            stands = [(u, v) for u, v in polygon[: len(polygon) // 2]] if len(polygon) > 4 else ()
            yield Line(text, 0.9, along(polygon, 0.0, 1.0), polygon, words, baseline=tuple(stands))

@contextmanager
def opened(options):
    yield Teller()

@hookimpl
def notes_engines():
    yield Engine("told", "reads what it is told", opened, version="1")
"""
HEIGHT, LENGTH = 40, 600


def slanted(x: float, y: float, degrees: float) -> list[tuple[float, float]]:
    """The corners of a line that begins at a point, clockwise from the top of its beginning."""
    ahead = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    right, down = (LENGTH * ahead[0], LENGTH * ahead[1]), (-HEIGHT * ahead[1], HEIGHT * ahead[0])
    return [
        (x, y), (x + right[0], y + right[1]),
        (x + right[0] + down[0], y + right[1] + down[1]), (x + down[0], y + down[1]),
    ]  # fmt: skip


def bent(x: float, y: float) -> list[tuple[float, float]]:
    upper = [(x + at, y + 60 * math.sin(math.pi * at / LENGTH)) for at in range(0, LENGTH + 1, 50)]
    return [*upper, *((u, v + HEIGHT) for u, v in reversed(upper))]


LINES = {
    "level plain words": slanted(100, 100, 0),
    "slanted sloping words": slanted(100, 300, 8),
    "bent curving words": bent(100, 500),
    "sideways standing words": slanted(1000, 800, -90),
    "downward standing words": slanted(1200, 200, 90),
}


def draw(line: list[tuple[float, float]], pen: ImageDraw.ImageDraw) -> None:
    """The second third of the line is inked, over half of its height."""
    half = len(line) // 2
    middle = [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in zip(line[:half], line[: half - 1 : -1], strict=True)]
    places = np.linspace(0, len(middle) - 1, 601)
    x, y = (np.interp(places, range(len(middle)), side) for side in np.array(middle).T)
    pen.line(list(zip(x[200:401], y[200:401], strict=True)), fill=0, width=HEIGHT // 2, joint="curve")


@pytest.fixture
def written(notes: Any) -> Any:
    (notes.plugins / "told.py").write_text(ENGINE.replace("POLYGONS_TOLD", repr(LINES)))
    (notes.home / "notes.toml").write_text('engine = "told"\n')
    image = Image.new("L", (1300, 1000), 255)
    for line in LINES.values():
        draw(line, ImageDraw.Draw(image))
    image.save(notes.home / "page.png")
    notes.run("index", "page.png")
    return notes


def ink(picture: Image.Image) -> tuple[float, float, float, float]:
    """Where a picture is inked: from where to where across and down, as shares of its sides."""
    dark = np.asarray(picture.convert("L")) < 128
    across, down = np.flatnonzero(dark.any(axis=0)), np.flatnonzero(dark.any(axis=1))
    sides = across[0] / dark.shape[1], across[-1] / dark.shape[1], down[0] / dark.shape[0], down[-1] / dark.shape[0]
    return tuple(map(float, sides))  # type: ignore[return-value]


def test_a_line_is_shown_level_and_straight(written: Any) -> None:
    with indexer.open_archive(written.index) as archive:
        (page,) = archive.pages()
        lines = {line.text.split()[0]: line for line in archive.lines(page)}
        pictures = {name: line.picture() for name, line in lines.items()}
        whole = archive.picture(page)
    box = lines["level"].box
    margin = round(box.height / 4)
    around = (box.x - margin, box.y - margin, box.x + box.width + margin, box.y + box.height + margin)
    assert np.array_equal(np.asarray(pictures["level"]), np.asarray(whole.crop(around))), "an upright one is its box"
    for name, picture in pictures.items():
        left, right, top, bottom = ink(picture)
        assert picture.height == pytest.approx(1.5 * HEIGHT, abs=4), name
        assert picture.width == pytest.approx(LENGTH + HEIGHT / 2, rel=0.06), name
        assert (left, right) == pytest.approx((0.344, 0.656), abs=0.02), name
        assert (top, bottom) == pytest.approx((0.33, 0.66), abs=0.06), name


def test_command_and_server_show_the_same_crop_and_mark_what_was_found(written: Any, serve: Callable[..., Any]) -> None:
    for name in ("sloping", "standing", "curving"):
        hit = written.json("search", name)["hits"][0]
        written.run("show", hit["id"], "--crop", f"{name}.png")
        shown = Image.open(written.home / f"{name}.png")
        assert ink(shown)[:2] == pytest.approx((0.344, 0.656), abs=0.02)
    server = serve(written)
    for name in ("sloping", "standing", "curving"):
        hit = server.hits(name)[0]
        shown = Image.open(written.home / f"{name}.png")
        sent = Image.open(io.BytesIO(server.client.get(f"/api/v1/lines/{hit['id']}.png").content))
        assert np.array_equal(np.asarray(sent.convert("L")), np.asarray(shown.convert("L")))
        page = server.client.get("/", params={"q": name}).text
        address, width, height = re.findall(r'<img src="(/ink/[^"]+)" width="(\d+)" height="(\d+)"', page)[0]
        drawn = Image.open(io.BytesIO(server.client.get(unescape(address)).content))
        assert (drawn.size, drawn.height) == (shown.size, pytest.approx(int(height), abs=1))
        assert drawn.width == pytest.approx(int(width), abs=1)
        left, top, wide, high = map(
            float, re.findall(r'<rect x="(.*?)" y="(.*?)" width="(.*?)" height="(.*?)"', page)[0]
        )
        first, last, upper, lower = (100 * share for share in ink(drawn))
        assert (left, left + wide) == pytest.approx((first, last), abs=2)
        assert top < upper < lower < top + high


def test_an_odd_strip_is_no_place_on_the_page(written: Any, serve: Callable[..., Any]) -> None:
    server = serve(written)
    page = server.client.get("/", params={"q": "sloping"}).text
    address = re.findall(r'<img src="(/ink/[^"?]+)', page)[0]
    there = [f"{at % 2 * 1300},{at % 2 * 1000}" for at in range(20)]
    zigzag = "_".join([*there, *reversed(there)])
    for along in (
        "1,2_3,4",
        "1,2_3,4_5,6_x,8",
        "1,1_9,1_99999,9_1,9",
        "1,1_9,1_9,9",
        "1_2_3_4",
        "1,-1_9,1_9,9_1,9",
        zigzag,
    ):
        answer = server.client.get(address, params={"along": along})
        assert (answer.status_code, "no such place on the page" in answer.text) == (404, True), along
    assert server.client.get(address, params={"along": "5,5_5,5_5,5_5,5"}).headers["content-type"] == "image/jpeg"
