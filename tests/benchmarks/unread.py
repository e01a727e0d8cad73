"""What it costs in the ink when letters of a query are unread: ``_`` for one letter, ``*`` for some.

    notes index --index FOLDER ARCHIVE ...
    python tests/benchmarks/unread.py FOLDER ARCHIVE ... [--every N]

Asked for are words of six letters and more of the ground truth: whole, with one or two letters inside unread, without
their end, beginning or middle. Relevant is every line of the ground truth that has a word that fits. Printed is the
mean average precision of each way of asking; of the queries that fit no other word also that of asking for the word.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from indexer.api.registry import load_registry
from indexer.catalog import Catalog
from indexer.evaluation.evaluate import WithTruth, read_pages, with_truth
from indexer.evaluation.metrics import MeasuredPage
from indexer.evaluation.ranking import average_precision
from indexer.search import Finder, SearchIndex
from indexer.system.settings import load
from indexer.text.folding import search_words
from indexer.values import SearchOptions

LEAST = 6
Unit = tuple[int, int]
"""The number of a page, and of a line of its ground truth."""


def _unread(word: str, number: int, chance: random.Random) -> str:
    signs = list(word)
    for at in chance.sample(range(1, len(word) - 1), number):
        signs[at] = "_"
    return "".join(signs)


WAYS: Mapping[str, Callable[[str, random.Random], str]] = {
    "the whole word": lambda word, _: word,
    "one letter unread": lambda word, chance: _unread(word, 1, chance),
    "two letters unread": lambda word, chance: _unread(word, 2, chance),
    "the end missing": lambda word, _: f"{word[:-2]}*",
    "the beginning missing": lambda word, _: f"*{word[2:]}",
    "the middle missing": lambda word, _: f"{word[:3]}*{word[5:]}",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("archives", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=1, help="ask for every so many-th word only")
    given = parser.parse_args()
    index = SearchIndex(given.index / "search")
    with Catalog(given.index) as catalog:
        index.sync(catalog)  # an older version may have left it
        with Finder(index, catalog) as finder:
            pages = list(_pages(given.archives, catalog))
            words = _words(pages)
            for way, ask in WAYS.items():
                chance = random.Random(1)
                asked = [(word, ask(word, chance)) for word in sorted(words)[:: given.every] if len(word) >= LEAST]
                judged = [(word, query, _relevant(query, words)) for word, query in asked]
                here = [_precision(finder, query, relevant, pages) for _, query, relevant in judged]
                alone = [at for at, (word, _, relevant) in enumerate(judged) if relevant == words[word]]
                plain = [_precision(finder, judged[at][0], judged[at][2], pages) for at in alone]
                print(
                    f"{way}: {fmean(here):.3f} of {len(here)} queries; of {len(alone)} that fit no other word "
                    f"{fmean(here[at] for at in alone):.3f}, the whole word {fmean(plain):.3f}"
                )


def _pages(archives: Sequence[Path], catalog: Catalog) -> Iterator[MeasuredPage]:
    truths = {
        each.file: each
        for each in with_truth(archives, load_registry(load({}).plugin_folder))
        if isinstance(each, WithTruth)
    }
    return (page for page in read_pages(truths, catalog) if isinstance(page, MeasuredPage) and page.seconds is not None)


def _words(pages: Sequence[MeasuredPage]) -> dict[str, set[Unit]]:
    found: dict[str, set[Unit]] = {}
    for number, page in enumerate(pages):
        for at, line in enumerate(page.truth.lines):
            for word in search_words(line.text):
                found.setdefault(word, set()).add((number, at))
    return found


def _relevant(query: str, words: Mapping[str, set[Unit]]) -> set[Unit]:
    """The lines that have a word that fits."""
    fits = re.compile(query.replace("_", ".").replace("*", ".*"))
    return set().union(*(units for word, units in words.items() if fits.fullmatch(word)))


def _precision(finder: Finder, query: str, relevant: set[Unit], pages: Sequence[MeasuredPage]) -> float:
    (ranking,) = finder.rank(query, SearchOptions(reach="high", all_states=True))
    units = {
        line.id: (number, pair) if pair is not None else (number, -line.id)
        for number, page in enumerate(pages)
        for line, pair in zip(page.lines, page.pairs, strict=True)
    }
    best: dict[Unit, float] = {}
    for line, score in zip(ranking.ids.tolist(), ranking.relevances.tolist(), strict=True):
        if line in units:
            best[units[line]] = max(score, best.get(units[line], 0.0))
    return average_precision([(score, unit in relevant) for unit, score in best.items()], len(relevant))


if __name__ == "__main__":
    main()
