"""Looks for many terms at once, such as the spellings of a name: those that begin alike share their alignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexer.posteriors import trie
from indexer.posteriors.posteriorgram import STEPS
from indexer.search.spotting.candidates import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.candidates import Spotter
    from indexer.search.time_limit import TimeLimit

_PARTED = 1.0
"""Nats a letter from which on a term is not looked for beyond the end of a line. Dearer ones are hardly probable."""


def relevances(
    ink: Spotter, terms: Sequence[Term], among: NDArray[np.intp] | None, floor: float, limit: TimeLimit
) -> Iterator[NDArray[np.float32]]:
    """The relevances of each of the terms, one after the other, as ``Spotter.relevance`` gives them.

    Lines that are looked through for every term are aligned with all terms at once. In a large archive each term has
    candidates of its own.
    """
    lines = np.flatnonzero(ink.inked) if among is None else among[ink.inked[among]]
    many = among is None and len(lines) > ALL
    for term in terms if many else _aligned(ink, terms, lines, limit):
        yield ink.relevance(term, among=among, floor=floor, parted=_PARTED, limit=limit)


def _aligned(ink: Spotter, terms: Sequence[Term], lines: NDArray[np.intp], limit: TimeLimit) -> Iterator[Term]:
    """Align all of the terms at once with lines, and give them one by one: the spotter knows the costs of each then."""
    tree = trie.Trie.of(terms)
    letters, groups = set(tree.signs), list(ink._groups(lines))
    parts = list(ink._timely(lambda group: trie.costs(tree, ink._batch(group, letters)), groups, limit))
    for row, term in enumerate(terms):
        known = ink._known.of(term)
        for numbers, cost in parts:
            known[ink._own[numbers]] = cost[row] / np.float32(STEPS)
        yield term
