"""What is found for one word, phrase or name of a query, line by line: by what was read, and by the posteriorgram."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from indexer.search.asked_names import Spelt
from indexer.search.certainty import agreed, confirmed
from indexer.search.combining import LEAST_SURE, Weighed
from indexer.search.field_lines import in_field
from indexer.search.fields import Dated, Doc
from indexer.search.spotting.many_terms import relevances
from indexer.search.terms import term_of
from indexer.search.words.documents import OTHER
from indexer.search.words.lookup import read

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.search.field_lines import Catalog
    from indexer.search.nodes import Plain
    from indexer.search.spotting import Spotter
    from indexer.search.time_limit import TimeLimit
    from indexer.search.words.lookup import Searcher
    from indexer.search.words.whoosh_index import SearchIndex

_MEANT = 0.5
"""Where a spelling of at least this prior was read, the line is a hit whatever the ink says."""


@dataclass(frozen=True, slots=True)
class _Said:
    """For every line, how certain it is that the reading that counts has something, and that another one has; 0 where
    none has.

    ``settled`` says whether that was read so that all further lines are accepted in which it goes on, ``dry`` whether
    it goes on in a line without ink.
    """

    counts: NDArray[np.float32]
    others: NDArray[np.float32]
    settled: NDArray[np.bool_]
    dry: NDArray[np.bool_]

    @classmethod
    def nothing(cls, lines: int) -> _Said:
        """What is said of so many lines before any reading is looked at."""
        return cls(
            *(np.zeros(lines, np.float32), np.zeros(lines, np.float32)),
            *(np.zeros(lines, np.bool_), np.zeros(lines, np.bool_)),
        )


@dataclass(frozen=True, slots=True)
class Looking:
    """The readings, the posteriorgrams and the catalogue of one state of an index."""

    index: SearchIndex
    searcher: Searcher
    ink: Spotter
    catalog: Catalog

    def found(
        self, leaf: Plain | Spelt | Doc | Dated, floor: float | None, pages: frozenset[int] | None, limit: TimeLimit
    ) -> Weighed:
        """What is found in every line, or only on some pages; without a ``floor`` only in what was read.

        After the ``limit`` the ink is not looked at any further.
        """
        if isinstance(leaf, Doc | Dated):
            return in_field(self.searcher, self.ink, self.catalog, leaf)
        among = None if pages is None else self.on(pages)
        if isinstance(leaf, Spelt):
            return self._in_any_spelling(leaf, floor, among, limit)
        numbers = None if among is None else np.flatnonzero(among)
        inked = None if floor is None else self.ink.relevance(term_of(leaf), among=numbers, floor=floor, limit=limit)
        return self._weighed(leaf, inked, among)

    def on(self, pages: frozenset[int]) -> NDArray[np.bool_]:
        """Which lines stand on these pages."""
        return np.isin(self.ink.pages, np.fromiter(pages, np.int64, len(pages)))

    def _in_any_spelling(
        self, asked: Spelt, floor: float | None, among: NDArray[np.bool_] | None, limit: TimeLimit
    ) -> Weighed:
        """The probability that a line has at least one of the spellings and means what is asked for by it."""
        lines = len(self.ink)
        without, best = np.ones(lines, np.float32), np.zeros(lines, np.float32)
        likeliest = np.zeros(lines, np.int16)
        read, said, settled = (np.zeros(lines, bool) for _ in range(3))
        terms = [term_of(each.leaf) for each in asked.spellings]
        numbers = None if among is None else np.flatnonzero(among)
        inked = iter(()) if floor is None else relevances(self.ink, terms, numbers, floor, limit)
        for number, spelling in enumerate(asked.spellings):
            found = self._weighed(spelling.leaf, next(inked, None), among)
            share = found.relevance * np.float32(spelling.prior)
            without *= 1 - share
            likeliest[share > best] = number
            np.maximum(best, share, out=best)
            read |= found.read
            if spelling.prior >= _MEANT:
                said, settled = said | found.said, settled | found.settled
        return Weighed(1 - without, read, said, settled, likeliest)

    def _weighed(self, leaf: Plain, ink: NDArray[np.float32] | None, among: NDArray[np.bool_] | None) -> Weighed:
        """What is found, given the relevances by the posteriorgrams alone of the lines that are looked at."""
        said = self._said(leaf)
        read = said.counts > 0
        certain = np.maximum(said.counts, said.others)
        weighed = Weighed(certain, read, certain > 0, said.settled)
        if ink is None:
            return weighed
        relevance = np.where(self.ink.inked, ink, certain)
        seen = self.ink.inked & read
        if among is not None:
            seen &= among
        own, others = (np.flatnonzero(seen & part) for part in (self.ink.own, ~self.ink.own))
        relevance[own] = confirmed(certain[own], relevance[own])
        if len(others):
            fits = self.ink.fits(term_of(leaf), others)
            relevance[others] = np.maximum(relevance[others], agreed(certain[others], fits))
        relevance[said.dry] = np.maximum(relevance[said.dry], certain[said.dry])
        return replace(weighed, relevance=relevance)

    def _said(self, leaf: Plain) -> _Said:
        """How certain it is by the readings that each line has a word or phrase."""
        with self.index.looking():
            found = read(self.searcher, leaf)
        numbers, lines = self.ink.numbers(found.line), len(self.ink)
        sure = found.alike * np.maximum(found.sure, np.float32(LEAST_SURE))
        said = _Said.nothing(lines)
        for by, mine in ((said.others, found.kind == OTHER), (said.counts, found.kind != OTHER)):
            there = mine & (numbers >= 0)
            np.maximum.at(by, numbers[there], sure[there])
        there = (numbers >= 0) & (found.kind != OTHER)
        accepted, inked = self._going_on(numbers[there], found.lines[there])
        said.settled[numbers[there][accepted]] = True
        said.dry[numbers[there][~inked]] = True
        return said

    def _going_on(
        self, numbers: NDArray[np.intp], lines: NDArray[np.uint8]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether all of the lines behind each are accepted, and whether all have ink; ``lines`` in all."""
        accepted, inked = np.ones(len(numbers), bool), np.ones(len(numbers), bool)
        for at in range(1, int(lines.max(initial=1))):
            further = np.flatnonzero(lines > at)
            numbers = numbers.copy()
            numbers[further] = self.ink.next(numbers[further])
            further = further[numbers[further] >= 0]
            accepted[further] &= self.ink.accepted[numbers[further]]
            inked[further] &= self.ink.inked[numbers[further]]
        return accepted, inked
