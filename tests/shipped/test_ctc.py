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
from indexer.plugins.embedded.counting import LetterCounts
from indexer.plugins.embedded.ctc import _BEHIND, _LANGUAGE, _LETTER, best_reading
from indexer.plugins.embedded.language import edge, load, save
from indexer.plugins.embedded.mixture import Languages, Mixture
from indexer.values import EngineOptions
from indexer.values.errors import PluginError

LINES = st.lists(st.lists(st.integers(1, 5), max_size=9), max_size=12)


def mixture(lines: list[list[int]], classes: int) -> Mixture:
    return Mixture([(LetterCounts.count(lines).model(classes), 1.0)], classes)


@given(LINES, st.lists(st.integers(1, 5), max_size=9))
def test_after_every_context_the_probabilities_of_all_letters_make_one(lines, before) -> None:
    made = mixture(lines, 6).probabilities(tuple(before))
    assert made.shape == (7,)
    assert made.min() > 0
    assert made.sum() == pytest.approx(1, abs=1e-5)


def test_what_was_seen_is_likelier_and_a_longer_context_says_more() -> None:
    model = mixture([[1, 2, 3], [1, 2, 3], [4, 2, 5]], 6)
    after_one = model.probabilities((1, 2))
    after_four = model.probabilities((4, 2))
    assert after_one[3] > after_four[3] > 0
    assert after_four[5] > after_one[5]
    assert model.probabilities((1, 2, 3))[-1] > 0.5  # the line ends there


@given(LINES, LINES, st.integers(1, 3))
def test_texts_are_added_up_and_survive_being_saved(tmp_path_factory, one, other, weight) -> None:
    both = LetterCounts.count(one).plus(LetterCounts.count(other), weight)
    whole = mixture(one + weight * other, 6)
    path = tmp_path_factory.mktemp("language") / "language.npz"
    both.save(path, 6)
    saved = Mixture([(LetterCounts.load(path).model(6), 1.0)], 6)
    for before in ((), (1,), (1, 2), (5, 4, 3, 2, 1, 1)):
        expected = whole.probabilities(before)
        assert Mixture([(both.model(6), 1.0)], 6).probabilities(before) == pytest.approx(expected)
        assert saved.probabilities(before) == pytest.approx(expected)


@given(LINES, st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=9), min_size=1, max_size=4))
def test_the_probabilities_of_whole_lines_are_those_of_their_letters(lines, read) -> None:
    model = LetterCounts.count(lines).model(6)
    alone = Mixture([(model, 1.0)], 6)
    expected = [each for line in read for each in np.exp(alone.likelihoods(line))]
    assert model.chances(read) == pytest.approx(expected, rel=1e-4)


def score(path_probabilities: dict[tuple[int, ...], float], model: Mixture, reading: tuple[int, ...]) -> float:
    language = sum(model.likelihoods(reading))
    return log(path_probabilities[reading]) + _LANGUAGE * language + _LETTER * len(reading)


@settings(max_examples=60)
@given(LINES, st.integers(1, 4), st.integers(0, 10_000))
def test_the_reading_is_the_best_of_all(lines, frames, seed) -> None:
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet([0.6] * 3, frames).astype(np.float32).clip(0.01)
    model = mixture([[1 + letter % 2 for letter in line] for line in lines], 3)
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
    model = mixture([[1, 2, 3]] * 50, 6)
    probabilities = np.full((9, 6), 1e-4, np.float32)
    for frame, letter in enumerate([5, 0, 5, 0, 4, 4, 0, 1, 0]):
        probabilities[frame, letter] = 0.999
    assert best_reading(probabilities, model) == [(5, 0), (5, 2), (4, 4), (1, 7)]
    assert [letter for letter, _ in best_path(probabilities)] == [5, 5, 4, 1]


def test_the_language_decides_between_letters_that_look_alike() -> None:
    model = mixture([[1, 2, 3]] * 50 + [[4, 2, 5]] * 50, 6)
    probabilities = np.full((5, 6), 1e-4, np.float32)
    probabilities[[0, 1, 2, 3], [1, 0, 2, 0]] = 0.999
    probabilities[4, [3, 5]] = 0.45, 0.54
    assert [letter for letter, _ in best_path(probabilities)] == [1, 2, 5]
    assert [letter for letter, _ in best_reading(probabilities, model)] == [1, 2, 3]


def test_an_empty_line_has_no_letters() -> None:
    model = mixture([[1, 2]], 3)
    assert best_reading(np.array([[0.999, 5e-4, 5e-4]] * 6, np.float32), model) == []


def test_the_language_is_that_of_the_pages_and_a_damaged_one_is_named(tmp_path) -> None:
    import shutil

    engine = load_registry(Path("none"), {}).engine("embedded")
    copied = shutil.copytree(MODELS / "latin", tmp_path / "copied")
    (copied / LANGUAGE).write_bytes(b"no language")
    with pytest.raises(PluginError, match=r"language\.npz"), engine.open(EngineOptions(model=copied)):
        pass
    with engine.open(EngineOptions(language="hu", model=copied)):  # of which there is no text
        pass


TEXTS = {
    "en": "the ship came home to the harbour and all the people were there to see it in the morning",
    "de": "das schiff kam nach hause in den hafen und alle leute waren da um es am morgen zu sehen",
}
LETTERS = ["", *"abcdefghijklmnopqrstuvwxyz", " "]


@pytest.fixture(scope="module")
def languages(tmp_path_factory) -> Languages:
    """Two languages of one sentence each, for a model whose own lines say nothing of either."""
    folder = tmp_path_factory.mktemp("languages")
    for name, text in TEXTS.items():
        letters = "".join(sorted(set(text)))
        counts = LetterCounts.count([[letters.index(each) + 1 for each in text]] * 20, 5, 7)
        save(folder / f"{name}.npz", counts.pruned(1.0), letters)
    own = LetterCounts.count([numbers("zzz")]).model(len(LETTERS))
    return Languages(own, LETTERS, {name: folder / f"{name}.npz" for name in TEXTS})


def numbers(text: str) -> list[int]:
    return [LETTERS.index(each) for each in text]


def path_of(text: str) -> tuple[list[int], list[float]]:
    return numbers(text), [0.9] * len(text)


def test_a_page_is_in_the_language_of_its_lines_also_when_it_is_misread(languages) -> None:
    assert languages.weights([path_of("the people came home"), path_of("to see the harbour")])["en"] >= 0.8
    assert languages.weights([path_of("alle lente waven da"), path_of("am moxgen zu schen")])["de"] >= 0.8


def test_a_page_in_two_languages_is_read_in_both(languages) -> None:
    english, german = [path_of("all the people were there")], [path_of("alle leute waren da um es")]
    weights = languages.weights(3 * english + 3 * german)
    assert weights["en"] == pytest.approx(0.5, abs=0.1)
    assert weights["de"] == pytest.approx(0.5, abs=0.1)
    more = languages.weights(6 * english + 2 * german)
    assert more["en"] > more["de"] > 0


def test_a_page_without_lines_is_in_no_language(languages) -> None:
    assert languages.weights([]) == {}
    assert languages.weights([([], [])]) == {}
    assert languages.mixture({}).probabilities(())[LETTERS.index("z")] > 0.1


def test_the_language_of_the_page_decides_what_is_read(languages) -> None:
    """Ink that may be an n or an u: in one language a word of the one letter, in the other one of the other."""
    read = {}
    for name in TEXTS:
        probabilities = np.full((9, len(LETTERS)), 1e-5, np.float32)
        for frame, letter in enumerate(["", "u", "n", "", "", "d", "", "", ""]):
            probabilities[frame, LETTERS.index(letter) if letter else 0] = 0.99
        probabilities[1, [LETTERS.index("u"), LETTERS.index("a")]] = 0.5, 0.49
        found = best_reading(probabilities, languages.mixture({name: 1.0}))
        read[name] = "".join(LETTERS[each] for each, _ in found)
    assert read == {"en": "and", "de": "und"}


@given(LINES, st.floats(0, 5))
def test_what_is_left_out_leaves_probabilities_that_make_one(tmp_path_factory, lines, least) -> None:
    path = tmp_path_factory.mktemp("pruned") / "en.npz"
    save(path, LetterCounts.count(lines, 4, 7).pruned(least), "abcdef")
    model = load(path, {letter: at for at, letter in enumerate("abcdxy", 1)})
    made = Mixture([(model, 1.0)], 7).probabilities((1, 2, 6, 3))
    lost = sum(float(model.probabilities((1, 2, 6, 3))[0]) for _ in "ef")  # letters that this recogniser has not
    assert made.min() > 0
    assert made.sum() <= 1 + 1e-5 + lost


def test_the_edge_of_a_line_is_no_letter() -> None:
    assert edge(7) == 127
    assert edge(9) == 511
