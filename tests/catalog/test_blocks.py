"""Blocks of pages as the catalogue keeps them, and what the search and the exports make of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from indexer.archive.exporting import FORMATS, exported_document
from indexer.catalog import Catalog, DocumentPage, schema
from indexer.formats import pagexml
from indexer.formats.beside import Beside
from indexer.search import Finder, SearchIndex
from indexer.values import Block, Box, Line, Origin, PageReading, Reading, SearchOptions, SourceFile
from indexer.values.layout import BlockKind

ENGINE = Origin("engine", "1")
FILE = SourceFile(Path("/archive/a.png"), "aa", 10, 1000.0)
LEFT, RIGHT = Block(1, "main", Box(0, 0, 200, 300)), Block(2, "margin", Box(300, 0, 200, 300))
READ = [("first of the facul-", LEFT, 0), ("second", LEFT, 40), ("ty and so", RIGHT, 0), ("of a let-", RIGHT, 40)]
READ += [("ter of hers", RIGHT, 80)]


def reading(*lines: tuple[str, Block | None, int], width: int = 200) -> PageReading:
    """A page whose lines are (text, block, y)."""
    made = (Line(text, 0.9, Box(block.box.x if block else 0, y, width, 30), block=block) for text, block, y in lines)
    return PageReading(1, 500, 800, tuple((Reading(line, ENGINE),) for line in made), 1.0)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(tmp_path, create=True) as catalog:
        catalog.place(FILE)
        yield catalog


def put(catalog: Catalog, page: PageReading) -> None:
    catalog.store([(FILE, page, "{}")])


def written(catalog: Catalog, page: DocumentPage, name: str) -> bytes:
    return FORMATS[name].write(exported_document(catalog, [page])[0], Beside())


def kept(catalog: Catalog) -> list[tuple[str, int | None, BlockKind | None]]:
    lines = catalog.page_lines(FILE.path, 1)
    return [(line.text, line.block and line.block.number, line.block and line.block.kind) for line in lines]


def test_lines_keep_their_blocks_through_another_reading(catalog: Catalog) -> None:
    put(catalog, reading(*READ))
    assert [each[1:] for each in kept(catalog)] == [(1, "main")] * 2 + [(2, "margin")] * 3
    assert catalog.page_lines(FILE.path, 1)[0].block == LEFT
    before = {line.text: line.id for line in catalog.page_lines(FILE.path, 1)}
    other = Block(7, "table", Box(0, 0, 200, 300))
    put(catalog, reading(("ty and so", RIGHT, 0), ("first of the facul-", other, 0)))
    assert kept(catalog) == [("ty and so", 1, "margin"), ("first of the facul-", 2, "table")]  # numbered as they come
    assert {line.text: line.id for line in catalog.page_lines(FILE.path, 1)}.items() <= before.items()
    put(catalog, reading(("alone", None, 0)))
    assert kept(catalog) == [("alone", None, None)]


def test_a_line_that_only_a_verdict_keeps_stays_in_the_block_it_follows(catalog: Catalog) -> None:
    put(catalog, reading(*READ))
    second = next(line for line in catalog.page_lines(FILE.path, 1) if line.text == "second")
    catalog.say(second.id, "correct", "seconds")
    put(catalog, reading(*(each for each in READ if each[0] != "second")))
    assert kept(catalog)[:3] == [("first of the facul-", 1, "main"), ("seconds", 1, "main"), ("ty and so", 2, "margin")]


def test_what_was_said_of_a_line_stands_in_its_column_when_the_page_is_read_anew(catalog: Catalog) -> None:
    put(catalog, reading(*READ))
    middle = next(line for line in catalog.page_lines(FILE.path, 1) if line.text == "of a let-")
    catalog.say(middle.id, "correct", "of one let-")
    catalog.forget([FILE.path])
    catalog.place(FILE)
    put(catalog, reading(*(each for each in READ if each[0] != "of a let-")))
    assert [each[:2] for each in kept(catalog)][2:] == [("ty and so", 2), ("of one let-", 2), ("ter of hers", 2)]


def test_an_index_without_blocks_opens_and_keeps_what_was_said(tmp_path: Path, monkeypatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:14])
        db = schema.connect(tmp_path, create=True)
    db.executescript(
        """INSERT INTO files VALUES (1, 'aa', 1, 1);
        INSERT INTO places VALUES (CAST('/archive/a.png' AS BLOB), 1, 0);
        INSERT INTO pages (id, file_id, number, width, height, recipe, seconds, read_at, revision)
        VALUES (1, 1, 1, 500, 800, '{}', 1.0, 'then', 1);
        INSERT INTO origins VALUES (1, 'engine', '1', '{}');
        INSERT INTO lines (id, page_id, number, x, y, width, height, polygon, status)
        VALUES (5, 1, 1, 0, 40, 200, 30, '[]', 'accepted');
        INSERT INTO readings (id, line_id, origin_id, text, confidence, words, chosen)
        VALUES (1, 5, 1, 'second', 0.9, '[]', 1);
        INSERT INTO verdicts (sha256, page, x, y, width, height, kind, text, seen, line_id, made_at, page_width,
            page_height)
        VALUES ('aa', 1, 0, 40, 200, 30, 'correct', 'seconds', 'second', 5, 'then', 500, 800);"""
    )
    db.close()
    with Catalog(tmp_path) as catalog:
        assert [each[1:] for each in kept(catalog)] == [(None, None)]
        put(catalog, reading(*READ))
        assert kept(catalog)[:2] == [("first of the facul-", 1, "main"), ("seconds", 1, "main")]
        assert catalog.line(5).text == "seconds"


def test_a_word_goes_on_only_in_the_next_line_of_its_block(catalog: Catalog, tmp_path: Path) -> None:
    put(catalog, reading(*READ))
    index = SearchIndex(tmp_path / "search")
    index.sync(catalog)
    with Finder(index, catalog) as finder:

        def found(query: str) -> list[str]:
            return [hit.line.text for hit in finder.find(query, SearchOptions(reach=None)).hits]

        assert found("letter") == ["of a let-"]
        assert found("faculsecond") == ["first of the facul-"]  # as it stands: the next line of the column
        put(catalog, reading(READ[0], *READ[2:]))  # now what follows the cut word stands in the margin
    index.sync(catalog)
    with Finder(index, catalog) as finder:
        assert finder.find("faculty", SearchOptions(reach=None)).total == 0
        assert finder.find("letter", SearchOptions(reach=None)).total == 1


def test_exports_carry_the_blocks(catalog: Catalog) -> None:
    put(catalog, reading(*READ))
    page = catalog.document_pages(catalog.documents()[0].id)[0]
    text = written(catalog, page, "text").decode()
    assert text == "first of the facul-\nsecond\n\nty and so\nof a let-\nter of hers\n"
    root = ElementTree.fromstring(written(catalog, page, "alto"))
    blocks = [each for each in root.iter() if each.tag.endswith("TextBlock")]
    assert [(each.get("ID"), each.get("TAGREFS"), each.get("HPOS"), len(each)) for each in blocks] == [
        ("block1", "main", "0", 2),
        ("block2", "margin", "300", 3),
    ]
    order = [each.get("REF") for each in root.iter() if each.tag.endswith("ElementRef")]
    assert order == ["block1", "block2"]
    tags = {each.get("ID") for each in root.iter() if each.tag.endswith("LayoutTag")}
    assert tags == {"main", "margin"}
    (read,) = pagexml.read(ElementTree.fromstring(written(catalog, page, "page"))).pages
    assert [(line.text, line.block) for line in read.lines] == [
        *(("first of the facul-", 0), ("second", 0)),
        *(("ty and so", 1), ("of a let-", 1), ("ter of hers", 1)),
    ]


def test_a_page_without_blocks_is_one_of_its_exports(catalog: Catalog) -> None:
    put(catalog, reading(("one", None, 0), ("two", None, 40)))
    page = catalog.document_pages(catalog.documents()[0].id)[0]
    assert written(catalog, page, "text") == b"one\ntwo\n"
    root = ElementTree.fromstring(written(catalog, page, "alto"))
    assert [each.get("ID") for each in root.iter() if each.tag.endswith("TextBlock")] == ["text"]
    assert not [each for each in root.iter() if each.tag.endswith("ReadingOrder")]
