"""What is written is read again: all that a format can hold, for whatever documents there are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree as lxml

from indexer.formats import (
    alto,
    hocr,
    iiif,
    json_lines,
    line_table,
    markdown,
    mets,
    pagexml,
    plaintext,
    tei,
    tropy,
)
from indexer.formats.beside import Beside
from indexer.formats.document import TextBlock, TextDocument, TextLine, TextPage, TextReading, TextWord
from indexer.formats.markup import nfc
from indexer.formats.merged_cells import ALONE, fitting
from indexer.formats.reading import read_document
from indexer.text.folding import clean
from indexer.values import Description

DATA = Path(__file__).parents[1] / "data"
WIDTH, HEIGHT = 900, 1400
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))


def _tidy(text: str) -> str:
    return nfc(clean(text)).replace("\\", "/")


words = st.text(LETTERS, min_size=1, max_size=9).map(_tidy).filter(lambda text: text and not text.isspace())
texts = st.lists(words, min_size=1, max_size=4).map(" ".join).map(nfc)
sure = st.none() | st.integers(0, 1000).map(lambda permille: permille / 1000)
origin = st.sampled_from(["", "human", "embedded", "an engine & <more>"])
readings = st.builds(TextReading, texts, sure, origin)


@st.composite
def lines(draw: Callable, top: int, block: int | None, number: int) -> TextLine:
    left, right = draw(st.integers(0, 300)), draw(st.integers(501, WIDTH))
    bent = draw(st.booleans())
    placed = draw(st.booleans())
    upper = [(left, top), (500, top + 3), (right, top)] if bent else [(left, top), (right, top)]
    lower = [(x, y + 20) for x, y in reversed(upper)]
    text = draw(texts)
    said = tuple(draw(st.lists(readings, min_size=1, max_size=3)))
    boxes = [(left + 10 * at, top) for at in range(len(text.split()))]
    parts = tuple(
        TextWord(word, draw(sure), ((x, y), (x + 9, y), (x + 9, y + 20), (x, y + 20)))
        for word, (x, y) in zip(text.split(), boxes, strict=True)
    )
    return TextLine(
        (replace(said[0], text=text), *said[1:]),
        tuple((float(x), float(y)) for x, y in (*upper, *lower)) if placed else (),
        ((float(left), top + 15.0), (float(right), top + 18.0)) if placed and draw(st.booleans()) else (),
        parts if placed and draw(st.booleans()) else (),
        block,
        id=f"line{number}",
    )


grids = st.sets(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=4).map(sorted)
"""The cells of a table in which something stands."""


@st.composite
def parts(draw: Callable) -> list[TextBlock]:
    """Blocks of a page: some are the cells of tables, row by row."""
    kinds = draw(st.lists(st.sampled_from(["main", "margin", "header", "table", "other"]), min_size=1, max_size=3))
    tables = draw(st.lists(grids, max_size=2))
    found: list[TextBlock] = []
    for kind, cells in draw(
        st.permutations([*((kind, None) for kind in kinds), *(("table", each) for each in tables)])
    ):
        number = len({each.table for each in found if each.cell is not None})
        spans = fitting({cell: draw(st.sampled_from([ALONE, (1, 2), (2, 1), (3, 3)])) for cell in cells or ()})
        found += [TextBlock(kind, (), cell, "", number, spans[cell]) for cell in cells] if cells else [TextBlock(kind)]
    return found


@st.composite
def pages(draw: Callable, number: int) -> TextPage:
    blocks, found, top, at = [], [], 5, 100 * number
    for place, block in enumerate(draw(parts())):
        begin = top
        for _ in range(draw(st.integers(1, 2))):
            found.append(draw(lines(top, place, at)))
            top, at = top + 40, at + 1
        outline = ((0.0, float(begin)), (float(WIDTH), float(begin)), (float(WIDTH), float(top)), (0.0, float(top)))
        blocks.append(replace(block, polygon=outline, id=f"block{100 * number + place}"))
    label = draw(st.sampled_from(["", "fol. 3r"]))
    return TextPage(WIDTH, HEIGHT, tuple(found), tuple(blocks), number, label, draw(words), upright=draw(st.booleans()))


@st.composite
def documents(draw: Callable, most: int = 1) -> TextDocument:
    many = draw(st.integers(1, most))
    upright = draw(st.booleans())
    found = tuple(replace(draw(pages(number)), upright=upright) for number in range(1, many + 1))
    return TextDocument(found, draw(texts))


def every(document: TextDocument, change: Callable[[TextLine], TextLine]) -> TextDocument:
    """The document with all its lines changed."""
    return replace(
        document, pages=tuple(replace(page, lines=tuple(map(change, page.lines))) for page in document.pages)
    )


def held_by_alto(document: TextDocument) -> TextDocument:
    """No title, one reading a line, no confidence of it; the image of the first page."""
    told = every(document, lambda line: replace(line, readings=(replace(line.readings[0], confidence=None),)))
    image = document.pages[0].image
    return replace(told, title="", pages=tuple(replace(page, image=image) for page in told.pages))


def held_by_page(document: TextDocument) -> TextDocument:
    return replace(document, title="", pages=tuple(replace(page, label="") for page in document.pages))


def held_by_hocr(document: TextDocument) -> TextDocument:
    """No origins, and baselines that run through the whole line."""

    def told(line: TextLine) -> TextLine:
        return replace(line, readings=tuple(replace(each, origin="") for each in line.readings))

    return every(document, told)


def held_by_text(document: TextDocument) -> list[list[str]]:
    return [[line.text for line in page.lines] for page in document.pages]


def same(read: TextDocument, meant: TextDocument) -> None:
    assert len(read.pages) == len(meant.pages)
    for one, other in zip(read.pages, meant.pages, strict=True):
        assert one.blocks == other.blocks
        for line, wanted in zip(one.lines, other.lines, strict=True):
            assert line == wanted
        assert one == other
    assert read == meant


def through(folder: Path, name: str, data: bytes) -> TextDocument:
    (folder / name).write_bytes(data)
    return read_document(folder / name)


OFTEN = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


ALTO_SCHEMA = lxml.XMLSchema(lxml.parse(DATA / "alto-4-3.xsd"))
"""4.4 only adds attributes of pages that are not written."""


@OFTEN
@given(documents(3))
def test_alto(tmp_path: Path, document: TextDocument) -> None:
    data = alto.write(document)
    ALTO_SCHEMA.assertValid(lxml.fromstring(data))
    same(through(tmp_path, "a.xml", data), held_by_alto(document))


PAGE_SCHEMA = lxml.XMLSchema(lxml.parse(DATA / "page-2019-07-15.xsd"))


@OFTEN
@given(documents())
def test_page_xml(tmp_path: Path, document: TextDocument) -> None:
    data = pagexml.write(document)
    PAGE_SCHEMA.assertValid(lxml.fromstring(data))
    same(through(tmp_path, "a.xml", data), held_by_page(document))


@OFTEN
@given(documents(3))
def test_hocr(tmp_path: Path, document: TextDocument) -> None:
    same(through(tmp_path, "a.hocr", hocr.write(document)), held_by_hocr(document))


@pytest.fixture(scope="module")
def tei_schema() -> lxml.RelaxNG:
    return lxml.RelaxNG(lxml.parse(DATA / "tei-4.3.0.rng"))


@OFTEN
@given(documents(3))
def test_tei(tmp_path: Path, tei_schema: lxml.RelaxNG, document: TextDocument) -> None:
    data = tei.write(document)
    tei_schema.assertValid(lxml.fromstring(data))
    same(through(tmp_path, "a.xml", data), document)


@OFTEN
@given(documents(3))
def test_plain_text(tmp_path: Path, document: TextDocument) -> None:
    """A row of a table is a line."""
    rows = []
    for page in document.pages:
        told: dict[object, list[str]] = {}
        for at, line in enumerate(page.lines):
            block = page.blocks[line.block or 0]
            told.setdefault((block.table, block.cell[0]) if block.cell else -at - 1, []).append(line.text)
        rows.append([nfc(" ".join(texts)) for texts in told.values()])
    assert held_by_text(through(tmp_path, "a.txt", plaintext.write(document))) == rows


@OFTEN
@given(documents(3))
def test_json_lines(tmp_path: Path, document: TextDocument) -> None:
    same(through(tmp_path, "a.jsonl", json_lines.write(document)), document)


@OFTEN
@given(documents(3))
def test_csv_of_lines(tmp_path: Path, document: TextDocument) -> None:
    """All but words, baselines, outlines, names and sizes."""

    def told(line: TextLine) -> TextLine:
        box = TextBlock(polygon=line.polygon).box
        corners = ((box.x, box.y), (box.x + box.width, box.y))
        lower = ((box.x + box.width, box.y + box.height), (box.x, box.y + box.height))
        return TextLine(line.readings, (*corners, *lower) if line.polygon else (), block=line.block)

    meant = every(replace(document, title=""), told)
    pages = tuple(
        replace(
            page,
            width=0,
            height=0,
            upright=False,
            blocks=tuple(replace(block, polygon=(), id="") for block in page.blocks),
        )
        for page in meant.pages
    )
    same(through(tmp_path, "a.csv", line_table.write(document)), replace(meant, pages=pages))


@OFTEN
@given(documents(3))
def test_markdown(tmp_path: Path, document: TextDocument) -> None:
    """What lines say, their blocks, which of them stand in the margin, and which are cells of a table."""
    beside = Beside(names=("a picture (1).jpg",), before="b [1].md", after="c.md")
    read = through(tmp_path, "a.md", markdown.write(document, beside))
    assert held_by_text(read) == held_by_text(document)
    assert read.title == document.title
    for one, other in zip(read.pages, document.pages, strict=True):
        assert (one.number, one.label, one.image) == (other.number, other.label, other.image)
        named = [(line.block, "" if other.blocks[line.block or 0].cell else line.id) for line in other.lines]
        assert [(line.block, line.id) for line in one.lines] == named
        assert [(each.cell, each.table) for each in one.blocks] == [(each.cell, each.table) for each in other.blocks]
        assert [each.kind == "margin" for each in one.blocks] == [each.kind == "margin" for each in other.blocks]


@OFTEN
@given(documents(3))
def test_iiif(tmp_path: Path, document: TextDocument) -> None:
    """What lines say, and their boxes."""
    beside = Beside(address="http://127.0.0.1/iiif/1", shown=("http://127.0.0.1/1.jpg",) * len(document.pages))
    read = through(tmp_path, "a.json", iiif.write(document, beside))
    assert (held_by_text(read), read.title) == (held_by_text(document), document.title)
    for one, other in zip(read.pages, document.pages, strict=True):
        assert (one.width, one.height, one.label) == (other.width, other.height, other.label or str(other.number))
        assert [(line.id, line.box) for line in one.lines] == [(line.id, line.box) for line in other.lines]


METS_SCHEMA = lxml.XMLSchema(lxml.parse(DATA / "mets.xsd"))


@OFTEN
@given(documents(3))
def test_mets_binds_the_pages_that_lie_beside_it(tmp_path: Path, document: TextDocument) -> None:
    names = tuple(f"page {page.number}.xml" for page in document.pages)
    for name, page in zip(names, document.pages, strict=True):
        (tmp_path / name).write_bytes(alto.write(TextDocument((page,))))
    data = mets.write(document, Beside(names=names))
    METS_SCHEMA.assertValid(lxml.fromstring(data))
    read = through(tmp_path, "mets.xml", data)
    one_by_one = [held_by_alto(TextDocument((page,))).pages[0] for page in document.pages]
    same(read, TextDocument(tuple(one_by_one), document.title))


@OFTEN
@given(documents(3))
def test_tropy(tmp_path: Path, document: TextDocument) -> None:
    """As ALTO holds each page; a page without text has only its size and number."""
    one_by_one = [held_by_alto(TextDocument((page,))).pages[0] for page in document.pages]
    same(through(tmp_path, "a.json", tropy.write(document)), TextDocument(tuple(one_by_one), document.title))


def test_tropy_gets_no_empty_lists() -> None:
    """Versions before transcriptions take an empty list of them for a text that is missing, and skip the item."""
    blank = TextDocument((TextPage(WIDTH, HEIGHT, image="a.jpg", file="/letters/a.jpg"),), "a.jpg")
    ((photo,),) = [each["photo"] for each in json.loads(tropy.write(blank))["@graph"]]
    assert photo == {
        "@type": "Photo",
        "title": "a.jpg",
        "path": "/letters/a.jpg",
        "page": 0,
        "width": WIDTH,
        "height": HEIGHT,
    }


ABOUT = Description(
    {
        "title": ("To Hooker",),
        "date": ("[1843..1845]",),
        "place": ("Kew", "Down"),
        "person": ("Darwin & Co.",),
        "shelfmark": ("MS 12",),
        "tag": ("letters",),
        "note": ("On <orchids>.\nAnswered.",),
    }
)


def test_what_a_document_is_stands_in_the_formats_that_have_a_place_for_it(tei_schema: lxml.RelaxNG) -> None:
    document = TextDocument((TextPage(10, 10, image="a.png", file="/box/a.png", upright=True),), "To Hooker", ABOUT)
    beside = Beside(names=("a.xml",), address="http://127.0.0.1/iiif/1", shown=("http://127.0.0.1/1.jpg",))
    held = lxml.fromstring(tei.write(document))
    tei_schema.assertValid(held)
    bound = lxml.fromstring(mets.write(document, beside))
    METS_SCHEMA.assertValid(bound)
    assert {value for values in ABOUT.values.values() for value in values} <= set(bound.itertext())
    assert {"Place: Kew", "Person: Darwin & Co.", "Note: On <orchids>.\nAnswered."} <= set(held.itertext())
    told = json.loads(iiif.write(document, beside))
    assert {"label": {"en": ["Place"]}, "value": {"none": ["Kew", "Down"]}} in told["metadata"]
    assert told["summary"] == {"none": [ABOUT.note]}
    item = json.loads(tropy.write(document))["@graph"][0]
    assert (item["http://purl.org/dc/elements/1.1/date"], item["tag"]) == ("[1843..1845]", ["letters"])
    note = markdown.write(document, beside).decode()
    assert 'date: "[1843..1845]"\nplaces: ["Kew", "Down"]\n' in note
    assert json.loads(json_lines.write(document))["about"]["people"] == ["Darwin & Co."]


def test_who_said_it_stands_in_tei_and_csv(tmp_path: Path, tei_schema: lxml.RelaxNG) -> None:
    """Two people, of whom one is not known, and an engine; files of earlier versions have none."""
    said = [("one", "human", "Anna Berg"), ("two", "human", ""), ("three", "engine 1", ""), ("four", "human", "Bo [é]")]
    lines = tuple(TextLine((TextReading(text, None, by, who),), id=f"line{text}") for text, by, who in said)
    document = TextDocument((TextPage(9, 9, lines),))
    data = tei.write(document)
    tei_schema.assertValid(lxml.fromstring(data))
    for read in (through(tmp_path, "a.xml", data), through(tmp_path, "a.csv", line_table.write(document))):
        found = [each.readings[0] for page in read.pages for each in page.lines]
        assert [(each.text, each.origin, each.person) for each in found] == said
    before = line_table.write(document).replace(b",person\n", b",more\n")
    assert {each.readings[0].person for each in through(tmp_path, "b.csv", before).pages[0].lines} == {""}
