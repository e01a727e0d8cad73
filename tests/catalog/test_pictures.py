"""What people said of a page stays with what it shows, whatever becomes of the bytes of its file."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pymupdf
import pytest
from PIL import Image

from indexer.image.fingerprint import picture_of, same_cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Notes


ARCHIVE = Path(__file__).parents[1] / "data" / "archive"


@pytest.fixture
def letter() -> Image.Image:
    """A page of handwriting."""
    with Image.open(ARCHIVE / "poilus" / "poilus-06.jpg") as image:
        return image.convert("RGB").resize((400, 600))


@pytest.fixture
def photo(notes: Notes, letter: Image.Image) -> Path:
    """The page as a JPEG, in a folder to be read by the fake engine."""
    notes.fake_engine()
    path = notes.home / "in" / "a.jpg"
    path.parent.mkdir()
    letter.save(path, quality=95)
    return path


@pytest.fixture
def scan(photo: Path, letter: Image.Image) -> Path:
    """The page as a PNG instead."""
    photo.unlink()
    letter.save(photo.with_suffix(".png"))
    return photo.with_suffix(".png")


def corrected(notes: Notes, rc: int = 0) -> int:
    return int(notes.json("search", "emma", rc=rc)["total"])


def say_of(notes: Notes, path: Path) -> None:
    notes.run("index", "in")
    line = notes.json("show", path)["lines"][0]["id"]
    notes.run("review", "correct", line, "Dear aunt Emma")


def with_comment(path: Path) -> None:
    """A comment as a photo program writes it: the picture is encoded anew."""
    with Image.open(path) as image:
        exif = image.getexif()
        exif[0x9286] = "a comment"
        image.save(path.with_suffix(".new.jpg"), exif=exif, quality="keep")
    path.with_suffix(".new.jpg").replace(path)


def commented(path: Path) -> None:
    """A comment in the JPEG, and not a pixel changes."""
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xfe\x00\x0b a letter" + data[2:])


def turned(path: Path) -> None:
    """A lossless turn, and the flag that turns it back."""
    with Image.open(path) as image:
        exif = image.getexif()
        exif[0x0112] = 6  # to be shown turned clockwise
        image.transpose(Image.Transpose.ROTATE_90).save(path.with_suffix(".new.jpg"), exif=exif, quality=95)
    path.with_suffix(".new.jpg").replace(path)


@pytest.mark.parametrize("change", [with_comment, commented, turned])
def test_a_correction_follows_its_picture(notes: Notes, photo: Path, change: Callable[[Path], None]) -> None:
    say_of(notes, photo)
    change(photo)
    said = notes.run("index", "in").stderr
    assert "1 file read" in said
    assert "former" not in said
    assert corrected(notes) == 1
    status = notes.json("status")
    assert (status["verdicts"], status["former"]) == (1, [])
    with_comment(photo)
    notes.run("index", "in")
    assert corrected(notes) == 1


def test_what_was_said_in_an_earlier_version_learns_its_picture_with_the_next_run(
    notes: Notes, letter: Image.Image, photo: Path
) -> None:
    letter.rotate(180).save(photo.with_name("b.jpg"))
    say_of(notes, photo)
    with closing(sqlite3.connect(notes.index / "catalog.sqlite")) as db, db:
        db.execute("DELETE FROM pictures")  # which only this version notes
    assert "1 file read (1 page), 1 already" in notes.run("index", "in").stderr
    assert corrected(notes) == 1
    assert "0 files read" in notes.run("index", "in").stderr
    commented(photo)
    assert "former" not in notes.run("index", "in").stderr
    assert corrected(notes) == 1


def test_a_new_picture_in_the_same_place_has_none_of_what_was_said_of_the_old_one(
    notes: Notes, letter: Image.Image, scan: Path
) -> None:
    say_of(notes, scan)
    shutil.copy(scan, notes.home / "kept.png")
    letter.transpose(Image.Transpose.ROTATE_180).save(scan)
    assert "1 correction belongs to a former version of in/a.png" in notes.run("index", "in").stderr
    assert corrected(notes, rc=1) == 0
    status = notes.json("status")
    assert (status["verdicts"], status["former"]) == (0, [{"path": str(scan), "verdicts": 1}])
    assert "1 correction belongs to a former version of in/a.png" in notes.run("status").stdout
    assert "former" not in notes.run("index", "in").stderr
    (notes.home / "kept.png").replace(notes.home / "in" / "b.png")  # it comes back, elsewhere
    notes.run("index", "in")
    assert corrected(notes) == 1
    assert notes.json("status")["former"] == []


def test_a_copy_with_other_bytes_says_the_same_and_each_can_be_taken_back_alone(notes: Notes, photo: Path) -> None:
    shutil.copy(photo, notes.home / "in" / "b.jpg")
    say_of(notes, photo)
    commented(photo)
    notes.run("index", "in")
    hits = notes.json("search", "emma")["hits"]
    assert sorted(hit["path"].rpartition("/")[2] for hit in hits) == ["a.jpg", "b.jpg"]
    notes.run("review", "--undo", hits[0]["id"])
    assert corrected(notes) == 1
    notes.run("index", "--reread", "in")
    assert corrected(notes) == 1


def test_what_was_said_goes_to_the_page_that_is_left_of_two_that_show_the_same(notes: Notes, photo: Path) -> None:
    shutil.copy(photo, notes.home / "in" / "b.jpg")
    commented(notes.home / "in" / "b.jpg")
    say_of(notes, photo)
    photo.unlink()
    notes.run("index", "--prune", "in")
    (hit,) = notes.json("search", "emma")["hits"]
    assert Path(hit["path"]).name == "b.jpg"
    assert len(notes.json("show", "in/b.jpg")["lines"]) == 2
    commented(notes.home / "in" / "b.jpg")
    (notes.home / "in" / "b.jpg").rename(notes.home / "in" / "c.jpg")  # moved and changed at once
    notes.run("index", "in")
    notes.run("index", "--prune", "in")
    assert corrected(notes) == 1
    assert "lies on a line" in notes.run("review", "--orphans", rc=1).stderr


def test_pages_of_a_pdf_are_known_one_by_one(notes: Notes, letter: Image.Image) -> None:
    notes.fake_engine()
    path = notes.home / "in" / "a.pdf"
    path.parent.mkdir()
    letter.save(notes.home / "page.png")
    letter.transpose(Image.Transpose.ROTATE_180).save(notes.home / "other.png")
    with pymupdf.open() as document:
        for name in ("page.png", "other.png"):
            page = document.new_page(width=400, height=600)
            page.insert_image(page.rect, filename=notes.home / name)
        document.save(path)
    notes.run("index", "in")
    for number in (1, 2):
        line = notes.json("show", f"{path}:{number}")["lines"][0]["id"]
        notes.run("review", "correct", line, f"Dear aunt Emma {number}")
    with pymupdf.open(path) as document:
        document[1].draw_rect(pymupdf.Rect(0, 0, 400, 400), fill=(0, 0, 0))  # nothing is left of the second page
        document.new_page(0, width=300, height=300)
        document.save(notes.home / "new.pdf")
    (notes.home / "new.pdf").replace(path)
    said = notes.run("index", "in").stderr
    assert "1 correction belongs to a former version of in/a.pdf" in said
    (hit,) = notes.json("search", "emma")["hits"]
    assert (hit["page"], hit["text"]) == (2, "Dear aunt Emma 1")


def test_a_mark_beside_a_line_does_not_cost_what_was_said_of_it(notes: Notes, letter: Image.Image, scan: Path) -> None:
    say_of(notes, scan)
    letter.paste((250, 220, 60), (300, 500, 390, 590))  # a note stuck to the corner
    letter.save(scan)
    notes.run("index", "in")
    assert corrected(notes) == 1
    letter.paste((0, 0, 0), (0, 0, 120, 40))  # and one over the line
    letter.save(scan)
    notes.run("index", "in")
    assert corrected(notes, rc=1) == 0


def test_other_writing_on_the_same_form_is_another_picture(letter: Image.Image) -> None:
    one, other = letter.copy(), letter.copy()
    strip = letter.crop((100, 300, 160, 330))
    other.paste(strip.transpose(Image.Transpose.ROTATE_180), (100, 300))
    same = same_cells(picture_of(one).look, picture_of(other).look)
    assert same is not None
    assert len(same) < 64 * 64
    assert same_cells(picture_of(one).look, picture_of(letter.rotate(180)).look) is None
    assert len(same_cells(picture_of(one).look, picture_of(letter.copy()).look) or ()) == 64 * 64
