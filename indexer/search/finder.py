"""From a query to hits: what Whoosh finds, weighed by how surely it was read."""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Protocol

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from indexer.model import Hit, SearchOptions, SearchResult, Status
from indexer.search.matching import matches
from indexer.search.query import Phrase, parse, wanted
from indexer.search.scores import scores
from indexer.search.store import STATUSES
from indexer.text import word_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexer.model import StoredLine
    from indexer.search.query import Node
    from indexer.search.store import SearchIndex

_MOST = 3
"""Suggestions made, and unknown words in a query up to which they are."""
_SIMILAR = 0.86
"""Least Jaro-Winkler similarity of a word that is suggested for another."""


class Lookup(Protocol):
    """What a finder asks of the catalogue."""

    def lines(self, ids: Sequence[int]) -> dict[int, StoredLine]:
        """The lines with these ids."""

    def page_ids(self, glob: str | None, since: float | None, until: float | None) -> frozenset[int]:
        """Pages of matching files."""

    def in_page_order(self, ids: Sequence[int]) -> list[int]:
        """The ids by path, page and line."""


@dataclass(frozen=True, slots=True)
class _Found:
    document: int
    score: float
    confidence: float
    status: Status


def find(index: SearchIndex, catalog: Lookup, text: str, options: SearchOptions) -> SearchResult:
    """One query; raises ``UsageError`` when it makes no sense."""
    with Finder(index, catalog) as finder:
        return finder.find(text, options)


class Finder:
    """An open search index for many queries. A context manager."""

    def __init__(self, index: SearchIndex, catalog: Lookup) -> None:
        self._catalog = catalog
        self._index = index

    def __enter__(self) -> Finder:
        self._searcher = self._index.searcher()
        return self

    def __exit__(self, *_: object) -> None:
        self._searcher.close()

    def find(self, text: str, options: SearchOptions) -> SearchResult:
        """The hits of a query, the best first; see ``SearchOptions`` for what may be found."""
        node = parse(text)
        everything = self._matching(node, options)
        found = [each for each in everything if options.all_states or each.status is Status.ACCEPTED]
        if not everything:
            return SearchResult(0, 0, (), self._suggestions(text, node, options))
        end = None if options.limit is None else options.offset + options.limit
        chosen = self._sorted(found, options)[options.offset : end]
        return SearchResult(len(found), len(everything) - len(found), self._hits(node, chosen, options))

    def _matching(self, node: Node, options: SearchOptions) -> list[_Found]:
        """Every matching line of any state that passes the filters."""
        pages = None
        if options.glob is not None or options.since is not None or options.until is not None:
            pages = self._catalog.page_ids(options.glob, options.since, options.until)
        scored = scores(self._searcher, node)
        if not scored:
            return []
        status, confidence, page = map(self._column, ("status", "confidence", "page"))
        found = []
        for number, score in scored.items():
            sure = confidence(number)
            if options.min_confidence is not None and not _sure_enough(sure, options.min_confidence):
                continue
            if pages is not None and page(number) not in pages:
                continue
            state = STATUSES[status(number)]
            found.append(_Found(number, score * _trust(sure, state), sure, state))
        return found

    def _column(self, name: str) -> Callable[[int], Any]:
        """What a column has for a document, by its number."""
        leaves = list(self._searcher.reader().leaf_readers())
        starts = [start for _, start in leaves]
        columns = [leaf.column_reader(name, translate=False) for leaf, _ in leaves]

        def value(number: int) -> Any:
            leaf = bisect_right(starts, number) - 1
            return columns[leaf][number - starts[leaf]]

        return value

    def _sorted(self, found: list[_Found], options: SearchOptions) -> list[_Found]:
        if options.sort == "page":
            line = self._column("line")
            order = self._catalog.in_page_order([line(each.document) for each in found])
            place = {number: at for at, number in enumerate(order)}
            return sorted(found, key=lambda each: place.get(line(each.document), len(place)))
        if options.sort == "confidence":
            return sorted(found, key=lambda each: (-each.confidence, each.document))
        return sorted(found, key=lambda each: (-each.score, each.document))

    def _hits(self, node: Node, chosen: list[_Found], options: SearchOptions) -> tuple[Hit, ...]:
        """The hits of one page of results; among those that rank the same, by path, page and line."""
        line = self._column("line")
        lines = self._catalog.lines([line(each.document) for each in chosen])
        # Others are gone since the index was made.
        there = [(each, lines[line(each.document)]) for each in chosen if line(each.document) in lines]

        def key(pair: tuple[_Found, StoredLine]) -> tuple[float, bytes, int, int]:
            found, stored = pair
            rank = found.confidence if options.sort == "confidence" else found.score
            return (-rank, os.fsencode(stored.path), stored.page, stored.number)

        if options.sort != "page":
            there.sort(key=key)
        return tuple(Hit(stored, found.score, matches(node, stored.text)) for found, stored in there)

    def _suggestions(self, text: str, node: Node, options: SearchOptions) -> tuple[str, ...]:
        """The query with each word that is in no line replaced by a similar one that is, if that finds something."""
        known = [term.decode("utf-8") for term in self._searcher.reader().lexicon("text")]
        words = [word for leaf in wanted(node) for word in (leaf.words if isinstance(leaf, Phrase) else (leaf,))]
        missing = sorted({word.text for word in words if not word.prefix} - set(known))
        if len(missing) not in range(1, _MOST + 1):
            return ()
        near = [
            process.extract(word, known, scorer=JaroWinkler.similarity, limit=_MOST, score_cutoff=_SIMILAR)
            for word in missing
        ]
        choices = sorted(product(*near), key=lambda choice: -sum(similarity for _, similarity, _ in choice))
        made = (_rewritten(text, dict(zip(missing, (new for new, _, _ in choice), strict=True))) for choice in choices)
        return tuple(islice((query for query in made if self._matching(parse(query), options)), _MOST))


def _rewritten(query: str, replaced: dict[str, str]) -> str:
    """The query as it was typed but for the words that are replaced."""
    made, at = "", 0
    for start, end, word in word_spans(query):
        made += query[at:start] + replaced.get(word, query[start:end])
        at = end
    return made + query[at:]


def _trust(confidence: float, status: Status) -> float:
    """How much of its score a line keeps: its confidence; where that is unknown, all if trusted, else half.

    What was misread matches by accident: the surer reading of two equal matches is the better hit.
    """
    if confidence < 0:
        return 1.0 if status is Status.ACCEPTED else 0.5
    return confidence


def _sure_enough(confidence: float, least: float) -> bool:
    return confidence >= least - 1e-6
