"""Fields of a query: ``doc:PATTERN`` says where to look, ``date:1914..1918`` is a date that is written in the ink."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.search.query_error import QueryError
from indexer.text.dates import EARLIEST, LATEST

if TYPE_CHECKING:
    from indexer.text.dates import Day

FIELDS = ("doc", "date", "person", "place")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Doc:
    """Lines of the documents whose path matches a pattern, as with ``--in``."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Dated:
    """Lines with a date of this time, both days included."""

    first: Day
    last: Day


def field(text: str) -> Doc | Dated:
    """What a field asks for: its name, a colon and its value, perhaps in quotation marks. Raises ``QueryError``."""
    name, value = text.split(":", 1)
    name, value = name.casefold(), value.strip('"“”„«» ')
    if name in ("person", "place"):
        raise QueryError(
            f"no document of this archive says of which {name} it is",
            f"Write the name of the {name} alone: it is looked for in the ink.",
        )
    if not value:
        raise QueryError(f"there is nothing behind {name}:", f"Write: {'doc:letters/*' if name == 'doc' else _DATES}.")
    return Doc(value) if name == "doc" else _dated(value)


_DATES = "date:1914, date:1914..1918 or date:1914-08-01..1914-12-31"


def _dated(value: str) -> Dated:
    begin, dots, end = value.partition("..")
    if not begin and not end:
        raise QueryError("this says no time", f"Write: {_DATES}.")
    first = _days(begin)[0] if begin else (EARLIEST, 1, 1)
    last = _days(end if dots and end else begin)[1] if end or not dots else (LATEST, 12, 31)
    if last < first:
        raise QueryError("the time ends before it begins", f"Write: {_DATES}.")
    return Dated(first, last)


def _days(text: str) -> tuple[Day, Day]:
    """The first and the last day of a year, a month or a day."""
    match = _DAY.fullmatch(text.strip())
    year, month, day = (int(each or 0) for each in match.groups()) if match else (0, 0, 0)
    if match is None or not EARLIEST <= year <= LATEST or not (match[2] is None or 1 <= month <= 12):
        raise QueryError(f"{text} is no year and no day", f"Write: {_DATES}.")
    longest = calendar.monthrange(year, month)[1] if month else 31
    if match[3] is not None and not 1 <= day <= longest:
        raise QueryError(f"{text} is no day", f"Write: {_DATES}.")
    return (year, month or 1, day or 1), (year, month or 12, day or longest)
