"""Folding, words and geometry: invariants and examples worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.geometry import bounding_box, contains
from indexer.model import Box, Line
from indexer.text import clean, fold, search_fold, search_words, word_spans


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Œuvre l’État", "oeuvre l'etat"),
        ("Straße ſo", "strasse so"),
        ("re\u00adçu  “ja” 1914–18", 'recu "ja" 1914-18'),
        ("Ærø Łódź", "aero lodz"),
    ],
)
def test_search_fold(text: str, folded: str) -> None:
    assert search_fold(text) == folded


def test_fold_for_measuring_leaves_ligature_letters() -> None:
    assert fold("Œuvre — ÇA") == "œuvre - ca"


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert search_fold(search_fold(text)) == search_fold(text)
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_spans_lie_in_the_text_and_in_order(text: str) -> None:
    spans = list(word_spans(text))
    assert all(0 <= start < end <= len(text) for start, end, _ in spans)
    assert [start for start, _, _ in spans] == sorted(start for start, _, _ in spans)


@given(st.text(alphabet="aé œ’-ſßB1\u0301 "))
def test_spans_hold_the_words_of_the_index(text: str) -> None:
    assert [word for _, _, word in word_spans(text)] == search_words(text)


def test_a_triangle_holds_its_middle_and_not_its_boxs_corner() -> None:
    triangle = ((0.0, 0.0), (10.0, 0.0), (0.0, 10.0))
    assert contains(triangle, (2, 2))
    assert not contains(triangle, (9, 9))
    assert bounding_box(triangle) == Box(0, 0, 10, 10)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_is_a_fraction(confidence: float) -> None:
    with pytest.raises(ValueError, match="fraction"):
        Line("x", confidence, Box(0, 0, 1, 1))
