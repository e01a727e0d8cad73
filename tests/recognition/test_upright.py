"""Pages that stand on their head or side: they are noticed by what any engine reads, or a person says it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from indexer.archive.library import Archive
from indexer.archive.opening import Voice
from indexer.catalog import Catalog
from indexer.image.geometry import middle, outline
from indexer.system.settings import load
from indexer.values import Box, Line, Origin, PageReading, Reading, SourceFile

BARS = """
import cv2
import numpy as np
from contextlib import contextmanager
from indexer.api import Box, Engine, Line, hookimpl

class Recogniser:
    def __init__(self, settings):
        self.sure = settings.get("sure", True)
    def read(self, image):
        grey = np.asarray(image.convert("L"))
        if max(grey.shape) > 3000:
            return  # as if the writing became too small
        _, labels, boxes, _ = cv2.connectedComponentsWithStats((grey < 150).astype(np.uint8))
        for at, (x, y, width, height, area) in enumerate(boxes[1:].tolist(), 1):
            part = grey[y:y + height, x:x + width]
            if width > height > 2.5 * area / width:
                columns = np.linspace(x, x + width - 1, 9).astype(int)
                course = [(float(each), float(np.flatnonzero(labels[:, each] == at).max())) for each in columns]
                yield Line("bent", 0.4, Box(x, y, width, height), baseline=tuple(course))
                continue
            if height > width:
                yield Line(f"bar {height}", 0.8 if self.sure else None, Box(x, y, width, height))
                continue
            first, last = part[:, :width // 4].mean(), part[:, -width // 4:].mean()
            sure = 0.9 if first < last - 20 else 0.02 if last < first - 20 else 0.3
            text = f"bar {width}" if sure > 0.1 else "rab"
            yield Line(text, sure if self.sure else None, Box(x, y, width, height))

@contextmanager
def opened(options):
    yield Recogniser(options.settings)

@hookimpl
def notes_engines():
    yield Engine("bars", "reads bars that begin darker than they end", opened, version="1")
"""
LENGTHS = (120, 150, 90, 180)


@pytest.fixture
def bars(notes):
    """``notes`` with an engine that reads the length of a bar, surely if it begins darker than it ends."""

    def configure(**settings: object):
        options = "".join(f"{name} = {str(value).lower()}\n" for name, value in settings.items())
        (notes.home / "notes.toml").write_text(f'engine = "bars"\n[engines.bars]\n{options}')
        return notes

    folder = Path(notes.environ["XDG_DATA_HOME"]) / "notes" / "plugins"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bars.py").write_text(BARS)
    configure()
    notes.configure = configure
    return notes


def sheet(begins: int = 0, ends: int = 100) -> Image.Image:
    """A page of bars."""
    page = Image.new("L", (220, 300), 255)
    draw = ImageDraw.Draw(page)
    for row, length in enumerate(LENGTHS):
        top = 20 + 30 * row
        draw.rectangle((10, top, 10 + length // 2, top + 9), fill=begins)
        draw.rectangle((10 + length // 2, top, 9 + length, top + 9), fill=ends)
    return page


TEXTS = [f"bar {length}" for length in LENGTHS]


def laid(degrees: int, path: Path, page: Image.Image | None = None) -> Path:
    """A page that has to be turned clockwise by so many degrees."""
    (page or sheet()).rotate(degrees, expand=True).save(path)
    return path


def shown(notes, path: Path) -> tuple[int, list[str]]:
    page = notes.json("show", path)
    return page["turned"], [line["text"] for line in page["lines"]]


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_page_is_turned_whichever_engine_reads_it(bars, turned: int) -> None:
    path = laid(turned, bars.home / "a.png")
    report = bars.json("index", path)
    assert report["pages_turned"] == ([{"path": str(path), "page": 1}] if turned else [])
    assert shown(bars, path) == (turned, TEXTS)
    (page,) = bars.json("read", path)["pages"]
    assert page["turned"] == turned
    assert [line["text"] for line in page["lines"]] == TEXTS
    bars.run("show", path, "--crop", bars.home / "crop.png")
    with Image.open(bars.home / "crop.png") as crop:
        assert np.array_equal(np.asarray(crop.convert("L")), np.asarray(sheet()))


def test_a_run_says_which_pages_it_turned(bars) -> None:
    path = laid(180, bars.home / "a.png")
    assert "turned, since they stood on their head or side: 1 page: " in bars.run("index", path).stderr
    assert "turned by 180°" in bars.run("show", path).stderr


def test_a_page_that_is_hard_to_read_either_way_stays(bars) -> None:
    path = laid(0, bars.home / "a.png", sheet(50, 50))
    assert bars.json("index", path)["pages_turned"] == []
    assert shown(bars, path) == (0, TEXTS)


def test_some_lines_up_the_margin_do_not_turn_a_page(bars) -> None:
    page = sheet()
    ImageDraw.Draw(page).rectangle((200, 20, 209, 200), fill=0)
    path = laid(0, bars.home / "a.png", page)
    bars.run("index", path)
    turned, texts = shown(bars, path)
    assert turned == 0
    assert sorted(texts) == sorted([*TEXTS, "bar 181"])


def test_an_engine_without_confidence_leaves_pages_as_they_are_until_somebody_says_it(bars) -> None:
    bars.configure(sure=False)
    path = laid(180, bars.home / "a.png")
    assert bars.json("index", path)["pages_turned"] == []
    assert shown(bars, path) == (0, ["rab"] * 4)
    said = bars.json("turn", "over", path)
    assert said["pages"] == [{"path": str(path), "page": 1, "turned": 180, "lines": 4}]
    assert shown(bars, path) == (180, TEXTS)


def test_what_a_person_says_holds_over_later_readings_and_is_taken_back_by_its_opposite(bars) -> None:
    path = laid(0, bars.home / "a.png")
    bars.run("index", path)
    assert "a.png, page 1: turned by 90° from how its file has it, 4 lines" in bars.run("turn", "right", path).stdout
    assert shown(bars, path)[0] == 90
    bars.configure(sure=True, other=1)
    bars.run("index", "--reread", path)
    assert shown(bars, path)[0] == 90
    assert "a.png, page 1: as its file has it, 4 lines" in bars.run("turn", "left", path).stdout
    assert shown(bars, path) == (0, TEXTS)


def test_a_verdict_lies_on_its_ink_after_the_page_was_turned(bars) -> None:
    path = laid(0, bars.home / "a.png")
    bars.run("index", path)
    first = bars.json("show", path)["lines"][0]
    bars.run("review", "correct", first["id"], "Emma", "--sure")
    for way, box in (("over", (90, 270, 120, 10)), ("left", (270, 10, 10, 120)), ("left", (10, 20, 120, 10))):
        bars.run("turn", way, path)
        (line,) = [line for line in bars.json("show", path)["lines"] if line["text"] == "Emma"]
        assert line["id"] == first["id"]
        assert tuple(line["box"]) == box
    assert bars.json("search", "emma")["hits"][0]["id"] == first["id"]


def test_a_file_that_was_saved_anew_stays_turned(bars) -> None:
    path = laid(0, bars.home / "a.png")
    bars.run("index", path)
    bars.run("turn", "over", path)
    with Image.open(path) as image:
        image.load()
        image.save(path, compress_level=1, dpi=(72, 72))
    bars.run("index", path)
    bars.run("index", path)
    assert shown(bars, path)[0] == 180


def test_the_text_of_a_pdf_is_turned_with_its_page(bars) -> None:
    import pymupdf

    with pymupdf.open() as document:
        document.new_page(width=200, height=100).insert_text((20, 30), "a line of text that is shown as it is")
        document.save(bars.home / "a.pdf")
    bars.run("index", "a.pdf")
    x, y, width, height = bars.json("show", "a.pdf")["lines"][0]["box"]
    bars.run("turn", "right", "a.pdf:1")
    page = bars.json("show", "a.pdf")
    assert page["turned"] == 90
    tall = round(100 * 300 / 72)
    assert abs(page["lines"][0]["box"][0] - (tall - y - height)) <= 1
    assert page["lines"][0]["box"][1:] == [x, height, width]


def test_a_page_that_is_not_in_the_index_cannot_be_turned(bars) -> None:
    path = laid(0, bars.home / "a.png")
    bars.run("index", path)
    assert "is neither the id of a line nor a file in the index" in bars.run("turn", "over", "b.png", rc=2).stderr
    assert "page 2 of" in bars.run("turn", "over", f"{path}:2", rc=2).stderr
    assert shown(bars, path)[0] == 0


def test_the_library_turns_a_page_and_gives_its_picture_so(bars) -> None:
    path = laid(0, bars.home / "a.png")
    bars.run("index", path)
    plugins = Path(bars.environ["XDG_DATA_HOME"]) / "notes" / "plugins"
    with Archive(load({"index": bars.index, "engine": "bars", "plugin_folder": plugins}), Voice()) as archive:
        (page,) = archive.pages()
        report = archive.turn([page], 90)
        (page,) = archive.pages()
        assert report.pages == 1
        assert (page.turned, page.width, page.height) == (90, 300, 220)
        assert archive.picture(page).size == (300, 220)
        assert archive.overlay(page).size == (300, 220)
        assert b'WIDTH="300"' in archive.export(page, "alto")


def test_a_verdict_of_an_earlier_version_lies_on_its_ink_when_its_page_is_turned(tmp_path: Path) -> None:
    file = SourceFile(Path("/archive/a.png"), "aa", 10, 1000.0)
    with Catalog(tmp_path, create=True) as catalog:
        catalog.place(file)
        line = Reading(Line("read", 0.4, Box(10, 100, 400, 40)), Origin("engine"))
        catalog.store([(file, PageReading(1, 1800, 1200, ((line,),), 1.0), "{}")])
        (before,) = catalog.page_lines(file.path, 1)
        catalog.say(before.id, "correct", "said")
        again = Reading(Line("read so", 0.9, Box(1200 - 140, 10, 40, 400)), Origin("engine"))
        catalog.store([(file, PageReading(1, 1200, 1800, ((again,),), 1.0, turned=90), "{}")])
        (after,) = catalog.page_lines(file.path, 1)
    assert (after.id, after.text, after.box) == (before.id, "said", Box(1060, 10, 40, 400))


@pytest.mark.parametrize("degrees", [0, 180, 270])
def test_a_roll_is_read_in_pieces_and_no_line_is_cut(bars, degrees: int) -> None:
    roll = Image.new("L", (800, 9000), 255)
    draw = ImageDraw.Draw(roll)
    for row in range(140):
        draw.rectangle((20, 40 + 64 * row, 59 + row, 79 + 64 * row), fill=0)
        draw.rectangle((60 + row, 40 + 64 * row, 99 + 3 * row, 79 + 64 * row), fill=100)
    path = laid(degrees, bars.home / "a.png", roll)
    bars.run("index", path)
    page = bars.json("show", path)
    assert page["turned"] == degrees
    assert [line["text"] for line in page["lines"]] == [f"bar {80 + 3 * row}" for row in range(140)]
    assert [line["box"] for line in page["lines"]] == [[20, 40 + 64 * row, 80 + 3 * row, 40] for row in range(140)]


def test_a_long_strip_with_one_line_is_read_whole(bars) -> None:
    strip = Image.new("L", (2900, 100), 255)
    ImageDraw.Draw(strip).rectangle((100, 30, 2000, 60), fill=0)
    path = laid(0, bars.home / "a.png", strip)
    bars.run("index", path)
    assert shown(bars, path)[1] == ["bar 1901"]


def test_a_bent_sheet_is_read_laid_flat_and_its_lines_lie_on_their_ink(bars) -> None:
    ink = np.full((500, 640), 255, np.uint8)
    drop = (40 * (1 - (np.arange(500) / 250 - 1) ** 2)).astype(int)
    for row in range(7):
        for column in range(500 - 20 * row):
            top = 40 + 60 * row + drop[column]
            ink[top : top + 12, 60 + column] = 0 if column < 200 else 100
    path = laid(0, bars.home / "a.png", Image.fromarray(ink))
    bars.run("index", path)
    lines = bars.json("show", path)["lines"]
    assert [line["text"] for line in lines] == [f"bar {500 - 20 * row}" for row in range(7)]
    for row, line in enumerate(lines):
        x, y, width, height = line["box"]
        assert abs(x - 60) <= 3
        assert abs(width - 500 + 20 * row) <= 6
        assert abs(y - 40 - 60 * row) <= 5
        assert abs(height - 52) <= 8
    with Archive(load({"index": bars.index}), Voice()) as archive:
        (page,) = archive.pages()
        first = archive.lines(page)[0].seen
        assert abs(middle(outline(first))[1] - (40 + 40 + 6)) <= 3  # the middle of a line lies in its ink
        assert np.array_equal(np.asarray(archive.picture(page).convert("L")), ink)


def test_a_sheet_whose_lines_only_slant_is_read_as_it_is(bars) -> None:
    page = Image.new("L", (640, 600), 255)
    draw = ImageDraw.Draw(page)
    for row in range(7):
        draw.line((60, 80 + 60 * row, 560, 40 + 60 * row), fill=0, width=12)
    path = laid(0, bars.home / "a.png", page)
    bars.run("index", path)
    assert shown(bars, path)[1] == ["bent"] * 7
