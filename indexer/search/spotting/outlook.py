"""Which lines of a large archive are worth aligning with a term, by the least that the term costs in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.posteriorgram import STEPS
from indexer.posteriors.relevance import HOPELESS, line_log_odds, log_odds_of_costs
from indexer.search.spotting.bounds import BIGRAM_CAP, UNIT, matched, of_pairs, of_places, pair_costs
from indexer.search.spotting.line_ends import Splits, pairs_of, room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.segment import Segment
    from indexer.search.time_limit import TimeLimit

_LOOKED, _LEAST_LOOKED, _CLOSELY = 8, 2, 20_000
"""For how many lines the bound by places is computed: at most and at least so many times the lines to be aligned, and
between the two no more than so many lines."""
_LEVELS = 6
"""Most units of the bound by places. A term that costs more is hardly probable, or is told apart by other letters."""
_SOME = 4_096
_FEW_LINES = 0.3
"""Share of the lines below which it is worth picking them out."""
_FAR = np.iinfo(np.uint16).max


@dataclass(frozen=True, slots=True)
class Outlook:
    """A term, the log odds of its relevance ``by_cost`` in sixteenths of a nat, without what a line's path probability
    adds, and the ``share`` of the lines that is looked at by places."""

    term: Term
    by_cost: NDArray[np.float32]
    share: float

    @classmethod
    def of(cls, term: Term, others: NDArray[Any], lines: int, wanted: int) -> Outlook:
        """The outlook of a term that costs so many nats a letter in ``others``, among so many lines, of which some are
        wanted."""
        most = max(BIGRAM_CAP * (len(term.text) // 2 + 1), UNIT * _LEVELS)
        by_cost = log_odds_of_costs(term.letters, others, lines, most)
        by_cost[int(term.letters * HOPELESS * STEPS) + 1 :] = -np.inf
        looked = min(_LOOKED * wanted, max(_LEAST_LOOKED * wanted, _CLOSELY))
        return cls(term, by_cost, min(1.0, looked / lines))

    def odds(self, bound: NDArray[np.uint16], known: NDArray[np.float32]) -> NDArray[np.float32]:
        """The highest log odds in lines in which the term costs at least so much."""
        found: NDArray[np.float32] = self.by_cost[np.minimum(bound, len(self.by_cost) - 1)] + known
        return found


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines of a segment: their ``rows`` in it, what their path probability adds to log odds (``known``), and which
    rows belong to terms that go on over a line end (``parted``)."""

    segment: Segment
    rows: NDArray[np.intp]
    known: NDArray[np.float32]
    parted: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Promising:
    """The highest log odds that each line may have (``odds``), the lines whose places were looked at (``near``), and
    the costs of pairs in lines where a term may go on (``pairs``: pairs x lines)."""

    odds: NDArray[np.float32]
    near: NDArray[np.intp]
    pairs: NDArray[np.uint8]

    @classmethod
    def of(cls, parts: Sequence[Promising]) -> Promising:
        """Those of several segments, one after the other."""
        starts = np.cumsum([0, *(len(part.odds) for part in parts)])
        near = [part.near + start for part, start in zip(parts, starts, strict=False)]
        return cls(
            np.concatenate([part.odds for part in parts]),
            np.concatenate(near),
            np.concatenate([part.pairs for part in parts], axis=1),
        )

    def at_least(self, odds: float) -> int:
        """How many of the lines whose places were looked at may have so high odds."""
        return int((self.odds[self.near] >= odds).sum())

    def best(self, most: int) -> NDArray[np.intp]:
        """So many lines, the best first; only lines whose places were looked at, if these are enough."""
        pool = self.near if len(self.near) >= most else np.flatnonzero(self.odds > -np.inf)
        best = pool[np.argpartition(-self.odds[pool], most)[:most]] if len(pool) > most else pool
        return best[np.argsort(-self.odds[best])]


@dataclass(frozen=True, slots=True)
class Parting:
    """Lines (``here``) in which a term may begin that goes on in the next line.

    ``lines`` are these and the next ones, in order; ``heads`` and ``tails`` are their places among them. ``cut`` says
    whether the last word of a line is cut. ``known`` is what the path probability of both lines adds to log odds.
    ``beyond`` is the place of the next line in ``here``, -1 where it is none, and ``lengths`` has its frames.
    """

    here: NDArray[np.intp]
    lines: NDArray[np.intp]
    heads: NDArray[np.intp]
    tails: NDArray[np.intp]
    cut: NDArray[np.bool_]
    known: NDArray[np.float32]
    beyond: NDArray[np.intp]
    lengths: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        here: NDArray[np.intp],
        there: NDArray[np.intp],
        cut: NDArray[np.bool_],
        path_probability: NDArray[np.float32],
        lengths: NDArray[np.int64],
    ) -> Parting:
        """The lines ``here``, in order, and those ``there`` that follow them; the rest is about all lines."""
        either, beyond = np.zeros(len(lengths), bool), np.full(len(lengths), -1, np.intp)
        either[here] = either[there] = True
        beyond[here] = np.arange(len(here))
        place = np.cumsum(either) - 1  # a table: bisection among all lines of a large archive takes a third of a second
        return cls(
            *(here, np.flatnonzero(either), place[here], place[there], cut[here]),
            line_log_odds(np.minimum(path_probability[here], path_probability[there])),
            beyond[there],
            lengths[there],
        )

    def worth(self, outlook: Outlook, pairs: NDArray[np.uint8], least: float, most: int) -> NDArray[np.intp]:
        """The lines in which the log odds may be at least so high, with a term that goes on: the best, so many at most.

        ``pairs`` as in ``Promising``.
        """
        rows = self._affordable(outlook, pairs, least)
        odds = outlook.odds(self.bound(outlook.term, pairs, rows), self.known[rows])
        kept = np.flatnonzero(odds >= least)
        if len(kept) > most:
            kept = kept[np.argpartition(-odds[kept], most)[:most]]
        return self.here[rows[kept]]

    def _affordable(self, outlook: Outlook, pairs: NDArray[np.uint8], least: float) -> NDArray[np.intp]:
        """The lines in which the shortest beginning of a term that may go on allows such odds."""
        found = np.zeros(len(self.here), bool)
        splits = pairs_of(Splits.of(outlook.term), outlook.term)
        for among in (False, True):
            heads = [head for head, _, within in splits if within == among]
            if heads and (not among or self.cut.any()):
                begun = outlook.odds(matched(pairs[: min(heads)])[-1][self.heads], self.known) >= least
                found |= begun & self.cut if among else begun
        return np.flatnonzero(found)

    def bound(self, term: Term, pairs: NDArray[np.uint8], rows: NDArray[np.intp] | None = None) -> NDArray[np.uint16]:
        """The least that a term costs in all or some of the lines that goes on, in sixteenths of a nat."""
        splits = pairs_of(Splits.of(term), term)
        several = sum(not within for _, _, within in splits) > 1 and bool((self.beyond >= 0).any())
        if rows is None or several or len(rows) > _FEW_LINES * len(self.here):
            bound = self._bound(term, splits, pairs)
            return bound if rows is None else bound[rows]
        before, behind = matched(pairs[:, self.heads[rows]]), matched(pairs[::-1, self.tails[rows]])
        bound, cut = np.full(len(rows), _FAR, np.uint16), self.cut[rows]
        for head, tail, within in splits:
            np.minimum(bound, before[head] + behind[tail], out=bound, where=cut if within else True)
        return bound

    def _bound(
        self, term: Term, splits: Sequence[tuple[int, int, bool]], pairs: NDArray[np.uint8]
    ) -> NDArray[np.uint16]:
        """The same for all lines. A phrase may go on over several short ones."""
        before, behind = matched(pairs), matched(pairs[::-1])
        bound = np.full(len(self.here), _FAR, np.uint16)
        rest = bound.copy()  # the least that what stands behind any of the places after this one costs in the next line
        short = np.flatnonzero((self.beyond >= 0) & (self.lengths <= room(term)))
        for head, tail, within in reversed(splits):
            rows = np.flatnonzero(self.cut) if within else slice(None)
            there = behind[tail][self.tails[rows]]
            if not within:
                there[short] = np.minimum(there[short], rest[self.beyond[short]])
                np.minimum(rest, there, out=rest)
            bound[rows] = np.minimum(bound[rows], before[head][self.heads[rows]] + there)
        return bound


def united(lines: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.intp]:
    """All of the lines, in order, each once. ``numpy.union1d`` would import much."""
    every = np.sort(np.concatenate((lines, others)))
    return every[np.diff(every, prepend=-1) > 0]


def pairs_parted(term: Term, given: Rows, limit: TimeLimit) -> NDArray[np.uint8]:  # noqa: ARG001 - as all of rows
    """What the pairs of a term cost in lines of a segment from which it may go on."""
    return pair_costs(term, given.segment)[:, given.parted]


def promising(given: Rows, limit: TimeLimit, outlook: Outlook) -> Promising:
    """What the lines of a segment may have at most. After the limit no places are looked at."""
    pairs = pair_costs(outlook.term, given.segment)
    bound = of_pairs(pairs, outlook.term.wrong)[given.rows]
    odds = outlook.by_cost[bound] + given.known
    near = np.flatnonzero((odds >= _passed(odds, outlook.share)) & (odds > -np.inf))
    near = near[:0] if limit.is_over() else near
    places = of_places(outlook.term, given.segment, given.rows[near], _LEVELS) * UNIT
    odds[near] = outlook.by_cost[np.maximum(bound[near], places)] + given.known[near]
    return Promising(odds, near, pairs[:, given.parted])


def _passed(odds: NDArray[np.float32], share: float) -> float:
    """The odds that about this share of the lines reach, estimated from some of them."""
    some = odds[:: max(1, len(odds) // _SOME)]
    below = int((1 - share) * len(some))
    return float(np.partition(some, below)[below]) if 0 < below < len(some) else -np.inf
