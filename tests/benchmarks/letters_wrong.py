"""What ``word~`` and ``word~2`` find in the ink: words with letters that are other ones, left out or added.

    notes index --index FOLDER --sidecar-text ignore ARCHIVE ...
    python tests/benchmarks/letters_wrong.py FOLDER ARCHIVE ... [--words 110] [--wrong 2]

Asked for are words of the ground truth, of four letters and more, with two letters wrong of six and more. Relevant is
every line of the ground truth that has a word with at most so many letters wrong. Printed is the mean average precision
of the word with ``~`` and without, and for each collection how many of the hits from 50 % on should be right by their
relevance and are.
"""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import pairwise
from statistics import fmean

from judged import arguments, found_by, pages_of, precision, synced, units_of
from rapidfuzz.distance import OSA

from indexer.catalog import Catalog
from indexer.posteriors.letters_wrong import LEAST
from indexer.search import Finder
from indexer.text.folding import search_words

BINS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1.01)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--words", type=int, default=110, help="ask for so many words")
    parser.add_argument("--wrong", type=int, default=1, choices=(1, 2), help="so many letters are wrong at most")
    given = parser.parse_args()
    with Catalog(given.index) as catalog:
        pages = pages_of(given.archives, catalog)
        units = units_of(pages)
        words = defaultdict(set)
        for number, page in enumerate(pages):
            for at, line in enumerate(page.truth.lines):
                for word in search_words(line.text):
                    words[word].add((number, at))
        long = sorted(word for word in words if len(word) >= LEAST[given.wrong] and word.isalpha())
        plain, wrong, hits = [], [], []
        with Finder(synced(given.index, catalog), catalog) as finder:
            for word in random.Random(3).sample(long, min(given.words, len(long))):
                relevant = set().union(*(there for each, there in words.items() if near(each, word, given.wrong)))
                plain.append(precision(found_by(finder, word, units), relevant))
                found = found_by(finder, f"{word}~{given.wrong}", units)
                wrong.append(precision(found, relevant))
                hits += [(pages[unit[0]].collection, score, unit in relevant) for unit, score in found.items()]
    print(f"{len(wrong)} words: mean average precision {fmean(wrong):.3f}, asked without ~ {fmean(plain):.3f}")
    for least, most in pairwise(BINS):
        here = [(score, right) for _, score, right in hits if least <= score < most]
        if here:
            said, right = (fmean(column) for column in zip(*here, strict=True))
            print(f"from {least:.2f}: said {said:.2f}, right {right:.2f} of {len(here)}")
    for collection in sorted({each for each, _, _ in hits}):
        shown = [(score, right) for each, score, right in hits if each == collection and score >= 0.5]
        said, right = (sum(column) for column in zip(*shown, strict=True)) if shown else (0, 0)
        print(f"{collection}: {said:.1f} of {len(shown)} said to be right, {right} are")


def near(word: str, other: str, wrong: int) -> bool:
    return OSA.distance(word, other, score_cutoff=wrong) <= wrong


if __name__ == "__main__":
    main()
