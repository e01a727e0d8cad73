"""A volume is got used to by the few lines that people corrected in it, and its waiting lines are read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

import indexer
from indexer.api import models
from indexer.archive.few_lines import model_name, volumes
from indexer.catalog import Catalog
from indexer.values import Box, Line, Origin

if TYPE_CHECKING:
    from conftest import Notes

ENGINE = """
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from indexer.api import Box, Engine, Line, PageLines, hookimpl

HERE = Path(__file__).parent / "base"
WORSE = False

def line(number, known):
    letter = "z" if known and WORSE else "a" if known else "x"
    text = f"{letter}lph{letter} number {number}"
    return Line(text, 0.6 if known else 0.5, Box(5, 10 + 20 * number, 90, 15))

class Recogniser:
    def __init__(self, model):
        self.known = (model / "known.txt").exists() and "alpha" in (model / "known.txt").read_text()
    def read(self, image):
        return [line(number, self.known) for number in range(image.height // 20 - 1)]
    def reread(self, image, outlines):
        return PageLines(tuple(line(round((outline[0][1] - 10) / 20), self.known) for outline in outlines))

@contextmanager
def opened(options):
    yield Recogniser(options.model)

def used_to(base, texts, folder):
    (folder / "known.txt").write_text("\\n".join(texts))

@hookimpl
def notes_engines():
    yield Engine("told", "is told", opened, version="1", model=lambda language: HERE, used_to=used_to)
"""
CARD = {"format": 1, "engine": "told", "summary": "is told", "confidence": [0, 1], "network": "", "provenance": {}}


@pytest.fixture
def letters(notes: Notes) -> Path:
    """A folder of two pages with sixteen lines in all, read by an engine that takes each a for an x."""
    (notes.plugins / "told.py").write_text(ENGINE)
    (notes.plugins / "base").mkdir()
    (notes.plugins / "base" / "model.json").write_text(json.dumps(CARD))
    (notes.home / "notes.toml").write_text('engine = "told"\n')
    folder = notes.home / "letters"
    folder.mkdir()
    for number in (1, 2):
        Image.new("L", (100, 180), 255 - number).save(folder / f"{number}.png")
    notes.run("index", folder)
    return folder


def waiting(notes: Notes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = notes.json("review", "--limit", 100, rc=(0, 1))["lines"]
    return found


def correct(notes: Notes, number: int) -> list[int]:
    """Correct so many waiting lines; gives their numbers."""
    lines = waiting(notes)[:number]
    with indexer.open_archive(notes.index) as archive:
        for each in lines:
            line = archive.line(each["id"])
            archive.say([line.said("correct", line.text.replace("x", "a"))], sure=True)
    return [each["id"] for each in lines]


@pytest.fixture(autouse=True)
def here(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in notes.environ if name.startswith(("NOTES_", "XDG_", "HOME"))]:
        monkeypatch.setenv(name, notes.environ[name])
    monkeypatch.chdir(notes.home)


def test_ten_corrected_lines_have_the_others_of_the_volume_read_again(notes: Notes, letters: Path) -> None:
    elsewhere = notes.home / "elsewhere"
    elsewhere.mkdir()
    Image.new("L", (100, 60), 99).save(elsewhere / "3.png")
    notes.run("index", elsewhere)
    with Catalog(notes.index) as catalog:
        (other,) = (line.id for line in catalog.waiting(None)[1] if line.path.parent == elsewhere and line.number == 1)
    said = [each for each in correct(notes, 12) if each != other]
    (volume,) = notes.json("review", "learn")["volumes"]
    assert volume["volume"] == str(letters)
    assert volume["before"] > 0.1
    assert volume["after"] == 0
    assert volume["changed"] == ["language"]
    left = [each for each in waiting(notes) if Path(each["path"]).parent == letters]
    assert len(left) == volume["read_again"] > 0
    assert all(each["text"].startswith("alpha") for each in left)
    assert all("xlphx" in each["text"] for each in waiting(notes) if Path(each["path"]).parent == elsewhere)
    assert volume["model"] == model_name(letters)
    assert volume["model"] in notes.run("show", left[0]["id"]).stderr
    listed = notes.run("models").stdout
    assert f"used to {volume['lines']} corrected lines of {letters} (language)" in listed
    assert "wrong letters in turn" in listed
    assert notes.json("search", "alpha")["hits"]
    with Catalog(notes.index) as catalog:
        assert {catalog.line(each).origin.engine for each in said} == {"human"}
    assert "no volume" in notes.run("review", "learn", rc=1).stderr  # there is nothing new


def test_a_file_of_several_pages_is_a_volume_of_its_own(notes: Notes, letters: Path) -> None:
    pages = [Image.new("L", (100, 180), grey) for grey in (90, 100)]
    pages[0].save(letters / "book.tif", save_all=True, append_images=pages[1:])
    notes.run("index", letters)
    with Catalog(notes.index) as catalog:
        for line in (*catalog.page_lines(letters / "book.tif", 1), *catalog.page_lines(letters / "book.tif", 2)[:4]):
            catalog.say(line.id, "correct", line.text.replace("x", "a"))
    (volume,) = notes.json("review", "learn")["volumes"]
    assert volume["volume"] == str(letters / "book.tif")
    assert volume["lines"] == 12
    assert volume["read_again"] == 4
    read = {each["text"].split()[0] for each in waiting(notes) if each["path"].endswith("png")}
    assert read == {"xlphx"}


def test_a_picture_added_in_the_browser_is_a_volume_of_its_own_as_for_tables(notes: Notes, letters: Path) -> None:
    added = notes.index / "documents"
    added.mkdir()
    for grey in (70, 80):
        Image.new("L", (100, 340), grey).save(added / f"{grey}.png")
    pages = [Image.new("L", (100, 180), grey) for grey in (90, 100)]
    pages[0].save(letters / "book.tif", save_all=True, append_images=pages[1:])
    notes.run("index", letters, added)
    with indexer.open_archive(notes.index) as archive:
        lines = archive.catalog.page_lines(added / "70.png", 1)[:12]
        for line in (*lines, *(archive.catalog.page_lines(letters / each, 1)[0] for each in ("1.png", "book.tif"))):
            archive.catalog.say(line.id, "correct", line.text.replace("x", "a"))
        assert {*volumes(archive.catalog), added / "80.png"} == {*archive.tables.volumes("")}
    (volume,) = notes.json("review", "learn")["volumes"]
    assert volume["volume"] == str(added / "70.png")
    assert volume["lines"] == 12
    read = {(Path(each["path"]).name, each["text"].split()[0]) for each in waiting(notes)}
    assert {name for name, word in read if word == "alpha"} == {"70.png"}
    assert ("80.png", "xlphx") in read


def test_nine_lines_are_too_few(notes: Notes, letters: Path) -> None:
    correct(notes, 9)
    assert "9 lines" in notes.run("review", "learn", letters, rc=2).stderr
    notes.run("review", "learn", rc=1)


def test_a_line_with_letters_that_could_not_be_read_teaches_nothing(notes: Notes, letters: Path) -> None:
    with indexer.open_archive(notes.index) as archive:
        unread = archive.line(waiting(notes)[0]["id"])
        archive.say([unread.said("correct", unread.text.replace("xlph", "al[..]"))], sure=True)
    correct(notes, 9)
    assert "9 lines" in notes.run("review", "learn", letters, rc=2).stderr


def test_what_reads_the_other_half_worse_is_not_kept(notes: Notes, letters: Path) -> None:
    (notes.plugins / "told.py").write_text(ENGINE.replace("WORSE = False", "WORSE = True"))
    correct(notes, 12)
    before = waiting(notes)
    (volume,) = notes.json("review", "learn", letters)["volumes"]
    assert volume["model"] is None
    assert volume["before"] == volume["after"]
    assert waiting(notes) == before
    assert not (notes.index / "models" / model_name(letters)).exists()


WORDS = """
def words(text):
    return [Word(each, SURE, Box(5, 5, 5, 5)) for each in text.split()]
"""


def test_a_model_of_few_lines_is_no_surer_than_it_was_right_in_turn(notes: Notes, letters: Path) -> None:
    correct(notes, 12)
    bias = {}
    for sure in (0.5, 0.97):
        plugin = f"{ENGINE}{WORDS}SURE = {sure}\n".replace("hookimpl\n", "Word, hookimpl\n", 1)
        plugin = plugin.replace(
            "Box(5, 10 + 20 * number, 90, 15))", "Box(5, 10 + 20 * number, 90, 15), words=words(text))"
        )
        (notes.plugins / "told.py").write_text(plugin.replace("number {number}", "nummer {number}"))
        notes.run("review", "learn", letters)
        bias[sure] = models.load(notes.index / "models" / model_name(letters)).confidence[0]
    assert bias[0.5] > 0.2, "two thirds of the words were right"
    assert bias[0.97] < -0.5


def test_a_line_that_is_read_less_surely_keeps_its_reading(notes: Notes, letters: Path) -> None:
    (notes.plugins / "told.py").write_text(ENGINE.replace("0.6 if known", "(0.6 if number % 2 else 0.4) if known"))
    with Catalog(notes.index) as catalog:
        for line in (*catalog.page_lines(letters / "1.png", 1), *catalog.page_lines(letters / "2.png", 1)[:4]):
            catalog.say(line.id, "correct", line.text.replace("x", "a"))
    assert notes.json("review", "learn")["volumes"][0]["read_again"] == 2
    assert sorted(each["text"].split()[0] for each in waiting(notes)) == ["alpha", "alpha", "xlphx", "xlphx"]


def test_a_reading_of_a_model_that_was_too_sure_of_this_hand_does_not_stay_for_that(
    notes: Notes, letters: Path
) -> None:
    plugin = ENGINE.replace("0.6 if known else 0.5", "0.6 if known else 0.7").replace(
        "hookimpl\n", "Word, hookimpl\n", 1
    )
    first = "words=(Word(text.split()[0], 0.6 if known else 0.7, Box(5, 5, 5, 5)),)"
    (notes.plugins / "told.py").write_text(plugin.replace("90, 15))", f"90, 15), {first})"))
    notes.run("index", "--reread", letters)
    correct(notes, 12)
    (volume,) = notes.json("review", "learn")["volumes"]
    assert volume["read_again"] == 4, "it was sure to 70 % of words that were all wrong"
    assert all(each["text"].startswith("alpha") for each in waiting(notes))


def test_an_engine_that_cannot_get_used_to_lines_says_so(notes: Notes, letters: Path) -> None:
    correct(notes, 10)
    notes.fake_engine()
    assert "cannot get used" in notes.run("review", "learn", letters, rc=4).stderr


def test_a_page_that_is_gone_is_told_and_the_rest_is_read_again(notes: Notes, letters: Path) -> None:
    for number in (1, 2):  # six of eight lines of each page
        with indexer.open_archive(notes.index) as archive:
            for line in archive.catalog.page_lines(letters / f"{number}.png", 1)[:6]:
                archive.catalog.say(line.id, "correct", line.text.replace("x", "a"))
    (letters / "2.png").unlink()
    done = notes.run("review", "learn", letters)
    assert "2.png" in done.stderr
    assert "2 waiting lines read more surely" in done.stderr
    read = {each["text"].split()[0] for each in waiting(notes) if each["path"].endswith("1.png")}
    assert read == {"alpha"}


def test_a_line_that_changed_meanwhile_keeps_what_it_has(notes: Notes, letters: Path) -> None:
    with Catalog(notes.index) as catalog:
        first, second, third, *_ = catalog.page_lines(letters / "1.png", 1)
        catalog.say(second.id, "correct", "what it says")
        new = Line("new", 0.5, Box(0, 0, 9, 9))
        page = catalog.page_of(first.id)
        again = {first.id: (first.text, new), second.id: (second.text, new), third.id: ("seen otherwise", new)}
        assert catalog.reread(page.id, again, Origin("told", "1", "{}")) == 1
        texts = [line.text for line in catalog.page_lines(letters / "1.png", 1)]
        assert texts[:3] == ["new", "what it says", third.text]
        assert catalog.line(first.id).box == first.box


def test_the_server_learns_by_itself(notes: Notes, letters: Path, serve, until) -> None:
    server = serve(notes)
    for each in waiting(notes)[:10]:
        text = each["text"].replace("x", "a")
        said = {"kind": "correct", "text": text, "sure": True}
        assert server.client.put(f"/api/v1/lines/{each['id']}/verdict", json=said).status_code == 200
    until(lambda: any(each["text"].startswith("alpha") for each in waiting(notes)))
