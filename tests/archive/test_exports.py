"""What may be chosen for an export, and what each format writes into a folder."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

import indexer
from indexer.archive.exporting import FORMATS
from indexer.archive.page_files import PageFile
from indexer.archive.rereading import Pages
from indexer.formats.json_lines import read
from indexer.formats.reading import read_document
from indexer.recognition.page_drawer import PageDrawer
from indexer.values import Failure, SourceOptions
from indexer.values.errors import PluginError


@pytest.fixture(scope="module")
def shared(notes_factory, tmp_path_factory):
    """Three pictures and a book of two pages. Each page has a sure line and a doubtful one."""
    notes = notes_factory(tmp_path_factory.mktemp("exported"))
    notes.fake_engine()
    folder = notes.home / "letters"
    folder.mkdir()
    for number, name in enumerate(("a 1.jpg", "b.png", "c.jpg")):
        Image.effect_noise((300 + 10 * number, 200), 60).convert("RGB").save(folder / name, quality=95)
    sheet = Image.new("L", (640, 480), 255)
    sheet.save(folder / "book.pdf", save_all=True, append_images=[sheet.rotate(180)])
    notes.run("index", folder)
    return notes


@pytest.fixture
def notes(shared):
    """What people said in a test is taken back after it."""
    yield shared
    with indexer.open_archive(shared.index) as archive:
        for page in archive.pages():
            for line in archive.lines(page):
                if archive.catalog.verdict_on(line.id):
                    archive.undo(line.id)


@pytest.fixture
def letters(shared) -> Path:
    return shared.home / "letters"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def line_ids(notes) -> dict[str, int]:
    with indexer.open_archive(notes.index) as archive:
        return {line.text: line.id for page in archive.pages() for line in archive.lines(page)}


def texts(notes, *choice: object) -> list[str]:
    told = notes.run("export", "--as", "jsonl", *choice).stdout
    return [line.text for page in read(told).pages for line in page.lines]


def test_a_page_by_its_number_a_folder_or_all(notes, letters: Path) -> None:
    assert texts(notes, f"{letters / 'book.pdf'}:2") == texts(notes, letters / "book.pdf")[2:]
    assert len(texts(notes, letters)) == len(texts(notes)) == 10
    assert len(texts(notes, "*.jpg")) == 4


def test_json_of_entries_is_not_written_where_pages_were_asked_for(notes, letters: Path) -> None:
    assert "--as jsonl has all that is known" in notes.run("export", letters, "--as", "alto", "--json", rc=2).stderr


def test_only_what_is_accepted_or_what_a_person_settled(notes, letters: Path, tmp_path: Path) -> None:
    ids = line_ids(notes)
    notes.run("review", "correct", ids["doubtful300 word"], "a word in doubt", "--sure")
    notes.run("review", "reject", ids["doubtful310 word"])
    accepted = notes.run("export", letters, "--as", "jsonl", "--only", "accepted")
    assert "3 lines left out: they wait for review" in accepted.stderr
    assert texts(notes, letters / "a 1.jpg", "--only", "accepted") == ["alpha page300", "a word in doubt"]
    assert texts(notes, "--only", "human") == ["a word in doubt"]
    human = notes.run("export", "--as", "text", "--only", "human", "--to", tmp_path / "out")
    assert "8 lines left out: no person settled them" in human.stderr


def test_other_readings_where_a_format_holds_them(notes, letters: Path) -> None:
    page = letters / "a 1.jpg"
    notes.run("review", "correct", line_ids(notes)["doubtful300 word"], "a word in doubt", "--sure")
    told = read(notes.run("export", page, "--as", "jsonl", "--readings").stdout)
    assert [(each.text, each.confidence, each.origin) for each in told.pages[0].lines[1].readings] == [
        ("a word in doubt", None, "human"),
        ("doubtful300 word", 0.5, "fake"),
    ]
    alone = read(notes.run("export", page, "--as", "jsonl").stdout)
    assert [len(line.readings) for line in alone.pages[0].lines] == [1, 1]
    rows = list(csv.DictReader(io.StringIO(notes.run("export", page, "--as", "lines", "--readings").stdout)))
    assert [(row["line"], row["reading"], row["text"]) for row in rows[1:]] == [
        ("2", "1", "a word in doubt"),
        ("2", "2", "doubtful300 word"),
    ]
    assert "ALTO holds one reading of a line" in notes.run("export", page, "--as", "alto", "--readings").stderr


def test_pages_on_which_a_query_finds_something(notes, letters: Path, tmp_path: Path) -> None:
    done = notes.run("export", letters, "--as", "text", "--hits", "page310", "--to", tmp_path / "out")
    assert "1 page written" in done.stderr
    assert files(tmp_path / "out") == ["b.txt"]
    nothing = notes.run("export", "--as", "text", "--hits", "xyzzyx", "--to", tmp_path / "out", rc=2)
    assert "xyzzyx is found on none of the pages" in nothing.stderr


def test_one_file_for_all_pages_has_one_heading(notes, letters: Path, tmp_path: Path) -> None:
    notes.run("export", "--as", "lines", "--to", tmp_path / "lines.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "lines.csv").read_text())))
    assert len(rows) == 10
    assert "file" not in {row["file"] for row in rows}
    assert "is there already" in notes.run("export", "--as", "lines", "--to", tmp_path / "lines.csv", rc=2).stderr


def test_entries_of_tables_know_no_choice_of_lines(notes, letters: Path) -> None:
    refused = notes.run("export", letters, "--only", "human", rc=2).stderr
    assert "--only, --readings and --hits are about pages" in refused


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.scope != "all"])
def test_every_format_into_a_folder_and_on_where_it_was(notes, letters: Path, tmp_path: Path, name: str) -> None:
    form, out = FORMATS[name], tmp_path / "out"
    done = notes.run("export", letters, "--as", name, "--to", out)
    assert "5 pages written" in done.stderr
    stems = ["a 1", "b", "book", "c"] if form.scope == "document" else ["a 1", "b", "book-0001", "book-0002", "c"]
    main = [f"{stem}.{form.suffix}" for stem in stems]
    beside = {"pictures": ".jpg", "alto": ".xml", "": ""}[form.beside]
    pages = ["a 1", "b", "book-0001", "book-0002", "c"] if beside else []
    all_others = ["contents.md"] if form.listed else []
    assert files(out) == sorted([*main, *(f"{stem}{beside}" for stem in pages), *all_others])
    if not form.pictured:
        read_again = [line.text for each in main for page in read_document(out / each).pages for line in page.lines]
        assert read_again == texts(notes)
    (out / main[0]).unlink()
    again = notes.run("export", letters, "--as", name, "--to", out)
    assert "1 page written" in again.stderr
    assert f"{len(main) - 1} files there already" in again.stderr


def test_notes_of_markdown_show_their_picture_and_lead_to_each_other(notes, letters: Path, tmp_path: Path) -> None:
    notes.run("export", letters, "--as", "markdown", "--to", tmp_path / "vault")
    note = (tmp_path / "vault" / "b.md").read_text()
    assert "![b.png](b.jpg)" in note
    assert "[←](a%201.md) [→](book-0001.md)" in note
    numbers = [line_ids(notes)[text] for text in ("alpha page310", "doubtful310 word")]
    assert re.findall(r"^- (.*) \^(\d+)$", note, re.MULTILINE) == [
        ("alpha page310", str(numbers[0])),
        ("doubtful310 word", str(numbers[1])),
    ]
    assert (tmp_path / "vault" / "a 1.jpg").read_bytes() == (letters / "a 1.jpg").read_bytes()
    with Image.open(tmp_path / "vault" / "b.jpg") as picture:
        assert picture.size == (310, 200)


def test_a_note_leads_to_all_others_and_to_the_lines_that_were_found(notes, letters: Path, tmp_path: Path) -> None:
    out, number = tmp_path / "vault", line_ids(notes)["alpha page310"]
    notes.run("export", letters, "--as", "markdown", "--to", out)
    told = (out / "contents.md").read_text().split("---\n\n")[1]
    book = "- book.pdf: [1](book-0001.md) [2](book-0002.md)"
    assert told.splitlines() == ["- [a 1.jpg](a%201.md)", "- [b.png](b.md)", book, "- [c.jpg](c.md)"]
    notes.run("export", letters, "--as", "markdown", "--hits", "page310", "--to", out)
    found = (out / "found page310.md").read_text().split("---\n\n")[1]
    assert found == f"- [b.png](b.md)\n  - [alpha page310](b.md#^{number})\n"
    assert f"- alpha page310 ^{number}\n" in (out / "b.md").read_text()
    (out / "contents.md").write_text("mine")
    refused = notes.run("export", letters, "--as", "markdown", "--to", out, rc=3)
    assert "contents.md is there already, and is another file" in refused.stderr
    assert (out / "contents.md").read_text() == "mine"


def test_what_lies_in_the_folder_is_not_written_over(notes, letters: Path, tmp_path: Path) -> None:
    """Notes for pictures may be wanted beside the pictures."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "b.jpg").write_bytes(b"another picture")
    (out / "c.jpg").write_bytes((letters / "c.jpg").read_bytes())
    done = notes.run("export", letters, "--as", "markdown", "--to", out, rc=3)
    assert "b.jpg is there already, and is another file" in done.stderr
    assert "4 pages written" in done.stderr
    assert (out / "b.jpg").read_bytes() == b"another picture"
    assert not (out / "b.md").exists()
    assert "![c.jpg](c.jpg)" in (out / "c.md").read_text()


def test_the_picture_in_a_pdf_is_the_original(notes, letters: Path, tmp_path: Path) -> None:
    notes.run("export", letters / "c.jpg", "--as", "pdf", "--to", tmp_path)
    with pymupdf.open(tmp_path / "c.pdf") as saved:
        ((xref, *_),) = saved[0].get_images()
        assert saved.extract_image(xref)["image"] == (letters / "c.jpg").read_bytes()
        assert saved[0].get_text().split() == ["alpha", "page320", "doubtful320", "word"]
    assert (tmp_path / "c.pdf").stat().st_size < 1.3 * (letters / "c.jpg").stat().st_size


def lettered(folder: Path) -> bytes:
    """A PDF of a turned page with margins cut off: a picture, hidden text, a visible title and a link. Returns the
    picture."""
    made = io.BytesIO()
    Image.effect_noise((400, 300), 60).convert("RGB").save(made, "JPEG", quality=90)
    with pymupdf.open() as document:
        sheet = document.new_page(width=500, height=400)
        sheet.insert_image(pymupdf.Rect(50, 50, 450, 350), stream=made.getvalue())
        sheet.insert_text((100, 150), "wrongly read", render_mode=3, fontsize=20)
        sheet.insert_text((100, 250), "Title", fontsize=20)
        sheet.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(90, 230, 160, 255), "uri": "https://a.org"})
        sheet.set_cropbox(pymupdf.Rect(40, 30, 460, 360))
        sheet.set_rotation(90)
        document.save(folder / "kept.pdf")
    return made.getvalue()


def test_a_page_of_a_pdf_is_kept_as_it_is_under_the_text(notes, tmp_path: Path) -> None:
    """Its picture is not compressed anew, its visible text not doubled, its hidden text replaced."""
    picture = lettered(tmp_path)
    notes.run("index", tmp_path / "kept.pdf", "--pdf-text", "check")
    ids = line_ids(notes)
    (doubtful,) = {text for text in texts(notes, tmp_path / "kept.pdf") if text.startswith("doubtful")}
    notes.run("review", "correct", ids[doubtful], "said by a person", "--sure")
    notes.run("review", "correct", ids["wrongly read"], "rightly told", "--sure")
    notes.run("export", tmp_path / "kept.pdf", "--as", "pdf", "--to", tmp_path / "out")
    with pymupdf.open(tmp_path / "kept.pdf") as before, pymupdf.open(tmp_path / "out" / "kept.pdf") as saved:
        (page,) = saved
        ((xref, *_),) = page.get_images()
        assert saved.extract_image(xref)["image"] == picture
        assert (page.rotation, page.rect) == (90, before[0].rect)
        assert page.get_pixmap().samples == before[0].get_pixmap().samples
        assert [link["uri"] for link in page.get_links()] == ["https://a.org"]
        found = page.get_text().split()
        assert (found.count("Title"), found.count("wrongly")) == (1, 0)
        (box,) = (pymupdf.Rect(word[:4]) for word in page.get_text("words") if word[4] == "rightly")
        (was,) = (pymupdf.Rect(word[:4]) for word in before[0].get_text("words") if word[4] == "wrongly")
        assert abs(box.y0 - was.y0) < 6
        assert abs(box.y1 - was.y1) < 6
        words = [pymupdf.Rect(word[:4]) * page.rotation_matrix for word in page.get_text("words") if word[4] == "said"]
        scale = (
            page.rect.width / read(notes.run("export", tmp_path / "kept.pdf", "--as", "jsonl").stdout).pages[0].width
        )
    with indexer.open_archive(notes.index) as archive:
        (line,) = (each for page in archive.pages() for each in archive.lines(page) if each.text == "said by a person")
    (place,) = words
    assert abs(place.x0 - line.box.x * scale) < 3
    assert abs((place.y0 + place.y1) / 2 - line.box.centre[1] * scale) < line.box.height * scale / 2


@pytest.mark.parametrize(("name", "options"), [("side.jpg", {"quality": 80}), ("flat.png", {})])
def test_a_picture_that_lies_on_its_side_or_is_a_png_is_kept_in_a_pdf(
    notes, tmp_path: Path, name: str, options: dict
) -> None:
    picture = Image.effect_noise((320, 200), 60)
    sideways = Image.Exif()
    sideways[0x112] = 6
    picture.save(tmp_path / name, **options, **({"exif": sideways} if name == "side.jpg" else {}))
    notes.run("index", tmp_path / name)
    notes.run("export", tmp_path / name, "--as", "pdf", "--to", tmp_path / "out")
    data = (tmp_path / name).read_bytes()
    with pymupdf.open((tmp_path / "out" / name).with_suffix(".pdf")) as saved:
        ((xref, *_),) = saved[0].get_images()
        kept = saved.extract_image(xref)["image"]
        pixels = Image.open(io.BytesIO(kept)).convert("L").tobytes()
        assert kept == data if name == "side.jpg" else pixels == picture.tobytes()
        assert (saved[0].rect.width > saved[0].rect.height) == (name == "flat.png")
        assert saved[0].get_text().split()[0] == "alpha"
    assert (tmp_path / "out" / name).with_suffix(".pdf").stat().st_size < 1.3 * len(data) + 6000


def test_pdfa_says_what_it_is_and_has_its_fonts_and_colours(notes, letters: Path, tmp_path: Path) -> None:
    notes.run("export", letters / "c.jpg", "--as", "pdfa", "--to", tmp_path)
    with pymupdf.open(tmp_path / "c.pdf") as saved:
        told = saved.get_xml_metadata()
        assert "<pdfaid:part>2<" in told
        assert "<pdfaid:conformance>B<" in told
        intent = int(saved.xref_get_key(saved.pdf_catalog(), "OutputIntents")[1].strip("[]").split()[0])
        assert saved.xref_get_key(intent, "S") == ("name", "/GTS_PDFA1")
        profile = int(saved.xref_get_key(intent, "DestOutputProfile")[1].split()[0])
        assert saved.xref_stream(profile)[36:40] == b"acsp"
        assert all(saved.extract_font(each[0])[3] for each in saved[0].get_fonts())
        fonts = (saved.xref_object(at) for at in range(1, saved.xref_length()))
        assert all("/CapHeight 729" in each for each in fonts if "/FontDescriptor\n" in each)
        assert saved.xref_get_key(-1, "ID")[0] == "array"
        assert not saved.is_encrypted


def test_tropy_gets_the_photos_where_they_lie(notes, letters: Path, tmp_path: Path) -> None:
    notes.run("export", letters / "book.pdf", "--as", "tropy", "--to", tmp_path)
    (item,) = json.loads((tmp_path / "book.tropy.json").read_text())["@graph"]
    assert item["title"] == "book.pdf"
    assert [(photo["path"], photo["page"]) for photo in item["photo"]] == [
        (str(letters / "book.pdf"), at) for at in (0, 1)
    ]
    assert item["photo"][0]["note"][0]["text"].split("\n")[0] == f"alpha page{item['photo'][0]['width']}"


SLOW = """
from pathlib import Path
from PIL import Image
from indexer.api import Page, Source, hookimpl

def pages(file, options):
    def image():
        while Path(HANGS).exists() and file.path.stem == "slow":
            pass
        if Path(HANGS).exists() and file.path.stem == "dies":
            import os
            os._exit(9)
        return Image.new("L", (300, 200), 255)

    yield Page(1, image)

@hookimpl
def notes_sources():
    yield Source("drawn", (".drawn",), pages)
"""


def test_a_page_that_hangs_or_ends_what_opens_it_does_not_stop_the_others(
    notes_factory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, hangs = notes_factory(tmp_path), tmp_path / "hangs"
    notes.fake_engine()
    (notes.plugins / "slow.py").write_text(SLOW.replace("HANGS", repr(str(hangs))))
    (notes.home / "box").mkdir()
    for name in ("dies", "fine", "slow", "well"):
        (notes.home / "box" / f"{name}.drawn").write_text(name)
    notes.run("index", "box")
    hangs.touch()
    notes.environ["NOTES_PAGE_TIMEOUT"] = "10"
    done = notes.run("export", "box", "--as", "pdf", "--to", "out", rc=3)
    assert files(notes.home / "out") == ["fine.pdf", "well.pdf"]
    assert "dies.drawn, page 1: the page cannot be drawn: what opens it crashed" in done.stderr
    assert "slow.drawn, page 1: the page cannot be drawn: opening it took longer than 10 s" in done.stderr
    said = notes.run("show", "box/dies.drawn", "--crop", "dies.png", rc=3).stderr
    assert "the page cannot be drawn: what opens it crashed" in said
    monkeypatch.setenv("NOTES_PLUGIN_FOLDER", str(notes.plugins))
    monkeypatch.setenv("NOTES_PAGE_TIMEOUT", "5")
    with indexer.open_archive(notes.index) as archive:
        pages = {page.path.stem: page for document in archive.documents() for page in archive.pages(document)}
        for show in (archive.picture, archive.overlay):
            with pytest.raises(PluginError, match=r"longer than 5 s.*given up"):
                show(pages["slow"])
            assert show(pages["well"]).size == (300, 200)  # in a new process
        lines = [line for name in ("dies", "fine") for line in archive.catalog.page_lines(pages[name].path, 1)]
        lost: list[Failure] = []
        with PageDrawer(notes.plugins, 5) as drawer:  # as notes train, adapt, and review learn and look have it
            read = Pages(archive.catalog, drawer, SourceOptions(), lost.append).of(lines)
            assert [page.path.stem for page, _, _ in read] == ["fine"]
        assert [(each.path.stem, each.page) for each in lost] == [("dies", 1)]


RACY = """
from pathlib import Path
from indexer.api import Format, hookimpl

def write(document):
    Path(FOLDER).mkdir(exist_ok=True)
    (Path(FOLDER) / f"{Path(document.pages[0].image).stem}.racy").write_bytes(b"of another export")
    return b"of this one"

@hookimpl
def notes_formats():
    yield Format("racy", "racy", (".racy",), write=write)
"""


def test_two_exports_into_the_same_folder_at_once_leave_each_file_to_the_faster(notes, letters: Path) -> None:
    out = notes.home / "racing"
    (notes.plugins / "racy.py").write_text(RACY.replace("FOLDER", repr(str(out))))
    done = notes.run("export", letters / "b.png", "--as", "racy", "--to", out)
    assert "1 file there already" in done.stderr
    assert (out / "b.racy").read_bytes() == b"of another export"
    assert files(out) == ["b.racy"]


def test_an_export_that_is_interrupted_leaves_whole_files_and_goes_on(notes, letters: Path, tmp_path: Path) -> None:
    with indexer.open_archive(notes.index) as archive:
        written = archive.export_pages(str(letters), "pdf", tmp_path / "out")
        first = next(written)
        assert isinstance(first, PageFile)
        whole = first.path.read_bytes()
        with pytest.raises(KeyboardInterrupt):
            written.throw(KeyboardInterrupt())
        assert files(tmp_path / "out") == [first.path.name]
        done = list(archive.export_pages(str(letters), "pdf", tmp_path / "out"))
    assert [each.there for each in done if isinstance(each, PageFile)] == [True, False, False, False, False]
    assert first.path.read_bytes() == whole
