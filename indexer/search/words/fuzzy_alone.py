"""Whoosh's own fuzzy search of the index, ranked by its own scores, to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from whoosh.query import FuzzyTerm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexer.search.words.whoosh_index import SearchIndex


class FuzzyAlone:
    """The newest state of an index as Whoosh opens it."""

    def __init__(self, index: SearchIndex) -> None:
        self._searcher = index.whoosh_searcher()
        leaves = [leaf for leaf, _ in self._searcher.reader().leaf_readers()]
        self._ids = np.concatenate([np.array(list(leaf.column_reader("line")), np.int64) for leaf in leaves])

    def ask(self, word: str, edits: int, limit: int) -> Any:
        """The best readings with a word that differs in so many letters, as Whoosh gives them."""
        query = FuzzyTerm("text", word, maxdist=edits, prefixlength=0, constantscore=False)
        return self._searcher.search(query, limit=limit)

    def read(self, results: Any) -> tuple[Iterable[int], Iterable[float]]:
        """The ids of the lines of results, and their scores."""
        scores, documents = zip(*results.top_n, strict=True) if results.top_n else ((), ())
        return self._ids[list(documents)].tolist() if documents else (), scores
