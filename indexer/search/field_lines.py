"""The lines that a field of a query means: those of documents, and those of a time.

Candidates for dates are found by the words that were read; a grammar of dates (``text.dates``) decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from indexer.search.combining import LEAST_SURE, Weighed
from indexer.search.fields import Described, Doc
from indexer.search.words.documents import COUNTS
from indexer.search.words.lookup import with_words
from indexer.text.dates import MONTHS_OF_THE_REPUBLIC, dates_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from indexer.search.fields import Dated
    from indexer.search.spotting import Spotter
    from indexer.search.words.lookup import Searcher
    from indexer.values import DescriptionField, StoredLine

_AT_ONCE = 5_000
"""Lines that are looked up at once."""


class Catalog(Protocol):
    """What is asked of the catalogue."""

    def lines(self, ids: Sequence[int]) -> dict[int, StoredLine]:
        """The lines with these ids."""

    def page_ids(self, glob: str | None, since: float | None, until: float | None) -> frozenset[int]:
        """Pages of matching files."""

    def documents_saying(
        self, words: tuple[str, ...], field: DescriptionField | None = None, *, beginning: bool = False
    ) -> frozenset[int]:
        """The documents in which a value has all of these words."""

    def pages_in(self, documents: Collection[int]) -> frozenset[int]:
        """The pages of documents."""

    def said_of_word(self, word: str) -> dict[int, bool]:
        """The lines of which people said that a word stands in them, or that it does not."""

    def pages_dated(self, first: int, last: int) -> tuple[frozenset[int], frozenset[int]]:
        """The pages of documents whose own date may lie between two days, and those of all that have a date."""


def in_field(searcher: Searcher, ink: Spotter, catalog: Catalog, asked: Doc | Dated | Described) -> Weighed:
    """What was found of a field in every line. A date that is written there is as probable as the reading that counts
    is sure; where the document has a date of its own, that decides."""
    sure = np.zeros(len(ink), np.float32)
    if isinstance(asked, Doc):
        sure[_on(ink, catalog.page_ids(asked.pattern, None, None))] = 1
    elif isinstance(asked, Described):
        documents = catalog.documents_saying(asked.words, asked.field, beginning=asked.beginning)
        sure[_on(ink, catalog.pages_in(documents))] = 1
    else:
        fitting, dated = catalog.pages_dated(*asked.days)
        for number, certain in _dated(searcher, ink, catalog, asked):
            sure[number] = max(certain, LEAST_SURE)
        sure[_on(ink, dated)] = 0
        sure[_on(ink, frozenset() if asked.written else fitting)] = 1
    there: NDArray[np.bool_] = sure > 0
    return Weighed(sure, there, there, there)


def _on(ink: Spotter, pages: frozenset[int]) -> NDArray[np.bool_]:
    """Which lines stand on these pages."""
    return np.isin(ink.pages, np.fromiter(pages, np.int64, len(pages)))


def _dated(searcher: Searcher, ink: Spotter, catalog: Catalog, asked: Dated) -> Iterator[tuple[int, float]]:
    """The numbers of the lines with a date of this time, each with how sure it was read."""
    found = with_words(searcher, _pattern(asked))
    counts = found.kind == COUNTS
    certain = dict(zip(found.line[counts].tolist(), found.sure[counts].tolist(), strict=True))
    ids = np.array(sorted(certain), np.int64)
    for here in np.array_split(ids, len(ids) // _AT_ONCE + 1):
        texts = catalog.lines(here.tolist())
        for line, number in zip(here.tolist(), ink.numbers(here).tolist(), strict=True):
            dates = dates_in(texts[line].text) if line in texts and number >= 0 else ()
            if any(each.lies_in(asked.first, asked.last) for each in dates):
                yield number, certain[line]


def _pattern(asked: Dated) -> str:
    """A word that every such date has: a year, its last two figures, *mil*, or a month of the republic."""
    years = range(asked.first[0], asked.last[0] + 1)
    short = sorted({f"{year % 100:02}" for year in years})
    return "|".join([*map(str, years), *short, "mille?", *MONTHS_OF_THE_REPUBLIC])
