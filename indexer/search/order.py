"""The order in which lines that were found are shown: by relevance, by confidence, by path and page, or by date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexer.search.spotting import Spotter
    from indexer.values import SearchOptions


_UNDATED = 2 * 10**9
"""A day after all others."""


class Pages(Protocol):
    """What is asked of the catalogue."""

    def page_order(self) -> list[int]:
        """The ids of all pages, by path and number."""

    def days_of_pages(self) -> dict[int, int]:
        """The first day that the own date of its document may mean, for the pages of those that have one."""

    def in_page_order(self, ids: Sequence[int]) -> list[int]:
        """The ids of lines by path, page and line."""


@dataclass(frozen=True, slots=True)
class PageOrder:
    """The ids of all pages in rising order, and the rank of each."""

    ids: NDArray[np.int64]
    ranks: NDArray[np.intp]

    @classmethod
    def of(cls, pages: Pages, *, by_date: bool) -> PageOrder:
        """By path and number; ``by_date`` by the own dates of documents before, those without one at the end."""
        order = np.array(pages.page_order(), np.int64)
        if by_date:
            days = pages.days_of_pages()
            order = order[np.argsort([days.get(page, _UNDATED) for page in order.tolist()], kind="stable")]
        by_id = np.argsort(order)
        return cls(order[by_id], by_id)


def ordered(
    shown: NDArray[np.intp], relevance: NDArray[np.float32], ink: Spotter, pages: Pages, options: SearchOptions
) -> NDArray[np.intp]:
    """The numbers of lines in the order that is asked for."""
    if options.sort in ("page", "date"):
        return _by_page(shown, ink, pages, options)
    if options.sort == "confidence":
        return shown[np.argsort(-np.nan_to_num(ink.confidence[shown], nan=-1.0), kind="stable")]
    return shown[np.argsort(-relevance[shown], kind="stable")]


def _by_page(shown: NDArray[np.intp], ink: Spotter, pages: Pages, options: SearchOptions) -> NDArray[np.intp]:
    """The lines by path and page, or by date. On the pages that are shown, the lines are in the order of the page
    too."""
    order = PageOrder.of(pages, by_date=options.sort == "date")
    at = np.searchsorted(order.ids, ink.pages[shown])
    known = np.flatnonzero(at < len(order.ids))
    known = known[order.ids[at[known]] == ink.pages[shown[known]]]
    shown, rank = shown[known], order.ranks[at[known]]
    by_rank = np.argsort(rank, kind="stable")
    shown, rank = shown[by_rank], rank[by_rank]
    end = len(shown) if options.limit is None else min(len(shown), options.offset + options.limit)
    if options.offset >= end:
        return shown
    first = int(np.searchsorted(rank, rank[options.offset]))
    last = int(np.searchsorted(rank, rank[end - 1], "right"))
    ids = ink.lines[shown[first:last]].tolist()
    number = dict(zip(ids, shown[first:last].tolist(), strict=True))
    ranks = dict(zip(ids, rank[first:last].tolist(), strict=True))
    inside = [number[line] for line in sorted(pages.in_page_order(ids), key=ranks.__getitem__)]
    return np.concatenate([shown[:first], np.array(inside, np.intp), shown[last:]])


def by_first_page(
    shown: NDArray[np.intp], groups: NDArray[np.intp], page_ids: NDArray[np.int64], order: PageOrder
) -> NDArray[np.intp]:
    """Groups of lines in the order of their first page. ``groups`` has the group of every line."""
    at = np.minimum(np.searchsorted(order.ids, page_ids), len(order.ids) - 1)
    rank = np.full(int(groups.max(initial=-1)) + 1, len(order.ids))
    np.minimum.at(rank, groups, order.ranks[at])
    return shown[np.argsort(rank[shown], kind="stable")]
