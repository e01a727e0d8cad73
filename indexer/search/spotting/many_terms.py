"""Looks for many terms at once, such as the spellings of a name.

Single words are looked for by ``single_words``. Each word of longer terms is aligned once with every line that may have
one of them; such a term is aligned only where its words together cost little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.alignment import FAR
from indexer.posteriors.posteriorgram import SPACE, STEPS
from indexer.posteriors.trie import Trie
from indexer.search.spotting.any_term import Promise
from indexer.search.spotting.going_on import GoingOn
from indexer.search.spotting.how_many import WIDER, is_small, still_yield
from indexer.search.spotting.outlook import united
from indexer.search.spotting.single_words import hits_of_words
from indexer.search.spotting.term_hits import PARTED, Costs, Hits, in_nats
from indexer.search.spotting.word_tree import WordTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.candidates import Spotter
    from indexer.search.time_limit import TimeLimit

    Array = NDArray[Any]

_DEAREST = 2.0
"""Nats a letter from which on a term of several words is not aligned any more: dearer ones are hardly probable."""


def relevances(
    ink: Spotter, terms: Sequence[Term], among: NDArray[np.intp] | None, floor: float, limit: TimeLimit
) -> Iterator[Hits]:
    """The relevances of each of the terms, one after the other, where they are not nearly 0.

    In a large archive only the most promising lines are aligned.
    """
    lines = np.flatnonzero(ink.inked) if among is None else among[ink.inked[among]]
    if not len(lines) or limit.is_over():
        yield from (Hits(lines[:0], np.zeros(0, np.float32)) for _ in terms)
        return
    if among is not None or is_small(len(lines)):
        search = _Search(ink, WordTree.of(terms), None if among is None else len(lines), limit)
        yield from search.hits(lines, GoingOn.among(ink, search.tree, lines, limit), _Aligned.nothing(search.tree))[0]
        return
    single, several = ([term for term in terms if (SPACE in term.text) == apart] for apart in (False, True))
    found = {**hits_of_words(ink, single, floor, limit), **_of_several(ink, several, floor, limit)}
    yield from (found[term] for term in terms)


def _of_several(ink: Spotter, terms: Sequence[Term], floor: float, limit: TimeLimit) -> dict[Term, Hits]:
    """The hits of terms of several words in a large archive: those lines are aligned that are the most promising for
    any of them."""
    if not terms:
        return {}
    search = _Search(ink, WordTree.of(terms), None, limit)
    promise = Promise.of(ink, search.tree, floor, limit)
    wanted, aligned = promise.first, _Aligned.nothing(search.tree)
    while True:
        hits, aligned = search.hits(np.sort(promise.lines[:wanted]), promise.going_on, aligned)
        if limit.is_over() or wanted >= len(promise.lines) or not _still_yield(hits, promise.lines[:wanted], len(ink)):
            return dict(zip(terms, hits, strict=True))
        wanted *= WIDER


def _still_yield(hits: Sequence[Hits], lines: NDArray[np.intp], every: int) -> bool:
    best = np.zeros(every, np.float32)
    for each in hits:
        best[each.numbers] = np.maximum(best[each.numbers], each.relevances)
    return still_yield(best[lines[len(lines) // 2 :]], best)


@dataclass(frozen=True, slots=True)
class _Search:
    """The terms of a tree that are looked for; of so many lines only, if not in all of an archive."""

    ink: Spotter
    tree: WordTree
    looked: int | None
    limit: TimeLimit

    def hits(self, lines: NDArray[np.intp], going_on: GoingOn, aligned: _Aligned) -> tuple[list[Hits], _Aligned]:
        """What is found in lines, or from some on, for each of the terms, and all that was aligned."""
        ink = self.ink
        aligned = aligned.also(ink, self.tree, united(united(lines, ink.sample), going_on.lines), self.limit)
        at, sample = (np.searchsorted(aligned.numbers, each) for each in (lines, ink.sample))
        further = going_on.worth(aligned.numbers, aligned.words, PARTED)
        there, least = aligned.terms[:, sample], self.tree.sums(aligned.words[:, sample], range(len(self.tree.terms)))
        usual = np.where(there == FAR, least, there)  # where a term is too dear to be aligned, its words tell enough
        found = []
        for number, term in enumerate(self.tree.terms):
            cost = in_nats(term, aligned.terms[number, at])
            near = np.flatnonzero(np.isfinite(cost))
            costs = Costs(lines[near], cost[near], ink.path_probability[lines[near]])
            found.append(costs.hits(ink, term, further[number], in_nats(term, usual[number]), self.limit, self.looked))
        return found, aligned


@dataclass(frozen=True, slots=True)
class _Aligned:
    """What words and terms cost in the lines ``numbers``, in sixteenths of a nat (words x lines, terms x lines)."""

    numbers: NDArray[np.intp]
    words: Array
    terms: Array

    @classmethod
    def nothing(cls, tree: WordTree) -> _Aligned:
        """Before any line was aligned."""
        return cls(
            np.zeros(0, np.intp), np.zeros((len(tree.words), 0), np.int16), np.zeros((len(tree.terms), 0), np.int16)
        )

    def also(self, ink: Spotter, tree: WordTree, numbers: NDArray[np.intp], limit: TimeLimit) -> _Aligned:
        """With further lines; a term of several words is aligned only where it is not too dear."""
        new = numbers[np.isin(numbers, self.numbers, invert=True)]
        words = ink.tree_costs(Trie.of(tree.words), new, limit)
        every = np.concatenate((self.numbers, new))
        order = np.argsort(every)
        return _Aligned(
            every[order],
            np.concatenate((self.words, words), axis=1)[:, order],
            np.concatenate((self.terms, _terms(ink, tree, new, words, limit)), axis=1)[:, order],
        )


def _terms(ink: Spotter, tree: WordTree, numbers: NDArray[np.intp], words: Array, limit: TimeLimit) -> Array:
    """What the terms cost in lines, given what their words do."""
    terms = np.full((len(tree.terms), len(numbers)), FAR, np.int16)
    alone = [number for number, row in enumerate(tree.parts) if len(row) == 1]
    terms[alone] = words[[tree.parts[number][0] for number in alone]]
    several = np.array([number for number, row in enumerate(tree.parts) if len(row) > 1], np.intp)
    most = np.array([tree.terms[number].letters for number in several.tolist()], np.float64) * (_DEAREST * STEPS)
    hopeful = tree.sums(words, several.tolist()) <= most[:, None]
    rows, columns = several[hopeful.any(axis=1)], np.flatnonzero(hopeful.any(axis=0))
    if len(rows):
        phrases = Trie.of([tree.terms[number] for number in rows.tolist()])
        terms[np.ix_(rows, columns)] = ink.tree_costs(phrases, numbers[columns], limit)
    return terms
