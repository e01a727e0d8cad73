"""Fields of a query: ``doc:PATTERN`` says where to look, ``person:NAME`` in which documents, ``date:1914`` when."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from indexer.search.query_error import QueryError
from indexer.text.dates import EARLIEST, LATEST
from indexer.text.edtf import day_number
from indexer.text.folding import search_words
from indexer.translation import _
from indexer.values import DESCRIPTION_FIELDS

if TYPE_CHECKING:
    from indexer.text.dates import Day
    from indexer.values import DescriptionField

FIELDS = ("doc", *DESCRIPTION_FIELDS)
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Doc:
    """Lines of the documents whose path matches a pattern, as with ``--in``."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Dated:
    """Lines of this time, both days included: those of documents with such a date of their own and, in documents
    without one, those with such a date in their text; ``written`` means only the latter."""

    first: Day
    last: Day
    written: bool = False

    @property
    def days(self) -> tuple[int, int]:
        """The first and the last day as numbers (``indexer.text.edtf``)."""
        return day_number(*self.first), day_number(*self.last)


@dataclass(frozen=True, slots=True)
class Described:
    """Lines of the documents in which a value of a field has all of these folded words; the last one may be the
    ``beginning`` of a word."""

    field: DescriptionField
    words: tuple[str, ...]
    beginning: bool = False


def field(text: str) -> Doc | Dated | Described:
    """What a field asks for: its name, a colon and its value, perhaps in quotation marks. Raises ``QueryError``."""
    name, value = text.split(":", 1)
    name, value = name.casefold(), value.strip('"“”„«» ')
    if not value:
        example = {"doc": "doc:letters/*", "date": _DATES}.get(name, f'{name}:word or {name}:"two words"')
        raise QueryError(_("there is nothing behind %(name)s:", name=name), _("Write: %(example)s.", example=example))
    if name == "doc":
        return Doc(value)
    return _dated(value) if name == "date" else _described(name, value)


def _described(name: str, value: str) -> Described:
    words = tuple(search_words(value))
    if not words:
        raise QueryError(
            _("there is no word behind %(name)s:", name=name),
            _('Write: %(name)s:word or %(name)s:"two words".', name=name),
        )
    return Described(cast("DescriptionField", name), words, value.endswith("*"))


_DATES = "date:1914, date:1914..1918 or date:1914-08-01..1914-12-31"


def _dated(value: str) -> Dated:
    begin, dots, end = value.partition("..")
    if not begin and not end:
        raise QueryError(_("this says no time"), _("Write: %(dates)s.", dates=_DATES))
    first = _days(begin)[0] if begin else (EARLIEST, 1, 1)
    last = _days(end if dots and end else begin)[1] if end or not dots else (LATEST, 12, 31)
    if last < first:
        raise QueryError(_("the time ends before it begins"), _("Write: %(dates)s.", dates=_DATES))
    return Dated(first, last)


def _days(text: str) -> tuple[Day, Day]:
    """The first and the last day of a year, a month or a day."""
    match = _DAY.fullmatch(text.strip())
    year, month, day = (int(each or 0) for each in match.groups()) if match else (0, 0, 0)
    if match is None or not EARLIEST <= year <= LATEST or not (match[2] is None or 1 <= month <= 12):
        raise QueryError(_("%(text)s is no year and no day", text=text), _("Write: %(dates)s.", dates=_DATES))
    longest = calendar.monthrange(year, month)[1] if month else 31
    if match[3] is not None and not 1 <= day <= longest:
        raise QueryError(_("%(text)s is no day", text=text), _("Write: %(dates)s.", dates=_DATES))
    return (year, month or 1, day or 1), (year, month or 12, day or longest)
