"""Words of the archive that look like a given one: to suggest another query, and to correct a word that was read."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from indexer.posteriors.evidence import word_confidences
from indexer.search.nodes import Phrase, Word, wanted
from indexer.search.words.documents import OTHER
from indexer.search.words.lookup import read, similar
from indexer.text.folding import search_words, word_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indexer.posteriors.posteriorgram import Posteriorgram
    from indexer.search.nodes import Leaf, Node
    from indexer.search.words.lookup import Searcher
    from indexer.values import StoredLine

MOST = 3
"""Most suggestions, and most unknown words of a query that gets any."""
_FITTING = 0.2
"""Least probability of a word that is offered for one that was read."""
_SPELT = 20
"""Lines that tell how a word is written."""
_SIMILAR = 0.86
"""Least Jaro-Winkler similarity of a word that is suggested for another."""


def fitting(searcher: Searcher, word: str, posteriorgram: Posteriorgram, most: int) -> list[str]:
    """Words, folded, that were read in several lines, look like one that was read here, and fit its ink best.

    The word itself is left out. A word that was read once may well be a misreading. A short word may differ in one
    letter only: with two changed, too little of it is left.
    """
    from rapidfuzz.distance import Levenshtein  # seldom needed

    folded = next(iter(search_words(word)), "")
    changed = max(1, len(folded) // 3)
    known = similar(searcher, folded) if folded else {}
    candidates = [
        each
        for each, lines in known.items()
        if lines > 1 and each != folded and Levenshtein.distance(each, folded) <= changed
    ]
    ranked = sorted(zip(word_confidences(candidates, posteriorgram), candidates, strict=True), reverse=True)
    return [text for probability, text in ranked[:most] if probability >= _FITTING]


def surest_lines(searcher: Searcher, folded: str) -> list[int]:
    """The ids of the lines in which a word was read with the highest confidence."""
    found = read(searcher, Word(folded))
    ids = found.line[found.kind != OTHER]
    surest = np.argsort(-found.sure[found.kind != OTHER], kind="stable")[:_SPELT]
    kept: list[int] = ids[surest].tolist()
    return kept


def written(folded: str, lines: Iterable[StoredLine]) -> str:
    """A word as it is mostly written in these lines; with a capital letter only if it always has one."""
    forms = Counter(
        line.text[start:end] for line in lines for start, end, word in word_spans(line.text) if word == folded
    )
    return max(forms, key=lambda form: (form.islower(), forms[form]), default=folded)


def suggestions(searcher: Searcher, query: str, node: Node) -> Iterator[str]:
    """The query with every word that was read nowhere replaced by a similar one that was; the most similar first."""
    words = [word for leaf in wanted(node) for word in _words(leaf)]
    missing = sorted({word.text for word in words if not (word.prefix or word.is_pattern or searcher.knows(word.text))})
    if len(missing) not in range(1, MOST + 1):
        return iter(())
    from rapidfuzz import process  # loads all its measures, and is seldom needed
    from rapidfuzz.distance import JaroWinkler

    near = [
        process.extract(
            word, list(similar(searcher, word)), scorer=JaroWinkler.similarity, limit=MOST, score_cutoff=_SIMILAR
        )
        for word in missing
    ]
    choices = sorted(product(*near), key=lambda choice: -sum(similarity for _, similarity, _ in choice))
    return (_rewritten(query, dict(zip(missing, (new for new, _, _ in choice), strict=True))) for choice in choices)


def _words(leaf: Leaf) -> tuple[Word, ...]:
    if isinstance(leaf, Phrase):
        return leaf.words
    return (leaf,) if isinstance(leaf, Word) else ()


def _rewritten(query: str, replaced: dict[str, str]) -> str:
    """The query as it was typed but for the words that are replaced."""
    made, at = "", 0
    for start, end, word in word_spans(query):
        made += query[at:start] + replaced.get(word, query[start:end])
        at = end
    return made + query[at:]
