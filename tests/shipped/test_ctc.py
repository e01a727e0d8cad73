"""Ink and language together: the letter model keeps its sums, and the search finds what an enumeration finds."""

from __future__ import annotations

from itertools import product
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.api import best_path
from indexer.api.models import LANGUAGE
from indexer.api.registry import load_registry
from indexer.plugins.embedded import MODELS
from indexer.plugins.embedded.ctc import _BEHIND, _LANGUAGE, _LETTER, best_reading
from indexer.plugins.embedded.language import START, LetterModel
from indexer.values import EngineOptions
from indexer.values.errors import PluginError

LINES = st.lists(st.lists(st.integers(1, 5), max_size=9), max_size=12)


def context(model: LetterModel, letters: list[int]) -> int:
    found = START
    for letter in letters:
        found = model.after(found, letter)
    return found


@given(LINES, st.lists(st.integers(1, 5), max_size=9))
def test_after_every_context_the_probabilities_of_all_letters_make_one(lines, before) -> None:
    model = LetterModel.count(lines, 6)
    made = model.probabilities(context(model, before))
    assert made.shape == (7,)
    assert made.min() > 0
    assert made.sum() == pytest.approx(1, abs=1e-5)


def test_what_was_seen_is_likelier_and_a_longer_context_says_more() -> None:
    model = LetterModel.count([[1, 2, 3], [1, 2, 3], [4, 2, 5]], 6)
    after_one = model.probabilities(context(model, [1, 2]))
    after_four = model.probabilities(context(model, [4, 2]))
    assert after_one[3] > after_four[3] > 0
    assert after_four[5] > after_one[5]
    assert model.probabilities(context(model, [1, 2, 3]))[-1] > 0.5  # the line ends there


@given(LINES, LINES, st.integers(1, 3))
def test_texts_are_added_up_and_survive_being_saved(tmp_path_factory, one, other, weight) -> None:
    both = LetterModel.count(one, 6).plus(LetterModel.count(other, 6), weight)
    whole = LetterModel.count(one + weight * other, 6)
    path = tmp_path_factory.mktemp("language") / "language.npz"
    both.save(path)
    saved = LetterModel.load(path)
    for before in ([], [1], [1, 2], [5, 4, 3, 2, 1, 1]):
        expected = whole.probabilities(context(whole, before))
        assert both.probabilities(context(both, before)) == pytest.approx(expected)
        assert saved.probabilities(context(saved, before)) == pytest.approx(expected)


def score(path_probabilities: dict[tuple[int, ...], float], model: LetterModel, reading: tuple[int, ...]) -> float:
    at, language = START, 0.0
    for letter in reading:
        language += log(model.probabilities(at)[letter])
        at = model.after(at, letter)
    language += log(model.probabilities(at)[-1])
    return log(path_probabilities[reading]) + _LANGUAGE * language + _LETTER * len(reading)


@settings(max_examples=60)
@given(LINES, st.integers(1, 4), st.integers(0, 10_000))
def test_the_reading_is_the_best_of_all(lines, frames, seed) -> None:
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet([0.6] * 3, frames).astype(np.float32).clip(0.01)
    model = LetterModel.count([[1 + letter % 2 for letter in line] for line in lines], 3)
    spelt: dict[tuple[int, ...], float] = {}
    for path in product(range(3), repeat=frames):
        letters = [each for at, each in enumerate(path) if each and (at == 0 or each != path[at - 1])]
        chance = float(np.prod([probabilities[frame, each] for frame, each in enumerate(path)]))
        spelt[tuple(letters)] = spelt.get(tuple(letters), 0.0) + chance
    best = max(score(spelt, model, reading) for reading in spelt)
    found = best_reading(probabilities, model)
    # Only what lies far behind on the way may be given up.
    assert score(spelt, model, tuple(letter for letter, _ in found)) >= best - _BEHIND / 2
    places = [frame for _, frame in found]
    assert places == sorted(set(places))
    assert all(0 <= frame < frames for frame in places)


def test_clear_ink_is_read_as_it_stands_whatever_the_language_says() -> None:
    model = LetterModel.count([[1, 2, 3]] * 50, 6)
    probabilities = np.full((9, 6), 1e-4, np.float32)
    for frame, letter in enumerate([5, 0, 5, 0, 4, 4, 0, 1, 0]):
        probabilities[frame, letter] = 0.999
    assert best_reading(probabilities, model) == [(5, 0), (5, 2), (4, 4), (1, 7)]
    assert [letter for letter, _ in best_path(probabilities)] == [5, 5, 4, 1]


def test_the_language_decides_between_letters_that_look_alike() -> None:
    model = LetterModel.count([[1, 2, 3]] * 50 + [[4, 2, 5]] * 50, 6)
    probabilities = np.full((5, 6), 1e-4, np.float32)
    probabilities[[0, 1, 2, 3], [1, 0, 2, 0]] = 0.999
    probabilities[4, [3, 5]] = 0.45, 0.54
    assert [letter for letter, _ in best_path(probabilities)] == [1, 2, 5]
    assert [letter for letter, _ in best_reading(probabilities, model)] == [1, 2, 3]


def test_an_empty_line_has_no_letters() -> None:
    model = LetterModel.count([[1, 2]], 3)
    assert best_reading(np.array([[0.999, 5e-4, 5e-4]] * 6, np.float32), model) == []


def test_the_language_is_that_of_the_pages_and_a_damaged_one_is_named(tmp_path) -> None:
    import shutil

    engine = load_registry(Path("none"), {}).engine("embedded")
    copied = shutil.copytree(MODELS / "latin", tmp_path / "copied")
    (copied / LANGUAGE).write_bytes(b"no language")
    with pytest.raises(PluginError, match=r"language\.npz"), engine.open(EngineOptions(model=copied)):
        pass
    with engine.open(EngineOptions(language="pl", model=copied)):  # of which it has no text
        pass
