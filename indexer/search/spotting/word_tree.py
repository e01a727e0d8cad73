"""Terms taken apart into words, so that each word is looked at once, however many terms have it.

A term costs at least as much as its words together: the path that spells it passes each of them, and the words share
nothing. So that they do not, the space between two words counts for the second one alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.alignment import Term
from indexer.posteriors.posteriorgram import SPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


_NOT_EVERYWHERE = 4
"""Letters from which on a word does not stand nearly everywhere."""


@dataclass(frozen=True)
class WordTree:
    """Terms, their different ``words``, and for each term the numbers of its words (``parts``)."""

    terms: tuple[Term, ...]
    words: tuple[Term, ...]
    parts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, terms: Sequence[Term]) -> WordTree:
        """The words of these terms."""
        apart = [_words(term) for term in terms]
        numbers = {word: number for number, word in enumerate(dict.fromkeys(each for row in apart for each in row))}
        return cls(tuple(terms), tuple(numbers), tuple(tuple(numbers[word] for word in row) for row in apart))

    @property
    def several(self) -> bool:
        """Whether any of the terms has several words."""
        return any(len(row) > 1 for row in self.parts)

    @cached_property
    def by_longest(self) -> dict[int, list[int]]:
        """The numbers of terms by their longest word."""
        found: dict[int, list[int]] = {}
        for number, row in enumerate(self.parts):
            found.setdefault(max(row, key=lambda word: self.words[word].letters), []).append(number)
        return found

    @cached_property
    def by_lengths(self) -> dict[tuple[int, int], list[int]]:
        """The same, apart by the letters of the shortest word where these are few: an initial is nearly everywhere."""
        found: dict[tuple[int, int], list[int]] = {}
        for word, terms in self.by_longest.items():
            for term in terms:
                shortest = min(self.words[each].letters for each in self.parts[term])
                found.setdefault((word, min(shortest, _NOT_EVERYWHERE)), []).append(term)
        return found

    def sums(self, costs: NDArray[Any], terms: Sequence[int]) -> NDArray[np.int32]:
        """The least that some of the terms cost (terms x lines), given what the words do (words x lines)."""
        made = np.empty((len(terms), costs.shape[1]), np.int32)
        for row, term in zip(made, terms, strict=True):
            row[:] = costs[self.parts[term][0]]
            for word in self.parts[term][1:]:
                row += costs[word]
        return made


def _words(term: Term) -> list[Term]:
    texts = term.text.split(SPACE)
    last = len(texts) - 1
    return [Term(text, term.open or at < last, term.loose and not at) for at, text in enumerate(texts)]
