"""Where a query matches in the text of a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from indexer.search.query import Phrase, Word, wanted
from indexer.text.folding import word_spans
from indexer.text.hyphenation import is_cut

if TYPE_CHECKING:
    from indexer.search.query import Node

Span = tuple[int, int]


def matches(node: Node, text: str) -> tuple[Span, ...]:
    """(start, end) of every match in the unfolded text, in order, without overlaps."""
    spans = list(word_spans(text))
    cut = is_cut(text)
    found: set[Span] = set()
    for leaf in wanted(node):
        words = leaf.words if isinstance(leaf, Phrase) else (leaf,)
        for at in range(len(spans) - len(words) + 1):
            if all(_matches(word, spans[at + i][2], cut and at + i == len(spans) - 1) for i, word in enumerate(words)):
                found.update((start, end) for start, end, _ in spans[at : at + len(words)])
    return tuple(_merged(sorted(found)))


def _matches(word: Word, token: str, cut: bool) -> bool:
    if cut and word.text.startswith(token) and len(token) < len(word.text):
        return True
    if word.prefix:
        return token.startswith(word.text)
    if word.edits:
        return bool(Levenshtein.distance(word.text, token, score_cutoff=word.edits) <= word.edits)
    return token == word.text


def _merged(spans: list[Span]) -> list[Span]:
    made: list[Span] = []
    for start, end in spans:
        if made and start <= made[-1][1]:  # the letters of a word in writing without blanks touch
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made
