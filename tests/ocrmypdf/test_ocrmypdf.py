"""OCRmyPDF reads handwriting with our engines: with the real OCRmyPDF, a told engine, and one real page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image

pytest.importorskip("ocrmypdf", reason='OCRmyPDF is not there (pip install ".[ocrmypdf]", from Python 3.11 on)')

import ocrmypdf
from ocrmypdf.exceptions import BadArgsError, MissingDependencyError
from ocrmypdf.hocrtransform import HocrParser
from ocrmypdf.models.ocr_element import OcrElement

from indexer.ocrmypdf.tree import hocr, page_text, page_tree, skew
from indexer.values import Block, Box, Line, Origin, PageReading, Reading, Word

PAGE = Path(__file__).parents[1] / "data" / "archive" / "poilus" / "poilus-06.jpg"
DPI = 72.0
"""A pixel is a point, so that places need no scale."""


@pytest.fixture
def converted(notes, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Run OCRmyPDF on images, a page each; gives the words of each page with their places, as PyMuPDF finds them."""
    for name, value in notes.environ.items():
        if name.startswith(("NOTES_", "XDG_")):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(notes.home)

    def convert(*images: Image.Image, **more: Any) -> list[Any]:
        source, target = notes.home / "in.pdf", notes.home / "out.pdf"
        images[0].save(source, resolution=DPI, save_all=True, append_images=images[1:], quality=95)
        how = {"output_type": "pdf", "progress_bar": False, "optimize": 0, **more}
        assert ocrmypdf.ocr(source, target, plugins=["indexer.ocrmypdf"], **how) == 0
        with pymupdf.open(target) as made:
            return [page.get_text("words") for page in made]

    return convert


def sheet(width: int) -> Image.Image:
    return Image.new("L", (width, 200), 255)


def test_each_page_has_its_words_where_they_were_read(notes, converted) -> None:
    notes.fake_engine()
    for jobs, use_threads in ((1, True), (2, True), (2, False)):
        pages = converted(sheet(300), sheet(400), jobs=jobs, use_threads=use_threads)
        assert [[word[4] for word in words] for words in pages] == [
            ["alpha", "page300", "doubtful300", "word"],
            ["alpha", "page400", "doubtful400", "word"],
        ]
        for words, width in zip(pages, (300, 400), strict=True):
            assert all(0 <= word[0] < word[2] <= width + 2 for word in words)
            assert 0 < words[0][3] < words[2][3] < 70


def test_the_text_of_a_real_page_lies_on_its_ink(notes, with_pages, converted) -> None:
    read = notes.json("show", PAGE) if with_pages(notes, "poilus") else {}
    with Image.open(PAGE) as image:
        (words,) = converted(image, jobs=1)
    boxes = [line["box"] for line in read["lines"]]
    found = 0
    for left, top, right, bottom, text, *_ in words:
        x, y = (left + right) / 2, (top + bottom) / 2
        found += any(bx <= x <= bx + bw and by <= y <= by + bh for bx, by, bw, bh in boxes)
        assert right - left > 3 * len(text), text
    assert "testament" in [word[4] for word in words]
    assert found >= 0.9 * len(words) > 9


def test_what_cannot_be_is_refused_before_a_page_is_read(notes, converted) -> None:
    notes.fake_engine()
    with pytest.raises(BadArgsError, match="does not read the language 'fra'"):
        converted(sheet(300), language=["fra"])
    with pytest.raises(BadArgsError, match="leave out --pdf-renderer sandwich"):
        converted(sheet(300), pdf_renderer="sandwich")
    with pytest.raises((BadArgsError, MissingDependencyError), match="nosuch"):
        converted(sheet(300), notes_engine="nosuch")


def test_a_page_that_cannot_be_read_is_said(notes, converted) -> None:
    notes.fake_engine(raise_at=300)
    with pytest.raises(Exception, match="notes cannot read the page"):
        converted(sheet(300), jobs=1)


def test_languages_reach_the_engine_and_the_usual_one_is_no_choice(notes, converted) -> None:
    notes.fake_engine()
    assert converted(sheet(300), language=["eng"])
    assert converted(sheet(300), language=["eng", "fra"])


def test_it_works_with_what_paperless_ngx_passes_on(notes, converted) -> None:
    """The arguments that paperless-ngx writes into its log, but for what needs Ghostscript or unpaper."""
    notes.fake_engine()
    sidecar = notes.home / "sidecar.txt"
    settings = {"rotate_pages": True, "rotate_pages_threshold": 12.0, "skip_text": True, "deskew": True}
    assert converted(sheet(300), use_threads=True, jobs=2, language="eng+deu", sidecar=sidecar, **settings)
    assert sidecar.read_text().split() == ["alpha", "page300", "doubtful300", "word"]


def test_another_engine_may_be_chosen(notes, converted) -> None:
    notes.fake_engine()
    assert converted(sheet(300), ocr_engine="none") == [[]]


def reading(lines: list[Line], turned: int = 0) -> PageReading:
    return PageReading(1, 400, 200, tuple((Reading(line, Origin("told")),) for line in lines), 1.0, turned=turned)


LINES = [
    Line(
        *("Dear Emma", 0.8, Box(10, 20, 200, 30)),
        words=(Word("Dear", 0.9, Box(10, 20, 90, 30)), Word("Emma", 0.7, Box(120, 20, 90, 30))),
        block=Block(1, "main", Box(0, 0, 300, 200)),
        baseline=((10, 44), (210, 48)),
    ),
    Line("a note", None, Box(310, 20, 80, 20), block=Block(2, "margin", Box(300, 0, 100, 200))),
]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    Image.new("L", (400, 200), 255).save(tmp_path / "page.png", dpi=(150, 150))
    return tmp_path / "page.png"


def boxes(tree: OcrElement) -> dict[str, tuple[float, ...]]:
    return {word.text: (word.bbox.left, word.bbox.top, word.bbox.right, word.bbox.bottom) for word in tree.words}


def test_the_tree_has_blocks_lines_words_confidences_and_baselines(image: Path) -> None:
    tree = page_tree(reading(LINES), image, 4)
    assert (tree.page_number, round(tree.dpi), tree.bbox.width, tree.bbox.height) == (4, 150, 400, 200)
    first, second = tree.lines
    assert [(word.text, word.confidence) for word in first.children] == [("Dear", 0.9), ("Emma", 0.7)]
    assert (first.baseline.slope, first.baseline.intercept) == (0.02, -6.0)
    assert [word.confidence for word in second.children] == [None, None]
    assert boxes(tree)["Dear"] == (10, 20, 100, 50)
    assert len(tree.paragraphs) == 2
    assert page_text(reading(LINES), image) == "Dear Emma\n\na note"


def test_a_page_that_was_turned_to_be_read_has_its_words_as_the_image_lies(image: Path) -> None:
    over = page_tree(reading(LINES, 180), image)
    assert boxes(over)["Dear"] == (300, 150, 390, 180)
    assert over.lines[0].textangle == 180
    side = page_tree(reading(LINES, 90), image)
    assert (side.bbox.width, side.bbox.height) == (200, 400)
    assert boxes(side)["Dear"] == (20, 300, 50, 390)
    assert side.lines[0].textangle == 90


@pytest.mark.parametrize(("baseline", "angle"), [(((15, 190), (17, 20)), 90), (((25, 20), (23, 190)), 270)])
def test_a_line_that_stands_on_a_page_that_does_not_says_so(image: Path, baseline, angle: float) -> None:
    word = Word("Emma", 0.9, Box(10, 20, 20, 170))
    tree = page_tree(reading([Line("Emma", 0.9, word.box, words=(word,), baseline=baseline)]), image)
    assert (tree.lines[0].textangle, tree.lines[0].baseline) == (angle, None)


def test_the_file_says_what_the_tree_says(image: Path, tmp_path: Path) -> None:
    tree = page_tree(reading([*LINES, Line('<"&">', 0.5, Box(10, 100, 50, 20))]), image)
    (tmp_path / "page.hocr").write_text(hocr(tree), encoding="utf-8")
    again = HocrParser(tmp_path / "page.hocr").parse()
    assert boxes(again) == boxes(tree)
    assert [word.confidence for word in again.words] == [word.confidence for word in tree.words]
    assert [line.baseline for line in again.lines] == [line.baseline for line in tree.lines]


def test_a_page_is_turned_by_what_most_lines_fall() -> None:
    def falling(by: float) -> Line:
        return Line("a", 0.9, Box(0, 0, 100, 20), baseline=((0, 10), (100, 10 + by)))

    assert skew(reading([falling(0), falling(5), falling(5), falling(40)])) == pytest.approx(2.86, abs=0.01)
    assert skew(reading([falling(50)] * 5)) == 0.0
    assert skew(reading([falling(5)] * 2)) == 0.0


def test_pages_that_stand_on_their_side_are_turned(notes, with_pages, converted) -> None:
    with_pages(notes, "poilus")
    with Image.open(PAGE) as image:
        (words,) = converted(image.convert("L").transpose(Image.Transpose.ROTATE_90), rotate_pages=True, jobs=1)
    assert "testament" in [word[4] for word in words]
    with pymupdf.open(notes.home / "out.pdf") as made:
        assert made[0].rotation == 270
