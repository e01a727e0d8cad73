"""Reads a query and its filters from the address of a page. They stay in the address so that it can be bookmarked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import Query
from pydantic import BeforeValidator

from indexer.system.days import span
from indexer.values import Reach, SearchOptions, Within

SIZE = 20
"""Hits on a page."""
Sort = Literal["relevance", "confidence", "page", "date"]


_EMPTY_IS_0 = BeforeValidator(lambda given: given or 0)
"""A form sends an empty text for a field that is left empty."""
Year = Annotated[int, Query(ge=0, le=9999), _EMPTY_IS_0]


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as the address names it. ``number`` counts the pages of hits from 1."""

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

    @property
    def query(self) -> str:
        """What is searched for: with ``names`` each word in all spellings of a name, and in some years alone."""
        asked = f"{self.q} spelling:names" if self.names else self.q
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
    p: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> SearchRequest:
    """The search that an address asks for."""
    span = (years_from, years_to)
    return SearchRequest(
        " ".join(q.split()), reach, within, glob, since, until, sure, sort, everything, names, *span, p
    )
