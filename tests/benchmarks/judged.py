"""Pages that were read into an index beside their ground truth, and what queries find of their lines."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from indexer.api.registry import load_registry
from indexer.catalog import Catalog
from indexer.evaluation.evaluate import WithTruth, read_pages, with_truth
from indexer.evaluation.metrics import MeasuredPage
from indexer.evaluation.ranking import average_precision
from indexer.search import Finder, SearchIndex
from indexer.system.settings import load
from indexer.values import SearchOptions

Unit = tuple[int, int]
"""The number of a page, and of a line of its ground truth; of a line that is none of it, its id below zero."""


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """A parser for what every such benchmark takes: an index, and the folders that were read into it."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("archives", type=Path, nargs="+")
    return parser


def synced(folder: Path, catalog: Catalog) -> SearchIndex:
    """The search index in an index folder; an older version may have left it."""
    index = SearchIndex(folder / "search")
    index.sync(catalog)
    return index


def pages_of(archives: Sequence[Path], catalog: Catalog) -> list[MeasuredPage]:
    """The pages of folders that were read and have ground truth."""
    registry = load_registry(load({}).plugin_folder)
    truths = {each.file: each for each in with_truth(archives, registry) if isinstance(each, WithTruth)}
    pages = (page for page in read_pages(truths, catalog) if isinstance(page, MeasuredPage))
    return [page for page in pages if page.seconds is not None]


def units_of(pages: Sequence[MeasuredPage]) -> dict[int, Unit]:
    """The line of the ground truth that each read line lies in, by the id of the read line."""
    return {
        line.id: (number, pair) if pair is not None else (number, -line.id)
        for number, page in enumerate(pages)
        for line, pair in zip(page.lines, page.pairs, strict=True)
    }


def found_by(finder: Finder, query: str, units: Mapping[int, Unit]) -> dict[Unit, float]:
    """The lines of the ground truth that a query finds with every reach, each with its best relevance."""
    (ranking,) = finder.rank(query, SearchOptions(reach="high", all_states=True))
    best: dict[Unit, float] = {}
    for line, score in zip(ranking.ids.tolist(), ranking.relevances.tolist(), strict=True):
        if line in units:
            best[units[line]] = max(score, best.get(units[line], 0.0))
    return best


def precision(found: Mapping[Unit, float], relevant: Collection[Unit]) -> float:
    """The average precision of what was found."""
    return average_precision([(score, unit in relevant) for unit, score in found.items()], len(relevant))
