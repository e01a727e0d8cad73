"""Dates of which not everything is known: what they may mean, and that nothing else is taken for one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.text.edtf import OPEN, DateError, parsed, spoken

DAYS = st.dates(date(1000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("text", "spans", "words"),
    [
        ("1843", [(18430101, 18431231)], "1843"),
        ("1843?", [(18430101, 18431231)], "1843 (not sure)"),
        ("1843~", [(18430101, 18431231)], "about 1843"),
        ("1843-02%", [(18430201, 18430228)], "about 1843-02 (not sure)"),
        ("1844-02", [(18440201, 18440229)], "1844-02"),
        ("1843-?08-02", [(18430802, 18430802)], "1843-?08-02"),
        ("18xx", [(18000101, 18991231)], "1800s"),
        ("184X", [(18400101, 18491231)], "1840s"),
        ("1843-XX-31", [(18430131, 18431231)], "1843-XX-31"),
        ("184X-02-29", [(18400229, 18490229)], "184X-02-29"),
        ("1843-21", [(18430301, 18430531)], "spring 1843"),
        ("1914/1918-11-11", [(19140101, 19181111)], "1914 to 1918-11-11"),
        ("1914/..", [(19140101, OPEN)], "from 1914"),
        ("/1918", [(-OPEN, 19181231)], "until 1918"),
        ("[1914 .. 1918]", [(19140101, 19181231)], "between 1914 and 1918"),
        ("[..1918]", [(-OPEN, 19181231)], "[..1918]"),
        ("{1843,1851..1853}", [(18430101, 18431231), (18510101, 18531231)], "{1843,1851..1853}"),
        ("-0044-03-15", [(-439685, -439685)], "-0044-03-15"),
    ],
)
def test_a_date_lies_where_it_may_be_and_is_said_in_words(text: str, spans: list, words: str) -> None:
    time = parsed(text)
    assert list(time.spans) == spans
    assert spoken(time.text) == words
    assert parsed(time.text) == time


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ca. 1843", "1843~"),
        ("1914-1918", "1914/1918"),
        ("between 1914 and 1918", "[1914..1918]"),
        ("12 8bre 1794", "1794-10-12"),
        ("Aug 1914", "1914-08"),
        ("2023-02-29", ""),
        ("1843-13", ""),
        ("1843-04-31", ""),
        ("1918/1914", ""),
        ("43", ""),
        ("hello", ""),
        ("[..]", ""),
        ("", ""),
        ("1843-08-", ""),
    ],
)
def test_what_is_no_date_is_refused_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(DateError) as refused:
        parsed(text)
    assert refused.value.meant == meant


@given(DAYS, st.integers(0, 5_000), st.sampled_from("?~%") | st.just(""))
def test_an_interval_has_every_day_in_it_and_no_other(first: date, days: int, sign: str) -> None:
    last = first + timedelta(days)
    (span,) = parsed(f"{first}{sign}/{last}").spans
    assert span == (int(f"{first:%Y%m%d}"), int(f"{last:%Y%m%d}"))
    assert parsed(f"[{first}..{last}{sign}]").spans == (span,)


@given(DAYS, st.sets(st.integers(0, 9)))
def test_whatever_is_left_open_may_still_be_the_day(day: date, hidden: set[int]) -> None:
    written = "".join("X" if at in hidden and sign != "-" else sign for at, sign in enumerate(str(day)))
    time = parsed(written)
    assert time.first <= int(f"{day:%Y%m%d}") <= time.last


@given(st.text(max_size=300) | st.text("0123456789X-?~%/.,[]{} ", max_size=300))
@example("[" * 300)
@example("[" + "1914," * 5_000 + "1915]")
@example("1914" + "~" * 100_000)
@example("1" * 100_000 + "-" * 100_000)
@example("[1914..1918")
@example("-")
@example("/")
@example("٣٣٣٣")
@example("٣٣ ٣٣٣٣")
@example("²843")
def test_any_text_is_a_date_or_is_refused(text: str) -> None:
    refused = ""
    try:
        time = parsed(text)
    except DateError as error:
        refused = f"{error} {error.meant}"
        time = parsed(error.meant or "1843")
    assert len(refused) < 300
    assert time.first <= time.last
    assert parsed(time.text) == time
    assert spoken(time.text)
