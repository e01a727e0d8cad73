"""METS packages: the images that one names are its pages, in its order, and are read once."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from indexer.api.registry import load_registry
from indexer.api.testing import check_source
from indexer.plugins import mets
from indexer.system.originals import source_file
from indexer.values import SourceOptions
from indexer.values.errors import PluginError

OPTIONS = SourceOptions()
HEAD = (
    '<?xml version="1.0"?><m:mets xmlns:m="http://www.loc.gov/METS/" xmlns:x="http://www.w3.org/1999/xlink"><m:fileSec>'
)


def group(use: str, *files: tuple[str, str], mime: str = "image/png") -> str:
    inside = "".join(
        f'<m:file ID="{name}" MIMETYPE="{mime}"><m:FLocat LOCTYPE="URL" x:href="{address}"/></m:file>'
        for name, address in files
    )
    return f'<m:fileGrp USE="{use}">{inside}</m:fileGrp>'


def division(order: int, *names: str, label: str = "") -> str:
    pointers = "".join(f'<m:fptr FILEID="{name}"/>' for name in names)
    return f'<m:div TYPE="page" ORDER="{order}" ORDERLABEL="{label}">{pointers}</m:div>'


def write(path: Path, groups: str, divisions: str = "") -> Path:
    logical = '<m:structMap TYPE="LOGICAL"><m:div/></m:structMap>'
    structure = f'{logical}<m:structMap TYPE="PHYSICAL"><m:div>{divisions}</m:div></m:structMap>'
    path.write_text(f"{HEAD}{groups}</m:fileSec>{structure}</m:mets>")
    return path


def package(folder: Path, make_page) -> Path:
    for name, width in (("img/1 a.png", 301), ("img/2.png", 302), ("thumbs/1.png", 50), ("thumbs/2.png", 51)):
        make_page(folder / name, width)
    groups = (
        group("THUMBS", ("t1", "thumbs/1.png"), ("t2", "thumbs/2.png"))
        + group("OCR-D-IMG", ("i1", "img/1%20a.png"), ("i2", "file:img/2.png"))
        + group("FULLTEXT", ("x1", "alto/1.xml"), mime="text/xml")
    )
    return write(folder / "mets.xml", groups, division(2, "t1", "x1", "i1", label="2r") + division(1, "t2", "i2"))


def read(path: Path) -> list[tuple[int, str | None]]:
    return [(page.image().width, page.label) for page in mets.pages(source_file(path, None), OPTIONS)]


def test_pages_come_in_the_order_and_with_the_labels_of_the_structure(tmp_path: Path, make_page) -> None:
    path = package(tmp_path, make_page)
    assert read(path) == [(302, None), (301, "2r")]
    check_source(load_registry(tmp_path / "none", {}).sources["mets"], path)


def test_without_a_structure_the_images_of_the_first_group_are_taken(tmp_path: Path, make_page) -> None:
    make_page(tmp_path / "1.png", 301)
    path = write(tmp_path / "mets.xml", group("", ("t", "text.xml"), mime="text/xml") + group("", ("a", "1.png")))
    assert read(path) == [(301, None)]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://archive.example.org/1.png", "archive.example.org"),
        ("../outside.png", "outside the folder"),
        ("/etc/hostname.png", "outside the folder"),
        ("file:///etc/hostname.png", "outside the folder"),
        ("gone.png", "not there"),
        ("http://[oops/1.png", "no address"),
        ("a%00.png", "not there"),
        ("", "not there"),
    ],
)
def test_an_image_that_cannot_be_had_fails_its_page_alone(tmp_path: Path, make_page, address: str, said: str) -> None:
    make_page(tmp_path / "in" / "1.png", 301)
    make_page(tmp_path / "outside.png", 302)
    groups = group("", ("bad", address), ("good", "1.png"))
    path = write(tmp_path / "in" / "mets.xml", groups, division(1, "bad") + division(2, "good"))
    bad, good = mets.pages(source_file(path, None), OPTIONS)
    with pytest.raises(PluginError, match=said):
        bad.image()
    assert good.image().width == 301


def test_no_other_xml_is_taken_for_it(tmp_path: Path) -> None:
    registry = load_registry(tmp_path / "none", {})
    (tmp_path / "page.xml").write_text('<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"/>')
    assert registry.source_for(tmp_path / "page.xml") is None
    assert registry.source_for(tmp_path / "none.xml") is None
    (tmp_path / "mets.xml").write_text(f'<!DOCTYPE a [<!ENTITY b "c">]>{HEAD}')
    assert registry.source_for(tmp_path / "mets.xml")
    with pytest.raises(PluginError, match="document type"):
        read(tmp_path / "mets.xml")


def test_whatever_is_in_it_is_said_in_a_sentence(tmp_path: Path, make_page) -> None:
    chance, path = random.Random(19), say(package(tmp_path, make_page), MODS.format("a") + CORE.format("1843"))
    whole = path.read_bytes()
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        with suppress(PluginError):
            read(path)
        with suppress(PluginError):
            mets.describe(path)


def test_a_package_in_a_folder_is_one_document_and_its_images_are_not_read_twice(notes, make_page) -> None:
    notes.fake_engine()
    package(notes.home / "box", make_page)
    make_page(notes.home / "box" / "other.png", 400)
    (notes.home / "box" / "alto.xml").write_text("<alto/>")
    report = notes.json("index", "box")
    assert report["pages"] == 3
    assert report["passed_over"] == {".xml": 1}
    (hit,) = notes.json("search", "page301")["hits"]
    assert (Path(hit["path"]).name, hit["page"], hit["label"]) == ("mets.xml", 2, "2r")
    notes.run("show", "box/mets.xml:2", "--crop", "page.png")
    assert notes.json("index", "box")["files"]["skipped"] == 2


MODS = """<m:dmdSec ID="{}"><m:mdWrap MDTYPE="MODS"><m:xmlData><mods xmlns="http://www.loc.gov/mods/v3">
<titleInfo type="alternative"><title>Other</title></titleInfo>
<titleInfo><nonSort>The </nonSort><title>Letters</title><subTitle>to Hooker</subTitle></titleInfo>
<name><namePart type="given">Charles</namePart><namePart type="family">Darwin</namePart>
  <namePart type="date">1809-1882</namePart></name><name><namePart>Royal Society</namePart></name>
<originInfo><place><placeTerm type="text">Down</placeTerm><placeTerm type="code">enk</placeTerm></place>
  <dateIssued>1900</dateIssued><dateCreated point="end">1844</dateCreated>
  <dateCreated keyDate="yes" point="start">1843</dateCreated></originInfo>
<subject><topic>Orchids</topic><geographic>Kew</geographic><name><namePart>Gray, Asa</namePart></name></subject>
<genre>letter</genre><location><shelfLocator>MS 12</shelfLocator></location><abstract>On orchids.</abstract>
<identifier type="urn">urn:nbn:de:1</identifier>
<relatedItem type="host"><titleInfo><title>All papers</title></titleInfo></relatedItem>
</mods></m:xmlData></m:mdWrap></m:dmdSec>"""
CORE = """<m:dmdSec ID="dc"><m:mdWrap MDTYPE="DC"><m:xmlData xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>By Dublin Core</dc:title><dc:date>{}</dc:date><dc:creator>Darwin, Charles</dc:creator>
<dc:identifier>https://example.org/1</dc:identifier><dc:identifier>MS 12</dc:identifier>
<dc:coverage>1840-1850</dc:coverage>
<dc:coverage>Kew</dc:coverage></m:xmlData></m:mdWrap></m:dmdSec>"""
LETTERS = {
    "title": ["The Letters: to Hooker"],
    "date": ["1843/1844"],
    "place": ["Down", "Kew"],
    "person": ["Darwin, Charles", "Royal Society", "Gray, Asa"],
    "shelfmark": ["MS 12"],
    "tag": ["Orchids", "letter"],
    "note": ["On orchids."],
}


def say(path: Path, sections: str, name: str = "") -> Path:
    """Put sections of metadata into a METS; its logical structure names one."""
    text = path.read_text().replace("<m:fileSec>", f"{sections}<m:fileSec>", 1)
    path.write_text(text.replace("<m:div/>", f'<m:div DMDID="{name}"/>' if name else "<m:div/>"))
    return path


def test_its_metadata_describe_the_document(tmp_path: Path, make_page) -> None:
    path = say(package(tmp_path, make_page), MODS.format("page") + CORE.format("um 1843") + MODS.format("whole"), "dc")
    core = {"title": ["By Dublin Core"], "date": ["1843~"], "place": ["Kew"], "person": ["Darwin, Charles"]}
    assert mets.describe(path) == core | {"shelfmark": ["MS 12"]}
    assert mets.describe(say(package(tmp_path, make_page), MODS.format("first") + CORE.format(""))) == LETTERS
    assert mets.describe(package(tmp_path, make_page)) == {}
    (tmp_path / "deep.xml").write_text(HEAD + "<m:a>" * 5000)
    with pytest.raises(PluginError, match="deep in one another"):
        mets.describe(tmp_path / "deep.xml")


def test_what_a_package_says_is_taken_in_and_what_people_say_counts_before(notes, make_page) -> None:
    notes.fake_engine()
    path = say(package(notes.home / "box", make_page), CORE.format("1843") + MODS.format("mods"), "dc mods")
    assert "1 document described by the metadata in their files" in notes.run("index", "box").stderr
    shown = notes.run("describe", "mets.xml").stdout
    assert "By Dublin Core  (from the file)" in shown
    assert "Orchids  (from the file)" in shown
    assert notes.json("index", "box")["described_from_files"] == {"changed": 0, "refused": []}
    notes.run("describe", "mets.xml", "--title", "Said by me")
    say(path, "<!-- changed -->").write_text(path.read_text().replace("<dc:date>1843", "<dc:date>Michaelmas"))
    told = notes.run("index", "box").stderr
    assert "left out of what its metadata say: 'Michaelmas' is no date" in told
    (document,) = notes.json("describe", "mets.xml")["documents"]
    assert (document["title"], document["date"]) == ("Said by me", None)
    path.write_text("<m:mets xmlns:m='http://www.loc.gov/METS/'>")
    notes.run("index", "box", rc=3)
    assert notes.json("index", "box")["described_from_files"]["changed"] == 0
