"""Reads a query and its filters from the address of a page. They stay in the address so that it can be bookmarked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BeforeValidator

from indexer.system.days import span
from indexer.values import Reach, SearchOptions, Within

SIZE = 20
"""Hits on a page."""
Sort = Literal["relevance", "confidence", "page", "date"]


_EMPTY_IS_0 = BeforeValidator(lambda given: given or 0)
"""A form sends an empty text for a field that is left empty."""


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
    number: int

    @property
    def query(self) -> str:
        """What is searched for: with ``names`` each word in all spellings of a name."""
        return f"{self.q} spelling:names" if self.names else self.q

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
    p: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> SearchRequest:
    """The search that an address asks for."""
    return SearchRequest(" ".join(q.split()), reach, within, glob, since, until, sure, sort, everything, names, p)
