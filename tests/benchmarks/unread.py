"""What it costs in the ink when letters of a query are unread: ``_`` for one letter, ``*`` for some.

    notes index --index FOLDER --sidecar-text ignore ARCHIVE ...
    python tests/benchmarks/unread.py FOLDER ARCHIVE ... [--every N]

Asked for are words of six letters and more of the ground truth: whole, with one or two letters inside unread, without
their end, beginning or middle. Relevant is every line of the ground truth that has a word that fits. Printed is the
mean average precision of each way of asking; of the queries that fit no other word also that of asking for the word.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from judged import Unit, arguments, found_by, pages_of, precision, synced, units_of

from indexer.catalog import Catalog
from indexer.evaluation.metrics import MeasuredPage
from indexer.search import Finder
from indexer.text.folding import search_words

LEAST = 6


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
    parser = arguments(__doc__)
    parser.add_argument("--every", type=int, default=1, help="ask for every so many-th word only")
    given = parser.parse_args()
    with Catalog(given.index) as catalog:
        pages = pages_of(given.archives, catalog)
        units = units_of(pages)
        with Finder(synced(given.index, catalog), catalog) as finder:
            words = _words(pages)
            for way, ask in WAYS.items():
                chance = random.Random(1)
                asked = [(word, ask(word, chance)) for word in sorted(words)[:: given.every] if len(word) >= LEAST]
                judged = [(word, query, _relevant(query, words)) for word, query in asked]
                here = [precision(found_by(finder, query, units), relevant) for _, query, relevant in judged]
                alone = [at for at, (word, _, relevant) in enumerate(judged) if relevant == words[word]]
                plain = [precision(found_by(finder, judged[at][0], units), judged[at][2]) for at in alone]
                print(
                    f"{way}: {fmean(here):.3f} of {len(here)} queries; of {len(alone)} that fit no other word "
                    f"{fmean(here[at] for at in alone):.3f}, the whole word {fmean(plain):.3f}"
                )


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


if __name__ == "__main__":
    main()
