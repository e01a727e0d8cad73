"""Looks for a term in all lines: bounds choose the candidates, alignment gives their costs."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from indexer.posteriors.alignment import FAR, Batch, Term
from indexer.posteriors.evidence import likelihoods
from indexer.posteriors.letters_wrong import nats, spans
from indexer.posteriors.posteriorgram import BLANK, SPACE, STEPS
from indexer.posteriors.relevance import HOPELESS, Evidence, needed, relevance
from indexer.posteriors.trie import costs as trie_costs
from indexer.search.spotting.columns import fill
from indexer.search.spotting.gathering import in_groups, in_order, joined, spread
from indexer.search.spotting.how_many import SURE, WIDER, first_lines, is_small, most_lines, still_yield
from indexer.search.spotting.known_costs import KnownCosts, keep
from indexer.search.spotting.line_ends import Following, Piece, Splits, Spot
from indexer.search.spotting.line_numbers import Numbers
from indexer.search.spotting.live import Live
from indexer.search.spotting.outlook import Outlook, Parting, Promising, Rows, pairs_parted, promising, united
from indexer.search.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray
    from typing_extensions import Self

    from indexer.posteriors.trie import Trie
    from indexer.search.spotting.line_ends import Over
    from indexer.search.spotting.segment import Segment

_Made = TypeVar("_Made")
_TOGETHER = 8_192
"""Lines aligned at once: the tables of more lines do not fit into the cache."""
_TREES = 4_096
"""The same for a tree of terms, which takes longer."""


class Spotter:
    """The lines of a probabilistic index, those that count, numbered through.

    ``lines`` and ``pages`` are their ids in the catalogue, ``inked`` says which have frames; for ``confidence``,
    ``accepted``, ``own``, ``cut`` and ``path_probability`` see ``Segment``; ``sample`` are some lines with ink. With
    what was found in ``before``, a finder on an earlier state, only what has changed is looked through again. Safe to
    use from many threads.
    """

    def __init__(
        self,
        segments: Sequence[tuple[Segment, NDArray[np.bool_]]],
        before: Spotter | None = None,
    ) -> None:
        known: dict[tuple[int, int], Live] = {} if before is None else before._lives
        self._segments = [segment for segment, _ in segments]
        self._starts = np.cumsum([0, *(len(segment) for segment in self._segments)])
        self._known: KnownCosts = KnownCosts(self._segments, None if before is None else before._known)
        lives = [known.get((id(each), id(alive))) or Live.of(each, alive) for each, alive in segments]
        self._lives: dict[tuple[int, int], Live] = {(id(live.segment), id(live.alive)): live for live in lives}
        starts = self._starts[:-1].tolist()
        self._own = joined([live.rows + start for live, start in zip(lives, starts, strict=True)], np.intp)

        def about(name: str, kind: Any) -> NDArray[Any]:
            return joined([live.about[name] for live in lives], kind)

        self.lines = about("lines", np.int64)
        self.pages = about("pages", np.int64)
        self.confidence = about("confidence", np.float32)
        self.accepted = about("accepted", bool)
        self.own = about("own", bool)
        self._next = about("next", np.int64)
        self.cut = about("cut", bool)
        self.path_probability = about("path_probability", np.float32).reshape(-1, 2)
        self.lengths = about("lengths", np.int64)
        self._widths = about("widths", np.float32)
        self._pool: ThreadPoolExecutor = ThreadPoolExecutor(1, "ink") if before is None else before._pool
        self._numbers = Numbers.of(self.lines)
        self._see(self.lengths > 0)

    def _see(self, inked: NDArray[np.bool_]) -> None:
        """Take these lines for those that have ink."""
        self.inked = inked
        self._inked = np.flatnonzero(inked)
        self.sample = spread(self._inked)
        self._yardstick: dict[str, NDArray[np.uint8]] = {}  # what letters cost there, of those that were asked for
        self._parts: dict[bool, tuple[Parting, list[Rows]]] = {}
        self._following = Following(self.following, self.cut, self.lengths, self.path_probability, self._batch)

    def on(self, pages: frozenset[int]) -> Spotter:
        """The same as if no other pages had ink."""
        return self.seeing(self.inked & np.isin(self.pages, np.fromiter(pages, np.int64, len(pages))))

    def seeing(self, inked: NDArray[np.bool_]) -> Self:
        """The same as if these of its lines alone had ink; no page is to be one of them in part."""
        made = copy(self)
        made._see(inked)
        return made

    def parted(self, *, between_words: bool) -> tuple[Parting, list[Rows]]:
        """The lines in which a word is cut, or all that a phrase may go on from, and those of each segment."""
        if between_words not in self._parts:
            here = self._inked if between_words else np.flatnonzero(self.cut & self.inked)
            there = self.following(here)
            here, there = here[there >= 0], there[there >= 0]
            parting = Parting.of(here, there, self.cut, self.path_probability, self.lengths)
            bounds = np.searchsorted(self._own[parting.lines], self._starts)
            rows = [
                Rows(live.segment, live.rows, live.known, self._own[parting.lines[first:last]] - start)
                for live, start, first, last in zip(
                    self._lives.values(), self._starts.tolist(), bounds, bounds[1:], strict=False
                )
            ]
            self._parts[between_words] = (parting, rows)
        return self._parts[between_words]

    outdated = False
    """Whether a shard needs files that are gone, so that a spotter on the newest state is to take the place of this."""
    shards = 0
    """How many shards others look through; 0 where all is done here."""

    def __len__(self) -> int:
        return len(self._own)

    @property
    def symbols(self) -> str:
        """All letters that a posteriorgram has."""
        return "".join(sorted({symbol for segment in self._segments for symbol in segment.symbols}))

    def numbers(self, lines: NDArray[np.int64]) -> NDArray[np.intp]:
        """The numbers of lines by their ids in the catalogue; -1 for those that are none of these."""
        return self._numbers.at(lines)

    def next(self, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """The line that follows each of the lines in its block; -1 where none does."""
        return np.where(self._next[numbers] > 0, self.numbers(self._next[numbers]), -1)

    def following(self, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """The line with ink that follows each of the lines in its block; -1 where none does."""
        there = self.next(numbers)
        found: NDArray[np.intp] = np.where((there >= 0) & self.inked[there], there, -1)
        return found

    def relevance(
        self,
        term: Term,
        *,
        exhaustive: bool = False,
        among: NDArray[np.intp] | None = None,
        floor: float = 0.0,
        limit: TimeLimit | None = None,
    ) -> NDArray[np.float32]:
        """The probability that the term stands in a line, for every line or only those ``among`` which it is looked
        for.

        It is 0 where there is no hope. In a large archive, lines below the ``floor`` may be left out, and after the
        ``limit`` all that were not aligned yet.
        """
        limit = limit or TimeLimit()
        if not len(self._inked) or not term.letters or limit.is_over():
            return np.zeros(len(self), np.float32)
        if among is not None:
            lines, others, looked = among[self.inked[among]], self._others(term, limit), int(self.inked[among].sum())
            return self._weighed(term, *self._whole_costs(term, lines, limit), others, looked)
        if exhaustive or is_small(len(self._inked)):
            plain = self.costs(term, self._inked, limit)
            others = self._others(term, limit) if limit.stopped else plain[self._inked] / np.float32(term.letters)
            over = self._over_line_ends(term, plain, self._hopeful(term, plain, limit), limit=limit)
            return self._weighed(term, *over, others)
        return self._among_many(term, floor, limit)

    def _hopeful(self, term: Term, plain: NDArray[np.float32], limit: TimeLimit) -> NDArray[np.intp]:
        """The lines in which a term may cost less than within a line (``plain``) where it goes on in the next."""
        if not Splits.of(term).between_words:
            return self._inked
        parting, _ = self.parted(between_words=True)
        pairs = np.concatenate(list(self.of_rows(partial(pairs_parted, term), limit, between_words=True)), axis=1)
        most = np.minimum(plain[parting.here], term.letters * HOPELESS) * STEPS
        return parting.here[parting.bound(term, pairs) < most]

    def _among_many(self, term: Term, floor: float, limit: TimeLimit) -> NDArray[np.float32]:
        """The relevances of the most promising lines.

        So many are aligned that no other line whose places were looked at may reach the ``floor``, and that none of the
        last half has a high relevance.
        """
        others, lines, splits = self._others(term, limit), len(self._inked), Splits.of(term)
        most = most_lines(lines, term.wrong)
        wanted = min(most, first_lines(lines, floor, term.letters))
        outlook = Outlook.of(term, others, lines, wanted)
        parting, _ = self.parted(between_words=splits.between_words)
        looked = self.of_rows(partial(promising, outlook=outlook), limit, between_words=splits.between_words)
        promise = Promising.of(list(looked))
        chosen = parted = np.zeros(0, np.intp)
        cost, known = np.full(len(self), np.inf, np.float32), self.path_probability
        while True:
            before, chosen = chosen, promise.best(wanted)
            least = float(promise.odds[chosen].min(initial=np.inf))
            over = parting.worth(outlook, promise.pairs, least, wanted) if len(splits.ends) else parted
            new, parted = over[np.isin(over, parted, invert=True)], united(over, parted)
            aligned = united(chosen, new)
            cost = np.minimum(cost, self.costs(term, aligned[np.isin(aligned, before, invert=True)], limit))
            cost, known = self._over_line_ends(term, cost, np.sort(new), known, limit)
            found = self._weighed(term, cost, known, others)
            further = promise.at_least(needed(floor, found, lines)) if floor >= SURE else 0
            if still_yield(found[chosen[len(chosen) // 2 :]], found):
                further = max(further, WIDER * wanted)
            if wanted >= most or further <= wanted or limit.is_over():
                return found
            wanted = min(most, further)

    def _others(self, term: Term, limit: TimeLimit) -> NDArray[np.float32]:
        """Nats a letter that the term costs in some lines, spread over the archive."""
        tables, rows = self._known.of(term), self._own[self.sample]
        if np.isnan(tables[-1][rows]).any():
            numbers, cost = self._in_sample(term, limit)
            keep(tables, self._own[numbers], cost)
        usual: NDArray[np.float32] = tables[-1][rows]
        usual = usual[~np.isnan(usual)] if not np.isnan(usual).all() else np.full(1, np.inf, np.float32)
        others: NDArray[np.float32] = np.where(usual > term.letters * HOPELESS, np.inf, usual) / np.float32(
            term.letters
        )
        return others

    def _in_sample(self, term: Term, limit: TimeLimit) -> tuple[NDArray[np.intp], NDArray[np.float32]]:  # noqa: ARG002
        """What the term costs in the lines of the sample, as ``aligned``; shards have to keep the limit."""
        lengths, kept = self.lengths[self.sample], self._yardstick
        letters = term.signs | {BLANK, SPACE}
        if missing := letters - kept.keys():
            kept.update(self._batch(self.sample, missing).costs)
        return self.sample, nats(term, Batch(lengths, {each: kept[each] for each in letters})).T

    def _weighed(
        self,
        term: Term,
        cost: NDArray[np.float32],
        path_probability: NDArray[np.float32],
        others: NDArray[np.float32],
        looked: int | None = None,
    ) -> NDArray[np.float32]:
        """The relevances, by what the term costs in each line and how surely the lines were read that it stands in."""
        found = np.zeros(len(self), np.float32)
        near = np.flatnonzero(np.isfinite(cost))
        found[near] = relevance(
            Evidence(cost[near], term.letters, path_probability[near], others, len(self._inked), looked)
        )
        return found

    def costs(self, term: Term, numbers: NDArray[np.intp], limit: TimeLimit | None = None) -> NDArray[np.float32]:
        """Nats that the term costs in the numbered lines; infinite in others, where there is no hope for it, and where
        it was not aligned before the ``limit``."""
        tables, rows = self._known.of(term), self._own[numbers]
        ((group, cost),) = self.aligned([(term, numbers[np.isnan(tables[-1][rows])])], limit or TimeLimit())
        keep(tables, self._own[group], cost)
        found = np.full(len(self), np.inf, np.float32)
        found[numbers] = tables[-1][rows]
        found[~(found <= term.letters * HOPELESS)] = np.inf
        return found

    def tree_costs(self, tree: Trie, numbers: NDArray[np.intp], limit: TimeLimit) -> NDArray[np.int16]:
        """What the terms of a tree cost in lines in rising order (terms x lines), in sixteenths of a nat; 16,000 where
        they were not aligned before the limit."""
        found = np.full((len(tree.terms), len(numbers)), FAR, np.int16)
        letters, groups = set(tree.signs), in_groups(numbers, self.lengths[numbers], _TREES)
        for group, cost in self._timely(lambda group: trie_costs(tree, self._batch(group, letters)), groups, limit):
            found[:, np.searchsorted(numbers, group)] = cost
        return found

    def aligned(
        self, words: Sequence[tuple[Term, NDArray[np.intp]]], limit: TimeLimit
    ) -> list[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """For each word those of its lines (rising numbers) that were aligned before the limit, in rising order, and
        what it costs there in nats: with none, one, ... of its letters wrong, up to as many as may be (in a row)."""
        parts = [
            (at, group)
            for at, (_, lines) in enumerate(words)
            for group in in_groups(lines, self.lengths[lines], _TOGETHER)
        ]
        found: list[list[tuple[NDArray[np.intp], NDArray[np.float32]]]] = [[] for _ in words]

        def align(part: tuple[int, NDArray[np.intp]]) -> NDArray[np.float32]:
            term = words[part[0]][0]
            return nats(term, self._batch(part[1], term.signs))

        for (at, group), cost in self._timely(align, parts, limit):
            found[at].append((group, cost.T))
        return [in_order(rows, term.wrong + 1) for rows, (term, _) in zip(found, words, strict=True)]

    def over_line_ends(
        self, term: Term, numbers: NDArray[np.intp], most: NDArray[np.float32], limit: TimeLimit
    ) -> list[tuple[NDArray[np.intp], Over]]:
        """What a term costs that goes on from lines in rising order, where that is less than ``most`` nats: some of
        the lines at a time, those that were looked at before the limit."""
        places = in_groups(np.arange(len(numbers)), self.lengths[numbers], _TOGETHER)
        done = self._timely(lambda at: self._following.costs(term, numbers[at], most[at]), places, limit)
        return [(numbers[at], over) for at, over in done]

    def _timely(
        self, done: Callable[[Any], _Made], parts: Sequence[Any], limit: TimeLimit
    ) -> Iterator[tuple[Any, _Made]]:
        """The parts that were done before the limit, each with its result."""
        results = self.each(lambda part: None if limit.is_over() else (part, done(part)), parts)
        yield from (each for each in results if each is not None)

    def of_rows(self, done: partial[_Made], limit: TimeLimit, *, between_words: bool) -> Iterator[_Made]:
        """The result of ``done(rows, limit)`` for the rows of each segment, as ``parted`` gives them."""
        return self.each(lambda given: done(given, limit), self.parted(between_words=between_words)[1])

    def each(self, done: Callable[[Any], _Made], parts: Sequence[Any]) -> Iterator[_Made]:
        """The result for each of the parts, computed a few at a time so that other searches get their turn.

        One thread does this for all searches: the arrays are small, and two threads that take turns at each of them
        need longer than one. Other processors are for shards.
        """
        if len(parts) < 2:
            yield from map(done, parts)
            return
        waiting: deque[Future[_Made]] = deque()
        for part in parts:
            if len(waiting) > 1:
                yield waiting.popleft().result()
            waiting.append(self._pool.submit(done, part))
        yield from (each.result() for each in waiting)

    def fits(self, term: Term, numbers: NDArray[np.intp], limit: TimeLimit) -> NDArray[np.float32]:
        """The probability that the term stands in each of the lines, at even odds beforehand."""
        cost, path_probability = self._whole_costs(term, numbers, limit)
        letters = np.full(len(numbers), term.letters)
        return likelihoods(cost[numbers], letters, path_probability[numbers]).astype(np.float32)

    def places(self, term: Term, numbers: NDArray[np.intp], limit: TimeLimit) -> list[list[Spot]]:  # noqa: ARG002
        """Where the term fits best in each of the lines, few enough for any limit, and in those that follow."""
        order = np.argsort(numbers)
        starts, ends = spans(term, self._batch(numbers[order], term.signs))
        rows = zip(numbers[order].tolist(), starts.tolist(), ends.tolist(), strict=True)
        found = {number: [self._spot((number, start, end))] for number, start, end in rows}
        going_on = self._going_on(term, numbers[order])
        plain = self.costs(term, going_on)
        whole, _ = self._over_line_ends(term, plain, going_on)
        for number in going_on[whole[going_on] < plain[going_on]].tolist():
            found[number] = [self._spot(piece) for piece in self._following.pieces(term, number)]
        return [found[number] for number in numbers.tolist()]

    def _going_on(self, term: Term, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """Those of the lines in which the term may begin and go on in the next."""
        splits = Splits.of(term)
        may = (self._next[numbers] > 0) & self.inked[numbers] & (splits.between_words | self.cut[numbers])
        return numbers[may] if len(splits.ends) else numbers[:0]

    def _spot(self, piece: Piece) -> Spot:
        return Spot.of(piece, float(self._widths[piece[0]]))

    def _whole_costs(
        self, term: Term, numbers: NDArray[np.intp], limit: TimeLimit | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What the term costs in the numbered lines, also where it goes on over their ends, and how surely the lines
        were read that it stands in."""
        return self._over_line_ends(term, self.costs(term, numbers, limit), numbers, limit=limit)

    def _over_line_ends(
        self,
        term: Term,
        cost: NDArray[np.float32],
        numbers: NDArray[np.intp],
        path_probability: NDArray[np.float32] | None = None,
        limit: TimeLimit | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The same, given what it costs within lines, for lines in rising order."""
        cost, known = cost.copy(), (self.path_probability if path_probability is None else path_probability)
        going_on = self._going_on(term, numbers)
        if not len(going_on):
            return cost, known
        known = known.copy()
        for group, over in self.over_line_ends(term, going_on, cost[going_on], limit or TimeLimit()):
            less = over.cost < np.minimum(cost[group], term.letters * HOPELESS)
            cost[group[less]], known[group[less]] = over.cost[less], over.path_probability[less]
        return cost, known

    def _with_starts(self) -> Iterator[tuple[int, Segment]]:
        return zip(self._starts[:-1].tolist(), self._segments, strict=True)

    def _batch(self, numbers: NDArray[np.intp], letters: set[str]) -> Batch:
        """The numbered lines, in rising order, as a batch."""
        batch = Batch.empty(self.lengths[numbers], letters)
        rows = self._own[numbers]
        for start, segment in self._with_starts():
            first, last = np.searchsorted(rows, (start, start + len(segment)))
            if first < last:
                columns = {letter: table[:, first:last] for letter, table in batch.costs.items()}
                fill(columns, segment, rows[first:last] - start)
        batch.mark_likeliest()
        return batch
