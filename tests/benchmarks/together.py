"""How probable pages are that are found because all words stand on them, and whether they do.

    notes index --index FOLDER --sidecar-text ignore ARCHIVE ...
    python tests/benchmarks/together.py FOLDER ARCHIVE ... [--every N]

Asked for are pairs of words of four letters and more that stand on different lines of a page of the ground truth; every
page is judged by whether it has both. Printed are, for hits of pages of about the same relevance, how many there are,
their mean relevance and the share that is right; the calibration error; and the number that was missed beside the
number that was expected to be.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from judged import arguments, pages_of, synced

from indexer.catalog import Catalog
from indexer.evaluation.metrics import MeasuredPage
from indexer.search import Finder
from indexer.text.folding import search_words
from indexer.values import SearchOptions

LEAST, PAIRS = 4, 12
BINS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--every", type=int, default=1, help="ask for every so many-th pair only")
    given = parser.parse_args()
    with Catalog(given.index) as catalog:
        pages = pages_of(given.archives, catalog)
        words = [_words(page) for page in pages]
        number = {line.id: at for at, page in enumerate(pages) for line in page.lines}
        with Finder(synced(given.index, catalog), catalog) as finder:
            judged, missed, expected = _judged(finder, list(_pairs(words))[:: given.every], words, number)
    _print(np.array(judged))
    print(f"{missed} pages missed by what is shown, {expected:.1f} expected")


def _words(page: MeasuredPage) -> list[set[str]]:
    return [{word for word in search_words(line.text) if len(word) >= LEAST} for line in page.truth.lines]


def _pairs(words: Sequence[list[set[str]]]) -> Iterator[tuple[str, str]]:
    """Pairs of words that stand on different lines of a page, and as many that stand on different pages."""
    chance = random.Random(1)
    every = [sorted(set().union(*lines)) for lines in words]
    for lines, here in zip(words, every, strict=True):
        if len(here) < 2:
            continue
        for _ in range(PAIRS):
            one, other = chance.sample(here, 2)
            if not any({one, other} <= line for line in lines):
                yield one, other
            elsewhere = chance.choice(every)
            if elsewhere:
                yield one, chance.choice(elsewhere)


def _judged(
    finder: Finder, pairs: Sequence[tuple[str, str]], words: Sequence[list[set[str]]], number: dict[int, int]
) -> tuple[list[tuple[float, bool]], int, float]:
    """Every page that is found, with its relevance and whether it is right; how many pages were missed by what is
    shown normally, and how many were expected to be."""
    every = [set().union(*lines) for lines in words]
    judged, missed, expected = [], 0, 0.0
    for one, other in pairs:
        result = finder.find(f"{one} {other}", SearchOptions(reach="high", within="page", limit=None))
        found = {number[hit.line.id]: hit for hit in result.hits if hit.line.id in number}
        judged += [(hit.relevance, {one, other} <= every[at]) for at, hit in found.items() if hit.within == "page"]
        shown = finder.find(f"{one} {other}", SearchOptions(within="page", limit=None))
        seen = {number.get(hit.line.id) for hit in shown.hits}
        missed += sum({one, other} <= page for at, page in enumerate(every) if at not in seen)
        expected += shown.missed
    return judged, missed, expected


def _print(judged: np.ndarray) -> None:
    error = 0.0
    for low, high in pairwise(BINS):
        here = judged[(judged[:, 0] >= low) & ((judged[:, 0] < high) | (high == 1.0))]
        if len(here):
            sure, right = here.mean(axis=0)
            error += abs(sure - right) * len(here) / len(judged)
            print(f"{low:.2f} to {high:.2f}: {len(here)} pages, relevance {sure:.3f}, right {right:.3f}")
    print(f"calibration error {error:.3f} of {len(judged)} pages")


if __name__ == "__main__":
    main()
