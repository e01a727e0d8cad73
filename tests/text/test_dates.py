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
        ("le sept juin mil neuf cent quatre", "sept juin mil neuf cent quatre", (1904, 6, 7), (1904, 6, 7)),
        ("le 8 sept 1929", "8 sept 1929", (1929, 9, 8), (1929, 9, 8)),
        ("ce premier d'Avril 1650", "premier d'Avril 1650", (1650, 4, 1), (1650, 4, 1)),
        ("(Ste du 8Juin 1909)", "8Juin 1909", (1909, 6, 8), (1909, 6, 8)),
        ("March 21^st 1905", "March 21^st 1905", (1905, 3, 21), (1905, 3, 21)),
        ("ce 17^e avril 1741.", "17^e avril 1741", (1741, 4, 17), (1741, 4, 17)),
        ("in Novr 1841", "Novr 1841", (1841, 11, 1), (1841, 11, 31)),
        ("Den 22. Merz 1838.", "22. Merz 1838", (1838, 3, 22), (1838, 3, 22)),
        ("den 8. Junj 1746.", "8. Junj 1746", (1746, 6, 8), (1746, 6, 8)),
        ("a 15 de Nouiembre 1558", "15 de Nouiembre 1558", (1558, 11, 15), (1558, 11, 15)),
        ("XXVII jour de juillet 1602", "XXVII jour de juillet 1602", (1602, 7, 27), (1602, 7, 27)),
        ("Wienn, den 29. 9b. 1663", "29. 9b. 1663", (1663, 11, 29), (1663, 11, 29)),
        ("14 thermidor an 8", "14 thermidor an 8", (1800, 8, 2), (1800, 8, 2)),
    ],
)
def test_dates_are_found_where_they_stand(text: str, written: str, first, last) -> None:
    (found,) = dates_in(text)
    assert (text[found.start : found.end], found.first, found.last, found.short) == (written, first, last, False)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("le quinze Janvier mil huit cent soixante dix huit,", (1878, 1, 15)),
        ("le vingt et un mars mil sept cent quatre-vingt-dix-neuf.", (1799, 3, 21)),
        ("Vendredi dix neuf août mil neuf cent un", (1901, 8, 19)),
    ],
)
def test_days_and_years_in_words_are_found(text: str, day) -> None:
    (found,) = dates_in(text)
    assert (found.first, found.last) == (day, day)


def test_a_date_without_its_century_is_one_of_any() -> None:
    (found,) = dates_in("17. VII. 02")
    assert found.short
    assert found.lies_in((1902, 7, 17), (1902, 7, 17))
    assert found.lies_in((1800, 1, 1), (1805, 1, 1))
    assert not found.lies_in((1903, 1, 1), (1990, 1, 1))


@pytest.mark.parametrize(
    "text",
    [
        *("may 12 people 30", "12 dozen 30", "i ii iii", "10 may", "12 3456789", "31 1 2"),
        *("1281.", "voir N°1438", "prix 1500+", "die Summe von 1600 f.", "1503 75", "21 / 11 / 24 / 13 / 12"),
        *("Le onze aout mil neuf cent", "mil neuf"),  # the year may go on in the next line
    ],
)
def test_numbers_are_no_dates(text: str) -> None:
    assert list(dates_in(text)) == []


@given(st.lists(st.sampled_from(["12", "may", "1902", ".", "/", "8bre", "an", "nivôse", "of", "xii", "02", " "])))
def test_dates_of_any_text_stand_in_order(words) -> None:
    text = " ".join(words)
    found = list(dates_in(text))
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(each.first <= each.last and each.start < each.end for each in found)
