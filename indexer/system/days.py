"""Days as people write them, and the moments at which they begin and end here."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

from indexer.translation import _
from indexer.values.errors import UsageError

_EPOCH = date(1970, 1, 1).toordinal()


def span(since: str | None, until: str | None, names: tuple[str, str] = ("", "")) -> tuple[float | None, float | None]:
    """From the beginning of one day up to the end of another, in seconds since 1970, the end excluded.

    ``None`` is no bound, and so are the first and the last day of the calendar. ``names`` are those
    of the two options, for the message of the ``UsageError`` about what is no day.
    """
    first = None if since is None else _day(since, names[0])
    last = None if until is None else _day(until, names[1])
    return (
        None if first is None or first == date.min else _beginning(first),
        None if last is None or last == date.max else _beginning(last + timedelta(days=1)),
    )


def _day(text: str, name: str) -> date:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()
    except ValueError as error:
        said = f"{name} {text}".strip()
        raise UsageError(
            _("%(said)s is not a day", said=said), _("Write it as 1914-08-01: year, month, day.")
        ) from error


def _beginning(day: date) -> float:
    """When a day begins by the local clocks: a day may have 23 or 25 hours."""
    try:
        return datetime(day.year, day.month, day.day).astimezone().timestamp()
    except (OverflowError, OSError, ValueError):
        # No system knows its clocks for all days, and Windows for none before 1970: the standard time will do.
        return (day.toordinal() - _EPOCH) * 86400.0 + time.timezone
