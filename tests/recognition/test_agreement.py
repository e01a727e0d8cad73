"""Several engines on one page: which reading of a line counts, and what the ink makes of the others."""

from __future__ import annotations

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexer.posteriors.posteriorgram import PosteriorgramPacker
from indexer.recognition.combination import joined
from indexer.values import HIDDEN_TEXT, TEXT_LAYER, Box, Line, Origin, Status
from indexer.values.thresholds import Thresholds, judge

SURE, SILENT, LAYER = Origin("sure"), Origin("silent"), Origin(TEXT_LAYER)


def line(
    text: str, confidence: float | None, x: int = 0, y: int = 0, width: int = 100, posteriorgram: bytes | None = None
) -> Line:
    return Line(text, confidence, Box(x, y, width, 20), posteriorgram=posteriorgram)


def spelt(text: str) -> bytes:
    """Frames that read this text, a frame a letter and blanks between them."""
    characters = ["", *"abcdefghijklmnopqrstuvwxyz", " "]
    table = np.full((2 * len(text), len(characters)), 0.002, np.float32)
    for at, letter in enumerate(text):
        table[2 * at, characters.index(letter)] = table[2 * at + 1, 0] = 0.95
    return PosteriorgramPacker(characters).pack(table, len(table))


def test_of_one_engine_every_line_stays_as_it_is() -> None:
    lines = [line("one", 0.9), line("two", None, y=30)]
    assert [[each.line for each in group] for group in joined([(SURE, lines)])] == [[lines[0]], [lines[1]]]


def test_a_text_that_a_file_brought_along_counts_where_the_ink_speaks_for_it() -> None:
    inked = line("the old mouse", 0.3, posteriorgram=spelt("the old mouse"))
    ((best, other),) = joined([(LAYER, [line("THE OLD MOUSE", None)]), (SURE, [inked])])
    assert best.origin == LAYER
    assert best.line.confidence > 0.6
    assert (other.origin, other.line.confidence) == (SURE, 0.3)
    ((best, other),) = joined([(LAYER, [line("QUITE DIFFERENT", None)]), (SURE, [inked])])
    assert best.origin == SURE
    assert other.line.confidence < 0.1


def test_what_an_engine_read_is_right_as_often_as_what_the_ink_reads_like() -> None:
    inked = line("the old mouse", 0.3, posteriorgram=spelt("the old mouse"))
    for text, least, most in (("THE OLD MOUSE", 0.3, 0.3), ("THE OLD HOUSE", 0.15, 0.29), ("QUITE DIFFERENT", 0, 0.05)):
        ((best, other),) = joined([(SILENT, [line(text, None)]), (SURE, [inked])])
        assert (best.origin, best.line.confidence) == (SURE, 0.3)
        assert least - 1e-6 <= other.line.confidence <= most + 1e-6


def test_without_ink_it_stays_unknown() -> None:
    ((best, other),) = joined([(SILENT, [line("MOUSE", None)]), (SURE, [line("house", 0.3)])])
    assert (best.origin, best.line.confidence) == (SURE, 0.3)
    assert other.line.confidence is None


def test_parts_of_a_line_are_joined_from_left_to_right() -> None:
    parts = [line("HOUSE", None, x=60, width=40), line("OLD", None, width=40)]
    ((_, other),) = joined([(SURE, [line("old house", 0.8)]), (SILENT, parts)])
    assert (other.line.text, other.line.box) == ("OLD HOUSE", Box(0, 0, 100, 20))


def test_what_only_one_engine_found_is_a_line_of_its_own_and_unknown() -> None:
    found = [line("old house", 0.8), line("new house", 0.8, y=400)]
    groups = joined([(SURE, found), (SILENT, [line("MARGIN", None, y=200)])])
    assert [[each.line.text for each in group] for group in groups] == [["old house"], ["MARGIN"], ["new house"]]
    assert groups[1][0].line.confidence is None


rows = st.lists(
    st.builds(
        lambda text, sure, row: line(text, sure, y=30 * row),
        st.text("abc ", min_size=1, max_size=12),
        st.none() | st.floats(0, 1),
        st.integers(0, 5),
    ),
    max_size=6,
)


@given(rows, rows, rows)
def test_nothing_that_was_read_is_lost_and_each_engine_reads_a_line_once(one, two, three) -> None:
    given_lines = [(Origin(name), lines) for name, lines in (("1", one), ("2", two), ("3", three))]
    groups = joined(given_lines)
    for origin, lines in given_lines:
        mine = [[each for each in group if each.origin == origin] for group in groups]
        assert all(len(each) <= 1 for each in mine)
        words = sorted(word for each in mine for reading in each for word in reading.line.text.split())
        assert words == sorted(word for each in lines for word in each.text.split())
    for group in groups:
        best, *others = (reading.line.confidence for reading in group)
        if best is not None and any(reading.line.confidence is not None for reading in group[1:]):
            assert all(0 <= other <= 1 for other in others if other is not None)


def test_text_that_is_shown_counts_unless_ink_that_can_be_read_speaks_against_it() -> None:
    for sure, text, counts in (
        (0.8, "THE OLD MOUSE", LAYER),
        (0.8, "THE OLD HOUSE", LAYER),
        (0.8, "QUITE DIFFERENT", SURE),
        (0.3, "QUITE DIFFERENT", LAYER),
        (0.8, "שלום עולם", LAYER),
    ):
        inked = line("the old mouse", sure, posteriorgram=spelt("the old mouse"))
        ((best, other),) = joined([(LAYER, [line(text, None)]), (SURE, [inked])], checked=False)
        assert best.origin == counts, (sure, text)
        assert (best.line.confidence is None) is (counts == LAYER)
        assert other.line.confidence is not None


def test_text_that_is_not_shown_counts_as_far_as_the_ink_supports_it() -> None:
    hidden = Origin(HIDDEN_TEXT)
    inked = line("the old nouse", 0.4, posteriorgram=spelt("the old mouse"))
    ((best, other),) = joined([(hidden, [line("the old mouse", None)]), (SURE, [inked])], checked=False)
    assert (best.origin, other.origin) == (hidden, SURE)
    ((best, other),) = joined([(hidden, [line("quite different", None)]), (SURE, [inked])], checked=False)
    assert (best.origin, other.origin) == (SURE, hidden)
    assert other.line.confidence is not None
    assert other.line.confidence < 0.1
    ((best, other),) = joined([(hidden, [line("שלום עולם", None)]), (SURE, [inked])], checked=False)
    assert (best.origin, other.line.confidence) == (SURE, None)
    ((alone,),) = joined([(hidden, [line("the old mouse", None)])], checked=False)
    assert judge(alone.line.confidence, alone.origin, Thresholds()) is Status.UNKNOWN


def test_lines_that_an_engine_yields_are_all_there() -> None:
    groups = joined([(SURE, (line(text, 0.9, y=40 * at) for at, text in enumerate(("one", "two"))))])
    assert [group[0].line.text for group in groups] == ["one", "two"]


def test_thousands_of_lines_of_two_engines_are_joined_in_seconds() -> None:
    here = [line(f"{at}", 0.9, x=at % 10 * 120, y=at // 10 * 30) for at in range(1500)]
    there = [line(f"{at}", None, x=at % 10 * 120, y=at // 10 * 30 + 100_000 * (at % 2)) for at in range(1500)]
    began = time.process_time()
    found = joined([(SURE, here), (SILENT, there)])
    assert time.process_time() - began < 8
    assert len(found) == 2250
    assert sum(len(group) for group in found) == 3000
