"""What is found for one word, phrase or name of a query, line by line: by what was read, and by the posteriorgram."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from indexer.search.asked_names import Spelt
from indexer.search.certainty import TRUSTED, agreed, confirmed
from indexer.search.combining import LEAST_SURE, Weighed
from indexer.search.field_lines import in_field
from indexer.search.fields import Dated, Described, Doc
from indexer.search.nodes import Word
from indexer.search.spotting.many_terms import relevances
from indexer.search.spotting.outlook import united
from indexer.search.terms import term_of
from indexer.search.words.documents import OTHER
from indexer.search.words.lookup import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.field_lines import Catalog
    from indexer.search.nodes import Plain
    from indexer.search.spotting import Spotter
    from indexer.search.time_limit import TimeLimit
    from indexer.search.words.lookup import Searcher
    from indexer.search.words.whoosh_index import SearchIndex

_MEANT = 0.5
"""Where a spelling of at least this prior was read, the line is a hit whatever the ink says."""
_SUREST, _MOST_ODDS = 0.9995, np.float32(1e9)
"""Probabilities are taken to be no nearer to 1, and odds are no higher."""


@dataclass(frozen=True, slots=True)
class _Said:
    """The ``numbers`` of the lines that have something in any of their readings, in rising order; how certain it is
    that the reading that counts has it, and that another one has it, 0 where none has.

    ``settled`` says whether that was read so that all further lines are accepted in which it goes on, ``dry`` whether
    it goes on in a line without ink.
    """

    numbers: NDArray[np.intp]
    counts: NDArray[np.float32]
    others: NDArray[np.float32]
    settled: NDArray[np.bool_]
    dry: NDArray[np.bool_]

    @property
    def certain(self) -> NDArray[np.float32]:
        """How certain it is by any reading."""
        return np.maximum(self.counts, self.others)


@dataclass(frozen=True, slots=True)
class _Together:
    """What the spellings of a name or word make probable together, line by line.

    At a place stands one spelling at most: their ``odds`` are added up, against none of them, and those of what is
    ``meant`` by them. What looks ``alike`` is a piece of ink that may say each of its spellings. They are as good as
    independent: 12 examples of rats find others at a mean average precision of .608, else at .578, of senat at .710 and
    .656 with the most probable one alone (``python tests/benchmarks/like.py INDEX FOLDER --most 12``).
    """

    odds: NDArray[np.float32]
    meant: NDArray[np.float32]
    alike: bool

    @classmethod
    def of(cls, lines: int, *, alike: bool) -> _Together:
        """Before any spelling."""
        return cls(np.zeros(lines, np.float32), np.zeros(lines, np.float32), alike)

    def add(self, at: NDArray[np.intp], sure: NDArray[np.float32], prior: float) -> None:
        """A spelling that so surely stands in some lines."""
        held = np.minimum(sure, _SUREST) * np.float32(prior if self.alike else 1.0)
        odds = held / (1 - held)
        self.odds[at] = np.minimum(odds + self.odds[at] * (1 + odds * self.alike), _MOST_ODDS)
        self.meant[at] += odds * np.float32(prior)

    @property
    def relevance(self) -> NDArray[np.float32]:
        """How probable each line is."""
        right: NDArray[np.float32] = (self.odds if self.alike else self.meant) / (1 + self.odds)
        return right


@dataclass(frozen=True, slots=True)
class Looking:
    """The readings, the posteriorgrams and the catalogue of one state of an index."""

    index: SearchIndex
    searcher: Searcher
    ink: Spotter
    catalog: Catalog

    def found(
        self,
        leaf: Plain | Spelt | Doc | Dated | Described,
        floor: float | None,
        pages: frozenset[int] | None,
        limit: TimeLimit,
    ) -> Weighed:
        """What is found in every line, or only on some pages; without a ``floor`` only in what was read.

        After the ``limit`` the ink is not looked at any further.
        """
        if isinstance(leaf, Doc | Dated | Described):
            return in_field(self.searcher, self.ink, self.catalog, leaf)
        among = None if pages is None else self.on(pages)
        if isinstance(leaf, Spelt):
            return self._in_any_spelling(leaf, floor, among, limit)
        numbers = None if among is None else np.flatnonzero(among)
        inked = None if floor is None else self._in_ink(term_of(leaf), floor, numbers, limit)
        return self._as_people_said(leaf, self._weighed(leaf, inked, among, limit))

    def _as_people_said(self, leaf: Plain, found: Weighed) -> Weighed:
        """What was found, set right where a person looked whether just this word stands there."""
        if not isinstance(leaf, Word) or leaf != Word(leaf.text) or leaf.is_pattern:
            return found
        said = self.catalog.said_of_word(leaf.text)
        numbers = self.ink.numbers(np.fromiter(said, np.int64, len(said)))
        stands = np.fromiter(said.values(), bool, len(said))
        right, wrong = (numbers[each & (numbers >= 0)] for each in (stands, ~stands))
        found.relevance[right] = np.maximum(found.relevance[right], np.float32(TRUSTED))
        for each in (found.relevance, found.read, found.said, found.settled):
            each[wrong] = 0
        return found

    def _in_ink(
        self, term: Term, floor: float, among: NDArray[np.intp] | None, limit: TimeLimit
    ) -> NDArray[np.float32]:
        """The relevances of a term by the posteriorgrams. Where letters may be wrong, it is at least as probable as
        where fewer are: that is looked for by itself, since many more lines come near the other."""
        terms = [replace(term, wrong=wrong) for wrong in range(term.wrong, -1, -1)]  # what fewer cost is known then
        found = [self.ink.relevance(each, among=among, floor=floor, limit=limit) for each in terms]
        most: NDArray[np.float32] = np.maximum.reduce(found)
        return most

    def often(self, words: Iterable[str], pages: frozenset[int]) -> dict[str, int]:
        """In how many lines on these pages each of some words was read, without those that were read in none."""
        there = self.on(pages)
        counts = {word: int(there[self._said(Word(word)).numbers].sum()) for word in words}
        return {word: count for word, count in counts.items() if count}

    def on(self, pages: frozenset[int]) -> NDArray[np.bool_]:
        """Which lines stand on these pages."""
        return np.isin(self.ink.pages, np.fromiter(pages, np.int64, len(pages)))

    def _in_any_spelling(
        self, asked: Spelt, floor: float | None, among: NDArray[np.bool_] | None, limit: TimeLimit
    ) -> Weighed:
        """The probability that a line has one of the spellings and means what is asked for by it."""
        lines = len(self.ink)
        together = _Together.of(lines, alike=asked.kind == "like")
        best, likeliest = np.zeros(lines, np.float32), np.zeros(lines, np.int16)
        read, counts, settled = (np.zeros(lines, bool) for _ in range(3))
        spellings = self._of_spellings(asked, floor, among, limit)
        for number, (spelling, (said, at, sure)) in enumerate(zip(asked.spellings, spellings, strict=True)):
            together.add(at, sure, spelling.prior)
            share = sure * np.float32(spelling.prior)
            likeliest[at[share > best[at]]] = number
            best[at] = np.maximum(best[at], share)
            read[said.numbers[said.counts > 0]] = True
            if spelling.prior >= _MEANT:
                counts[said.numbers] = True
                settled[said.numbers[said.settled]] = True
        return Weighed(together.relevance, read, counts, settled, likeliest)

    def _of_spellings(
        self, asked: Spelt, floor: float | None, among: NDArray[np.bool_] | None, limit: TimeLimit
    ) -> Iterator[tuple[_Said, NDArray[np.intp], NDArray[np.float32]]]:
        """For each spelling what is said, the lines that may have it, and how probable that is."""
        terms = [term_of(each.leaf) for each in asked.spellings]
        numbers = None if among is None else np.flatnonzero(among)
        inked = None if floor is None else relevances(self.ink, terms, numbers, floor, limit)
        for spelling in asked.spellings:
            said = self._said(spelling.leaf)
            found = None if inked is None else next(inked)
            at = said.numbers if found is None else united(found.numbers, said.numbers)
            sure = np.zeros(len(at), np.float32)
            if found is not None:
                sure[np.searchsorted(at, found.numbers)] = found.relevances
            here = np.searchsorted(at, said.numbers)
            sure[here] = self._sure(spelling.leaf, said, None if found is None else sure[here], among, limit)
            yield said, at, sure

    def _weighed(
        self, leaf: Plain, ink: NDArray[np.float32] | None, among: NDArray[np.bool_] | None, limit: TimeLimit
    ) -> Weighed:
        """What is found, given the relevances by the posteriorgrams alone of the lines that are looked at."""
        said, lines = self._said(leaf), len(self.ink)
        relevance = np.zeros(lines, np.float32) if ink is None else ink.copy()
        relevance[said.numbers] = self._sure(leaf, said, None if ink is None else ink[said.numbers], among, limit)
        read, counts, settled = (np.zeros(lines, bool) for _ in range(3))
        read[said.numbers], counts[said.numbers] = said.counts > 0, True
        settled[said.numbers] = said.settled
        return Weighed(relevance, read, counts, settled)

    def _sure(
        self,
        leaf: Plain,
        said: _Said,
        ink: NDArray[np.float32] | None,
        among: NDArray[np.bool_] | None,
        limit: TimeLimit,
    ) -> NDArray[np.float32]:
        """How probable it is that the lines have a word or phrase in which it was read, given the relevances by their
        posteriorgrams alone."""
        certain = said.certain
        if ink is None:
            return certain
        inked, own = self.ink.inked[said.numbers], self.ink.own[said.numbers]
        relevance = np.where(inked, ink, certain)
        seen = inked & (said.counts > 0)
        if among is not None:
            seen &= among[said.numbers]
        mine, others = np.flatnonzero(seen & own), np.flatnonzero(seen & ~own)
        relevance[mine] = confirmed(certain[mine], relevance[mine])
        if len(others):
            fits = self.ink.fits(term_of(leaf), said.numbers[others], limit)
            relevance[others] = np.maximum(relevance[others], agreed(certain[others], fits))
        return np.where(said.dry, np.maximum(relevance, certain), relevance)

    def _said(self, leaf: Plain) -> _Said:
        """How certain it is by the readings that lines have a word or phrase."""
        with self.index.looking():
            found = read(self.searcher, leaf)
        numbers = self.ink.numbers(found.line)
        there = np.flatnonzero(numbers >= 0)
        numbers, counting = numbers[there], found.kind[there] != OTHER
        sure = found.alike[there] * np.maximum(found.sure[there], np.float32(LEAST_SURE))
        lines = united(numbers, numbers[:0])
        at, counts, others = np.searchsorted(lines, numbers), *np.zeros((2, len(lines)), np.float32)
        np.maximum.at(others, at[~counting], sure[~counting])
        np.maximum.at(counts, at[counting], sure[counting])
        settled, dry = np.zeros((2, len(lines)), bool)
        accepted, inked = self._going_on(numbers[counting], found.lines[there][counting])
        settled[at[counting][accepted]] = True
        dry[at[counting][~inked]] = True
        return _Said(lines, counts, others, settled, dry)

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
