"""Dates as people wrote them, and what is none."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.text.dates import dates_in


@pytest.mark.parametrize(
    ("text", "written", "first", "last"),
    [
        ("le 12 8bre 1794 à Paris", "12 8bre 1794", (1794, 10, 12), (1794, 10, 12)),
        ("Aug. 3d 1902", "Aug. 3d 1902", (1902, 8, 3), (1902, 8, 3)),
        ("le 3 mars 1915", "3 mars 1915", (1915, 3, 3), (1915, 3, 3)),
        ("Berkeley, March 20, 1905.", "March 20, 1905", (1905, 3, 20), (1905, 3, 20)),
        ("the 20th of October 1890", "20th of October 1890", (1890, 10, 20), (1890, 10, 20)),
        ("am 1. Jänner 1871", "1. Jänner 1871", (1871, 1, 1), (1871, 1, 1)),
        ("den 4de Maart 1655", "4de Maart 1655", (1655, 3, 4), (1655, 3, 4)),
        ("1914-08-03", "1914-08-03", (1914, 8, 3), (1914, 8, 3)),
        ("3/7/1902", "3/7/1902", (1902, 7, 3), (1902, 7, 3)),
        ("en août 1789", "août 1789", (1789, 8, 1), (1789, 8, 31)),
        ("anno 1640", "1640", (1640, 1, 1), (1640, 12, 31)),
        ("1 vendémiaire an 1", "1 vendémiaire an 1", (1792, 9, 22), (1792, 9, 22)),
        ("18 brumaire an VIII", "18 brumaire an VIII", (1799, 11, 9), (1799, 11, 9)),
        ("14 thermidor an 8", "14 thermidor an 8", (1800, 8, 2), (1800, 8, 2)),
    ],
)
def test_dates_are_found_where_they_stand(text: str, written: str, first, last) -> None:
    (found,) = dates_in(text)
    assert (text[found.start : found.end], found.first, found.last, found.short) == (written, first, last, False)


def test_a_date_without_its_century_is_one_of_any() -> None:
    (found,) = dates_in("17. VII. 02")
    assert found.short
    assert found.lies_in((1902, 7, 17), (1902, 7, 17))
    assert found.lies_in((1800, 1, 1), (1805, 1, 1))
    assert not found.lies_in((1903, 1, 1), (1990, 1, 1))


@pytest.mark.parametrize("text", ["may 12 people 30", "12 dozen 30", "i ii iii", "10 may", "12 3456789", "31 1 2"])
def test_numbers_are_no_dates(text: str) -> None:
    assert list(dates_in(text)) == []


@given(st.lists(st.sampled_from(["12", "may", "1902", ".", "/", "8bre", "an", "nivôse", "of", "xii", "02", " "])))
def test_dates_of_any_text_stand_in_order(words) -> None:
    text = " ".join(words)
    found = list(dates_in(text))
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(each.first <= each.last and each.start < each.end for each in found)
