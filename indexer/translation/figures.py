"""Numbers and times as a language writes them."""

from __future__ import annotations

from datetime import date, datetime

from indexer.translation import language


def number(value: float, digits: int = 0) -> str:
    """A number with so many digits behind the point."""
    if language() == "en" or (digits == 0 and abs(value) < 1000):
        return f"{value:,.{digits}f}"  # what needs no table is written without one
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(round(value, digits), pattern, locale=language()))


def percent(share: float) -> str:
    """A share (0-1) in whole percent."""
    return f"{round(share * 100)} %"


def day(moment: str) -> str:
    """A day, of a time as the catalogue has it (ISO 8601)."""
    return _day(datetime.fromisoformat(moment[:10]))


def minute(moment: str) -> str:
    """A day and the time of day, of a time as the catalogue has it (ISO 8601)."""
    when = datetime.fromisoformat(moment[:16])
    return f"{_day(when)}, {when:%H:%M}"


def _day(when: date) -> str:
    if language() == "en":
        return f"{when.day} {when:%b %Y}"
    from babel.dates import format_date

    return str(format_date(when, "medium", locale=language()))
