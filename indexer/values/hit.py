"""What a search is asked for, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from indexer.values.layout import Box
from indexer.values.line import StoredLine


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word of a query stands in a line: ``text`` is what was read there, ``start`` and ``end`` are its place in
    the line's text. Both are the same if nothing was read there."""

    text: str
    box: Box
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FoundIn:
    """A line in which a hit stands, and where."""

    line: StoredLine
    places: tuple[Place, ...]


Within = Literal["line", "page", "document"]
"""The least that has all words of a query together."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A found line: ``relevance`` is the probability (0-1) that it has what was asked for. ``read`` says whether the
    recogniser read just that, or only nearly. ``places`` says where it stands in the line, ``further`` where a phrase
    or a word that was cut goes on in the lines that follow. ``spelling`` is the spelling of a name that stands there,
    where it differs from the one that was asked for.

    A hit ``within`` a page or a document has all words there, and no line of it has. Its lines are those that have the
    words; the probability is that of the whole.
    """

    line: StoredLine
    relevance: float
    read: bool
    places: tuple[Place, ...] = ()
    further: tuple[FoundIn, ...] = ()
    within: Within = "line"
    spelling: str = ""

    @property
    def parts(self) -> tuple[FoundIn, ...]:
        """All lines of the hit, in reading order."""
        return (FoundIn(self.line, self.places), *self.further)


@dataclass(frozen=True, slots=True)
class Completion:
    """A query whose last word is completed: ``word`` as the archive mostly writes it, expected in so many ``lines``."""

    query: str
    word: str
    lines: float


Reach = Literal["low", "normal", "high"]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Which lines may be found, and in which order they come.

    ``reach`` says how unsure a hit may be; with ``None`` only the transcriptions are searched. ``all_states`` adds
    lines that wait for review and whose transcription has what is asked for, however improbable that is. ``within`` is
    the most in which all words of a query may be together: after the lines that have them come the pages, then the
    documents. ``pages`` limits the search to pages with these ids, ``lines`` to lines with these. ``since`` and
    ``until`` are seconds since 1970, ``until`` excluded. A ``limit`` of ``None`` means all. After so many ``seconds``
    the ink is not looked at any further: what was found until then is the result.
    """

    reach: Reach | None = "normal"
    all_states: bool = False
    within: Within = "document"
    min_confidence: float | None = None
    glob: str | None = None
    pages: frozenset[int] | None = None
    lines: frozenset[int] | None = None
    since: float | None = None
    until: float | None = None
    sort: Literal["relevance", "confidence", "page", "date"] = "relevance"
    limit: int | None = 20
    offset: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a query found: ``hits`` is a part of ``total``, of which ``pages`` and ``documents`` are those that have all
    words together on several lines. ``more_in_review`` lines match but wait for review.

    ``missed`` is the expected number of further hits, by the relevances of the lines that are not shown, and of the
    pages and documents that have all words together. ``doubtful`` of these lines have a relevance worth naming, and
    ``doubtful_groups`` of these pages and documents; ``unreadable`` lines were read too badly to tell. A wider reach
    would show ``weaker`` more hits, the best with the relevance ``best``. ``searched`` is the number of lines that were
    looked through. ``stopped_after`` so many seconds the search was not done: not all of their ink was looked at.
    The ink was looked at in so many ``shards``, 0 where there are none. The ``silent_shards``, by number, did not
    answer.
    In ``unread_scripts`` something was asked for, and nothing here was read in them. No file that was read is called
    like the ``no_files`` of the query. ``on_pages`` are the ids of the pages of all hits, also of those that are not
    among ``hits``; of a hit in a document all pages of that. ``described`` are the numbers of the documents of which
    people said what was asked for, as a whole, by their dates; lines were not asked for if there are
    ``only_described`` ones to be found.
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
    pages: int = 0
    documents: int = 0
    doubtful_groups: int = 0
    suggestions: tuple[str, ...] = ()
    stopped_after: float | None = None
    shards: int = 0
    silent_shards: tuple[int, ...] = ()
    unread_scripts: tuple[str, ...] = ()
    no_files: tuple[str, ...] = ()
    on_pages: frozenset[int] = frozenset()
    described: tuple[int, ...] = ()
    only_described: bool = False
