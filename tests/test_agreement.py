"""Several engines on one page: which reading of a line counts, and what agreement makes of the others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.agreement import joined
from indexer.model import Box, Line, Origin

SURE, SILENT = Origin("sure"), Origin("silent")


def line(text: str, confidence: float | None, x: int = 0, y: int = 0, width: int = 100) -> Line:
    return Line(text, confidence, Box(x, y, width, 20))


def test_of_one_engine_every_line_stays_as_it_is() -> None:
    lines = [line("one", 0.9), line("two", None, y=30)]
    assert [[each.line for each in group] for group in joined([(SURE, lines)])] == [[lines[0]], [lines[1]]]


def test_the_reading_with_a_confidence_counts_and_the_other_is_as_sure_as_they_agree() -> None:
    ((best, other),) = joined([(SILENT, [line("THE OLD HOUSE", None)]), (SURE, [line("the old mouse", 0.3)])])
    assert (best.origin, best.line.confidence) == (SURE, 0.3)
    assert (other.origin, other.line.text, other.line.confidence) == (SILENT, "THE OLD HOUSE", 2 / 3)


def test_where_they_agree_on_no_word_the_reading_stays_unknown() -> None:
    ((_, other),) = joined([(SURE, [line("house", 0.3)]), (SILENT, [line("MOUSE", None)])])
    assert other.line.confidence is None


def test_parts_of_a_line_are_joined_from_left_to_right() -> None:
    parts = [line("HOUSE", None, x=60, width=40), line("OLD", None, width=40)]
    ((_, other),) = joined([(SURE, [line("old house", 0.8)]), (SILENT, parts)])
    assert (other.line.text, other.line.confidence, other.line.box) == ("OLD HOUSE", 1.0, Box(0, 0, 100, 20))


def test_what_only_one_engine_found_is_a_line_of_its_own_and_unknown() -> None:
    found = [line("old house", 0.8), line("new house", 0.8, y=400)]
    groups = joined([(SURE, found), (SILENT, [line("MARGIN", None, y=200)])])
    assert [[each.line.text for each in group] for group in groups] == [["old house"], ["MARGIN"], ["new house"]]
    assert groups[1][0].line.confidence is None


def test_two_engines_without_confidences_rate_each_other() -> None:
    ((first, second),) = joined([(SURE, [line("old house", None)]), (SILENT, [line("OLD MOUSE", None)])])
    assert (first.origin, first.line.confidence, second.line.confidence) == (SURE, 0.5, 0.5)


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
