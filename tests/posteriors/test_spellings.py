"""The spellings of a piece of a line: each has the probability of all paths that spell it."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.posteriors.posteriorgram import PosteriorgramPacker, unpack
from indexer.posteriors.spellings import spellings

SIGNS = ("", "a", "b", " ")


def packed(table: list[list[float]]):
    rows = np.array(table, np.float32)
    return unpack(PosteriorgramPacker(SIGNS).pack(rows / rows.sum(axis=1, keepdims=True), float(len(rows))))


@given(st.lists(st.lists(st.sampled_from((0.1, 0.3, 1.0)), min_size=4, max_size=4), min_size=1, max_size=5))
def test_a_spelling_is_as_probable_as_all_paths_that_spell_it(table: list[list[float]]) -> None:
    piece = packed(table)
    chances = np.zeros((piece.length, len(SIGNS)))
    chances[piece.frame, [SIGNS.index(piece.symbols[each]) for each in piece.symbol]] = np.exp(piece.cost / -16)
    chances /= chances.sum(axis=1, keepdims=True)
    exact: dict[str, float] = {}
    for path in product(range(len(SIGNS)), repeat=piece.length):
        text = "".join(SIGNS[sign] for sign, _ in groupby(path)).strip()
        exact[text] = exact.get(text, 0.0) + float(np.prod(chances[np.arange(piece.length), path]))
    exact.pop("", None)
    found = dict(spellings(piece, 1000))
    assert found == pytest.approx(exact)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_without_ink_there_is_nothing_to_spell() -> None:
    assert spellings(packed([[1, 0, 0, 0], [0.001, 0, 0, 1]]), 5) == []
    assert [text for text, _ in spellings(packed([[0, 9, 1, 0], [1, 0, 0, 0], [0, 2, 8, 0]]), 1)] == ["ab"]
