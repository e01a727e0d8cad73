"""What a search is asked for and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from indexer.values.layout import Box
from indexer.values.line import StoredLine


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word of a query stands in a line: ``text`` is what was read there, ``start`` and ``end`` its place in the
    line's text, both the same where nothing was read."""

    text: str
    box: Box
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A found line: ``relevance`` is the probability (0-1) that it has what was asked for, ``read`` whether that was
    read there or only nearly, and ``places`` where it stands in the ink."""

    line: StoredLine
    relevance: float
    read: bool
    places: tuple[Place, ...] = ()


Reach = Literal["low", "normal", "high"]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Which lines may be found and how they are ordered.

    ``reach`` says how unsure a hit may be; with ``None`` only what was read is searched. ``all_states`` adds the lines
    that wait for review although what was read there matches; ``pages`` are the only pages looked on, by their ids;
    ``since`` and ``until`` are seconds since 1970, the latter excluded; ``limit`` None means all.
    """

    reach: Reach | None = "normal"
    all_states: bool = False
    min_confidence: float | None = None
    glob: str | None = None
    pages: frozenset[int] | None = None
    since: float | None = None
    until: float | None = None
    sort: Literal["relevance", "confidence", "page"] = "relevance"
    limit: int | None = 20
    offset: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a query found: ``hits`` is a part of ``total``; ``more_in_review`` lines match but wait for review.

    About ``missed`` more lines have what was asked for, by the relevances of the lines that are not shown: ``doubtful``
    of these have one worth naming, ``unreadable`` ones were read too badly to tell. A wider reach shows ``weaker`` hits
    worth naming more, the most probable of these at ``best``. ``searched`` is the number of lines that were looked
    through.
    """

    total: int
    more_in_review: int
    hits: tuple[Hit, ...]
    missed: float = 0.0
    doubtful: int = 0
    unreadable: int = 0
    weaker: int = 0
    best: float = 0.0
    searched: int = 0
    suggestions: tuple[str, ...] = ()
