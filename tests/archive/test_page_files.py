"""Pages of an archive written into a folder, a file each."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PIL import Image

import indexer
from indexer.values import Failure


@pytest.fixture
def letters(notes, tmp_path: Path) -> Path:
    notes.fake_engine()
    folder = tmp_path / "letters"
    (folder / "box").mkdir(parents=True)
    sheet = Image.new("L", (640, 480), 255)
    for number, name in enumerate(("emma.png", "box/emma.png", "box/albert.png", "box/albert.tif")):
        sheet.putpixel((number, 0), 0)
        sheet.save(folder / name)
    sheet.save(folder / "book.pdf", save_all=True, append_images=[sheet.rotate(180)])
    notes.run("index", folder)
    return folder


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_pages_go_into_files_named_after_them(notes, letters: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = notes.run("export", letters, "--as", "alto", "--to", out)
    assert "6 pages written to out" in done.stderr
    wanted = ["book-0001.xml", "book-0002.xml", "box/albert.png.xml", "box/albert.tif.xml", "box/emma.xml", "emma.xml"]
    assert files(out) == wanted
    for name in wanted:
        assert ElementTree.parse(out / name).getroot().tag.endswith("alto")
    notes.run("export", letters / "box", "--as", "text", "--to", tmp_path / "box")
    assert files(tmp_path / "box") == ["albert.png.txt", "albert.tif.txt", "emma.txt"]


def test_what_is_there_stays_and_the_rest_is_written(notes, letters: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    notes.run("export", letters, "--as", "page", "--to", out)
    (out / "emma.xml").write_text("mine")
    (out / "box/emma.xml").unlink()
    done = notes.run("export", letters, "--as", "page", "--to", out)
    assert "1 page written" in done.stderr
    assert "5 files there already, left as they are" in done.stderr
    assert (out / "emma.xml").read_text() == "mine"
    assert ElementTree.parse(out / "box/emma.xml").getroot().tag.endswith("PcGts")


def test_a_single_page_is_printed_and_several_need_a_folder(notes, letters: Path) -> None:
    assert (
        notes.run("export", letters / "emma.png", "--as", "text").stdout
        == notes.run("export", "letters/emma.png", "--as", "text").stdout
    )
    refused = notes.run("export", letters, "--as", "text", rc=2)
    assert "6 pages match" in refused.stderr
    assert "--to FOLDER" in refused.stderr
    assert "no page of the index matches nothing" in notes.run("export", "nothing", "--as", "pdf", rc=2).stderr


def test_a_page_without_its_picture_does_not_stop_the_others(notes, letters: Path, tmp_path: Path) -> None:
    (letters / "emma.png").unlink()
    done = notes.run("export", letters, "--as", "pdf", "--to", tmp_path / "out", rc=3)
    assert "emma.png" in done.stderr
    assert "5 pages written" in done.stderr
    assert len(files(tmp_path / "out")) == 5


def test_a_folder_that_cannot_be_made_is_named(notes, letters: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    assert (
        f"cannot write {tmp_path / 'out' / 'emma.txt'}"
        in notes.run("export", letters / "emma.png", "--as", "text", "--to", tmp_path / "out", rc=2).stderr
    )


def test_the_library_writes_the_same(notes, letters: Path, tmp_path: Path) -> None:
    with indexer.open_archive(notes.index) as archive:
        made = list(archive.export_pages(str(letters), "text", tmp_path / "out"))
        assert not any(isinstance(each, Failure) for each in made)
        assert all(each.path.read_bytes() == archive.export(each.page) for each in made)
