"""What other programs get of a page: well-formed XML whatever was read or typed, and words where they stand."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from indexer.catalog import DocumentPage
from indexer.formats import alto
from indexer.formats.transcription import page_lines
from indexer.text.folding import clean
from indexer.values import Box, Origin, Status, StoredLine, Word

PAGE = DocumentPage(1, 1, Path("/a.png"), "a.png", "0" * 64, 1, None, 600, 400, None, 1)


def stored(text: str) -> StoredLine:
    return StoredLine(1, Path("/a.png"), 1, 1, text, None, Status.ACCEPTED, Origin("human"), Box(10, 20, 400, 30))


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
    root = ElementTree.fromstring(alto.write(PAGE, [(line, (Word("bent", 0.5, line.box),))]))
    (row,) = (each for each in root.iter() if each.tag.endswith("TextLine"))
    assert row.attrib["BASELINE"] == "20,60 220,40 420,61"
    ((read,),) = (page.lines for page in alto.read(root))
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
    root = ElementTree.fromstring(alto.write(PAGE, lines))
    strings = [each.get("CONTENT") for each in root.iter() if each.tag.endswith("String")]
    assert " ".join(filter(None, strings)) == " ".join(text.split())


@given(st.characters(codec=None) | st.sampled_from(["\uffff", "\ufffe", "\ufdd0", "\U0001ffff", "\ud800", "\x00"]))
def test_a_reading_is_text_that_every_file_can_hold(letter: str) -> None:
    ElementTree.fromstring(f"<a>{clean(letter).replace('&', '').replace('<', '')}</a>".encode())
