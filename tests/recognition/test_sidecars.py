"""Transcriptions that lie beside pages become readings of their lines, judged by the ink."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from conftest import Notes

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"

# An engine that is told what the lines of a page say; it finds each, and how sure it is of each letter.
TOLD = """
import json
from contextlib import contextmanager
from pathlib import Path
import numpy as np
from indexer.api import Box, Engine, Line, PosteriorgramPacker, hookimpl

LETTERS = " abcdefghijklmnopqrstuvwxyz"
PACKER = PosteriorgramPacker(["", *LETTERS])

def packed(text):
    rows = []
    for letter in text:
        for _ in range(2):
            row = np.full(len(LETTERS) + 1, 0.001, np.float32)
            row[0] = 0.05
            row[1 + LETTERS.index(letter)] = 0.9
            rows.append(row)
        blank = np.full(len(LETTERS) + 1, 0.001, np.float32)
        blank[0] = 0.95
        rows.append(blank)
    return PACKER.pack(np.array(rows), 10.0 * len(rows))

class Recogniser:
    def __init__(self, told):
        self.told = told
    def read(self, image):
        lines = json.loads(Path(self.told).read_text())
        return [
            Line(read, sure, Box(20, 20 + 60 * at, 560, 40), posteriorgram=packed(ink))
            for at, (read, ink, sure) in enumerate(lines)
        ]

@contextmanager
def opened(options):
    yield Recogniser(options.settings["told"])

@hookimpl
def notes_engines():
    yield Engine("told", "says what it is told", opened, version="1", languages=frozenset({"en"}))
"""
INK = ["the weather was cold", "we left the harbour", "nobody came to meet us", "the letter never arrived"]
READ = ["the weather was cold", "we loft the harbeur", "nobody came to meet us", "the letter never arrived"]


class Pages:
    """A folder with one page, ``a.png``, and an engine that is told what it says."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.folder = notes.home / "pages"
        self.folder.mkdir()
        self.page = self.folder / "a.png"
        Image.new("L", (600, 300), 255).save(self.page)
        (notes.plugins / "told.py").write_text(TOLD)
        told = notes.home / "told.json"
        (notes.home / "notes.toml").write_text(f'engine = "told"\n[engines.told]\ntold = {json.dumps(str(told))}\n')
        self.told = told
        self.tell(READ, INK)
        notes.environ["NOTES_SIDECAR_TEXT"] = "auto"

    def tell(self, read: list[str], ink: list[str], sure: float = 0.8) -> None:
        self.told.write_text(json.dumps([(each, said, sure) for each, said in zip(read, ink, strict=True)]))

    def index(self, *args: object, rc: int = 0) -> dict[str, Any]:
        return self.notes.json("index", self.folder, *args, rc=rc)

    def lines(self) -> list[dict[str, Any]]:
        return list(self.notes.json("show", self.page)["lines"])

    def texts(self) -> list[str]:
        return [line["text"] for line in self.lines()]


@pytest.fixture
def pages(notes: Notes) -> Pages:
    return Pages(notes)


def page_xml(lines: list[str], size: tuple[int, int] = (600, 300), name: str = "a.png") -> str:
    rows = "".join(
        f'<TextLine id="l{at}"><Coords points="18,{18 + 60 * at} 582,{18 + 60 * at} 582,{62 + 60 * at} '
        f'18,{62 + 60 * at}"/><TextEquiv><Unicode>{text}</Unicode></TextEquiv></TextLine>'
        for at, text in enumerate(lines)
    )
    return (
        '<?xml version="1.0"?><PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">'
        f'<Page imageFilename="{name}" imageWidth="{size[0]}" imageHeight="{size[1]}">'
        f'<TextRegion id="r"><Coords points="0,0 600,0 600,300 0,300"/>{rows}</TextRegion></Page></PcGts>'
    )


def alto(lines: list[str], sure: float | None = None) -> str:
    rows = "".join(
        f'<TextLine HPOS="20" VPOS="{20 + 60 * at}" WIDTH="560" HEIGHT="40">'
        + "<SP/>".join(
            f'<String CONTENT="{word}" HPOS="20" VPOS="{20 + 60 * at}" WIDTH="100" HEIGHT="40"'
            + ("" if sure is None else f' WC="{sure}"')
            + "/>"
            for word in text.split()
        )
        + "</TextLine>"
        for at, text in enumerate(lines)
    )
    return (
        '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><MeasurementUnit>pixel</MeasurementUnit>'
        '</Description><Layout><Page ID="p" PHYSICAL_IMG_NR="1" WIDTH="600" HEIGHT="300"><PrintSpace HPOS="0" VPOS="0"'
        f' WIDTH="600" HEIGHT="300"><TextBlock ID="b">{rows}</TextBlock></PrintSpace></Page></Layout></alto>'
    )


def hocr(lines: list[str]) -> str:
    rows = "".join(
        f'<span class="ocr_line" title="bbox 20 {20 + 60 * at} 580 {60 + 60 * at}">{text}</span>'
        for at, text in enumerate(lines)
    )
    return f'<html><body><div class="ocr_page" title="bbox 0 0 600 300">{rows}</div></body></html>'


def tei(lines: list[str]) -> str:
    zones = "".join(
        f'<zone xml:id="z{at}" ulx="20" uly="{20 + 60 * at}" lrx="580" lry="{60 + 60 * at}"/>'
        for at in range(len(lines))
    )
    text = "".join(f'<lb facs="#z{at}"/>{line}' for at, line in enumerate(lines))
    return (
        f'<TEI xmlns="http://www.tei-c.org/ns/1.0"><facsimile><surface ulx="0" uly="0" lrx="600" lry="300">{zones}'
        f"</surface></facsimile><text><body><pb/><p>{text}</p></body></text></TEI>"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a.xml", page_xml(INK)),
        ("a.png.xml", page_xml(INK)),
        ("a.XML", page_xml(INK)),
        ("page/a.xml", page_xml(INK)),
        ("alto/a.xml", alto(INK)),
        ("a.hocr", hocr(INK)),
        ("a.html", hocr(INK)),
        ("a.xml", tei(INK)),
    ],
    ids=[
        "page",
        "both suffixes",
        "upper case",
        "as Transkribus has it",
        "as eScriptorium has it",
        "hocr",
        "html",
        "tei",
    ],
)
def test_a_transcription_beside_a_page_is_found(pages: Pages, name: str, written: str) -> None:
    path = pages.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(written)
    report = pages.index()
    assert report["pages_with_sidecar"] == 1
    assert report["passed_over"] == {}
    lines = pages.lines()
    assert [line["text"] for line in lines] == INK
    line = lines[1]
    assert (line["origin"], line["status"], line["confidence"]) == ("sidecar", "accepted", None)


def test_a_transcription_is_searched_and_what_was_read_stays_beside_it(pages: Pages) -> None:
    (pages.folder / "a.xml").write_text(page_xml(INK))
    pages.index()
    (hit,) = pages.notes.json("search", "harbour")["hits"]
    assert hit["text"] == INK[1]
    readings = pages.notes.json("show", hit["id"])["lines"][0]["readings"]
    assert [(each["origin"], each["text"]) for each in readings] == [("sidecar", INK[1]), ("told", READ[1])]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a.txt", "\n".join(INK)),
        ("a.txt", " ".join(INK)),
        ("a.txt", "\n".join(reversed(INK))),
        (
            "a.xml",
            f'<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body><p>{"<lb/>".join(INK)}</p></body></text></TEI>',
        ),
    ],
    ids=["lines", "running", "in another order", "tei"],
)
def test_text_without_places_is_laid_on_the_lines_that_were_found(pages: Pages, name: str, written: str) -> None:
    (pages.folder / name).write_text(written)
    assert pages.index()["pages_incomplete"] == {}
    lines = pages.lines()
    assert [line["text"] for line in lines] == INK
    assert lines[1]["origin"] == "sidecar"


def test_the_text_of_a_word_file_is_laid_on_the_lines(pages: Pages) -> None:
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    said = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in INK)
    with zipfile.ZipFile(pages.folder / "a.docx", "w") as packed:
        packed.writestr("word/document.xml", f'<w:document xmlns:w="{namespace}"><w:body>{said}</w:body></w:document>')
    assert pages.index()["pages_with_sidecar"] == 1
    assert pages.texts() == INK
    (pages.folder / "a.docx").write_bytes(b"PK and then nothing")
    (failure,) = pages.index(rc=3)["failures"]
    assert "cannot be read" in failure["message"]
    assert pages.texts() == READ


MANY = [each.replace("harbour", "village") for each in INK]


def mets(pages: Pages, *texts: str) -> Path:
    """A METS package of two pages with the image ``a.png``, each with the text at such an address."""
    files = "".join(
        f'<file ID="t{at}" MIMETYPE="text/xml"><FLocat LOCTYPE="URL" x:href="{name}"/></file>'
        for at, name in enumerate(texts)
    )
    sheets = "".join(
        f'<div TYPE="page" ORDER="{at + 1}"><fptr FILEID="i"/><fptr FILEID="t{at}"/></div>' for at in range(len(texts))
    )
    path = pages.folder / "mets.xml"
    path.write_text(
        '<mets xmlns="http://www.loc.gov/METS/" xmlns:x="http://www.w3.org/1999/xlink"><fileSec><fileGrp USE="IMAGES">'
        '<file ID="i" MIMETYPE="image/png"><FLocat LOCTYPE="URL" x:href="a.png"/></file></fileGrp>'
        f'<fileGrp USE="FULLTEXT">{files}</fileGrp></fileSec>'
        f'<structMap TYPE="PHYSICAL"><div>{sheets}</div></structMap></mets>'
    )
    return path


def test_text_that_a_package_binds_to_its_pages_is_theirs(pages: Pages) -> None:
    (pages.folder / "text").mkdir()
    first, second = (pages.folder / "text" / f"{at}.xml" for at in (1, 2))
    first.write_text(page_xml(INK))
    second.write_text(alto(MANY))
    mets(pages, "text/1.xml", "text/2.xml")
    report = pages.index()
    assert (report["pages"], report["pages_with_sidecar"], report["passed_over"]) == (2, 2, {})
    assert [hit["page"] for hit in pages.notes.json("search", "village")["hits"]] == [2]
    assert pages.index()["pages"] == 0
    second.write_text(alto(INK))
    assert pages.index()["pages"] == 1, "the text of one page has changed"
    assert pages.notes.json("search", "village", rc=1)["hits"] == []


def test_text_that_a_package_lacks_is_said_and_bad_text_is_refused_by_name(pages: Pages) -> None:
    (pages.folder / "2.xml").write_text(page_xml(INK, (900, 300)))
    mets(pages, "1.xml", "2.xml", "https://example.org/3.xml", "../4.xml")
    (pages.notes.home / "4.xml").write_text(page_xml(INK))
    report = pages.index(rc=3)
    assert report["pages"] == 4
    (failure,) = report["failures"]
    assert (Path(failure["path"]).name, failure["page"], failure["kind"]) == ("2.xml", 2, "sidecar")
    said = " ".join(report["pages_incomplete"])
    for each in ("its text is not there ('1.xml')", "'example.org' and is not fetched", "outside the folder"):
        assert each in said


def stored_aside(pages: Pages) -> str:
    """Store the page on its side; what it says, with places on the image as it is stored."""
    aside = Image.Exif()
    aside[0x112] = 6
    Image.new("L", (300, 600), 255).save(pages.page, exif=aside)
    stored = page_xml(INK, (300, 600))
    for at in range(len(INK)):
        top, bottom = 18 + 60 * at, 62 + 60 * at
        upright = f"18,{top} 582,{top} 582,{bottom} 18,{bottom}"
        assert upright in stored
        stored = stored.replace(upright, f"{top},582 {top},18 {bottom},18 {bottom},582")
    return stored


@pytest.mark.parametrize("kind", ["zip", "mets"])
def test_places_before_a_photo_was_turned_are_turned_with_it(pages: Pages, kind: str) -> None:
    """A telephone stores the page on its side, and says so; the program that wrote the text did not heed that."""
    stored = stored_aside(pages)
    if kind == "zip":
        (pages.folder / "a.xml").write_text(stored)
        place = Path(shutil.make_archive(str(pages.notes.home / "made"), kind, pages.folder))
        page = place / "a.png"
    else:
        (pages.folder / "1.xml").write_text(stored)
        place = page = mets(pages, "1.xml")
    report = pages.notes.json("index", place)
    assert (report["failures"], report["pages_with_sidecar"]) == ([], 1)
    assert [line["text"] for line in pages.notes.json("show", page)["lines"]] == INK


@pytest.mark.parametrize("suffix", [".zip", ".tgz"])
def test_text_inside_an_archive_belongs_to_the_page_beside_it(pages: Pages, suffix: str) -> None:
    def pack(**texts: str) -> None:
        (pages.folder / "alto").mkdir(exist_ok=True)
        for name, text in texts.items():
            (pages.folder / "alto" / f"{name}.xml").write_text(text)
        kind = {".zip": "zip", ".tgz": "gztar"}[suffix]
        shutil.move(shutil.make_archive(str(pages.notes.home / "made"), kind, pages.folder), archive)

    archive = pages.notes.home / f"box{suffix}"
    pack(a=page_xml(INK), other=page_xml(INK))
    report = pages.notes.json("index", archive)
    assert (report["pages"], report["pages_with_sidecar"]) == (1, 1)
    assert report["passed_over"] == {".xml": 1}
    (hit,) = pages.notes.json("search", "harbour")["hits"]
    assert (hit["text"], Path(hit["path"])) == (INK[1], archive / "a.png")
    assert pages.notes.json("index", archive)["pages"] == 0
    assert pages.notes.json("index", archive, "--sidecar-text", "ignore")["pages"] == 1
    assert pages.notes.json("index", archive)["pages_with_sidecar"] == 1, "the archive is as it was"
    pack(a=page_xml(INK, (900, 300)))
    (failure,) = pages.notes.json("index", archive, rc=3)["failures"]
    assert (failure["path"], failure["kind"]) == (str(archive / "alto" / "a.xml"), "sidecar")
    pack(a=page_xml(INK)[:-200])
    (failure,) = pages.notes.json("index", archive, rc=3)["failures"]
    assert f"the text {archive / 'alto' / 'a.xml'} cannot be read" in failure["message"]
    (pages.folder / "alto" / "a.xml").unlink()
    pack()
    assert pages.notes.json("index", archive)["failures"] == []
    assert [line["text"] for line in pages.notes.json("show", archive / "a.png")["lines"]] == READ


def test_a_line_that_was_not_read_gets_the_text_between_its_neighbours(pages: Pages) -> None:
    pages.tell([INK[0], "xx", "yy zz", INK[3]], INK)
    (pages.folder / "a.txt").write_text("\n".join(INK))
    pages.index()
    assert pages.texts() == INK


def test_text_that_is_not_found_on_a_page_is_said(pages: Pages) -> None:
    (pages.folder / "a.txt").write_text("\n".join([*INK, "and a line that nobody can see"]))
    assert list(pages.index()["pages_incomplete"]) == ["some lines of the text beside it were not found on it"]
    (pages.folder / "a.txt").write_text("Shopping list for Tuesday\nbread, milk, apples, candles")
    (failure,) = pages.index(rc=3)["failures"]
    assert "nothing of it was found" in failure["message"]
    assert pages.texts() == READ


def test_what_lies_beside_pages_without_being_their_text_is_passed_over_as_before(pages: Pages) -> None:
    (pages.folder / "a.xml").write_text("<?xml version='1.0'?><!-- <alto> --><dc:record xmlns:dc='x'>a</dc:record>")
    (pages.folder / "a.html").write_text("<html><img src='a.png'></html>")
    (pages.folder / "b.xml").write_text(page_xml(INK))
    report = pages.index()
    assert (report["failures"], report["pages_with_sidecar"]) == ([], 0)
    assert report["passed_over"][".xml"] >= 1
    assert pages.texts() == READ


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (page_xml(INK)[:-200], "cannot be read"),
        ("", "cannot be read"),
        (page_xml(INK, (900, 300)), "900 x 300"),
        (page_xml(INK).replace("18,18", "9000,18"), "outside"),
        ('<!DOCTYPE x [<!ENTITY a "aaa">]>' + page_xml(INK).split("?>")[1], "document type"),
        (
            page_xml(["entirely different matters", "were said elsewhere by", "other hands in books", "about ships"]),
            "ink",
        ),
    ],
    ids=["half written", "empty", "another size", "outside", "hostile", "of another page"],
)
def test_what_cannot_be_the_text_of_a_page_is_refused_by_name_and_the_page_is_read(
    pages: Pages, written: str, said: str
) -> None:
    path = pages.folder / "a.xml"
    path.write_text(written)
    report = pages.index(rc=3)
    (failure,) = report["failures"]
    assert (failure["path"], failure["kind"]) == (str(path), "sidecar")
    assert said in failure["message"]
    assert report["pages"] == 1
    assert pages.texts() == READ


def test_a_refused_text_is_looked_at_again_when_it_changes(pages: Pages) -> None:
    path = pages.folder / "a.xml"
    path.write_text(page_xml(INK)[:-200])
    pages.index(rc=3)
    assert pages.index()["pages"] == 0
    assert [each["path"] for each in pages.notes.json("status")["failures"]] == [str(path)]
    path.write_text(page_xml(INK))
    assert pages.index()["failures"] == []
    assert pages.texts() == INK
    assert pages.notes.json("status")["failures"] == []


def test_a_changed_transcription_and_one_that_goes_are_noticed_and_a_person_outlives_both(pages: Pages) -> None:
    path = pages.folder / "a.xml"
    pages.index()
    pages.notes.run("review", "correct", pages.lines()[3]["id"], "a person said this", "--sure")
    path.write_text(page_xml(INK))
    assert pages.notes.json("index", pages.folder, "--dry-run")["would_read"] == [str(pages.page)]
    assert pages.index()["pages"] == 1
    assert pages.texts() == [*INK[:3], "a person said this"]
    path.write_text(page_xml([INK[0], "we left the harbours", *INK[2:]]))
    assert pages.index()["pages"] == 1
    assert pages.texts() == [INK[0], "we left the harbours", INK[2], "a person said this"]
    assert pages.index()["pages"] == 0
    path.unlink()
    assert pages.index()["pages"] == 1
    assert pages.texts() == [*READ[:3], "a person said this"]
    assert pages.index()["pages"] == 0


def test_another_text_is_taken_in_without_reading_the_page_again(pages: Pages) -> None:
    path = pages.folder / "a.xml"
    path.write_text(page_xml(INK))
    pages.index()
    believed = pages.notes.json("show", pages.page)
    path.write_text(page_xml([*INK[:3], "quite another sentence"]))
    pages.index()
    with_a_denied_line = pages.notes.json("show", pages.page)
    pages.tell(["the page", "is read", "again from", "the beginning"], INK)
    path.unlink()
    assert pages.index()["pages"] == 1
    assert pages.texts() == READ
    path.write_text(page_xml([*INK[:3], "quite another sentence"]))
    assert pages.index()["pages_with_sidecar"] == 1
    assert pages.notes.json("show", pages.page) == with_a_denied_line
    path.write_text(page_xml(INK))
    pages.index()
    assert pages.notes.json("show", pages.page) == believed
    (pages.folder / "a.txt").write_text("\n".join([*INK, "and a line that nobody can see"]))
    path.unlink()
    assert list(pages.index()["pages_incomplete"]) == ["some lines of the text beside it were not found on it"]
    assert pages.texts() == INK
    (pages.folder / "a.txt").write_text("Shopping list for Tuesday\nbread, milk, apples, candles")
    assert "nothing of it was found" in pages.index(rc=3)["failures"][0]["message"]
    (pages.folder / "a.txt").unlink()
    assert pages.index()["pages_incomplete"] == {}
    assert pages.texts() == READ
    assert pages.index("--reread")["pages"] == 0, "it was read in the same way"
    pages.notes.environ["NOTES_SIDECAR_TEXT"] = "check"
    assert pages.index("--reread")["pages"] == 1
    assert pages.texts() != READ


def test_a_line_that_only_the_text_has_comes_and_goes_with_it(pages: Pages) -> None:
    (pages.folder / "a.xml").write_text(page_xml(INK))
    pages.tell(READ[:3], INK[:3])
    pages.index()
    assert pages.texts() == INK
    (pages.folder / "a.xml").unlink()
    pages.index()
    assert pages.texts() == READ[:3]
    (pages.folder / "a.xml").write_text(page_xml(INK))
    pages.index()
    assert pages.texts() == INK


def test_text_that_a_program_read_is_compared_line_by_line(pages: Pages) -> None:
    (pages.folder / "a.xml").write_text(alto([INK[0], "wc lcft thc hrbxqr", *INK[2:]], sure=0.9))
    assert pages.index()["pages_with_sidecar"] == 1
    assert pages.texts() == READ
    assert {line["origin"] for line in pages.lines()} == {"told"}


def test_a_line_that_the_ink_denies_waits_for_review(pages: Pages) -> None:
    pages.tell(["thc wcathcr wae cald", "we loft the harbeur", "nabody come ta mect us", INK[3]], INK)
    (pages.folder / "a.xml").write_text(page_xml([*INK[:3], "quite another sentence"]))
    pages.index()
    *others, last = pages.lines()
    assert [line["status"] for line in others] == ["accepted"] * 3
    assert (last["text"], last["origin"], last["status"]) == ("quite another sentence", "sidecar", "review")
    assert last["confidence"] < 0.25


def test_the_setting_says_what_becomes_of_text_beside_pages(pages: Pages) -> None:
    (pages.folder / "a.xml").write_text(page_xml(INK))
    assert pages.index("--sidecar-text", "ignore")["pages_with_sidecar"] == 0
    assert pages.texts() == READ
    assert pages.index("--sidecar-text", "use")["pages_with_sidecar"] == 1
    lines = pages.lines()
    assert [line["text"] for line in lines] == INK
    readings = pages.notes.json("show", lines[1]["id"])["lines"][0]["readings"]
    assert [each["origin"] for each in readings if not each["replaced"]] == ["sidecar"], "its ink was not read"
    assert pages.index("--sidecar-text", "check", "--reread")["pages_with_sidecar"] == 1
    assert all(line["confidence"] is not None for line in pages.lines())


def test_ground_truth_is_not_read_as_text_beside_the_pages_that_it_measures(pages: Pages) -> None:
    (pages.folder / "a.xml").write_text(page_xml(INK))
    figures = pages.notes.json("evaluate", pages.folder)
    assert figures["reading"]["cer"] > 0


def test_a_transcription_of_a_real_page_is_believed(notes: Notes) -> None:
    folder = notes.home / "letters"
    folder.mkdir()
    for suffix in (".jpg", ".xml"):
        shutil.copy(ARCHIVE / "stanford" / f"stanford-09{suffix}", folder)
    notes.environ["NOTES_SIDECAR_TEXT"] = "auto"
    assert notes.json("index", folder)["pages_with_sidecar"] == 1
    hits = notes.json("search", "stillman")["hits"]
    assert any(hit["text"].startswith("Dr. J.M. Stillman") for hit in hits)


def test_two_transcriptions_are_compared_in_the_ink(pages: Pages) -> None:
    pages.index()
    anna, ben = pages.notes.home / "anna.xml", pages.notes.home / "ben.txt"
    anna.write_text(page_xml([INK[0], "we left the harbour", "nobody came to greet us", INK[3]]))
    ben.write_text("\n".join([INK[0], "we loft the harbeur", INK[2], INK[3]]))
    crops = pages.notes.home / "crops"
    found = pages.notes.json("compare", pages.page, anna, ben, "--to", crops)
    assert (found["same"], found["not_on_the_page"]) == (2, [0, 0])
    one, other = found["differences"]
    assert (one["line"], one["texts"], one["supported"]) == (2, [INK[1], READ[1]], "first")
    assert (other["line"], other["supported"]) == (3, "second")
    assert one["first"] > 0.9 > 0.1 > other["first"]
    assert [Path(each["crop"]).read_bytes()[:4] for each in (one, other)] == [b"\x89PNG"] * 2
    said = pages.notes.run("compare", pages.page, anna, ben).stdout
    assert "line 2" in said
    assert "the ink speaks for the first: " in said
    refused = pages.notes.run("compare", pages.page, anna, pages.notes.home / "none.xml", rc=2)
    assert "none.xml" in refused.stderr


def test_transcriptions_of_a_photo_that_was_turned_inside_an_archive_are_compared(pages: Pages) -> None:
    anna, ben = pages.notes.home / "anna.xml", pages.notes.home / "ben.lines"
    anna.write_text(stored_aside(pages))
    ben.write_text("\n".join([*INK[:3], "the last line"]))
    (pages.notes.plugins / "lines.py").write_text(
        """
from indexer.api import Format, TextDocument, TextLine, TextPage, TextReading, hookimpl

def read(data):
    return TextDocument((TextPage(lines=tuple(TextLine((TextReading(row),)) for row in data.decode().splitlines())),))

@hookimpl
def notes_formats():
    yield Format("lines", "lines", (".lines",), read=read)
"""
    )
    place = Path(shutil.make_archive(str(pages.notes.home / "made"), "zip", pages.folder))
    pages.notes.run("index", place)
    found = pages.notes.json("compare", place / "a.png", anna, ben)
    assert (found["same"], found["not_on_the_page"][0]) == (3, 0)
    assert [each["texts"][0] for each in found["differences"]] == [INK[3]]
