"""Which lines of a large archive are worth aligning with any of many terms, such as the spellings of a name.

A word costs at least as much in a line as its pairs of letters that do not overlap (``bounds``). Words that begin alike
share the beginning of that sum, and a term costs at least as much as its words together (``word_tree``). By what a term
may cost at least, its log odds are at most so high; the highest of all terms are those of the line. A term that goes on
in the next line has words in both, or a word of which a part stands in each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.posteriorgram import STEPS
from indexer.posteriors.relevance import HOPELESS, line_log_odds, log_odds_of_costs
from indexer.search.spotting.bounds import BIGRAM_CAP, UNIT, one_pair, spelt
from indexer.search.spotting.going_on import GoingOn, divided_costs, pairs_of_words, stacked
from indexer.search.spotting.how_many import first_lines, most_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.candidates import Spotter
    from indexer.search.spotting.outlook import Parting, Rows
    from indexer.search.spotting.word_tree import WordTree
    from indexer.search.time_limit import TimeLimit

    Array = NDArray[Any]

WORTH, WELL_READ = -4.0, np.array([[0.9, 0.95]])
"""Log odds from which a term counts in a line that was read so surely."""
_COARSE = 2
"""Sixteenths of a nat that are a step here: so sums of pairs take a byte, and many of them are computed quickly."""
_WORD = 120
"""Most steps of a word: two of them take a byte."""
_FULL, _TOO_DEAR = np.uint8(_WORD - BIGRAM_CAP // _COARSE), np.uint8(255 - _WORD)
FINE = 16
"""Steps of log odds in one."""
_GOING_ON = 2 * FINE
"""From so many of them on a term is looked for beyond the end of a line, where it seldom stands."""
FEWER = 5
"""How many times fewer lines are looked at for that."""
STEPS_A_UNIT = UNIT // _COARSE
"""So many steps are a unit of the bound by places."""
_NOBODY = np.full(1, np.inf)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The terms and their words; for each term its log odds over the least that count, ``by_cost``: in parts of
    ``FINE``, for every step that it may cost. ``pairs`` are the pairs of letters of all words."""

    tree: WordTree
    by_cost: tuple[NDArray[np.uint8], ...]
    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, tree: WordTree, lines: int, worth: float = WORTH) -> Wanted:
        """The terms of a tree among so many lines, and the log odds from which one counts in a line read well."""
        found = []
        least = worth - float(line_log_odds(WELL_READ)[0])
        for term in tree.terms:
            most = min(int(term.letters * HOPELESS * STEPS), 2 * _WORD * _COARSE)
            odds = log_odds_of_costs(term.letters, _NOBODY, lines, most)[::_COARSE] - least
            found.append(np.clip(odds[: max(1, int(np.count_nonzero(odds > 0)))] * FINE, 1, 255).astype(np.uint8))
        return cls(tree, tuple(found), tuple(pairs_of_words(tree)))

    @property
    def going_on(self) -> tuple[NDArray[np.uint8], ...]:
        """The same for terms that go on in the next line."""
        return tuple(odds[odds >= _GOING_ON] for odds in self.by_cost)


def written(wanted: Wanted, given: Rows, limit: TimeLimit) -> tuple[Array, Array, Array]:  # noqa: ARG001 - as all of rows
    """The least that each word costs in lines of a segment, in steps of ``_COARSE`` (words x lines); what each of the
    pairs costs in its rows that belong to terms that go on, in sixteenths of a nat; and the highest odds of a term
    within each line."""
    segment = given.segment
    made = np.empty((len(wanted.tree.words), len(given.rows)), np.uint8)
    pairs, held = pairs_in(wanted, given)
    for number, cost in sums_of_words(wanted.tree.words, held, len(segment)):
        made[number] = cost if len(given.rows) == len(segment) else cost[given.rows]
    return made, pairs, within(wanted, made)


def pairs_in(wanted: Wanted, given: Rows) -> tuple[NDArray[np.uint8], dict[tuple[str, str], NDArray[np.uint8]]]:
    """What each pair costs in its rows that belong to terms that go on, in sixteenths of a nat (pairs x rows); and in
    all lines of the segment, in steps of ``_COARSE``."""
    held = {pair: one_pair(given.segment, *pair) for pair in wanted.pairs}
    pairs = stacked([row[given.parted] for row in held.values()], len(given.parted))
    return pairs, {pair: row // np.uint8(_COARSE) for pair, row in held.items()}


def sums_of_words(
    words: Sequence[Term], pairs: Mapping[tuple[str, str], NDArray[np.uint8]], lines: int
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The number of each word and the least that it costs in so many lines, given what the pairs cost."""
    sums: list[NDArray[np.uint8]] = [np.zeros(lines, np.uint8)] * 2
    before = ""
    for text, number in sorted((spelt(word), number) for number, word in enumerate(words)):
        shared = max(0, _shared(before, text) - 1)
        del sums[2 + shared :]
        for pair in list(pairwise(text))[shared:]:
            sums.append(np.maximum(sums[-1], np.minimum(sums[-2], _FULL) + pairs[pair]))
        yield number, sums[-1]
        before = text


def _shared(one: str, other: str) -> int:
    """How many letters two texts begin with that are the same."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def within(wanted: Wanted, words: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The highest odds of a term within each line, given what the words cost there at least; 0 where none counts."""
    best, least_of = np.zeros(words.shape[1], np.uint8), {}
    for (word, _), terms in wanted.tree.by_lengths.items():
        others = frozenset(each for term in terms for each in wanted.tree.parts[term]) - {word}
        if others not in least_of:  # most family names have the same forenames beside them
            least_of[others] = np.minimum.reduce([words[each] for each in others]) if others else np.uint8(0)
        least = words[word] + least_of[others]
        near = np.flatnonzero(least < max(len(wanted.by_cost[term]) for term in terms))
        costs = {each: words[each, near] for term in terms for each in wanted.tree.parts[term]}
        mine = np.zeros(len(near), np.uint8)
        for term in terms:
            _raise(mine, wanted.by_cost[term], [costs[each] for each in wanted.tree.parts[term]])
        best[near] = np.maximum(best[near], mine)
    return best


def _raise(best: NDArray[np.uint8], by_cost: NDArray[np.uint8], costs: Sequence[NDArray[np.uint8]]) -> None:
    """Make the best odds those of a term of which the parts cost so much, where these are higher."""
    whole = costs[0]
    for cost in costs[1:]:
        whole = np.minimum(whole, _TOO_DEAR) + np.minimum(cost, _WORD)
    near = np.flatnonzero(whole < len(by_cost))
    best[near] = np.maximum(best[near], by_cost[whole[near]])


def between(wanted: Wanted, words: NDArray[np.uint8], behind: Parting) -> NDArray[np.uint8]:
    """The highest odds of a term that goes on behind one of its words, from each of the lines to the one that follows,
    given what the words cost in all lines at least."""
    here, there = behind.here, behind.lines[behind.tails]
    places = [_places(lines, words.shape[1]) for lines in (here, there)]
    best, tree, going_on = np.zeros(len(here), np.uint8), wanted.tree, wanted.going_on
    for word, terms in tree.by_longest.items():
        for place, is_here in zip(places, (True, False), strict=True):
            splits = [
                (row[:part], row[part:], going_on[term])
                for term in terms
                for row in (tree.parts[term],)
                for part in range(1, len(row))
                if (word in row[:part]) == is_here
            ]
            if not splits:
                continue
            near = place[np.flatnonzero(words[word] < max(len(odds) for *_, odds in splits))]
            near = near[near >= 0]
            one, other, mine = here[near], there[near], np.zeros(len(near), np.uint8)
            costs = {(each, True): words[each, one] for first, _, _ in splits for each in first}
            costs |= {(each, False): words[each, other] for _, last, _ in splits for each in last}
            for first, last, odds in splits:
                _raise(mine, odds, [*(costs[each, True] for each in first), *(costs[each, False] for each in last)])
            best[near] = np.maximum(best[near], mine)
    return best


def _places(some: NDArray[np.intp], lines: int) -> NDArray[np.int32]:
    """The place of each of so many lines among some of them; -1 where it is none. Few lines of all have a word: to find
    these first and their places then takes a tenth of the time."""
    found = np.full(lines, -1, np.int32)
    found[some] = np.arange(len(some), dtype=np.int32)
    return found


def parted(
    wanted: Wanted, words: NDArray[np.uint8], divided: Array, here: NDArray[np.intp], there: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """The highest odds of a term of which a word is divided, in each of the lines ``here`` that those ``there``
    follow, given what the words cost that are divided (words x lines, in sixteenths of a nat)."""
    one, other, best = words[:, here], words[:, there], np.zeros(divided.shape[1], np.uint8)
    steps = np.minimum(divided // _COARSE, 255).astype(np.uint8)
    for row, odds in zip(wanted.tree.parts, wanted.going_on, strict=True):
        for at, word in enumerate(row):
            _raise(
                best, odds, [steps[word], *(one[each] for each in row[:at]), *(other[each] for each in row[at + 1 :])]
            )
    return best


@dataclass(frozen=True, slots=True)
class Promise:
    """The lines of a large archive in which any of the terms may stand, the most promising first, and those from which
    one may go on. So many lines are to be aligned ``first``."""

    lines: NDArray[np.intp]
    going_on: GoingOn
    first: int

    @classmethod
    def of(cls, ink: Spotter, tree: WordTree, floor: float, limit: TimeLimit) -> Promise:
        """What the lines of an archive promise for a tree of terms."""
        wanted = Wanted.of(tree, len(ink.inked))
        parting, rows = ink.parted(between_words=False)
        ends = np.cumsum([len(each.rows) for each in rows])
        words = np.empty((len(tree.words), int(ends[-1])), np.uint8)
        parts = []
        found = ink.of_rows(partial(written, wanted), limit, between_words=False)
        for (made, *part), each, end in zip(found, rows, ends.tolist(), strict=True):
            words[:, end - len(each.rows) : end] = made
            parts.append(part)
        pairs = np.concatenate([part[0] for part in parts], axis=1)
        odds = np.concatenate([part[1] for part in parts])
        known = np.concatenate([each.known for each in rows])
        first = first_lines(len(ink.inked), floor, tree.terms[0].letters)
        lines = best_odds(odds, known, most_lines(len(ink.inked)))
        here = _behind_words(ink, wanted, words, first // FEWER) if tree.several else np.zeros(0, np.intp)
        divided = divided_costs(tree, wanted.pairs, pairs, parting)
        apart = parted(wanted, words, divided, parting.here, parting.lines[parting.tails])
        kept = np.sort(best_odds(apart, parting.known, first // FEWER))
        going_on = GoingOn.of(ink, tree, here, parting.here[kept], divided[:, kept])
        return cls(lines, going_on, first)


def _behind_words(ink: Spotter, wanted: Wanted, words: NDArray[np.uint8], most: int) -> NDArray[np.intp]:
    """The most promising lines from which a term goes on behind one of its words, so many at most, in rising order."""
    behind = ink.parted(between_words=True)[0]
    return behind.here[np.sort(best_odds(between(wanted, words, behind), behind.known, most))]


def best_odds(odds: NDArray[np.uint8], known: Array, most: int) -> NDArray[np.intp]:
    """The places of the highest odds, so many at most, the best first; none where no term counts. ``known`` is what the
    path probability adds to log odds."""
    able = np.flatnonzero(odds)
    every = odds[able] / np.float32(FINE) + known[able]
    if len(able) > most:
        kept = np.argpartition(-every, most)[:most]
        able, every = able[kept], every[kept]
    return able[np.argsort(-every, kind="stable")]
