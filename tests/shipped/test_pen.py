"""Notebooks of tablets: strokes become ink on a white page, and libraries that are missing are named."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.api.registry import load_registry
from indexer.api.testing import check_source
from indexer.plugins import pen
from indexer.system.originals import source_file
from indexer.values import Page, SourceOptions
from indexer.values.errors import PluginError

OPTIONS = SourceOptions()


@pytest.fixture
def registry(tmp_path: Path):
    return load_registry(tmp_path / "none", {})


def each(path: Path, options: SourceOptions = OPTIONS) -> Iterator[Page]:
    source = load_registry(path.parent / "none", {}).source_for(path)
    assert source is not None
    yield from source.pages(source_file(path, None), options)


def pages(path: Path, options: SourceOptions = OPTIONS) -> list[Page]:
    return list(each(path, options))


def inked(image: Image.Image) -> tuple[int, int, int, int]:
    """The box around the ink: left, top, right, bottom."""
    rows, columns = np.nonzero(np.asarray(image) < 128)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


# ── Xournal++ ───────────────────────────────────────────────────────────────────────────────────────────────────────


def stroke(points: str, width: str = "1.41", tool: str = "pen") -> str:
    return f'<stroke tool="{tool}" color="#0000ffff" width="{width}">{points}</stroke>'


def notebook(path: Path, *layers: str, size: str = 'width="360" height="144"', background: str = "solid") -> Path:
    parts = [f'<page {size}><background type="{background}"/><layer>{each}</layer></page>' for each in layers]
    path.write_bytes(
        gzip.compress(f'<?xml version="1.0"?><xournal fileversion="4">{"".join(parts)}</xournal>'.encode())
    )
    return path


def test_strokes_are_dark_smooth_lines_where_they_were_drawn(registry, tmp_path: Path) -> None:
    marker = stroke("1 1 350 140", tool="highlighter")
    path = notebook(tmp_path / "a.xopp", stroke("36 72 324 72"), stroke("36 36 36 108", "1.4 2 4") + marker)
    across, down = (page.image() for page in pages(path))
    assert across.size == (1000, 400)
    left, top, right, bottom = inked(across)
    assert (left, right) == (pytest.approx(100, abs=4), pytest.approx(900, abs=4))
    assert bottom - top + 1 == pytest.approx(1.41 * 200 / 72, abs=1.5)
    assert len(np.unique(np.asarray(across))) > 2, "edges are grey"
    left, _, right, bottom = inked(down)
    assert right - left + 1 == pytest.approx(3 * 200 / 72, abs=1.5)
    assert bottom == pytest.approx(300, abs=6)
    check_source(registry.sources["xournal"], path)


def test_pictures_on_a_page_are_shown_and_what_is_not_drawn_is_said(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("L", (20, 20), 0).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    image = f'<image left="36" top="36" right="72" bottom="72">{data}</image>'
    drawn, typed = pages(notebook(tmp_path / "a.xopp", image, image + "<text>typed</text>"))
    assert inked(drawn.image()) == (100, 100, 199, 199)
    assert drawn.missing is None
    assert "typed text" in typed.missing
    (over,) = pages(notebook(tmp_path / "b.xopp", "", background="pdf"))
    assert "below the ink" in over.missing


@pytest.mark.parametrize(
    "size", ['width="1e9" height="1"', 'width="nan" height="9"', 'width="-4" height="4"', 'width="x"', ""]
)
def test_a_page_that_cannot_be_is_refused(tmp_path: Path, size: str) -> None:
    (page,) = pages(notebook(tmp_path / "a.xopp", stroke("1 1 2 2"), size=size))
    with pytest.raises(PluginError):
        page.image()


def test_large_pages_are_drawn_smaller_and_points_elsewhere_are_no_harm(tmp_path: Path) -> None:
    options = SourceOptions(max_pixels=10_000)
    strokes = stroke("0 0 1e300 1e300 inf nan 9 9", "1e300") + stroke("", "") + stroke("5") + stroke("7 7")
    (page,) = pages(notebook(tmp_path / "a.xopp", strokes), options)
    image = page.image()
    assert image.width * image.height <= 10_000


def test_a_packed_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from indexer.plugins.pen import xournal

    monkeypatch.setattr(xournal, "_MOST_BYTES", 1000)
    (tmp_path / "a.xopp").write_bytes(gzip.compress(bytes(100_000)))
    with pytest.raises(PluginError, match="larger than"):
        pages(tmp_path / "a.xopp")
    (tmp_path / "a.xopp").write_bytes(b"<xournal>" + bytes(100_000))
    with pytest.raises(PluginError, match="larger than"):
        pages(tmp_path / "a.xopp")


def test_damaged_notebooks_are_said_in_a_sentence(tmp_path: Path) -> None:
    chance, path = random.Random(19), tmp_path / "a.xoj"
    whole = gzip.decompress(notebook(path, stroke("36 72 324 72", "1 2 3")).read_bytes())
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 5)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(bytes(data) if chance.random() < 0.8 else gzip.compress(data)[: chance.randrange(1, 200)])
        with suppress(PluginError):
            for page in pages(path):
                page.image()


def test_a_notebook_is_read_and_found(notes) -> None:
    notes.fake_engine()
    notebook(notes.home / "a.xopp", stroke("36 72 324 72"))
    assert notes.json("index", "a.xopp")["pages"] == 1
    (hit,) = notes.json("search", "page1000")["hits"]
    notes.run("show", str(hit["id"]), "--crop", "line.png")


RULES = '''"""An engine for pages of level strokes: each is a line of two words, its ends; it is called by its place."""
from contextlib import contextmanager

import numpy as np

from indexer.api import Box, Engine, Line, Word, hookimpl


class Recogniser:
    def read(self, image):
        ink = np.asarray(image.convert("L")) < 128
        for y in np.flatnonzero(np.diff(ink.any(axis=1).astype(int)) == 1):
            row = np.flatnonzero(ink[y + 2])
            for part in np.split(row, np.flatnonzero(np.diff(row) > 1) + 1):
                x, width = int(part[0]), int(part[-1] - part[0])
                wide = Box(x - 5, int(y) - 20, width + 10, 44)
                name = f"x{round(x / 100)}y{round(y / 100)}"
                yield Line(name, 0.9, wide, words=(Word(name, 0.9, wide),))


@contextmanager
def opened(options):
    yield Recogniser()


@hookimpl
def notes_engines():
    yield Engine("rules", "for tests", opened)
'''


def level(notes, *places: tuple[int, int, int]) -> list[str]:
    """What is read, in order, of a page with level strokes drawn one after the other.

    They are given by left end, height and length, in hundreds of pixels.
    """
    (notes.plugins / "rules.py").write_text(RULES)
    lines = ((x * 36, y * 36, (x + long) * 36) for x, y, long in places)
    strokes = "".join(stroke(f"{left} {y} {(left + right) / 2} {y} {right} {y}") for left, y, right in lines)
    notebook(notes.home / "a.xopp", strokes, size='width="720" height="720"')
    (page,) = notes.json("read", "a.xopp", "--engine", "rules")["pages"]
    return [line["text"] for line in page["lines"]]


@pytest.mark.parametrize(
    ("drawn", "order"),
    [
        (  # a title, and two columns below it that stand close
            [(2, 1, 12), *((1, y, 7) for y in (3, 4, 5)), *((9, y, 7) for y in (3, 4, 5))],
            "x2y1 x1y3 x1y4 x1y5 x9y3 x9y4 x9y5",
        ),
        (  # a note beside a text that was not written to its end yet
            [*((6, y, 9) for y in (1, 2, 3)), (1, 2, 3), (1, 3, 3), *((6, y, 9) for y in (4, 5, 6))],
            "x6y1 x6y2 x6y3 x6y4 x6y5 x6y6 x1y2 x1y3",
        ),
        (  # a line that was put in later, and one that was added in front
            [*((1, y, 9) for y in (3, 5, 7)), (3, 4, 4), (2, 2, 5)],
            "x2y2 x1y3 x3y4 x1y5 x1y7",
        ),
        (  # words beside what they mean, row by row
            [(x, y, 3) for y in (1, 2, 3) for x in (1, 8)],
            "x1y1 x8y1 x1y2 x8y2 x1y3 x8y3",
        ),
    ],
)
def test_lines_come_as_they_were_written(notes, drawn, order: str) -> None:
    assert " ".join(level(notes, *drawn)) == order


def test_words_lie_around_their_strokes(notes) -> None:
    level(notes, (1, 3, 9))
    notes.run("index", "a.xopp", "--engine", "rules")
    page = json.loads(notes.run("export", "a.xopp", "--as", "jsonl").stdout)
    (word,) = page["lines"][0]["words"]
    assert word["polygon"] == [[100, 300], [1000, 300], [1000, 301], [100, 301]]


# ── reMarkable and Supernote ────────────────────────────────────────────────────────────────────────────────────────


def test_libraries_that_are_missing_are_named_with_the_command_that_installs_them(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "rmscene", None)
    monkeypatch.setitem(sys.modules, "supernotelib", None)
    for name, library in (("a.rm", "rmscene"), ("a.rmdoc", "rmscene"), ("a.note", "supernotelib")):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(PluginError, match=library) as caught:
            pages(tmp_path / name)
        assert ".[pen]" in caught.value.hint
    monkeypatch.setattr(pen, "_LIBRARIES", ("no_such_library",))
    (check,) = pen.notes_checks()
    assert check.run().state == "ok"
    assert "no_such_library" in check.run().message


def remarkable(*lines: tuple[list[tuple[float, float]], str]) -> bytes:
    """A page as the library writes it: lines by their points and the name of the tool."""
    scene = pytest.importorskip("rmscene")
    from rmscene import scene_items as si

    buffer, blocks = io.BytesIO(), list(scene.simple_text_document("", author_uuid=None))
    parent = scene.CrdtId(0, 11)
    for number, (points, tool) in enumerate(lines):
        given = [si.Point(x, y, 0, 0, 8, 100) for x, y in points]
        line = si.Line(si.PenColor.BLACK, si.Pen[tool], given, 1.0, 0.0)
        left = scene.CrdtId(1, 99 + number) if number else scene.CrdtId(0, 0)
        item = scene.CrdtSequenceItem(scene.CrdtId(1, 100 + number), left, scene.CrdtId(0, 0), 0, line)
        blocks.append(scene.SceneLineItemBlock(parent_id=parent, item=item))
    scene.write_blocks(buffer, blocks)
    return buffer.getvalue()


def test_a_page_of_a_remarkable_grows_as_it_was_written_on(registry, tmp_path: Path) -> None:
    path = tmp_path / "a.rm"
    path.write_bytes(
        remarkable(([(-600.0, 100.0), (600.0, 100.0)], "FINELINER_2"), ([(0.0, 5.0), (0.0, 900.0)], "HIGHLIGHTER_2"))
    )
    (page,) = pages(path)
    image = page.image()
    assert image.size == (1404, 1872)
    left, top, right, bottom = inked(image)
    assert (left, right, top) == (pytest.approx(102, abs=4), pytest.approx(1302, abs=4), pytest.approx(99, abs=4))
    assert bottom - top < 6
    check_source(registry.sources["remarkable"], path)
    path.write_bytes(remarkable(([(-900.0, -50.0), (0.0, 3000.0)], "BALLPOINT_1")))
    assert pages(path)[0].image().size == (1404 + 900 - 702 + 20, 3000 + 20 + 50 + 20)


def test_a_notebook_of_a_remarkable_has_its_pages_in_order(registry, tmp_path: Path) -> None:
    path = tmp_path / "a.rmdoc"
    one, two = (remarkable(([(0.0, y), (100.0, y)], "FINELINER_2")) for y in (100.0, 200.0))
    order = [{"id": "b"}, {"id": "d", "deleted": {"value": 1}}, {"id": "empty"}, {"id": "a"}]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("n.content", json.dumps({"cPages": {"pages": order}}))
        archive.writestr("n/a.rm", one)
        archive.writestr("n/b.rm", two)
    first, empty, last = (page.image() for page in each(path))
    assert inked(first)[1] == pytest.approx(199, abs=4)
    assert empty.getextrema() == (240, 240)
    assert inked(last)[1] == pytest.approx(99, abs=4)
    check_source(registry.sources["remarkable"], path)


def test_a_page_of_older_software_says_what_to_do(tmp_path: Path) -> None:
    pytest.importorskip("rmscene")
    (tmp_path / "a.rm").write_bytes(b"reMarkable .lines file, version=5          " + bytes(20))
    (page,) = pages(tmp_path / "a.rm")
    with pytest.raises(PluginError, match="before version 3"):
        page.image()


def supernote(runs: bytes) -> bytes:
    """A notebook of one page as a Supernote writes it: its layer of ink is packed in runs of a colour."""
    data = bytearray(b"noteSN_FILE_VER_20220013")

    def block(content: bytes) -> int:
        at = len(data)
        data.extend(len(content).to_bytes(4, "little") + content)
        return at

    header = block(b"<FILE_TYPE:NOTE><APPLY_EQUIPMENT:A5X>")
    ink = block(runs)
    layer = block(f"<LAYERTYPE:NOTE><LAYERPROTOCOL:RATTA_RLE><LAYERNAME:MAINLAYER><LAYERBITMAP:{ink}>".encode())
    info = '[{"layerId"#0,"isBackgroundLayer"#false,"isVisible"#true}]'
    others = "<LAYER1:0><LAYER2:0><LAYER3:0><BGLAYER:0>"
    page = block(f"<PAGESTYLE:style_white><LAYERINFO:{info}><LAYERSEQ:MAINLAYER><MAINLAYER:{layer}>{others}".encode())
    footer = block(f"<FILE_FEATURE:{header}><PAGE1:{page}>".encode())
    return bytes(data) + footer.to_bytes(4, "little")


def test_a_page_of_a_supernote_is_its_ink_on_white(registry, tmp_path: Path) -> None:
    pytest.importorskip("supernotelib")
    row = bytes((0x62, 0x80 + 9, 0x62, 123))  # 1,404 pixels of background: 10 x 128 + 124
    ink = bytes((0x62, 99, 0x61, 127)) + bytes((0x62, 127)) * 9 + bytes((0x62, 23))
    path = tmp_path / "a.note"
    path.write_bytes(supernote(row * 300 + ink * 20 + row * (1872 - 320)))
    (page,) = pages(path)
    image = page.image()
    assert image.size == (1404, 1872)
    assert inked(image) == (100, 300, 227, 319)
    assert image.getextrema() == (40, 240)
    check_source(registry.sources["supernote"], path)
    path.write_bytes(supernote(b"\x62\xff" * 10_000))
    (bomb,) = pages(path)
    with pytest.raises(PluginError, match="far larger"):
        bomb.image()


def test_more_points_than_a_pen_gives_are_refused_before_they_are_all_looked_at(tmp_path: Path, monkeypatch) -> None:
    for name in ("strokes", "xournal"):
        monkeypatch.setattr(f"indexer.plugins.pen.{name}.MOST_POINTS", 100)
    path = notebook(tmp_path / "a.xopp", stroke("1 1 " * 80) + stroke("2 2 " * 80) + stroke("no numbers"))
    (page,) = pages(path)
    with pytest.raises(PluginError, match="too many strokes"):
        page.image()
