"""From a query to hits: the relevance of every line, by what was read there and by its posteriorgram."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from functools import cache, partial, reduce
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from indexer.posteriors.relevance import READABLE
from indexer.search.asked_names import Spelt
from indexer.search.certainty import TRUSTED
from indexer.search.combining import Found, Weighed, weigh
from indexer.search.completing import completions
from indexer.search.described import Descriptions, documents_described
from indexer.search.field_lines import Catalog as Fields
from indexer.search.fields import Dated, Doc
from indexer.search.hits import NAMED, Lines, found_in, line_hits
from indexer.search.likeness import likely
from indexer.search.looking import Looking
from indexer.search.nearness import near_lines
from indexer.search.nodes import Near, Phrase, Word, changed, leaves, wanted
from indexer.search.order import Pages, ordered
from indexer.search.query import parse
from indexer.search.scripts import unread_scripts
from indexer.search.similar import MOST, fitting, suggestions, surest_lines, written
from indexer.search.summary import WEAK
from indexer.search.terms import term_of
from indexer.search.time_limit import TimeLimit
from indexer.search.together import (
    Counting,
    Documents,
    Levels,
    asks_for_several,
    hits_of,
    in_page_order,
    together,
    with_groups,
)
from indexer.search.words.lookup import similar
from indexer.values import SearchResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.posteriorgram import Posteriorgram
    from indexer.search.nodes import Leaf, Node
    from indexer.search.together import Together
    from indexer.search.variants import Speller
    from indexer.search.words.whoosh_index import SearchIndex
    from indexer.values import Completion, Hit, Reach, SearchOptions, StoredLine

_LEAST: dict[Reach, float] = {"low": 0.8, "normal": 0.5, "high": 0.001}
"""The least relevance of a hit, for each reach."""
_KEPT = 8
"""Words and phrases for which the result of every line is kept: 6 MB each with a million lines."""


class Lookup(Pages, Lines, Documents, Fields, Descriptions, Protocol):
    """What a finder asks of the catalogue."""

    def lines(self, ids: Sequence[int]) -> dict[int, StoredLine]:
        """The lines with these ids."""

    def posteriorgram(self, line_id: int) -> bytes | None:
        """The packed posteriorgram of a line, if one is kept."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The lines that are found, by id and in order, with their relevances.

    ``missed`` has for every line of the archive, in the order of ``Finder.lines``, the probability that it should be
    among them and is not. The ``silent_shards``, by number, did not answer.
    """

    ids: NDArray[np.int64]
    relevances: NDArray[np.float32]
    missed: NDArray[np.float32]
    silent_shards: tuple[int, ...] = ()


def find(index: SearchIndex, catalog: Lookup, text: str, options: SearchOptions) -> SearchResult:
    """Search once; raises ``UsageError`` for a query that makes no sense."""
    with Finder(index, catalog) as finder:
        return finder.find(text, options)


def _shipped_speller() -> Speller:
    from indexer.search.variants import Speller

    return Speller.shipped()


class Finder:
    """An open search index for many queries, from several threads if the catalogue can take them. A context manager.

    ``speller`` opens what gives names their spellings, when the first is asked for. With ``pages`` no relevance depends
    on the ink of others, nor on how much there is: whoever may see these alone could tell from it what they say.
    """

    def __init__(
        self,
        index: SearchIndex,
        catalog: Lookup,
        speller: Callable[[], Speller] | None = None,
        pages: frozenset[int] | None = None,
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._speller = speller or _shipped_speller
        self._pages = pages
        self._kept: dict[tuple[Leaf, bool], tuple[float, Weighed]] = {}
        self._keeping = threading.Lock()

    def __enter__(self) -> Finder:
        self._searcher = self._index.searcher()
        self._spotter = self._index.spotting.finder(self._pages)
        self._looking = Looking(self._index, self._searcher, self._spotter, self._catalog)
        self._levels = Levels(self._spotter.pages, self._catalog)
        return self

    def __exit__(self, *_: object) -> None:
        self._searcher.close()

    def find(self, text: str, options: SearchOptions) -> SearchResult:
        """The hits of a query, the best first; see ``SearchOptions`` for what may be found."""
        node = self._parsed(text)
        about = () if options.lines is not None else documents_described(node, self._catalog, options)
        if not wanted(node):
            lines = int(self._allowed(options).sum())
            return SearchResult(
                total=0, more_in_review=0, hits=(), searched=lines, described=about, only_described=True
            )
        with self._index.spotting.looking():
            return replace(self._answer(text, node, options), described=about)

    def _answer(self, text: str, node: Node, options: SearchOptions) -> SearchResult:
        limit = TimeLimit(options.seconds)
        parts = self._parts(node, options.reach, options.pages, limit)
        found = self._found(node, parts, options)
        groups = self._together(node, found, options)
        hidden, relevance = found.hidden, found.weighed.relevance
        for each in groups:
            hidden &= ~each.lines
        wider = relevance * (hidden & self._spotter.inked & (relevance >= _LEAST["high"]))
        result = SearchResult(
            total=len(found.shown) + sum(len(each.shown) for each in groups),
            more_in_review=int((hidden & found.weighed.read & ~self._settled(found.weighed)).sum()),
            hits=self._hits(node, found, groups, options, limit),
            missed=float((relevance * hidden).sum()),
            doubtful=int((hidden & (relevance >= NAMED)).sum()),
            unreadable=int((found.allowed & self._unreadable()).sum()),
            weaker=int((wider >= NAMED).sum()),
            best=float(wider.max(initial=0.0)),
            searched=int(found.allowed.sum()),
            stopped_after=options.seconds if limit.stopped else None,
            shards=self._spotter.shards,
            silent_shards=limit.missed,
            no_files=tuple(self._of_no_file(node, parts)),
            on_pages=self._pages_of(found, groups),
        )
        result = reduce(with_groups, groups, result)
        nothing = not result.total and round(result.missed) == 0 and result.best < WEAK
        if nothing and not hidden[found.weighed.read].any() and not result.more_in_review:
            scripts = unread_scripts(node, self._spotter.symbols)
            return replace(result, suggestions=self._suggestions(text, node), unread_scripts=scripts)
        return result

    def _pages_of(self, found: Found, groups: Sequence[Together]) -> frozenset[int]:
        """The pages on which lines are shown, by themselves or together with others."""
        shown = np.zeros(len(self._spotter), bool)
        shown[found.shown] = True
        for each in groups:
            shown |= each.lines
        return frozenset(np.unique(self._spotter.pages[shown]).tolist())

    def _of_no_file(self, node: Node, parts: Mapping[Leaf, Weighed]) -> Iterator[str]:
        """The patterns of a query that no file has."""
        empty = [leaf for leaf in leaves(node) if isinstance(leaf, Doc) and not parts[leaf].read.any()]
        patterns = dict.fromkeys(leaf.pattern for leaf in empty)
        yield from (each for each in patterns if not self._catalog.page_ids(each, None, None))

    def _together(self, node: Node, found: Found, options: SearchOptions) -> list[Together]:
        """The pages and documents that have all words where no line has them."""
        if options.within == "line" or not asks_for_several(node):
            return []
        shown = np.zeros(len(self._spotter), bool)
        shown[found.shown] = True
        sure = {leaf: self._sure(part, options) for leaf, part in found.parts.items()}
        lines = Counting(found.allowed, self._spotter.inked, found.parts, sure, shown, found.weighed.relevance)
        levels = self._levels.up_to(options.within)
        groups = together(node, lines, levels, None if options.reach is None else _LEAST[options.reach])
        return in_page_order(groups, self._spotter.pages, self._catalog, options.sort)

    @property
    def outdated(self) -> bool:
        """Whether shards need files that are gone: a finder on the newest state is to take its place."""
        return self._spotter.outdated

    @property
    def lines(self) -> NDArray[np.int64]:
        """The ids of all lines of the archive."""
        return self._spotter.lines

    def likely_pages(self, text: str, options: SearchOptions, least: float, limit: TimeLimit) -> frozenset[int]:
        """The ids of the pages on which something is found with at least this probability, before the limit."""
        node = self._parsed(text)
        found = self._found(node, self._parts(node, options.reach, options.pages, limit), options)
        likely = np.zeros(len(self._spotter), bool)
        likely[found.shown] = found.weighed.relevance[found.shown] >= least
        for each in self._together(node, found, options):
            likely |= (each.weighed.relevance >= least)[each.groups.of] & found.allowed
        return frozenset(self._spotter.pages[likely].tolist())

    def exhaustive(self, word: str) -> NDArray[np.float32]:
        """The relevance of a single word in every line, by the posteriorgram alone and without choosing candidates."""
        leaf = parse(word)
        if not isinstance(leaf, Word | Phrase):
            return np.zeros(len(self._spotter), np.float32)
        return self._spotter.relevance(term_of(leaf), exhaustive=True)

    def fitting(self, word: str, posteriorgram: Posteriorgram, most: int) -> list[str]:
        """Words of the archive that look like one that was read and fit its posteriorgram best.

        Each is spelt as the archive mostly spells it; see ``similar.fitting``.
        """
        with self._index.looking():
            found = fitting(self._searcher, word, posteriorgram, most)
            lines = [surest_lines(self._searcher, each) for each in found]
        return [written(each, self._catalog.lines(ids).values()) for each, ids in zip(found, lines, strict=True)]

    def completions(self, query: str, most: int) -> list[Completion]:
        """The query with its last word completed in several ways; see ``completing.completions``."""
        with self._index.looking():
            return completions(self._searcher, self._catalog.lines, query, most)

    def rank(self, text: str, *ways: SearchOptions) -> list[Ranking]:
        """All lines that a query finds with each of the options, without looking anything up about them."""
        node = self._parsed(text)
        least = min((way.reach for way in ways if way.reach), key=_LEAST.__getitem__, default=None)
        reaches = {way: least if way.reach else None for way in ways}
        limits = {reach: TimeLimit() for reach in set(reaches.values())}
        weighed = {reach: self._parts(node, reach, limit=limit) for reach, limit in limits.items()}
        found = [(self._found(node, weighed[reaches[way]], way), limits[reaches[way]]) for way in ways]
        return [
            Ranking(self.lines[each.shown], each.weighed.relevance[each.shown], each.missed, limit.missed)
            for each, limit in found
        ]

    def _parsed(self, text: str) -> Node:
        """The tree of a query, with the spellings of its names."""
        node = parse(text)
        speller = cache(self._speller)

        def spelt_out(leaf: Leaf) -> Leaf:
            if not isinstance(leaf, Spelt):
                return leaf
            if leaf.kind == "like":
                return replace(leaf, spellings=likely(self._catalog, *leaf.parts))
            return speller().spelt_out(leaf, self._similar)

        if all(isinstance(leaf, Dated) for leaf in wanted(node)):  # not every line of every document of that time
            node = changed(node, lambda leaf: replace(leaf, written=True) if isinstance(leaf, Dated) else leaf)
        with self._index.looking():
            return changed(node, spelt_out)

    def _similar(self, text: str) -> dict[str, int]:
        """Words of the archive that are similar to one, with how often they were read."""
        found = similar(self._searcher, text)
        return found if self._pages is None else self._looking.often(found, self._pages)

    def _parts(
        self, node: Node, reach: Reach | None, pages: frozenset[int] | None = None, limit: TimeLimit | None = None
    ) -> dict[Leaf, Weighed]:
        """What was found for each word and phrase. With a reach, every line that is relevant enough for it is included.

        With ``pages`` only their lines are looked at. The last results are kept: people turn the pages of a list of
        hits and open the pages the hits are on. After the ``limit`` the ink is not looked at any further.
        """
        found: dict[Leaf, Weighed] = {}
        limit = limit or TimeLimit()
        every = set(leaves(node))
        # A single word may be less relevant than the whole.
        floor = 0.0 if reach is None else _LEAST[reach] / len(every)
        for leaf in sorted(every, key=lambda leaf: isinstance(leaf, Near)):  # after its sides
            known, kept = self._kept.get((leaf, reach is not None), (1.0, None))
            if kept is None or known > floor:
                if isinstance(leaf, Near):
                    kept = near_lines(self._spotter, self._catalog.lines, leaf, found, limit)
                else:
                    kept = self._looking.found(leaf, None if reach is None else floor, pages, limit)
                if pages is None and limit.is_whole:
                    self._keep(leaf, (floor, kept), in_posteriorgrams=reach is not None)
            found[leaf] = kept
        return found

    def _keep(self, leaf: Leaf, weighed: tuple[float, Weighed], *, in_posteriorgrams: bool) -> None:
        with self._keeping:
            self._kept.pop((leaf, in_posteriorgrams), None)
            self._kept[leaf, in_posteriorgrams] = weighed
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]

    def _found(self, node: Node, parts: Mapping[Leaf, Weighed], options: SearchOptions) -> Found:
        weighed = weigh(node, parts)
        allowed, shown = self._allowed(options), self._sure(weighed, options)
        if options.reach is not None:
            seen = self._spotter.inked | (weighed.relevance >= TRUSTED)  # of a line without ink, by a person
            shown = shown | (weighed.relevance >= _LEAST[options.reach]) & seen
        numbers = ordered(np.flatnonzero(shown & allowed), weighed.relevance, self._spotter, self._catalog, options)
        return Found(numbers, weighed, parts, allowed)

    def _sure(self, weighed: Weighed, options: SearchOptions) -> NDArray[np.bool_]:
        """The lines that are shown for their readings."""
        shown: NDArray[np.bool_] = weighed.said if options.all_states else self._settled(weighed)
        if options.reach is None:
            return shown
        # The least relevance holds also for readings of other engines, and with the reach "low" for every reading.
        bound = ~self._spotter.own & self._spotter.inked & (not options.all_states) | (options.reach == "low")
        return shown & ((weighed.relevance >= _LEAST[options.reach]) | ~bound)

    def _settled(self, weighed: Weighed) -> NDArray[np.bool_]:
        """The lines that are accepted and have what is asked for, with all lines in which it goes on."""
        settled: NDArray[np.bool_] = weighed.settled & self._spotter.accepted
        return settled

    def _unreadable(self) -> NDArray[np.bool_]:
        """The lines that were read too badly to tell what they say."""
        unsure = ~self._spotter.accepted & ~(self._spotter.confidence >= READABLE)
        return np.where(self._spotter.inked, self._spotter.path_probability[:, 0] < READABLE, unsure)

    def _allowed(self, options: SearchOptions) -> NDArray[np.bool_]:
        """The lines that pass the filters."""
        allowed = np.ones(len(self._spotter), bool)
        if options.min_confidence is not None:
            allowed &= self._spotter.confidence >= options.min_confidence - 1e-6
        if options.glob is not None or options.since is not None or options.until is not None:
            allowed &= self._looking.on(self._catalog.page_ids(options.glob, options.since, options.until))
        if options.pages is not None:
            allowed &= self._looking.on(options.pages)
        if options.lines is not None:
            allowed &= np.isin(self._spotter.lines, np.fromiter(options.lines, np.int64, len(options.lines)))
        return allowed

    def _hits(
        self, node: Node, found: Found, groups: Sequence[Together], options: SearchOptions, limit: TimeLimit
    ) -> tuple[Hit, ...]:
        """The hits of one page of results: first lines, then pages and documents."""
        first, end = options.offset, None if options.limit is None else options.offset + options.limit
        look_up = partial(found_in, self._spotter, self._catalog, parts=found.parts, options=options, limit=limit)
        hits = line_hits(node, found.shown[first:end], found.weighed, found.parts, look_up)
        if options.sort == "relevance":
            hits.sort(key=lambda hit: (-hit.relevance, os.fsencode(hit.line.path), hit.line.page, hit.line.number))
        before = len(found.shown)
        for each in groups:
            chosen = each.shown[max(0, first - before) : None if end is None else max(0, end - before)].tolist()
            hits += hits_of(node, each, chosen, look_up)
            before += len(each.shown)
        return tuple(hits)

    def _suggestions(self, text: str, node: Node) -> tuple[str, ...]:
        """The query with each word that was read nowhere replaced by a similar one; only queries that find
        something."""
        with self._index.looking():
            made = suggestions(self._searcher, text, node)
        return tuple(islice((query for query in made if self._is_read(self._parsed(query))), MOST))

    def _is_read(self, node: Node) -> bool:
        return bool(self._settled(weigh(node, self._parts(node, None))).any())
