"""Pages and documents that have all words of a query together, where no single line has them all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from indexer.search.combining import Weighed, weigh
from indexer.search.hits import NAMED, Asked, in_order
from indexer.search.nodes import And, Leaf, Near, Not, Or, wanted
from indexer.search.order import PageOrder, by_first_page
from indexer.values import FoundIn, Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.search.nodes import Node
    from indexer.search.order import Pages
    from indexer.values import SearchResult, Within

_LEVELS: tuple[Within, ...] = ("page", "document")
_SUREST = 1 - 1e-7
_LIKELY = 0.5
"""Relevance from which each of several alternatives is shown. Where none has it, the likeliest is shown."""
_AS_GOOD = 0.9
"""A line is shown for several words if each is at least so probable there as on the likeliest line, as a share."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Lines by the pages on which they stand, or by documents: ``of`` has for every line the number of its group."""

    of: NDArray[np.intp]
    number: int

    @classmethod
    def by(cls, ids: NDArray[np.int64]) -> Groups:
        """The groups of the lines that have the same id."""
        known, of = np.unique(ids, return_inverse=True)
        return cls(of.astype(np.intp, copy=False), len(known))

    def having(self, lines: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The groups that have at least one of the lines."""
        found = np.zeros(self.number, bool)
        found[self.of[lines]] = True
        return found

    def probability(self, relevance: NDArray[np.float32], lines: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The probability that at least one of the lines of each group has what is asked for.

        Mistakes in lines are taken as independent. A line that hardly has it is not counted: it was perhaps not looked
        at.
        """
        near = np.flatnonzero(lines & (relevance >= NAMED))
        none = np.bincount(
            self.of[near], np.log1p(-np.minimum(relevance[near].astype(np.float64), _SUREST)), self.number
        )
        return -np.expm1(none).astype(np.float32)


class Documents(Protocol):
    """What is asked of the catalogue."""

    def documents_of_pages(self) -> dict[int, int]:
        """For the id of every page that of its document."""


class Levels:
    """The lines of an archive by pages and by documents. They are kept once they are made."""

    def __init__(self, page_ids: NDArray[np.int64], catalog: Documents) -> None:
        self._page_ids, self._catalog = page_ids, catalog
        self._made: dict[Within, Groups] = {}

    def up_to(self, within: Within) -> Iterator[tuple[Within, Groups]]:
        """By pages, and by documents; none where only lines are asked for."""
        for each in _LEVELS[: ("line", *_LEVELS).index(within)]:
            if each not in self._made:
                self._made[each] = Groups.by(self._page_ids if each == "page" else self._documents())
            yield each, self._made[each]

    def _documents(self) -> NDArray[np.int64]:
        """The ids of the documents in which the lines stand."""
        known = self._catalog.documents_of_pages()
        pages, of = np.unique(self._page_ids, return_inverse=True)
        return np.array([known.get(page, -page) for page in pages.tolist()], np.int64)[of]


@dataclass(frozen=True, slots=True)
class Counting:
    """What counts of the lines: those that ``may`` be found, what was found for every word and phrase (``parts``), the
    lines in which each is ``sure``, shown whatever the ink says, and which lines are ``shown`` for the whole query, of
    the probability ``relevance``."""

    may: NDArray[np.bool_]
    inked: NDArray[np.bool_]
    parts: Mapping[Leaf, Weighed]
    sure: Mapping[Leaf, NDArray[np.bool_]]
    shown: NDArray[np.bool_]
    relevance: NDArray[np.float32]

    def counting(self, leaf: Leaf) -> NDArray[np.bool_]:
        """The lines that count for a word or phrase."""
        return self.may & (self.inked | self.sure[leaf])

    def gathered(self, groups: Groups) -> dict[Leaf, Weighed]:
        """What was found for every word and phrase, for groups of lines."""
        return {
            leaf: Weighed(
                groups.probability(part.relevance, self.counting(leaf)),
                groups.having(part.read & self.may),
                groups.having(part.said & self.may),
                groups.having(self.sure[leaf] & self.may),
            )
            for leaf, part in self.parts.items()
        }


@dataclass(frozen=True, slots=True)
class Together:
    """What was found for every page, or every document. ``shown`` are the numbers of those to be shown, in order.

    ``counting`` is what counts of the lines. ``hidden`` are the others, but for those in which a smaller hit is shown.
    ``missed`` is the probability that they have all words, and no smaller part of them has.
    """

    within: Within
    groups: Groups
    counting: Counting
    weighed: Weighed
    parts: Mapping[Leaf, Weighed]
    shown: NDArray[np.intp]
    hidden: NDArray[np.bool_]
    missed: NDArray[np.float32]

    @property
    def lines(self) -> NDArray[np.bool_]:
        """The lines of what is shown."""
        shown = np.zeros(self.groups.number, bool)
        shown[self.shown] = True
        return shown[self.groups.of]


def asks_for_several(node: Node) -> bool:
    """Whether there are words that must all be there, so that they may stand on several lines."""
    if isinstance(node, Leaf | Not):
        return False
    together = isinstance(node, And) and sum(bool(wanted(part)) for part in node.parts) > 1
    return together or any(map(asks_for_several, node.parts))


def together(
    node: Node, lines: Counting, levels: Iterable[tuple[Within, Groups]], least: float | None
) -> list[Together]:
    """What was found for pages and documents, the smaller ones first. ``least`` is the least relevance that is shown by
    the ink alone."""
    made = []
    shown, relevance, may = lines.shown, lines.relevance, lines.may
    for within, groups in levels:
        parts = lines.gathered(groups)
        weighed = weigh(node, parts)
        near = weighed.settled if least is None else weighed.settled | (weighed.relevance >= least)
        smaller, inside = groups.having(shown), groups.probability(relevance, may)
        numbers = np.flatnonzero(near & ~smaller)
        numbers = numbers[np.argsort(-weighed.relevance[numbers], kind="stable")]
        hidden = groups.having(may) & ~near & ~smaller
        missed: NDArray[np.float32] = np.maximum(weighed.relevance - inside, 0) * hidden
        found = Together(within, groups, lines, weighed, parts, numbers, hidden, missed)
        shown, relevance = shown | found.lines, _first(groups, np.maximum(weighed.relevance, inside))
        made.append(found)
    return made


def _first(groups: Groups, relevance: NDArray[np.float32]) -> NDArray[np.float32]:
    """For the first line of each group its relevance, so that groups can be grouped; 0 for other lines."""
    found = np.zeros(len(groups.of), np.float32)
    _, first = np.unique(groups.of, return_index=True)
    found[first] = relevance
    return found


def lines_for(node: Node, found: Together, at: int) -> list[Asked]:
    """The lines that show that a group has what is asked for: as few as have all words at their likeliest."""
    numbers, lines = np.flatnonzero(found.groups.of == at), found.counting
    leaves = list(dict.fromkeys(_shown_by(node, found.parts, at)))
    relevance = np.array([lines.parts[leaf].relevance[numbers] * lines.counting(leaf)[numbers] for leaf in leaves])
    good = (relevance >= _AS_GOOD * relevance.max(axis=1, keepdims=True)) & (relevance > 0)
    made, left = [], good.any(axis=1)
    while left.any():
        best = int(np.lexsort((-relevance.sum(axis=0), -good[left].sum(axis=0)))[0])
        mine = tuple(leaf for leaf, has, open_ in zip(leaves, good[:, best], left, strict=True) if has and open_)
        made.append(Asked(int(numbers[best]), mine[0] if len(mine) == 1 else And(mine)))
        left = left & ~good[:, best]
    return made


def in_page_order(groups: list[Together], page_ids: NDArray[np.int64], pages: Pages, sort: str) -> list[Together]:
    """The same, each in the order of the paths and numbers of pages, or by date, if that is asked for."""
    if sort not in ("page", "date"):
        return groups
    order = PageOrder.of(pages, by_date=sort == "date")
    return [replace(each, shown=by_first_page(each.shown, each.groups.of, page_ids, order)) for each in groups]


def hits_of(
    node: Node,
    found: Together,
    chosen: Sequence[int],
    look_up: Callable[[Sequence[Asked]], list[tuple[FoundIn, ...]]],
) -> list[Hit]:
    """Pages or documents as hits, each with the lines that have the words."""
    asked = [lines_for(node, found, at) for at in chosen]
    there = iter(look_up([each for several in asked for each in several]))
    made = []
    for at, several in zip(chosen, asked, strict=True):
        parts = in_order(part for _ in several for part in next(there))
        if parts:
            relevance, is_read = float(found.weighed.relevance[at]), bool(found.weighed.read[at])
            made.append(Hit(parts[0].line, relevance, is_read, parts[0].places, parts[1:], found.within))
    return made


def with_groups(result: SearchResult, found: Together) -> SearchResult:
    """The result of a search for lines, with what was found of pages or documents."""
    missed, number = found.missed, len(found.shown)
    waiting = found.hidden & found.weighed.read & (missed >= NAMED)
    return replace(
        result,
        pages=result.pages + number * (found.within == "page"),
        documents=result.documents + number * (found.within == "document"),
        missed=result.missed + float(missed.sum()),
        doubtful_groups=result.doubtful_groups + int((missed >= NAMED).sum()),
        more_in_review=result.more_in_review + int(waiting.sum()),
        weaker=result.weaker + int((missed >= NAMED).sum()),
        best=max(result.best, float(missed.max(initial=0.0))),
    )


def _shown_by(node: Node, parts: Mapping[Leaf, Weighed], at: int) -> Iterator[Leaf]:
    """The words and phrases by which a group is found."""
    if isinstance(node, Near):
        yield node
    elif isinstance(node, Leaf):
        yield from wanted(node)
    elif isinstance(node, Or):
        found = [weigh(part, parts) for part in node.parts]
        said = any(each.said[at] for each in found)
        sure = [float(each.relevance[at]) if each.said[at] or not said else -1.0 for each in found]
        least = min(_LIKELY, max(sure))
        for part, each in zip(node.parts, sure, strict=True):
            if each >= least:
                yield from _shown_by(part, parts, at)
    elif isinstance(node, And):
        for part in node.parts:
            yield from _shown_by(part, parts, at)
