"""Which words of a text count for a figure."""

from __future__ import annotations

from itertools import pairwise

from indexer.text.folding import fold, is_unspaced, word_spans, words

QUERY = 4
"""The least number of letters of a query."""


def counted(text: str, letters: int) -> list[str]:
    """The words of at least so many letters. In scripts without blanks: single letters, or pairs for queries."""
    folded = fold(text)
    made = [word for word in words(folded) if is_unspaced(word[0]) or sum(map(str.isalpha, word)) >= letters]
    if letters < QUERY or not any(is_unspaced(word[0]) for word in made):
        return made
    spans = list(word_spans(folded))
    pairs = [
        one + other
        for (_, end, one), (start, _, other) in pairwise(spans)
        if start <= end and is_unspaced(one[0]) and is_unspaced(other[0])
    ]
    return [word for word in made if not is_unspaced(word[0])] + pairs
