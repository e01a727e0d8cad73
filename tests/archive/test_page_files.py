"""Pages of an archive written into a folder, a file each."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path
from urllib.parse import unquote

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


def test_of_two_copies_the_one_that_is_named_gives_its_name_to_the_file(notes, letters: Path, tmp_path: Path) -> None:
    copy = letters / "copy/again.png"
    copy.parent.mkdir()
    copy.write_bytes((letters / "box/emma.png").read_bytes())
    notes.run("index", letters)
    notes.run("export", copy, "--hits", "page640", "--as", "text", "--to", tmp_path / "again")
    assert files(tmp_path / "again") == ["again.txt"]
    notes.run("export", letters / "box", "--as", "text", "--to", tmp_path / "box")
    assert files(tmp_path / "box") == ["albert.png.txt", "albert.tif.txt", "emma.txt"]
    assert "copy/again.png" in notes.run("documents", copy).stdout
    notes.run("export", letters, "--as", "text", "--to", tmp_path / "all")
    assert len(files(tmp_path / "all")) == 6


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


def pages(notes, folder: Path, *names: str | bytes) -> None:
    notes.fake_engine()
    folder.mkdir()
    for number, name in enumerate(names, 1):
        sheet = Image.new("L", (300 + number, 100), 255)
        sheet.save(Path(os.fsdecode(os.fsencode(folder) + b"/" + os.fsencode(name))), "PNG")
    notes.run("index", folder)


def test_no_page_is_taken_for_another_by_its_name(notes, tmp_path: Path) -> None:
    pages(notes, tmp_path / "pages", "a.jpg", "a.png", "a.jpg.tif")
    for name, suffix in (("text", "txt"), ("markdown", "md")):
        done = notes.run("export", "--as", name, "--to", tmp_path / name)
        assert "3 pages written" in done.stderr
        assert "there already" not in done.stderr
        assert len(list((tmp_path / name).glob(f"[!c]*.{suffix}"))) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="such names are found on Linux alone")
@pytest.mark.parametrize("name", ["text", "tei", "markdown", "mets", "iiif", "tropy"])
def test_odd_names_keep_no_page_from_being_written(notes, tmp_path: Path, name: str) -> None:
    pages(
        notes,
        tmp_path / "pages",
        b"lone\xff.png",
        "x" * 251 + ".png",
        "x" * 250 + "y.png",
        'q "uote\n.png',
        "A.png",
        "a.png",
    )
    done = notes.run("export", "--as", name, "--to", tmp_path / "out")
    assert "6 pages written" in done.stderr
    names = [path.name.casefold() for path in (tmp_path / "out").iterdir()]
    assert len(set(names)) == len(names)
    assert "0 pages written" in notes.run("export", "--as", name, "--to", tmp_path / "out").stderr


def test_a_name_that_the_target_refuses_does_not_stop_the_others(
    notes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages(notes, tmp_path / "pages", "a.png", "what.png")
    named = Path.replace

    def refusing(path: Path, target: Path) -> Path:  # a file gets its name when it is whole
        if target.name.startswith("a."):
            raise OSError(errno.EINVAL, "Invalid argument")
        return named(path, target)

    with indexer.open_archive(notes.index) as archive:
        monkeypatch.setattr(Path, "replace", refusing)
        made = list(archive.export_pages("", "text", tmp_path / "out"))
    assert [isinstance(each, Failure) for each in made] == [True, False]


REFUSED = ("12:30?.png", "CON.png", "aux.b.png", "12_30_.png", "end. .png")


@pytest.mark.skipif(sys.platform == "win32", reason="no page can be called so there")
def test_names_are_changed_only_where_the_drive_refuses_them(
    notes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages(notes, tmp_path / "box.", *REFUSED)
    notes.run("export", tmp_path, "--as", "text", "--to", tmp_path / "kept")
    kept = ["12:30?.png.txt", "12_30_.png (2).txt", "CON.txt", "aux.b.txt", "end. .txt"]
    assert files(tmp_path / "kept" / "box.") == kept
    touch = Path.touch

    def refusing(path: Path, *how: object, **more: object) -> None:
        """As a drive with exFAT does."""
        if "?" in path.name:
            raise OSError(errno.EINVAL, "Invalid argument")
        touch(path, *how, **more)

    with indexer.open_archive(notes.index) as archive:
        monkeypatch.setattr(Path, "touch", refusing)
        made = list(archive.export_pages(str(tmp_path), "markdown", tmp_path / "exfat"))
        assert not any(isinstance(each, Failure) or each.there for each in made)
        again = list(archive.export_pages(str(tmp_path), "markdown", tmp_path / "exfat"))
        assert all(not isinstance(each, Failure) and each.there for each in again)
    stems = ["12_30_.png", "12_30_.png (2)", "CON_", "aux_.b", "end. "]
    made = [f"box_/{stem}.{suffix}" for stem in stems for suffix in ("jpg", "md")]
    assert files(tmp_path / "exfat") == sorted([*made, "contents.md"])
    for note in (tmp_path / "exfat" / "box_").glob("*.md"):
        (picture,) = re.findall(r"!\[.*\]\((.*)\)", note.read_text())
        assert (note.parent / unquote(picture)).is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="no page can be called so there")
def test_a_zip_can_be_unpacked_on_every_system(notes, serve, tmp_path: Path) -> None:
    pages(notes, tmp_path / "box.", *REFUSED, "back\\slash.png")
    answer = serve(notes).client.get("/export.zip", params={"as": "alto"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        names = packed.namelist()
    assert sorted(names) == [
        "12_30_.png (2).xml",
        "12_30_.png.xml",
        "CON_.xml",
        "aux_.b.xml",
        "back_slash.xml",
        "end. .xml",
    ]


def test_a_picture_that_lies_there_is_not_written_again(notes, tmp_path: Path) -> None:
    notes.fake_engine()
    (tmp_path / "pages").mkdir()
    Image.new("L", (300, 100), 255).save(tmp_path / "pages" / "a.jpg")
    notes.run("index", tmp_path / "pages")
    os.utime(tmp_path / "pages" / "a.jpg", (1, 1))
    before = (tmp_path / "pages" / "a.jpg").stat()
    notes.run("export", "--as", "markdown", "--to", tmp_path / "pages")
    after = (tmp_path / "pages" / "a.jpg").stat()
    assert (after.st_ino, after.st_mtime) == (before.st_ino, before.st_mtime)
    assert (tmp_path / "pages" / "a.md").is_file()
