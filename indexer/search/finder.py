"""From a query to hits: how probable it is that each line has what is asked for, by what was read and by the ink."""

from __future__ import annotations

import os
import threading
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import TYPE_CHECKING, Protocol

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler, Levenshtein

from indexer.posteriors.evidence import word_confidences
from indexer.posteriors.relevance import READABLE
from indexer.search.certainty import agreed, confirmed
from indexer.search.combining import Leaf, Weighed, weigh
from indexer.search.marks import places
from indexer.search.query import Phrase, Word, leaves, parse, wanted
from indexer.search.spotting import Term
from indexer.search.summary import WEAK
from indexer.search.words.documents import OTHER
from indexer.search.words.lookup import is_known, read, similar
from indexer.text.folding import as_written, search_words, word_spans
from indexer.values import Hit, SearchResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.posteriorgram import Posteriorgram
    from indexer.search.query import Node
    from indexer.search.words.whoosh_index import SearchIndex
    from indexer.values import Reach, SearchOptions, StoredLine
    from indexer.values import Word as ReadWord

_LEAST: dict[Reach, float] = {"low": 0.8, "normal": 0.5, "high": 0.001}
"""The least relevance of a hit, for each reach."""
_NAMED = 0.02
"""Least relevance of a line that may be among those that are missed."""
_LEAST_SURE = 1e-6
"""What is read has at least this to tell it from what is not."""
_KEPT = 8
"""Words and phrases for which the weighed lines are kept: 6 MB each in a million lines."""
_MOST = 3
"""Suggestions made, and unknown words in a query up to which they are."""
_FITTING = 0.2
"""Least probability of a word that is offered for one that was read."""
_SPELT = 20
"""Lines that say how a word is written."""
_SIMILAR = 0.86
"""Least Jaro-Winkler similarity of a word that is suggested for another."""


class Lookup(Protocol):
    """What a finder asks of the catalogue."""

    def lines(self, ids: Sequence[int]) -> dict[int, StoredLine]:
        """The lines with these ids."""

    def lines_at(
        self, ids: Sequence[int], glob: str | None = None, since: float | None = None, until: float | None = None
    ) -> dict[int, StoredLine]:
        """The lines with these ids, each at a place that fits the filters."""

    def words(self, ids: Sequence[int]) -> dict[int, tuple[ReadWord, ...]]:
        """The words of the lines with these ids, as they were read."""

    def page_ids(self, glob: str | None, since: float | None, until: float | None) -> frozenset[int]:
        """Pages of matching files."""

    def page_order(self) -> list[int]:
        """The ids of all pages, by path and number."""

    def in_page_order(self, ids: Sequence[int]) -> list[int]:
        """The ids of lines by path, page and line."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The lines that are found, by id and in order, with their relevances; and of all lines of the archive, in the
    order of ``Finder.lines``, the probability that it should be among them and is not."""

    ids: NDArray[np.int64]
    relevances: NDArray[np.float32]
    missed: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Said:
    """For every line how sure it is that it has something, by the reading that counts and by the others: 0 where they
    do not have it."""

    counts: NDArray[np.float32]
    others: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Found:
    """The numbers of the lines to be shown, in order, among all that were weighed (for each leaf of the query too), and
    which of all pass the filters."""

    shown: NDArray[np.intp]
    weighed: Weighed
    parts: Mapping[Leaf, Weighed]
    allowed: NDArray[np.bool_]

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """The lines that pass the filters and are not shown."""
        rest = np.array(self.allowed)
        rest[self.shown] = False
        return rest

    @property
    def missed(self) -> NDArray[np.float32]:
        """For every line the probability that it has what is asked for and is not shown."""
        missed: NDArray[np.float32] = self.weighed.relevance * self.hidden
        return missed


def find(index: SearchIndex, catalog: Lookup, text: str, options: SearchOptions) -> SearchResult:
    """One query; raises ``UsageError`` when it makes no sense."""
    with Finder(index, catalog) as finder:
        return finder.find(text, options)


class Finder:
    """An open search index for many queries, from several threads if the catalogue can take them. A context manager."""

    def __init__(self, index: SearchIndex, catalog: Lookup) -> None:
        self._catalog = catalog
        self._index = index
        self._kept: dict[tuple[Leaf, bool], tuple[float, Weighed]] = {}
        self._keeping = threading.Lock()

    def __enter__(self) -> Finder:
        self._searcher = self._index.searcher()
        self._ink = self._index.ink.finder()
        return self

    def __exit__(self, *_: object) -> None:
        self._searcher.close()

    def find(self, text: str, options: SearchOptions) -> SearchResult:
        """The hits of a query, the best first; see ``SearchOptions`` for what may be found."""
        node = parse(text)
        with self._index.ink.looking():
            return self._answer(text, node, options)

    def _answer(self, text: str, node: Node, options: SearchOptions) -> SearchResult:
        parts = self._parts(node, options.reach, options.pages)
        found = self._found(node, parts, options)
        end = None if options.limit is None else options.offset + options.limit
        hidden, relevance = found.hidden, found.weighed.relevance
        missed = float(found.missed.sum())
        wider = relevance * (hidden & self._ink.inked & (relevance >= _LEAST["high"]))
        best = float(wider.max(initial=0.0))
        nothing = not len(found.shown) and round(missed) == 0 and not hidden[found.weighed.read].any() and best < WEAK
        return SearchResult(
            total=len(found.shown),
            more_in_review=int((hidden & found.weighed.read & ~self._ink.accepted).sum()),
            hits=self._hits(node, found.shown[options.offset : end], found, options),
            missed=missed,
            doubtful=int((hidden & (relevance >= _NAMED)).sum()),
            unreadable=int((found.allowed & self._unreadable()).sum()),
            weaker=int((wider >= _NAMED).sum()),
            best=best,
            searched=int(found.allowed.sum()),
            suggestions=self._suggestions(text, node) if nothing else (),
        )

    @property
    def lines(self) -> NDArray[np.int64]:
        """The ids of all lines of the archive."""
        return self._ink.lines

    def exhaustive(self, word: str) -> NDArray[np.float32]:
        """The relevance of a single word in every line, by its ink alone and without choosing candidates."""
        leaf = parse(word)
        term = _term(leaf) if isinstance(leaf, Word | Phrase) else None
        return np.zeros(len(self._ink), np.float32) if term is None else self._ink.relevance(term, exhaustive=True)

    def fitting(self, word: str, frames: Posteriorgram, most: int) -> list[str]:
        """Words that were read in several lines, look like one that was read here, and fit its ink best.

        The word itself is none of them. What was read once is as likely a misreading as a word, and of a short word
        too little is left when two letters are others.
        """
        folded = next(iter(search_words(word)), "")
        changed = max(1, len(folded) // 3)
        with self._index.looking():
            known = similar(self._searcher, folded) if folded else {}
        candidates = [
            each
            for each, lines in known.items()
            if lines > 1 and each != folded and Levenshtein.distance(each, folded) <= changed
        ]
        ranked = sorted(zip(word_confidences(candidates, frames), candidates, strict=True), reverse=True)
        return [self._written(text) for probability, text in ranked[:most] if probability >= _FITTING]

    def _written(self, folded: str) -> str:
        """A word as it is mostly written in the lines in which it was read most surely, with a capital if always so."""
        with self._index.looking():
            found = read(self._searcher, Word(folded))
        ids = found.line[found.kind != OTHER]
        surest = np.argsort(-found.sure[found.kind != OTHER], kind="stable")[:_SPELT]
        lines = self._catalog.lines(ids[surest].tolist())
        written = Counter(
            line.text[start:end]
            for line in lines.values()
            for start, end, word in word_spans(line.text)
            if word == folded
        )
        return max(written, key=lambda form: (form.islower(), written[form]), default=folded)

    def rank(self, text: str, *ways: SearchOptions) -> list[Ranking]:
        """All lines that a query finds in each of the ways, without looking anything up about them."""
        node = parse(text)
        least = min((way.reach for way in ways if way.reach), key=_LEAST.__getitem__, default=None)
        reaches = {way: least if way.reach else None for way in ways}
        weighed = {reach: self._parts(node, reach) for reach in set(reaches.values())}
        found = [self._found(node, weighed[reaches[way]], way) for way in ways]
        return [Ranking(self.lines[each.shown], each.weighed.relevance[each.shown], each.missed) for each in found]

    def _parts(self, node: Node, reach: Reach | None, pages: frozenset[int] | None = None) -> dict[Leaf, Weighed]:
        """Every line weighed for each leaf, by its ink too if there is a reach: surely those that are near enough for
        it. Only those on some pages may be, if these are all that is asked for.

        What was asked for last is kept: people turn the pages of what was found, and look at the pages it is on.
        """
        found = {}
        every = set(leaves(node))
        floor = 0.0 if reach is None else _LEAST[reach] / len(every)  # one of several may be less near than all
        for leaf in every:
            known, kept = self._kept.get((leaf, reach is not None), (1.0, None))
            if kept is None or known > floor:
                kept = self._leaf(leaf, None if reach is None else floor, pages)
                if pages is None:
                    self._keep(leaf, (floor, kept), in_ink=reach is not None)
            found[leaf] = kept
        return found

    def _keep(self, leaf: Leaf, weighed: tuple[float, Weighed], *, in_ink: bool) -> None:
        with self._keeping:
            self._kept.pop((leaf, in_ink), None)
            self._kept[leaf, in_ink] = weighed
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]

    def _found(self, node: Node, parts: Mapping[Leaf, Weighed], options: SearchOptions) -> _Found:
        weighed = weigh(node, parts)
        allowed = self._allowed(options)
        shown = weighed.said if options.all_states else weighed.read & self._ink.accepted
        if options.reach is not None:
            near = weighed.relevance >= _LEAST[options.reach]
            # The floor holds for what was read by somebody else than the ink, and with the least reach for everything.
            bound = ~self._ink.own & self._ink.inked & (not options.all_states) | (options.reach == "low")
            shown = shown & (near | ~bound) | near & self._ink.inked
        return _Found(self._sorted(np.flatnonzero(shown & allowed), weighed, options), weighed, parts, allowed)

    def _unreadable(self) -> NDArray[np.bool_]:
        """The lines that were read too badly to tell what stands in them."""
        unsure = ~self._ink.accepted & ~(self._ink.confidence >= READABLE)
        return np.where(self._ink.inked, self._ink.sureness[:, 0] < READABLE, unsure)

    def _allowed(self, options: SearchOptions) -> NDArray[np.bool_]:
        """The lines that pass the filters."""
        allowed = np.ones(len(self._ink), bool)
        if options.min_confidence is not None:
            allowed &= self._ink.confidence >= options.min_confidence - 1e-6
        if options.glob is not None or options.since is not None or options.until is not None:
            allowed &= self._on(self._catalog.page_ids(options.glob, options.since, options.until))
        if options.pages is not None:
            allowed &= self._on(options.pages)
        return allowed

    def _on(self, pages: frozenset[int]) -> NDArray[np.bool_]:
        return np.isin(self._ink.pages, np.fromiter(pages, np.int64, len(pages)))

    def _leaf(self, leaf: Leaf, floor: float | None, pages: frozenset[int] | None = None) -> Weighed:
        said = self._said(leaf)
        read = said.counts > 0
        certain = np.maximum(said.counts, said.others)
        weighed = Weighed(certain, read, certain > 0)
        term = _term(leaf)
        if floor is None or term is None:
            return weighed
        looked = np.ones(len(read), bool) if pages is None else self._on(pages)
        among = None if pages is None else np.flatnonzero(looked)
        relevance = np.where(self._ink.inked, self._ink.relevance(term, among=among, floor=floor), certain)
        inked = self._ink.inked & read & looked
        own, others = (np.flatnonzero(inked & part) for part in (self._ink.own, ~self._ink.own))
        relevance[own] = confirmed(certain[own], relevance[own])
        relevance[others] = np.maximum(relevance[others], agreed(certain[others], self._ink.fits(term, others)))
        return replace(weighed, relevance=relevance)

    def _said(self, leaf: Leaf) -> _Said:
        """How sure it is by what was read that each line has the leaf."""
        said = _Said(np.zeros(len(self._ink), np.float32), np.zeros(len(self._ink), np.float32))
        with self._index.looking():
            found = read(self._searcher, leaf)
        numbers = self._ink.numbers(found.line)
        sure = found.alike * np.maximum(found.sure, np.float32(_LEAST_SURE))
        for by, mine in ((said.others, found.kind == OTHER), (said.counts, found.kind != OTHER)):
            there = mine & (numbers >= 0)
            np.maximum.at(by, numbers[there], sure[there])
        return said

    def _sorted(self, shown: NDArray[np.intp], weighed: Weighed, options: SearchOptions) -> NDArray[np.intp]:
        if options.sort == "page":
            return self._in_page_order(shown, options)
        if options.sort == "confidence":
            return shown[np.argsort(-np.nan_to_num(self._ink.confidence[shown], nan=-1.0), kind="stable")]
        return shown[np.argsort(-weighed.relevance[shown], kind="stable")]

    def _in_page_order(self, shown: NDArray[np.intp], options: SearchOptions) -> NDArray[np.intp]:
        """The lines by path and page; those of the pages that are to be shown also by their places on these."""
        pages = np.array(self._catalog.page_order(), np.int64)
        by_id = np.argsort(pages)
        at = np.searchsorted(pages[by_id], self._ink.pages[shown])
        known = np.flatnonzero(at < len(pages))
        known = known[pages[by_id[at[known]]] == self._ink.pages[shown[known]]]
        shown, rank = shown[known], by_id[at[known]]
        order = np.argsort(rank, kind="stable")
        shown, rank = shown[order], rank[order]
        end = len(shown) if options.limit is None else min(len(shown), options.offset + options.limit)
        if options.offset < end:
            first = int(np.searchsorted(rank, rank[options.offset]))
            last = int(np.searchsorted(rank, rank[end - 1], "right"))
            ids = self._ink.lines[shown[first:last]].tolist()
            number = dict(zip(ids, shown[first:last].tolist(), strict=True))
            inside = [number[line] for line in self._catalog.in_page_order(ids)]
            shown = np.concatenate([shown[:first], np.array(inside, np.intp), shown[last:]])
        return shown

    def _hits(self, node: Node, chosen: NDArray[np.intp], found: _Found, options: SearchOptions) -> tuple[Hit, ...]:
        """The hits of one page of results; among those that rank the same, by path, page and line."""
        ids = self._ink.lines[chosen].tolist()
        lines = self._catalog.lines_at(ids, options.glob, options.since, options.until)
        there = [number for number in chosen.tolist() if int(self._ink.lines[number]) in lines]
        stored = [lines[int(self._ink.lines[number])] for number in there]
        words = self._catalog.words([line.id for line in stored])
        near = self._near(node, there, found.parts)
        hits = [
            Hit(
                *(line, float(found.weighed.relevance[number]), bool(found.weighed.read[number])),
                places(node, line, words.get(line.id, ()), near[number]),
            )
            for number, line in zip(there, stored, strict=True)
        ]
        if options.sort == "relevance":
            hits.sort(key=lambda hit: (-hit.relevance, os.fsencode(hit.line.path), hit.line.page, hit.line.number))
        return tuple(hits)

    def _near(
        self, node: Node, numbers: Sequence[int], parts: Mapping[Leaf, Weighed]
    ) -> dict[int, dict[Leaf, tuple[float, float]]]:
        """Where each leaf that may be there lies best in the ink of the lines, as parts of their length."""
        found: dict[int, dict[Leaf, tuple[float, float]]] = {number: {} for number in numbers}
        inked = np.array([number for number in numbers if self._ink.inked[number]], np.intp)
        for leaf in wanted(node):
            term = _term(leaf)
            likely = inked[parts[leaf].relevance[inked] >= _NAMED]
            if term is not None and len(likely):
                for number, place in zip(likely.tolist(), self._ink.places(term, likely), strict=True):
                    found[number][leaf] = place
        return found

    def _suggestions(self, text: str, node: Node) -> tuple[str, ...]:
        """The query with each word that was read nowhere replaced by a similar one that was, if that is found."""
        words = [word for leaf in wanted(node) for word in (leaf.words if isinstance(leaf, Phrase) else (leaf,))]
        with self._index.looking():
            missing = sorted({w.text for w in words if not w.prefix and not is_known(self._searcher, w.text)})
            if len(missing) not in range(1, _MOST + 1):
                return ()
            known = [list(similar(self._searcher, word)) for word in missing]
        near = [
            process.extract(word, words, scorer=JaroWinkler.similarity, limit=_MOST, score_cutoff=_SIMILAR)
            for word, words in zip(missing, known, strict=True)
        ]
        choices = sorted(product(*near), key=lambda choice: -sum(similarity for _, similarity, _ in choice))
        made = (_rewritten(text, dict(zip(missing, (new for new, _, _ in choice), strict=True))) for choice in choices)
        return tuple(islice((query for query in made if self._is_read(parse(query))), _MOST))

    def _is_read(self, node: Node) -> bool:
        return bool((weigh(node, self._parts(node, None)).read & self._ink.accepted).any())


def _term(leaf: Leaf) -> Term | None:
    """What to look for in the ink; nothing for a phrase with the beginning of a word in its middle."""
    words = leaf.words if isinstance(leaf, Phrase) else (leaf,)
    if any(word.prefix for word in words[:-1]):
        return None
    return Term(as_written(word.text for word in words), words[-1].prefix)


def _rewritten(query: str, replaced: dict[str, str]) -> str:
    """The query as it was typed but for the words that are replaced."""
    made, at = "", 0
    for start, end, word in word_spans(query):
        made += query[at:start] + replaced.get(word, query[start:end])
        at = end
    return made + query[at:]
