"""Orders in which people put the lines of a page, as the catalogue, the search and the exports have them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from indexer.archive.exporting import FORMATS, exported_document
from indexer.catalog import Catalog, PageOrder
from indexer.catalog.reading_order import completed, in_whole_blocks
from indexer.formats import alto, hocr, pagexml
from indexer.formats.beside import Beside
from indexer.search import Finder, SearchIndex
from indexer.values import Block, Box, Line, Origin, PageReading, Picture, Reading, SearchOptions, SourceFile
from indexer.values.errors import ConflictError, MissingError, UsageError

FILE = SourceFile(Path("/archive/a.png"), "aa", 10, 1000.0)
LEFT, NOTE = Block(1, "main", Box(0, 0, 200, 300)), Block(2, "margin", Box(300, 0, 200, 300))
READ = (("dear", LEFT, 0), ("mother of mine", LEFT, 40), ("I am well", LEFT, 80), ("turn", NOTE, 0), ("over", NOTE, 40))


def lines_of(document) -> str:
    return " | ".join(line.text for page in document.pages for line in page.lines)


READERS = {
    "tei": lambda data: " ".join(re.findall(r"<w [^>]*>([^<]*)</w>", data.decode())),
    "page": lambda data: lines_of(pagexml.read(ElementTree.fromstring(data))),
    "alto": lambda data: lines_of(alto.read(ElementTree.fromstring(data))),
    "hocr": lambda data: lines_of(hocr.read(ElementTree.fromstring(data))),
}


def reading(*lines: tuple[str, Block, int], size: tuple[int, int] = (500, 800), picture: Picture | None = None):
    made = (Line(text, 0.9, Box(block.box.x, y, 200, 30), block=block) for text, block, y in lines)
    read = tuple((Reading(line, Origin("engine", "1")),) for line in made)
    return PageReading(1, *size, read, 1.0, picture=picture)


def put(catalog: Catalog, page: PageReading, file: SourceFile = FILE) -> None:
    catalog.place(file)
    catalog.store([(file, page, "{}")])


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog(tmp_path, create=True) as catalog:
        put(catalog, reading(*READ))
        yield catalog


def page(catalog: Catalog, file: SourceFile = FILE):
    found = catalog.document_of(file.sha256)
    assert found
    return catalog.document_page(found.id, 1)


def said(catalog: Catalog, file: SourceFile = FILE) -> str:
    return " | ".join(line.text for line in catalog.page_lines(file.path, 1))


def order(catalog: Catalog, *texts: str, **more) -> bool:
    ids = {line.text: line.id for line in catalog.page_lines(FILE.path, 1)}
    ends = {name: ids[more.pop(name)] for name in ("before", "behind") if name in more}
    return catalog.order(page(catalog), PageOrder(tuple(ids[text] for text in texts), **ends, **more))


AS_READ = "dear | mother of mine | I am well | turn | over"


def test_lines_and_blocks_are_put_elsewhere_and_that_is_taken_back_step_by_step(catalog: Catalog) -> None:
    assert order(catalog, "over", "turn")
    assert said(catalog) == "dear | mother of mine | I am well | over | turn"
    assert order(catalog, "turn", before="dear", whole=True)
    assert said(catalog) == "over | turn | dear | mother of mine | I am well"
    assert order(catalog, "dear", behind="I am well")
    assert said(catalog) == "over | turn | mother of mine | I am well | dear"
    assert not order(catalog, "dear", behind="I am well")
    catalog.take_back_order(page(catalog))
    catalog.take_back_order(page(catalog))
    assert said(catalog) == "dear | mother of mine | I am well | over | turn"
    catalog.take_back_order(page(catalog))
    assert said(catalog) == AS_READ
    with pytest.raises(MissingError):
        catalog.take_back_order(page(catalog))


def test_an_order_that_makes_no_sense_or_comes_second_changes_nothing(catalog: Catalog) -> None:
    ids = [line.id for line in catalog.page_lines(FILE.path, 1)]
    for odd in ((ids[:1],), (ids[:2], ids[0]), ([],), ([ids[0]], ids[1], ids[2])):
        with pytest.raises(UsageError):
            catalog.order(page(catalog), PageOrder(tuple(odd[0]), *odd[1:]))
    with pytest.raises(ConflictError):
        catalog.order(page(catalog), PageOrder((ids[0], 999)))
    assert order(catalog, "over", "turn", seen=0)
    with pytest.raises(ConflictError):
        order(catalog, "turn", "over", seen=0)
    with pytest.raises(ConflictError):
        catalog.take_back_order(page(catalog), 99)
    assert said(catalog).endswith("over | turn")


def test_phrases_and_exports_follow_the_order_and_lines_join_the_block_they_are_put_into(catalog, tmp_path) -> None:
    order(catalog, "over", behind="mother of mine")
    assert [line.block and line.block.kind for line in catalog.page_lines(FILE.path, 1)] == ["main"] * 4 + ["margin"]
    index = SearchIndex(tmp_path / "search")
    index.sync(catalog)
    with Finder(index, catalog) as finder:
        (hit,) = finder.find('"mine over I am"', SearchOptions(reach=None)).hits
    assert [part.line.text for part in hit.parts] == ["mother of mine", "over", "I am well"]
    for name in ("text", "markdown", "tei", "page", "alto", "hocr"):
        document, _ = exported_document(catalog, [page(catalog)])
        written = FORMATS[name].write(document, Beside()).decode()
        written = READERS[name](written.encode()) if name in READERS else written
        places = [written.find(text) for text in said(catalog).split(" | ")]
        assert min(places) >= 0, (name, written)
        assert places == sorted(places), name
    catalog.take_back_order(page(catalog))
    assert [line.block and line.block.kind for line in catalog.page_lines(FILE.path, 1)][3:] == ["margin"] * 2


def test_an_order_outlives_a_new_reading_and_new_lines_stand_where_they_were_read(catalog: Catalog) -> None:
    order(catalog, "turn", "over", before="dear")
    before = {line.text: line.id for line in catalog.page_lines(FILE.path, 1)}
    again = (READ[0], ("mother of nine", LEFT, 41), ("added", LEFT, 120), *READ[2:])
    put(catalog, reading(*again))
    assert said(catalog) == "turn | over | dear | mother of nine | added | I am well"
    assert {line.text: line.id for line in catalog.page_lines(FILE.path, 1)}["turn"] == before["turn"]
    read = catalog.as_read("aa", 1)
    assert read
    assert [each[0].line.text for each in read.lines] == [text for text, *_ in again]
    assert [each[0].line.block and each[0].line.block.kind for each in read.lines] == ["main"] * 4 + ["margin"] * 2
    catalog.say(before["dear"], "correct", "Dear")
    catalog.take_back_order(page(catalog))
    assert said(catalog) == "Dear | mother of nine | added | I am well | turn | over"


def test_an_order_follows_the_picture_into_another_file_and_a_forgotten_document_back(catalog: Catalog) -> None:
    look = Picture("seen", b"")
    put(catalog, reading(*READ, picture=look))
    order(catalog, "turn", "over", before="dear")
    other = SourceFile(Path("/archive/b.png"), "bb", 12, 1000.0)
    put(catalog, reading(*READ, size=(1000, 1600)), other)
    assert said(catalog, other) == AS_READ
    twin = tuple((text, Block(block.number, block.kind, block.box), y) for text, block, y in READ)
    copy = SourceFile(Path("/archive/c.png"), "cc", 12, 1000.0)
    put(catalog, reading(*twin, picture=look), copy)
    assert said(catalog, copy) == "turn | over | dear | mother of mine | I am well"
    document = catalog.document_of("cc")
    assert document
    catalog.set_aside([document])
    (forgotten,) = catalog.forgotten()
    catalog.bring_back(forgotten, catalog.thresholds)
    assert said(catalog, copy) == "turn | over | dear | mother of mine | I am well"
    catalog.take_back_order(page(catalog, copy))
    assert said(catalog, copy) == AS_READ
    catalog.forget([FILE.path])
    put(catalog, reading(*READ, picture=look))
    assert said(catalog) == "turn | over | dear | mother of mine | I am well"


def test_lines_of_a_block_stay_together() -> None:
    for torn, whole in (
        ("aabaa", "aaaaa"),
        ("aba", "aaa"),
        ("aabab", "aaaab"),
        ("bbbabbaaa", "bbbbbbaaa"),
        ("aabbca", "aabbcc"),
        ("aabb", "aabb"),
        ("", ""),
    ):
        assert "".join(map(str, in_whole_blocks([ord(each) for each in torn]))) == "".join(str(ord(e)) for e in whole)
    assert completed([3, 1], [0, 1, 2, 3, 4]) == [0, 3, 4, 1, 2]


def test_the_command_line_and_a_backup(indexed) -> None:
    def shown() -> list[int]:
        return [each["id"] for each in indexed.json("show", "a.png")["lines"]]

    assert "[2] doubtful300 word" in indexed.run("order", 2, 1).stdout
    assert shown() == [2, 1]
    assert indexed.json("order", 2, 1, rc=1)["changed"] is False
    indexed.run("backup", "notes.zip")
    indexed.run("restore", "notes.zip", "--replace")
    indexed.run("index", "pages", "--reread")
    assert shown() == [2, 1]
    assert indexed.json("order", "--undo", 2)["changed"] is True
    assert shown() == [1, 2]
    assert [each["id"] for each in indexed.json("order", 2, "--before", 1)["lines"]] == [2, 1]
    assert "takes one line" in indexed.run("order", 1, 2, "--undo", rc=2).stderr
