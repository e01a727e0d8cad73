"""Where terms of several words, or with a word that is divided, may go on from a line to the line that follows.

A bound says which lines are worth it: behind a word, what the words cost in both lines; within a word, what its pairs
of letters cost in both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.posteriorgram import STEPS
from indexer.search.spotting.bounds import one_pair, spelt
from indexer.search.spotting.line_ends import room
from indexer.search.spotting.outlook import united

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.candidates import Spotter
    from indexer.search.spotting.outlook import Parting, Rows
    from indexer.search.spotting.word_tree import WordTree
    from indexer.search.time_limit import TimeLimit

    Array = NDArray[Any]
    Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GoingOn:
    """Lines in which a term may begin that goes on behind one of its words (``here``), the lines that follow them, and
    those that follow these, or the same where they are not short. In the lines ``cut``, which the lines ``beyond``
    follow, a word is divided: each of the words of the tree costs at least so much there (``divided``: words x lines,
    in sixteenths of a nat)."""

    tree: WordTree
    here: NDArray[np.intp]
    there: NDArray[np.intp]
    far: NDArray[np.intp]
    cut: NDArray[np.intp]
    beyond: NDArray[np.intp]
    divided: Array

    @classmethod
    def of(cls, ink: Spotter, tree: WordTree, here: NDArray[np.intp], cut: NDArray[np.intp], divided: Array) -> GoingOn:
        """With the lines that follow."""
        there = ink.following(here)
        far = there.copy()
        short = np.flatnonzero(ink.lengths[there] <= max(map(room, tree.terms)))
        after = ink.following(there[short])
        far[short] = np.where(after >= 0, after, there[short])
        return cls(tree, here, there, far, cut, ink.following(cut), divided)

    @classmethod
    def among(cls, ink: Spotter, tree: WordTree, lines: NDArray[np.intp], limit: TimeLimit) -> GoingOn:
        """All of these lines that may have a term that goes on."""
        parting, _ = ink.parted(between_words=False)
        pairs = pairs_of_words(tree)
        held = list(ink.of_rows(partial(held_parted, pairs), limit, between_words=False))
        divided = divided_costs(tree, pairs, np.concatenate(held, axis=1), parting)
        kept = np.flatnonzero(np.isin(parting.here, lines))
        here = lines[ink.following(lines) >= 0] if tree.several else lines[:0]
        return cls.of(ink, tree, here, parting.here[kept], divided[:, kept])

    @property
    def lines(self) -> NDArray[np.intp]:
        """The lines of which it has to be known what each word costs."""
        parted = (self.cut, self.beyond) if self.tree.several else ()
        return united(np.concatenate((self.here, self.there, self.far, *parted)), self.here[:0])

    def worth(self, numbers: NDArray[np.intp], words: Array, nats: float) -> list[NDArray[np.intp]]:
        """For each term the lines in which it may cost no more than so many nats a letter, in rising order. ``words``
        is what the words cost in the lines with these ``numbers``, in sixteenths of a nat."""
        at = [np.searchsorted(numbers, each) for each in (self.here, self.there, self.far)]
        one = words[:, at[0]].astype(np.int32)
        other = np.minimum(words[:, at[1]], words[:, at[2]]).astype(np.int32)
        found = []
        for term, row in zip(self.tree.terms, self.tree.parts, strict=True):
            most = int(nats * term.letters * STEPS)
            between = self.here[_least(row, one, other) <= most] if len(row) > 1 else self.here[:0]
            found.append(united(between, self.cut[self._within(row, numbers, words) <= most]))
        return found

    def _within(self, row: Sequence[int], numbers: NDArray[np.intp], words: Array) -> Array:
        """The least that a term costs one of whose words is divided."""
        found = np.full(len(self.cut), np.iinfo(np.int32).max, np.int32)
        head, tail = (np.searchsorted(numbers, each) for each in (self.cut, self.beyond)) if len(row) > 1 else ((), ())
        for at, word in enumerate(row):
            cost = self.divided[word].astype(np.int32)
            for other in row[:at]:
                cost += words[other, head]
            for other in row[at + 1 :]:
                cost += words[other, tail]
            np.minimum(found, cost, out=found)
        return found


def _least(row: Sequence[int], one: Array, other: Array) -> Array:
    """The least that words cost of which the first stand in one line and the others in another."""
    sums = [
        sum((one[each] for each in row[:part]), start=sum(other[each] for each in row[part:]))
        for part in range(1, len(row))
    ]
    least: Array = np.minimum.reduce(sums)
    return least


def held_parted(pairs: Sequence[Pair], given: Rows, limit: TimeLimit) -> NDArray[np.uint8]:  # noqa: ARG001
    """What pairs cost in the lines of a segment from which a term may go on (pairs x lines)."""
    return stacked([one_pair(given.segment, *pair)[given.parted] for pair in pairs], len(given.parted))


def pairs_of_words(tree: WordTree) -> list[Pair]:
    """The pairs of neighbouring letters of all words, also where a word ends that is followed by another one."""
    return sorted({pair for word in tree.words for each in (word, _alone(word)) for pair in pairwise(spelt(each))})


def _alone(word: Term) -> Term:
    """A word with a boundary behind it: only such a word may be divided."""
    return replace(word, open=False)


def divided_costs(tree: WordTree, pairs: Sequence[Pair], held: NDArray[np.uint8], parting: Parting) -> Array:
    """The least that each word costs where it is divided (words x lines), given what pairs cost in the lines of the
    parting."""
    at, words = {pair: number for number, pair in enumerate(pairs)}, map(_alone, tree.words)
    return np.stack([parting.bound(word, held[[at[pair] for pair in pairwise(spelt(word))]]) for word in words])


def stacked(rows: Sequence[NDArray[np.uint8]], length: int) -> NDArray[np.uint8]:
    """Rows of a length as one array, also where there are none."""
    return np.stack(rows) if rows else np.zeros((0, length), np.uint8)
