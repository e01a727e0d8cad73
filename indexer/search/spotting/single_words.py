"""Looks for many single words at once, such as the spellings of a name, each only in lines that may have it.

A line that may have one spelling of a name mostly cannot have another. So each word has lines of its own: those that
leave it probable by its pairs of letters, and of these the ones that do so by places (``bounds``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.posteriorgram import SPACE
from indexer.posteriors.relevance import HOPELESS, line_log_odds
from indexer.posteriors.trie import Trie
from indexer.search.spotting.any_term import (
    FEWER,
    FINE,
    STEPS_A_UNIT,
    WELL_READ,
    Wanted,
    best_odds,
    pairs_in,
    parted,
    sums_of_words,
)
from indexer.search.spotting.bounds import bits_of, by_bits
from indexer.search.spotting.going_on import GoingOn, divided_costs
from indexer.search.spotting.how_many import WIDER, first_lines, most_pairs, still_yield
from indexer.search.spotting.term_hits import PARTED, Costs, Hits, in_nats
from indexer.search.spotting.word_tree import WordTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.candidates import Spotter
    from indexer.search.spotting.outlook import Rows
    from indexer.search.time_limit import TimeLimit

    Array = NDArray[Any]


_WORTH = -5.0
"""Log odds from which a word counts in a line that was read well: so many lines may have a frequent word that it is
likelier there than it seems by itself."""


_SOME, _SPARE = 16, 2
"""One of so many lines tells from which odds on there are so many times as many pairs as are looked at."""


@dataclass(frozen=True, slots=True)
class Able:
    """Pairs of a word and a line that may have it, by their numbers, and how high its log odds may be there, beyond the
    least that count."""

    words: NDArray[np.intp]
    lines: NDArray[np.intp]
    odds: NDArray[np.float32]

    @classmethod
    def of(cls, parts: Sequence[Able]) -> Able:
        """All of some parts."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("words", "lines", "odds")))

    def best(self, most: int) -> Able:
        """So many of them at most, those with the highest odds."""
        if len(self.odds) <= most:
            return self
        return self.some(np.sort(np.argpartition(-self.odds, most)[:most]))

    def in_order(self) -> Able:
        """The best first."""
        return self.some(np.argsort(-self.odds, kind="stable"))

    def some(self, kept: NDArray[np.intp]) -> Able:
        """Some of them."""
        return Able(self.words[kept], self.lines[kept], self.odds[kept])

    def of_each(self, words: int) -> list[NDArray[np.intp]]:
        """The places of the pairs of each word, its lines in rising order."""
        order = np.lexsort((self.lines, self.words))
        return np.split(order, np.searchsorted(self.words[order], np.arange(1, words)))


def hits_of_words(ink: Spotter, terms: Sequence[Term], floor: float, limit: TimeLimit) -> dict[Term, Hits]:
    """The hits of single words in a large archive. More pairs are aligned while the last ones yield much."""
    if not terms:
        return {}
    tree = WordTree.of(list(dict.fromkeys(terms)))
    wanted = Wanted.of(tree, len(ink.inked), _WORTH)
    looked, first, most = most_pairs(len(tree.words), len(ink.inked), floor)
    able, going_on = _able(ink, wanted, looked, most, floor, limit)
    further = going_on.worth(going_on.here, np.zeros((len(tree.words), 0), np.int16), PARTED)
    usual = ink.tree_costs(Trie.of(tree.words), ink.sample, limit)
    costs = np.full(len(able.odds), np.inf, np.float32)
    aligned = 0
    while True:
        costs[aligned:first] = _costs(ink, tree, able, slice(aligned, first), limit)
        aligned, sure, found = first, np.zeros(len(costs), np.float32), {}
        for row, (term, mine) in enumerate(zip(tree.terms, able.of_each(len(tree.terms)), strict=True)):
            near = mine[costs[mine] <= term.letters * HOPELESS]
            lines = able.lines[near]
            hits = Costs(lines, costs[near], ink.path_probability[lines]).hits(
                ink, term, further[row], in_nats(term, usual[row]), limit
            )
            sure[near], found[term] = hits.relevances[np.searchsorted(hits.numbers, lines)], hits
        if limit.is_over() or aligned >= len(costs) or not still_yield(sure[aligned // 2 : aligned], sure):
            return found
        first *= WIDER


def _costs(ink: Spotter, tree: WordTree, able: Able, part: slice, limit: TimeLimit) -> NDArray[np.float32]:
    """What words cost in a part of the pairs, in nats; infinite where they were not aligned before the limit."""
    words, lines = able.words[part], able.lines[part]
    order = np.lexsort((lines, words))
    each = np.split(order, np.searchsorted(words[order], np.arange(1, len(tree.words))))
    found = np.full(len(order), np.inf, np.float32)
    given = [(word, lines[mine]) for word, mine in zip(tree.words, each, strict=True)]
    for mine, (numbers, cost) in zip(each, ink.aligned(given, limit), strict=True):
        found[mine[np.searchsorted(lines[mine], numbers)]] = cost[:, 0]
    return found


def _able(
    ink: Spotter, wanted: Wanted, looked: float, most: int, floor: float, limit: TimeLimit
) -> tuple[Able, GoingOn]:
    """The most promising pairs of a word and a line of an archive, the best first, so many at most; and the lines from
    which a word may go on. ``looked`` as in ``able_lines``."""
    parting, rows = ink.parted(between_words=False)
    parts = list(ink.of_rows(partial(able_lines, wanted, looked), limit, between_words=False))
    starts = np.cumsum([0, *(len(each.rows) for each in rows)]).tolist()
    able = Able.of(
        [Able(each.words, each.lines + start, each.odds) for (_, each), start in zip(parts, starts, strict=False)]
    )
    tree, nobody = wanted.tree, np.zeros(0, np.intp)
    divided = divided_costs(tree, wanted.pairs, np.concatenate([pairs for pairs, _ in parts], axis=1), parting)
    odds = parted(wanted, np.zeros((len(tree.words), 0), np.uint8), divided, nobody, nobody)
    first = first_lines(len(ink.inked), floor, tree.terms[0].letters)
    kept = np.sort(best_odds(odds, parting.known, first // FEWER))
    going_on = GoingOn.of(ink, tree, nobody, parting.here[kept], divided[:, kept])
    return able.best(most).in_order(), going_on


def able_lines(wanted: Wanted, share: float, given: Rows, limit: TimeLimit) -> tuple[Array, Able]:  # noqa: ARG001
    """What the pairs of letters cost in rows of terms that go on, in sixteenths of a nat (pairs x rows), and in which
    of the lines each word may stand. For no more than ``share`` words a line the bound by places is computed."""
    segment, least = given.segment, float(line_log_odds(WELL_READ)[0])
    pairs, held = pairs_in(wanted, given)
    costs = dict(sums_of_words(wanted.tree.words, held, len(segment)))
    if len(given.rows) < len(segment):
        costs = {number: cost[given.rows] for number, cost in costs.items()}
    most, known = round(share * len(given.rows)), given.known - np.float32(least)
    passed = _passed(wanted, costs, known, most)
    every = _over(wanted, costs, known, passed)
    if passed > 0 and len(every.odds) < most:
        every = _over(wanted, costs, known, 0.0)
    return pairs, _by_places(wanted, given, every.best(most), least)


def _over(wanted: Wanted, costs: Mapping[int, NDArray[np.uint8]], known: NDArray[np.float32], passed: float) -> Able:
    """The pairs of a word and a line that may have higher odds than these."""
    found, highest = [], float(known.max(initial=-np.inf))
    for number, by_cost in enumerate(wanted.by_cost):
        odds_of = by_cost / np.float32(FINE)
        rows = np.flatnonzero(costs[number] < np.count_nonzero(odds_of + highest > passed))
        odds = odds_of[costs[number][rows]] + known[rows]
        kept = np.flatnonzero(odds > passed)
        found.append(Able(np.full(len(kept), number), rows[kept], odds[kept]))
    return Able.of(found)


def _passed(wanted: Wanted, costs: Mapping[int, NDArray[np.uint8]], known: NDArray[np.float32], most: int) -> float:
    """Odds that surely ``_SPARE`` times as many pairs as these pass, estimated from some lines: it takes long to pick
    out all pairs of a frequent name. 0 where there are hardly more."""
    some = _over(wanted, {number: cost[::_SOME] for number, cost in costs.items()}, known[::_SOME], 0.0).odds
    wanted_here = _SPARE * most // _SOME
    return float(-np.partition(-some, wanted_here)[wanted_here]) if 0 < wanted_here < len(some) else 0.0


def _by_places(wanted: Wanted, given: Rows, able: Able, least: float) -> Able:
    """The same by places as well."""
    lines = np.zeros(len(given.rows), bool)
    lines[able.lines] = True
    lines, place = np.flatnonzero(lines), np.cumsum(lines) - 1
    rows, found = given.rows[lines], []
    last = given.segment.last[rows]
    bits = bits_of(given.segment, {sign for word in wanted.tree.words for sign in word.signs} | {SPACE}, rows)
    starts = np.searchsorted(able.words, np.arange(len(wanted.tree.words) + 1))
    for number, (word, by_cost) in enumerate(zip(wanted.tree.words, wanted.by_cost, strict=True)):
        mine = able.lines[starts[number] : starts[number + 1]]
        units = by_bits(word, bits, last, -(-len(by_cost) // STEPS_A_UNIT), place[mine])
        cost = units * STEPS_A_UNIT
        near = np.flatnonzero(cost < len(by_cost))
        odds = by_cost[cost[near]] / np.float32(FINE) + given.known[mine[near]] - np.float32(least)
        odds = np.minimum(odds, able.odds[starts[number] : starts[number + 1]][near])
        kept = np.flatnonzero(odds > 0)
        found.append(Able(np.full(len(kept), number), mine[near[kept]], odds[kept]))
    return Able.of(found)
