"""Dates of which not everything is known: the Extended Date/Time Format (EDTF, ISO 8601-2), as archives write them.

Levels 0 and 1, and of level 2 what stands in catalogues: ``1843-08-02``, ``1843?``, ``1843~``, ``18XX``, ``1914/1918``,
``1914/..``, ``[1914..1918]``, ``{1843,1851}``, ``1843-?08``, and the seasons ``1843-21`` to ``1843-24``.
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from indexer.text.dates import dates_in
from indexer.translation import _

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN = 10**9
"""The day before or after all others, where an interval is open."""
_SIGN = "[?~%]?"
_DATE = re.compile(rf"{_SIGN}(-?[0-9X]{{4}}){_SIGN}(?:-{_SIGN}([0-9X]{{2}}){_SIGN}(?:-{_SIGN}([0-9X]{{2}}){_SIGN})?)?")
_SEASONS = {21: (3, 5), 22: (6, 8), 23: (9, 11), 24: (1, 12)}
"""The first and the last month of each, in the north. A winter may be that at either end of its year."""
_MOST, _MEMBERS = 200, 30
"""Most letters of a date, and most members of a set."""
_ABOUT = re.compile(r"(?:c|ca|circa|about|around|um|vers|omkring|abt)\.?\s*(-?\d{4})", re.IGNORECASE)
_YEARS = re.compile(r"(\d{4})\s*(?:-|–|to|bis|à)\s*(\d{4})")
_BETWEEN = re.compile(r"between (\d{4}) and (\d{4})", re.IGNORECASE)


class DateError(ValueError):
    """A text is no such date. ``meant`` is what was probably meant, empty if that cannot be told."""

    def __init__(self, text: str, meant: str) -> None:
        super().__init__(_("%(text)s is no date", text=repr(text[:40])))
        self.meant = meant


@dataclass(frozen=True, slots=True)
class Time:
    """A date as it is written, and the ``spans`` in which it lies: the first and the last day of each, as numbers.

    The number of a day is year * 10000 + month * 100 + day; ``-OPEN`` and ``OPEN`` stand for open ends.
    """

    text: str
    spans: tuple[tuple[int, int], ...]

    @property
    def first(self) -> int:
        """The earliest day that it may mean."""
        return min(first for first, _ in self.spans)

    @property
    def last(self) -> int:
        """The latest day that it may mean."""
        return max(last for _, last in self.spans)


def parsed(text: str) -> Time:
    """The date that a text writes in EDTF; raises ``DateError``. Blanks and small ``x`` are forgiven."""
    tidy = re.sub(r"\s+", "", text).replace("x", "X")
    if not tidy or len(tidy) > _MOST:
        raise DateError(text, "")
    try:
        spans = tuple(_spans(tidy))
    except ValueError:
        raise DateError(text, _meant(text)) from None
    return Time(tidy, spans)


def day_number(year: int, month: int, day: int) -> int:
    """The number of a day, as in ``Time``."""
    return year * 10_000 + month * 100 + day


def spoken(text: str) -> str:
    """A date in words: ``1843~`` is "about 1843". Anything that has no simple words is given as it is written."""
    plain = text.strip("?~%")
    if not re.fullmatch(r"[0-9X.\[\]/-]+", plain):
        return text
    said = _plainly(plain)
    if said is None or (text[-1:] in "?~%" and plain[-1:] == "]"):
        return text
    signs = {"~": _("about %(date)s", date=said), "?": _("%(date)s (not sure)", date=said)}
    return _("about %(date)s (not sure)", date=said) if text[-1] == "%" else signs.get(text[-1], said)


def _plainly(text: str) -> str | None:
    begin, slash, end = text.partition("/")
    if slash:
        one, other = _plainly(begin), _plainly(end)
        if begin in ("", ".."):
            return None if other is None else _("until %(date)s", date=other)
        open_ended = end in ("", "..")
        return _("from %(date)s", date=one) if open_ended else _("%(first)s to %(last)s", first=one, last=other)
    inner = re.fullmatch(r"\[(\d{4}(?:-\d\d)*)\.\.(\d{4}(?:-\d\d)*)\]", text)
    if inner:
        return _("between %(first)s and %(last)s", first=inner[1], last=inner[2])
    if re.fullmatch(r"\d{3}X", text):
        return _("%(year)ss", year=text[:3] + "0")
    if re.fullmatch(r"\d{2}XX", text):
        return _("%(year)ss", year=text[:2] + "00")
    season = re.fullmatch(r"(\d{4})-(2[1-4])", text)
    if season:
        return _in_season(int(season[2]), season[1])
    return text if re.fullmatch(r"\d{4}(?:-\d\d){0,2}", text) else None


def _in_season(number: int, year: str) -> str:
    return {
        21: _("spring %(year)s", year=year),
        22: _("summer %(year)s", year=year),
        23: _("autumn %(year)s", year=year),
        24: _("winter %(year)s", year=year),
    }[number]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """The spans of a date, an interval or a set; raises ``ValueError``."""
    if text[0] + text[-1] in ("[]", "{}"):
        members = text[1:-1].split(",")
        if len(members) > _MEMBERS:
            raise ValueError(text)
        for member in members:
            begin, dots, end = member.partition("..")
            yield _between(begin, end) if dots else _of_date(member)
    elif "/" in text:
        begin, _, end = text.partition("/")
        yield _between(*("" if each == ".." else each for each in (begin, end)))
    else:
        yield _of_date(text)


def _between(begin: str, end: str) -> tuple[int, int]:
    if not begin and not end:
        raise ValueError(begin)
    first = _of_date(begin)[0] if begin else -OPEN
    last = _of_date(end)[1] if end else OPEN
    if last < first:
        raise ValueError(end)
    return first, last


def _of_date(text: str) -> tuple[int, int]:
    """The first and the last day of a single date."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    years = sorted(int(match[1].replace("X", digit)) for digit in "09")
    if match[2] is None:
        return day_number(years[0], 1, 1), day_number(years[1], 12, 31)
    if match[2].isdigit() and int(match[2]) in _SEASONS and match[3] is None:
        begin, end = _SEASONS[int(match[2])]
        return day_number(years[0], begin, 1), day_number(years[1], end, _length(years[1], end))
    months = _fitting(match[2], 12)
    days = [each for month in months for each in _days(match[3], month, years)]
    return day_number(years[0], *min(days)), day_number(years[1], *max(days))


def _days(digits: str | None, month: int, years: list[int]) -> list[tuple[int, int]]:
    """The days of a month that digits may mean. None does if there is no such day in any of the years."""
    longest = max(_length(year, month) for year in years)
    if years[0] != years[1] and month == 2:
        longest = 29
    if digits is None:
        return [(month, 1), (month, longest)]
    return [(month, day) for day in _fitting(digits, longest, at_least=0)]


def _fitting(digits: str, most: int, at_least: int = 1) -> list[int]:
    """The numbers from 1 on that two digits may mean; raises ``ValueError`` if fewer than ``at_least`` do."""
    written = [int("".join(each)) for each in product(*("0123456789" if sign == "X" else sign for sign in digits))]
    found = [number for number in written if 1 <= number <= most]
    if len(found) < at_least:
        raise ValueError(digits)
    return found


def _length(year: int, month: int) -> int:
    return 29 if month == 2 and isleap(year) else monthrange(1999, month)[1]


def _meant(text: str) -> str:
    """What was probably meant by a date that is written otherwise."""
    if match := _ABOUT.fullmatch(text.strip()):
        return f"{match[1]}~"
    if match := _YEARS.fullmatch(text.strip()):
        return f"{match[1]}/{match[2]}"
    if match := _BETWEEN.fullmatch(text.strip()):
        return f"[{match[1]}..{match[2]}]"
    written = text.strip()[:_MOST]
    found = [each for each in dates_in(written) if not each.short and each.end - each.start >= len(written) - 1]
    if len(found) != 1:
        return ""
    first, last = found[0].first, found[0].last
    parts = 3 if first == last else 2 if first[1] == last[1] else 1
    meant = "-".join((f"{first[0]:04}", f"{first[1]:02}", f"{first[2]:02}")[:parts])
    with suppress(ValueError):  # there is no such day
        _of_date(meant)
        return meant
    return ""
