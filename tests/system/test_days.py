"""Days of a search: at the ends of the calendar, before 1970, and where the clocks change."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from indexer.system import days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Notes

ZONES = ("UTC", "Asia/Tokyo", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia")


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def live_in(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield live_in
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", ZONES)
def test_every_day_of_the_calendar_can_be_asked_for(name: str, zone: Callable[[str], None]) -> None:
    zone(name)
    assert days.span("0001-01-01", "9999-12-31") == (None, None)
    for day in ("0001-01-02", "0999-12-31", "1583-01-01", "1914-08-01", "1969-12-31", "2024-02-29", "9999-12-30"):
        first, end = days.span(day, day)
        assert first is not None
        assert end is not None
        assert 22 * 3600 <= end - first <= 26 * 3600
    assert days.span("9999-12-31", None)[0] is not None
    assert days.span(None, "0001-01-01")[1] is not None


def test_a_day_ends_where_the_next_one_begins_by_the_clocks(zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    assert days.span(None, "2024-03-31")[1] == datetime(2024, 4, 1, tzinfo=summer).timestamp()
    assert days.span(None, "2024-10-27")[1] == datetime(2024, 10, 28, tzinfo=winter).timestamp()


def test_a_system_that_knows_no_clocks_before_1970_still_knows_the_days(
    zone: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    zone("Asia/Tokyo")
    truly = days.span("1960-05-01", "1960-05-01")

    class Windows(datetime):
        def astimezone(self, tz=None):  # type: ignore[no-untyped-def]
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(days, "datetime", Windows)
    assert days.span("1960-05-01", "1960-05-01") == truly


def test_the_command_and_the_form_take_the_same_days(notes: Notes, make_page: Callable[..., Path]) -> None:
    notes.fake_engine()
    old = make_page(notes.home / "in" / "old.png", 200)
    made = make_page(notes.home / "in" / "new.png", 201)
    os.utime(old, (-86400 * 3, -86400 * 3))  # 29 December 1969
    stamp = datetime(2024, 4, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))).timestamp()
    os.utime(made, (stamp, stamp))
    notes.environ["TZ"] = "Europe/Berlin"
    notes.run("index", "in")

    def total(*options: str, rc: int = 0) -> int:
        return int(notes.json("search", "alpha", *options, rc=rc)["total"])

    assert total("--since", "0001-01-01", "--until", "9999-12-31") == 2
    assert total("--until", "2024-03-31") == 1
    assert total("--since", "1969-12-29", "--until", "1969-12-29") == 1
    assert total("--since", "9999-12-31", rc=1) == 0
    for wrong in ("0000-01-01", "10000-01-01", "2024-02-30", "", "yesterday"):
        assert "is not a day" in notes.run("search", "alpha", "--since", wrong, rc=2).stderr
