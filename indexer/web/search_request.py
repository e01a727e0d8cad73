"""Reads a query and its filters from the address of a page. They stay in the address so that it can be bookmarked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import Query
from pydantic import BeforeValidator, TypeAdapter

from indexer.system.days import span
from indexer.values import Reach, SearchOptions, Within

if TYPE_CHECKING:
    from indexer.catalog import Catalog

SIZE = 20
"""Hits on a page."""
Sort = Literal["relevance", "confidence", "page", "date"]
_REACHES: TypeAdapter[Reach] = TypeAdapter(Reach)
_WITHINS: TypeAdapter[Within] = TypeAdapter(Within)
_SORTS: TypeAdapter[Sort] = TypeAdapter(Sort)
_SOME = re.compile(r"…|\.\.\.+")
_SINCE = r"[0-9]{1,15}@[0-9T:+-]{19,25}"


_EMPTY_IS_0 = BeforeValidator(lambda given: given or 0)
"""A form sends an empty text for a field that is left empty."""
Year = Annotated[int, Query(ge=0, le=9999), _EMPTY_IS_0]


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as the address names it. ``number`` counts the pages of hits from 1. With ``unread`` question marks and
    dots stand for letters that cannot be read. ``new`` is the revision of the catalogue and the time since which pages
    were read, if those alone are asked for."""

    q: str
    reach: Reach
    within: Within
    glob: str
    since: str
    until: str
    sure: int
    sort: Sort
    everything: bool
    names: bool
    years_from: int
    years_to: int
    number: int
    unread: bool = False
    new: str = ""

    @property
    def query(self) -> str:
        """What is searched for: with ``names`` each word in all spellings of a name, and in some years alone."""
        typed = _SOME.sub("*", self.q).replace("?", "_") if self.unread else self.q
        asked = f"{typed} spelling:names" if self.names else typed
        if not self.years_from and not self.years_to:
            return asked
        first, last = (f"{year:04}" if year else "" for year in (self.years_from, self.years_to))
        return f"{f'({asked})' if ' OR ' in asked else asked} date:{first}..{last}"

    @property
    def word(self) -> str:
        """The word that is asked for, if it is a single one and all of the query."""
        return self.q if re.fullmatch(r"[^\W\d_]+", self.q) else ""

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the address of a search among these names, but for the years."""
        return parse_qsl(self.address(years_from=0, years_to=0, p=1).partition("?")[2])

    def pages(self, catalog: Catalog) -> frozenset[int] | None:
        """The pages among which is searched, ``None`` for all."""
        if not self.new:
            return None
        revision, _, time = self.new.partition("@")
        return catalog.pages_read_since(int(revision), time)

    def of_years(self, first: int, last: int) -> str:
        """The address of this search in some years alone."""
        return self.address(years_from=first, years_to=last, p=1)

    @property
    def options(self) -> SearchOptions:
        """The options for the search. Raises ``UsageError`` for a date that is none."""
        since, until = span(self.since or None, self.until or None)
        return SearchOptions(
            reach=self.reach,
            all_states=self.everything,
            min_confidence=self.sure / 100 if self.sure else None,
            within=self.within,
            glob=self.glob or None,
            since=since,
            until=until,
            sort=self.sort,
            limit=SIZE,
            offset=(self.number - 1) * SIZE,
        )

    def address(self, **changed: object) -> str:
        """The address of this search with some values changed. Defaults are left out."""
        values = {
            "q": self.q,
            "reach": self.reach,
            "within": self.within,
            "in": self.glob,
            "since": self.since,
            "until": self.until,
            "sure": self.sure,
            "sort": self.sort,
            "all": int(self.everything),
            "names": int(self.names),
            "years_from": self.years_from,
            "years_to": self.years_to,
            "unread": int(self.unread),
            "new": self.new,
            "p": self.number,
            **changed,
        }
        usual = {"reach": "normal", "within": "document", "sort": "relevance", "p": 1}
        kept = {name: value for name, value in values.items() if value and value != usual.get(name)}
        return f"/?{urlencode(kept)}"


def search_request(
    q: Annotated[str, Query()] = "",
    reach: Annotated[Reach, Query()] = "normal",
    within: Annotated[Within, Query()] = "document",
    glob: Annotated[str, Query(alias="in", max_length=1000)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    sure: Annotated[int, Query(ge=0, le=100), _EMPTY_IS_0] = 0,
    sort: Annotated[Sort, Query()] = "relevance",
    everything: Annotated[bool, Query(alias="all")] = False,
    names: Annotated[bool, Query()] = False,
    years_from: Year = 0,
    years_to: Year = 0,
    unread: Annotated[bool, Query()] = False,
    new: Annotated[str, Query(max_length=60, pattern=f"^({_SINCE})?$")] = "",
    p: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> SearchRequest:
    """The search that an address asks for."""
    span = (years_from, years_to)
    return SearchRequest(
        *(" ".join(q.split()), reach, within, glob, since, until, sure, sort, everything, names, *span, p),
        *(unread, new),
    )


def asked_in(address: str) -> SearchRequest:
    """The search that the address of a search page asks for; raises ``ValueError`` if that makes no sense."""
    given = dict(parse_qsl(address))
    if not given.get("q"):
        raise ValueError(address)
    numbers = {name: int(given.get(name) or 0) for name in ("sure", "all", "names", "years_from", "years_to", "unread")}
    return search_request(
        q=given["q"],
        reach=_REACHES.validate_python(given.get("reach", "normal")),
        within=_WITHINS.validate_python(given.get("within", "document")),
        glob=given.get("in", ""),
        since=given.get("since", ""),
        until=given.get("until", ""),
        sure=numbers["sure"],
        sort=_SORTS.validate_python(given.get("sort", "relevance")),
        everything=bool(numbers["all"]),
        names=bool(numbers["names"]),
        years_from=numbers["years_from"],
        years_to=numbers["years_to"],
        unread=bool(numbers["unread"]),
        new="",
        p=1,
    )
