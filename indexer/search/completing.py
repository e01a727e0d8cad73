"""Completes the last word of a query that is being typed, with words that were read or corrected in the archive."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from indexer.search.similar import surest_lines, written
from indexer.text.folding import is_unspaced, word_spans
from indexer.text.unread import is_open
from indexer.values import Completion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from indexer.search.words.lookup import Part, Searcher
    from indexer.search.words.vocabulary import Words
    from indexer.values import StoredLine

_LEAST_LETTERS = 2
"""Letters that have to be there: one tells too little. In scripts without blanks one does."""
_LOOKED = 64
"""The most frequent words of each segment that are looked at."""
_LEAST = 0.5
"""Least number of lines that a word is expected in."""


def completions(
    searcher: Searcher, lines: Callable[[Sequence[int]], Mapping[int, StoredLine]], query: str, most: int
) -> list[Completion]:
    """The words that the last word of a query may become, those of most lines first; ``lines`` looks lines up by id.

    There are none when the query does not end with the beginning of a word.
    """
    begun = _begun(query)
    if begun is None:
        return []
    start, beginning = begun
    expected = _expected(searcher, beginning)
    best = sorted(expected, key=lambda word: (-expected[word], word))[:most]
    spelt = {word: written(word, lines(surest_lines(searcher, word)).values()) for word in best}
    return [Completion(query[:start] + spelt[word], spelt[word], expected[word]) for word in best]


def _begun(query: str) -> tuple[int, str] | None:
    """Where the word begins that is being typed, and what of it is there, folded."""
    spans = list(word_spans(query))
    if not spans or spans[-1][1] != len(query):
        return None
    start, _, beginning = spans[-1]
    # Behind these signs of the query language the word is no beginning of one.
    if query[max(0, start - 1) : start] in ("_", "*", "~", "]") or query[start:] in ("AND", "OR", "NOT"):
        return None
    if len(beginning) < _LEAST_LETTERS and not is_unspaced(beginning):
        return None
    return start, beginning


def _expected(searcher: Searcher, beginning: str) -> dict[str, float]:
    """In how many lines each of the most frequent words is expected that begin so and go on."""
    words = list(searcher.words("text"))
    frequent = {word for _, each in words for word in _frequent(each, beginning)}
    expected: defaultdict[str, float] = defaultdict(float)
    for part, each in words:
        numbers = {word: at for word in frequent if (at := each.at(word)) is not None}
        for word, sure in zip(numbers, _sure(part, each, list(numbers.values())), strict=True):
            expected[word] += sure
    return {word: lines for word, lines in expected.items() if lines >= _LEAST}


def _frequent(words: Words, beginning: str) -> list[str]:
    """The words of a segment that begin so and stand in the most documents."""
    among = words.beginning(beginning)
    numbers = np.arange(among.start, among.stop)
    if len(numbers) > _LOOKED:
        numbers = numbers[np.argpartition(-words.counts(numbers), _LOOKED)[:_LOOKED]]
    return [word for word in map(words.word, numbers.tolist()) if not is_open(word)]


def _sure(part: Part, words: Words, numbers: list[int]) -> list[float]:
    """How many lines each word is expected in: the certainties of the documents that count, added up."""
    documents, counts = words.spans(np.array(numbers, np.intp))
    sure = part.vocabulary.columns["sure"][documents]
    if part.alive is not None:
        sure = sure * part.alive[documents]
    ends = np.cumsum(counts)
    sums = np.concatenate(([0.0], np.cumsum(sure, dtype=np.float64)))
    return (sums[ends] - sums[ends - counts]).tolist()  # type: ignore[no-any-return]
