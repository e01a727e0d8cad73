"""Folding, words and geometry: invariants and examples worked out by hand."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.image.geometry import bounding_box, contains
from indexer.text.folding import clean, fold, search_fold, search_words, word_spans
from indexer.values import Box, Line


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
@example("\ufe77")  # comes apart into a stroke that is dropped and a point
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert search_fold(search_fold(text)) == search_fold(text)
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_spans_lie_in_the_text_and_in_order(text: str) -> None:
    spans = list(word_spans(text))
    assert all(0 <= start < end <= len(text) for start, end, _ in spans)
    assert [start for start, _, _ in spans] == sorted(start for start, _, _ in spans)


@given(st.text() | st.text(alphabet="aé œ’-ſßB1\u0301 ¨北がｶﾞภาที่ខ្មរहिन्दी\u200d\u05b8ש학\u1161"))
def test_spans_hold_the_words_of_the_index(text: str) -> None:
    assert [word for _, _, word in word_spans(text)] == search_words(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我在北京大学。", ["我", "在", "北", "京", "大", "学"]),
        ("東京Tokyo2024年", ["東", "京", "tokyo2024", "年"]),
        ("ガラス", ["ガ", "ラ", "ス"]),
        ("ｶﾞﾗｽ", ["ガ", "ラ", "ス"]),
        ("ภาษาที่", ["ภ", "า", "ษ", "า", "ที่"]),
        ("ພາສາ", ["ພ", "າ", "ສ", "າ"]),
        ("ខ្មែរ", ["ខ្មែ", "រ"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("हिन्दी भाषा में", ["हिन्दी", "भाषा", "में"]),
        ("தமிழ் எழுத்து", ["தமிழ்", "எழுத்து"]),
        ("שָׁלוֹם עֲלֵיכֶם", ["שלום", "עליכם"]),
        ("مُحَمَّد كتـاب", ["محمد", "كتاب"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("한국어 학교", ["한국어", "학교"]),
        ("葛\U000e0100飾", ["葛", "飾"]),
    ],
)
def test_signs_belong_to_their_letter_and_writing_without_blanks_is_words_of_a_letter(text: str, words) -> None:
    assert search_words(text) == words
    assert search_words(unicodedata.normalize("NFD", text)) == words


def test_a_triangle_holds_its_middle_and_not_its_boxs_corner() -> None:
    triangle = ((0.0, 0.0), (10.0, 0.0), (0.0, 10.0))
    assert contains(triangle, (2, 2))
    assert not contains(triangle, (9, 9))
    assert bounding_box(triangle) == Box(0, 0, 10, 10)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_is_a_fraction(confidence: float) -> None:
    with pytest.raises(ValueError, match="fraction"):
        Line("x", confidence, Box(0, 0, 1, 1))
