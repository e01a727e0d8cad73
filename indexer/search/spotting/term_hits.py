"""From what a term costs in lines to how probable it is there, also where it goes on in the next line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.posteriorgram import STEPS
from indexer.posteriors.relevance import HOPELESS, Evidence, relevance
from indexer.search.spotting.outlook import united

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.candidates import Spotter
    from indexer.search.time_limit import TimeLimit

PARTED = 1.0
"""Nats a letter from which on a term is not looked for beyond the end of a line: dearer ones are hardly probable."""


@dataclass(frozen=True, slots=True)
class Hits:
    """The lines that a term may stand in, by their ``numbers`` in rising order, and how probable it is."""

    numbers: NDArray[np.intp]
    relevances: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Costs:
    """What a term costs in some lines, in nats, and how surely the lines were read that it stands in."""

    numbers: NDArray[np.intp]
    cost: NDArray[np.float32]
    path_probability: NDArray[np.float32]

    def hits(
        self,
        ink: Spotter,
        term: Term,
        further: NDArray[np.intp],
        usual: NDArray[np.float32],
        limit: TimeLimit,
        looked: int | None = None,
    ) -> Hits:
        """The hits of a term that may go on from the ``further`` lines too and ``usually`` costs so much; of so many
        lines that were ``looked`` through, if not all."""
        costs = self.over_line_ends(ink, term, further, limit) if len(further) and not limit.is_over() else self
        others, lines = usual / np.float32(term.letters), int(ink.inked.sum())
        evidence = Evidence(costs.cost, term.letters, costs.path_probability, others, lines, looked)
        return Hits(costs.numbers, relevance(evidence))

    def over_line_ends(self, ink: Spotter, term: Term, further: NDArray[np.intp], limit: TimeLimit) -> Costs:
        """The same, where it costs less in some of the lines to go on in the next."""
        numbers = united(self.numbers, further)
        cost, known = np.full(len(numbers), np.inf, np.float32), ink.path_probability[numbers]
        at = np.searchsorted(numbers, self.numbers)
        cost[at], known[at] = self.cost, self.path_probability
        here = np.searchsorted(numbers, further)
        most = np.minimum(cost[here], np.float32(PARTED * term.letters))
        for group, over in ink.over_line_ends(term, further, most, limit):
            there = np.searchsorted(numbers, group)
            less = over.cost < np.minimum(cost[there], term.letters * HOPELESS)
            cost[there[less]], known[there[less]] = over.cost[less], over.path_probability[less]
        near = np.flatnonzero(np.isfinite(cost))
        return Costs(numbers[near], cost[near], known[near])


def in_nats(term: Term, cost: NDArray[Any]) -> NDArray[np.float32]:
    """Costs in nats; infinite where there is no hope."""
    nats = cost / np.float32(STEPS)
    return np.where(nats > term.letters * HOPELESS, np.inf, nats).astype(np.float32)
