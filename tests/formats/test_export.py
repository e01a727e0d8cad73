"""What other programs get of a page: well-formed XML whatever was read or typed, and words where they stand."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree as lxml

from indexer.archive.transcription import PageLine, page_lines, text_page
from indexer.catalog import DocumentPage
from indexer.formats import alto, pagexml
from indexer.formats.document import TextDocument
from indexer.text.folding import clean
from indexer.values import Block, BlockKind, Box, Origin, Status, StoredLine, Word

PAGE = DocumentPage(1, 1, Path("/a.png"), "a.png", "0" * 64, 1, None, 600, 400, None, 1)


def stored(text: str) -> StoredLine:
    return StoredLine(1, Path("/a.png"), 1, 1, text, None, Status.ACCEPTED, Origin("human"), Box(10, 20, 400, 30))


def document(lines: list[PageLine]) -> TextDocument:
    return TextDocument((text_page(PAGE, lines),))


def words(text: str, *read: tuple[str, int, int]) -> list[tuple[str, Box]]:
    """The words of a line that says a text, of which these were read: a word, and from where to where."""
    own = tuple(Word(word, 0.5, Box(start, 20, end - start, 30)) for word, start, end in read)
    ((_, placed),) = page_lines([stored(text)], {1: own})
    return [(word.text, word.box) for word in placed]


def test_words_that_were_read_as_well_keep_their_places() -> None:
    found = words("Dear Miss Hopkins", ("Dear", 10, 60), ("Mrs", 80, 120), ("Hopkins", 200, 400))
    assert found[0] == ("Dear", Box(10, 20, 50, 30))
    assert found[2] == ("Hopkins", Box(200, 20, 200, 30))
    text, box = found[1]
    assert text == "Miss"
    assert 60 <= box.x < box.x + box.width <= 200


def test_a_line_of_which_no_word_was_read_is_divided_by_its_letters() -> None:
    (first, one), (second, two) = words("a whole")
    assert (first, second) == ("a", "whole")
    assert one.x == 10
    assert abs(two.x + two.width - 410) <= 1
    assert one.width < two.width


ARCH = ((20.0, 60.0), (220.0, 40.0), (420.0, 61.0))


def test_a_baseline_that_bends_is_written_as_it_is() -> None:
    outline = (*((x, y - 25) for x, y in ARCH), *((x, y + 8) for x, y in reversed(ARCH)))
    line = replace(stored("bent"), polygon=outline, baseline=ARCH)
    root = ElementTree.fromstring(alto.write(document([(line, (Word("bent", 0.5, line.box),))])))
    (row,) = (each for each in root.iter() if each.tag.endswith("TextLine"))
    assert row.attrib["BASELINE"] == "20,60 220,40 420,61"
    ((read,),) = (page.lines for page in alto.read(root).pages)
    assert read.polygon == outline


def test_words_of_a_line_that_bends_lie_on_it() -> None:
    outline = (*((x, y - 25) for x, y in ARCH), *((x, y + 8) for x, y in reversed(ARCH)))
    line = replace(stored("on every side there is"), polygon=outline, baseline=ARCH, box=Box(20, 15, 400, 54))
    ((_, placed),) = page_lines([line], {})
    middles = [word.box.centre[1] for word in placed]
    assert middles[2] + 8 < min(middles[0], middles[-1])


def test_words_that_a_person_typed_are_divided_along_a_line_aslant() -> None:
    """Also where its outline has more than four corners."""
    outline = ((100, 100), (300, 200), (500, 300), (500, 340), (300, 240), (100, 140))
    line = replace(stored("one two three"), box=Box(100, 100, 400, 240), polygon=outline)
    ((_, placed),) = page_lines([line], {})
    assert [word.text for word in placed] == ["one", "two", "three"]
    for word in placed:
        x, y = word.box.centre
        assert abs(y - (120 + (x - 100) / 2)) < 8
        assert word.box.height < 140


@given(st.text(min_size=1), st.lists(st.text(min_size=1), max_size=4))
def test_whatever_was_read_or_typed_the_xml_is_read_again(typed: str, read: list[str]) -> None:
    text = clean(typed)
    own = tuple(Word(clean(word) or "x", None, Box(10 + 50 * at, 20, 40, 30)) for at, word in enumerate(read))
    lines = page_lines([stored(text)] if text else [], {1: own})
    root = ElementTree.fromstring(alto.write(document(lines)))
    strings = [each.get("CONTENT") for each in root.iter() if each.tag.endswith("String")]
    assert " ".join(filter(None, strings)) == " ".join(text.split())


SCHEMA = lxml.XMLSchema(lxml.parse(Path(__file__).parents[1] / "data" / "page-2019-07-15.xsd"))


def page_xml(lines: list[PageLine]) -> ElementTree.Element:
    """A page as PAGE XML, which holds to the published schema."""
    data = pagexml.write(document(lines))
    SCHEMA.assertValid(lxml.fromstring(data))
    return ElementTree.fromstring(data)


@given(st.text(min_size=1), st.lists(st.text(min_size=1), max_size=4), st.none() | st.floats(0, 1))
def test_whatever_was_read_or_typed_page_xml_holds_to_its_schema_and_is_read_again(
    typed: str, read: list[str], sure: float | None
) -> None:
    text = clean(typed)
    own = tuple(Word(clean(word) or "x", sure, Box(50 * at - 20, 380, 40, 30)) for at, word in enumerate(read))
    lines = page_lines([replace(stored(text), confidence=sure)] if text else [], {1: own})
    (found,) = pagexml.read(page_xml(lines)).pages
    assert [line.text for line in found.lines] == [" ".join(text.split())] * bool(text)
    assert (found.width, found.height, found.upright) == (600, 400, True)


def test_page_xml_has_regions_of_their_kinds_in_order_with_lines_and_words() -> None:
    kinds: tuple[BlockKind, ...] = ("header", "margin", "main", "table", "table", "other")
    blocks = [Block(at + 1, kind, Box(10 * at, 10, 200, 90)) for at, kind in enumerate(kinds)]
    lines = [
        replace(stored(f"line of {block.kind}"), id=block.number, number=block.number, block=block, confidence=0.8)
        for block in blocks
    ]
    lines[2] = replace(
        lines[2], polygon=((-3.0, 35.0), (220.0, 15.0), (420.0, 36.0), (420.0, 69.0), (20.0, 68.0)), baseline=ARCH
    )
    lines.append(replace(lines[1], id=7, number=7, text="and its second line"))
    words = {3: (Word("line", 0.91234, Box(20, 30, 60, 30)), Word("of", None, Box(90, 30, 30, 30)))}
    root = page_xml(page_lines(lines, words))
    regions = [each for each in root.iter() if each.tag.endswith("}TextRegion")]
    assert [(each.get("id"), each.get("type")) for each in regions] == [
        *(("block1", "header"), ("block2", "marginalia"), ("block3", "paragraph")),
        *(("block4", "other"), ("block5", "other"), ("block6", "other")),
    ]
    tables = [each for each in root.iter() if each.tag.endswith("}TableRegion")]
    assert [region.get("id") for table in tables for region in table if region in regions] == ["block4", "block5"]
    order = [each.get("regionRef") for each in root.iter() if each.tag.endswith("}RegionRefIndexed")]
    assert order == [f"block{block.number}" for block in blocks]
    (row,) = (each for each in root.iter() if each.get("id") == "line3")
    assert row[0].get("points") == "0,35 220,15 420,36 420,69 20,68"
    assert row[1].get("points") == "20,60 220,40 420,61"
    first, second, third = (each for each in row if each.tag.endswith("}Word"))
    assert (first[0].get("points"), first[1].get("conf"), first[1][0].text) == (
        "20,30 80,30 80,60 20,60",
        "0.912",
        "line",
    )
    assert (second[1].get("conf"), third[1][0].text) == (None, "main")
    assert row[-1].get("conf") == "0.800"
    (found,) = pagexml.read(root).pages
    assert [(line.text, line.block) for line in found.lines] == [
        *(("line of header", 0), ("line of margin", 1), ("and its second line", 1), ("line of main", 2)),
        *(("line of table", 3), ("line of table", 4), ("line of other", 5)),
    ]
    assert found.lines[3].polygon == ((0, 35), (220, 15), (420, 36), (420, 69), (20, 68))


@given(st.characters(codec=None) | st.sampled_from(["\uffff", "\ufffe", "\ufdd0", "\U0001ffff", "\ud800", "\x00"]))
def test_a_reading_is_text_that_every_file_can_hold(letter: str) -> None:
    ElementTree.fromstring(f"<a>{clean(letter).replace('&', '').replace('<', '')}</a>".encode())
