"""Many texts aligned at once cost what each costs by itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.posteriors import alignment, trie
from indexer.posteriors.alignment import Batch, Term
from indexer.posteriors.posteriorgram import BLANK, SPACE
from indexer.text.unread import ONE, SOME

SIGNS = (BLANK, SPACE, ONE, "a", "b", "c", "王")
TEXTS = st.text("abc王" + ONE, min_size=1, max_size=5)
TERMS = st.builds(
    lambda words, open_, loose: Term(" ".join(words), open_, loose),
    st.lists(TEXTS, min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
)


def batch(seed: int, lengths: list[int]) -> Batch:
    chance = np.random.default_rng(seed)
    made = Batch.empty(np.array(lengths, np.intp), set(SIGNS))
    for table in made.costs.values():
        for column, length in enumerate(lengths):
            likely = chance.random(length) < 0.6
            table[:length, column] = np.where(likely, chance.integers(0, 256, length), 112)
    return made


@settings(max_examples=60, deadline=None)
@given(st.lists(TERMS, min_size=1, max_size=12), st.lists(st.integers(0, 70), min_size=1, max_size=6), st.integers())
def test_a_tree_of_texts_costs_what_each_costs_by_itself(terms: list[Term], lengths: list[int], seed: int) -> None:
    lines = batch(abs(seed), lengths)
    together = trie.costs(trie.Trie.of(terms), lines)
    for term, cost in zip(terms, together, strict=True):
        np.testing.assert_array_equal(cost, alignment.costs(term, lines), str(term))


def test_lines_that_do_not_fit_into_the_cache_are_aligned_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    terms, lines = [Term("abc"), Term("abb a"), Term("c")], batch(5, [9, 40, 3, 0, 33])
    whole = trie.costs(trie.Trie.of(terms), lines)
    monkeypatch.setattr(trie, "_CELLS", 1)
    np.testing.assert_array_equal(trie.costs(trie.Trie.of(terms), lines), whole)


def test_what_texts_begin_with_is_there_once() -> None:
    made = trie.Trie.of([Term("william cooper"), Term("william cowper"), Term("will cooper"), Term("william")])
    assert len(made.signs) == len("william cooper") + len("wper") + len(" cooper")


def test_a_text_of_any_length_is_refused() -> None:
    with pytest.raises(ValueError, match="any number"):
        trie.Trie.of([Term("a" + SOME)])
