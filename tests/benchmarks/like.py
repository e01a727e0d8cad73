"""How well the like of a word in the ink is found (query by example), in each hand.

    notes index --index FOLDER --sidecar-text ignore ARCHIVE ...
    python tests/benchmarks/like.py FOLDER ARCHIVE ... [--most 40]

Asked for are words of four letters and more that stand in at least three lines of a collection. One place of each such
word is the example: the piece of its line where the ink fits the word of the ground truth best, as a person would draw
a rectangle around it. Relevant are the other lines of the collection that have the word, and only lines of the
collection are ranked. Printed are the mean average precision of the example, that of asking for the word itself, and
the share of the examples whose reading is wrong.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from judged import Unit, arguments, found_by, pages_of, precision, synced, units_of

from indexer.catalog import Catalog
from indexer.evaluation.counted_words import QUERY, counted
from indexer.evaluation.metrics import MeasuredPage, collections
from indexer.posteriors.alignment import FAR, Batch, Term, costs, spans
from indexer.posteriors.posteriorgram import readable
from indexer.search import Finder
from indexer.search.likeness import like_query
from indexer.text.folding import search_words
from indexer.values import StoredLine

LEAST = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A word, one place of it as a query, that line, and all lines that have it."""

    word: str
    query: str
    unit: Unit
    relevant: frozenset[Unit]
    misread: bool


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--most", type=int, default=40, help="the most examples of a collection")
    given = parser.parse_args()
    with Catalog(given.index) as catalog:
        pages = pages_of(given.archives, catalog)
        with Finder(synced(given.index, catalog), catalog) as finder:
            for name, part in collections(pages).items():
                report(name, list(examples(part, catalog, given.most)), part, finder)


def examples(pages: Sequence[MeasuredPage], catalog: Catalog, most: int) -> Iterator[Example]:
    lines = {
        (number, pair): line
        for number, page in enumerate(pages)
        for line, pair in zip(page.lines, page.pairs, strict=True)
        if pair is not None
    }
    units: dict[str, set[Unit]] = defaultdict(set)
    for number, page in enumerate(pages):
        for at, line in enumerate(page.truth.lines):
            for word in counted(line.text, QUERY):
                units[word].add((number, at))
    wanted = sorted((word, unit) for word, where in units.items() if len(where) >= LEAST for unit in where)
    random.Random(1).shuffle(wanted)
    for word, unit in wanted[:most]:
        line = lines.get(unit)
        query = None if line is None else drawn(word, line, catalog)
        if line is not None and query is not None:
            yield Example(word, query, unit, frozenset(units[word] - {unit}), word not in search_words(line.text))


def drawn(word: str, line: StoredLine, catalog: Catalog) -> str | None:
    """The query for the piece of a line where a word fits best."""
    ink = readable(catalog.posteriorgram(line.id))
    if ink is None or costs(Term(word), batch := Batch.of([ink], set(word)))[0] >= FAR:
        return None
    (start,), (end,) = spans(Term(word), batch)
    return like_query(line, start / ink.width, end / ink.width) if end > start else None


def report(name: str, asked: Sequence[Example], pages: Sequence[MeasuredPage], finder: Finder) -> None:
    units = units_of(pages)

    def found(query: str, each: Example) -> float:
        others = {unit: score for unit, score in found_by(finder, query, units).items() if unit != each.unit}
        return precision(others, each.relevant)

    if asked:
        like = fmean(found(each.query, each) for each in asked)
        typed = fmean(found(each.word, each) for each in asked)
        misread = fmean(each.misread for each in asked)
        print(
            f"{name:12} {len(asked)} examples: {like:.3f}; the word itself {typed:.3f}; misread {misread:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
