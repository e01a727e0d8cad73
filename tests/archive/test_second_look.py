"""Lines that wait are looked at again for some minutes, the pages that lack least first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

import indexer
from indexer.archive import second_look
from indexer.catalog import Catalog

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Notes

ENGINE = """
from contextlib import contextmanager
from indexer.api import Box, Engine, Line, PageLines, hookimpl

def line(image, number, thorough):
    grey = image.convert("L").getpixel((0, 0))
    surely = 0.9 if number == 0 else grey / 500
    if thorough and number % 2:
        return Line(f"alpha number {number}", surely + 0.1, Box(5, 10 + 20 * number, 90, 15))
    return Line(f"xlphx number {number}", surely, Box(5, 10 + 20 * number, 90, 15))

class Recogniser:
    def __init__(self, thorough):
        self.thorough = thorough
    def read(self, image):
        return [line(image, number, self.thorough) for number in range(5)]
    def reread(self, image, outlines):
        numbers = [round((outline[0][1] - 10) / 20) for outline in outlines]
        return PageLines(tuple(line(image, number, self.thorough) for number in numbers))

@contextmanager
def opened(options):
    yield Recogniser(options.thorough)

@hookimpl
def notes_engines():
    yield Engine("told", "is told", opened, version="1", looks_again=LOOKS)
"""


def engine(notes: Notes, *, looks: bool = True) -> None:
    (notes.plugins / "told.py").write_text(ENGINE.replace("LOOKS", str(looks)))
    (notes.home / "notes.toml").write_text('engine = "told"\n')


@pytest.fixture
def letters(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of three pages, on each one sure line and four that wait, the less sure the darker the page is."""
    for name in [name for name in notes.environ if name.startswith(("NOTES_", "XDG_", "HOME"))]:
        monkeypatch.setenv(name, notes.environ[name])
    monkeypatch.chdir(notes.home)
    engine(notes)
    folder = notes.home / "letters"
    folder.mkdir()
    for grey in (250, 150, 200):
        Image.new("L", (100, 180), grey).save(folder / f"{grey}.png")
    return folder


def read(notes: Notes) -> dict[str, list[tuple[str, bool]]]:
    """For each page what its lines say, and whether they were looked at again."""
    with Catalog(notes.index) as catalog:
        _, lines = catalog.waiting(None)
    found: dict[str, list[tuple[str, bool]]] = {}
    for line in sorted(lines, key=lambda each: each.id):
        found.setdefault(line.path.stem, []).append((line.text.split()[0], "thorough" in line.origin.settings))
    return found


def test_waiting_lines_are_looked_at_again_and_the_surer_reading_counts(notes: Notes, letters: Path) -> None:
    told: dict[str, Any] = notes.json("index", "--thorough", "--minutes", 5, letters)
    again = told["looked_again"]
    assert (again["lines"], again["surer"], again["left"]) == (12, 6, 0)
    assert told["lines"]["accepted"] == 3, "they were read first"
    for lines in read(notes).values():
        assert lines == [("alpha", True), ("xlphx", True)] * 2
    assert notes.json("search", "alpha", "--all")["hits"]
    more = notes.run("index", "--thorough", "--minutes", 5, letters).stderr
    assert "looked again at 0 lines" in more
    assert "0 left" in more, "each line is looked at once"


def test_the_page_that_lacks_least_comes_first_and_what_is_left_is_counted(
    notes: Notes, letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = notes.home / "elsewhere"
    elsewhere.mkdir()
    Image.new("L", (100, 180), 50).save(elsewhere / "50.png")
    notes.run("index", letters, elsewhere)
    times = iter([0.0, 1.0, 45.0, 46.0, 47.0])
    monkeypatch.setattr(second_look, "monotonic", lambda: next(times))
    with indexer.open_archive(notes.index) as archive:
        looked = archive.look_again(letters, minutes=1)
    assert (looked.lines, looked.surer, looked.left) == (4, 2, 8), "another page would take longer than what is left"
    assert {page for page, lines in read(notes).items() if any(again for _, again in lines)} == {"250"}


def test_it_is_said_when_lines_cannot_be_looked_at_again(notes: Notes, letters: Path) -> None:
    assert "--thorough" in notes.run("index", "--minutes", 1, letters, rc=2).stderr
    engine(notes, looks=False)
    assert "told cannot look again" in notes.run("index", "--thorough", "--minutes", 1, letters, rc=4).stderr
