"""From a query to hits: what Whoosh finds, weighed by how surely it was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler
from whoosh import query as whoosh_query

from indexer.model import Hit, SearchOptions, SearchResult, Status
from indexer.search.matching import matches
from indexer.search.query import And, Not, Or, Phrase, Word, parse, wanted
from indexer.search.store import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.model import StoredLine
    from indexer.search.query import Node
    from indexer.search.store import SearchIndex

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
    line: int
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
            return SearchResult(0, 0, (), self._suggestions(node))
        end = None if options.limit is None else options.offset + options.limit
        chosen = self._sorted(found, options)[options.offset : end]
        lines = self._catalog.lines([each.line for each in chosen])
        hits = tuple(
            Hit(lines[each.line], each.score, matches(node, lines[each.line].text))
            for each in chosen
            if each.line in lines  # gone since the index was last brought up to date
        )
        return SearchResult(len(found), len(everything) - len(found), hits)

    def _matching(self, node: Node, options: SearchOptions) -> list[_Found]:
        """Every matching line of any state that passes the filters."""
        pages = None
        if options.glob is not None or options.since is not None or options.until is not None:
            pages = self._catalog.page_ids(options.glob, options.since, options.until)
        reader = self._searcher.reader()
        if not reader.doc_count():
            return []
        columns = {name: reader.column_reader(name) for name in ("page", "line", "status", "confidence")}
        found = []
        for number, score in self._scored(_translated(node)):
            confidence = columns["confidence"][number]
            if options.min_confidence is not None and not _sure_enough(confidence, options.min_confidence):
                continue
            if pages is not None and columns["page"][number] not in pages:
                continue
            status = STATUSES[columns["status"][number]]
            weighed = score * _trust(confidence, status)
            found.append(_Found(columns["line"][number], weighed, confidence, status))
        return found

    def _scored(self, query: whoosh_query.Query) -> list[tuple[int, float]]:
        results = self._searcher.search(query, limit=None)
        return [(number, score) for score, number in results.top_n]

    def _sorted(self, found: list[_Found], options: SearchOptions) -> list[_Found]:
        if options.sort == "page":
            place = {line: at for at, line in enumerate(self._catalog.in_page_order([each.line for each in found]))}
            return sorted(found, key=lambda each: place.get(each.line, len(place)))
        if options.sort == "confidence":
            return sorted(found, key=lambda each: (-each.confidence, each.line))
        return sorted(found, key=lambda each: (-each.score, each.line))

    def _suggestions(self, node: Node) -> tuple[str, ...]:
        """The query with words that are in no line replaced by the most similar ones that are."""
        reader = self._searcher.reader()
        known = {term.decode("utf-8") for term in reader.lexicon("text")}
        words = [w for leaf in wanted(node) for w in (leaf.words if isinstance(leaf, Phrase) else (leaf,))]
        missing = [word.text for word in words if word.text not in known and not word.prefix]
        if len(missing) != 1:
            return ()
        near = process.extract(
            missing[0], known, scorer=JaroWinkler.similarity, limit=3, score_cutoff=_SIMILAR, processor=None
        )
        if len(words) == 1:
            return tuple(word for word, _, _ in near)
        rest = [word.text for word in words]
        return tuple(" ".join(new if word == missing[0] else word for word in rest) for new, _, _ in near)


def _trust(confidence: float, status: Status) -> float:
    """How much of its score a line keeps: its confidence; where that is unknown, all if trusted, else half.

    What was misread matches by accident: the surer reading of two equal matches is the better hit.
    """
    if confidence < 0:
        return 1.0 if status is Status.ACCEPTED else 0.5
    return confidence


def _sure_enough(confidence: float, least: float) -> bool:
    return confidence >= least - 1e-6


def _translated(node: Node) -> whoosh_query.Query:
    if isinstance(node, Word):
        return _term(node)
    if isinstance(node, Phrase):
        if any(word.prefix or word.edits for word in node.words):
            return whoosh_query.Sequence([_term(word) for word in node.words])
        return whoosh_query.Phrase("text", [word.text for word in node.words])
    if isinstance(node, Or):
        return whoosh_query.Or([_translated(part) for part in node.parts])
    if isinstance(node, Not):
        return whoosh_query.Not(_translated(node.part))
    return _conjunction(node)


def _conjunction(node: And) -> whoosh_query.Query:
    wanted_parts = whoosh_query.And([_translated(part) for part in node.parts if not isinstance(part, Not)])
    unwanted = [_translated(part.part) for part in node.parts if isinstance(part, Not)]
    if not unwanted:
        return wanted_parts
    return whoosh_query.AndNot(wanted_parts, whoosh_query.Or(unwanted))


class _Prefix(whoosh_query.Prefix):  # type: ignore[misc]
    # Beyond this many words Whoosh collects the documents at once instead of merging a list a word.
    TOO_MANY_CLAUSES = 200


def _term(word: Word) -> Any:
    if word.prefix:
        return _Prefix("text", word.text)
    if word.edits:
        return whoosh_query.FuzzyTerm("text", word.text, maxdist=word.edits, prefixlength=0)
    return whoosh_query.Term("text", word.text)
