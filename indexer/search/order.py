"""The order in which lines that were found are shown: by relevance, by confidence, or by path and page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexer.search.spotting import Spotter
    from indexer.values import SearchOptions


class Pages(Protocol):
    """What is asked of the catalogue."""

    def page_order(self) -> list[int]:
        """The ids of all pages, by path and number."""

    def in_page_order(self, ids: Sequence[int]) -> list[int]:
        """The ids of lines by path, page and line."""


def ordered(
    shown: NDArray[np.intp], relevance: NDArray[np.float32], ink: Spotter, pages: Pages, options: SearchOptions
) -> NDArray[np.intp]:
    """The numbers of lines in the order that is asked for."""
    if options.sort == "page":
        return _by_page(shown, ink, pages, options)
    if options.sort == "confidence":
        return shown[np.argsort(-np.nan_to_num(ink.confidence[shown], nan=-1.0), kind="stable")]
    return shown[np.argsort(-relevance[shown], kind="stable")]


def _by_page(shown: NDArray[np.intp], ink: Spotter, pages: Pages, options: SearchOptions) -> NDArray[np.intp]:
    """The lines by path and page. On the pages that are shown, the lines are in the order of the page too."""
    order = np.array(pages.page_order(), np.int64)
    by_id = np.argsort(order)
    at = np.searchsorted(order[by_id], ink.pages[shown])
    known = np.flatnonzero(at < len(order))
    known = known[order[by_id[at[known]]] == ink.pages[shown[known]]]
    shown, rank = shown[known], by_id[at[known]]
    by_rank = np.argsort(rank, kind="stable")
    shown, rank = shown[by_rank], rank[by_rank]
    end = len(shown) if options.limit is None else min(len(shown), options.offset + options.limit)
    if options.offset >= end:
        return shown
    first = int(np.searchsorted(rank, rank[options.offset]))
    last = int(np.searchsorted(rank, rank[end - 1], "right"))
    ids = ink.lines[shown[first:last]].tolist()
    number = dict(zip(ids, shown[first:last].tolist(), strict=True))
    inside = [number[line] for line in pages.in_page_order(ids)]
    return np.concatenate([shown[:first], np.array(inside, np.intp), shown[last:]])


def by_first_page(
    shown: NDArray[np.intp], groups: NDArray[np.intp], page_ids: NDArray[np.int64], pages: Pages
) -> NDArray[np.intp]:
    """Groups of lines by the path and number of their first page. ``groups`` has the group of every line."""
    order = np.array(pages.page_order(), np.int64)
    by_id = np.argsort(order)
    at = np.minimum(np.searchsorted(order[by_id], page_ids), len(order) - 1)
    rank = np.full(int(groups.max(initial=-1)) + 1, len(order))
    np.minimum.at(rank, groups, by_id[at])
    return shown[np.argsort(rank[shown], kind="stable")]
