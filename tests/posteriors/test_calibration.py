"""Probabilities that keep their word: the fit, what it is measured by, and the relevance of words in the ink."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.posteriors.calibration import Logistic, calibration_error, fit
from indexer.posteriors.relevance import Evidence, nearness, relevance

CHANCE = np.random.default_rng(7)


def test_a_fit_finds_the_probabilities_that_made_the_labels() -> None:
    features = CHANCE.normal(size=(20_000, 3)) * (1.0, 5.0, 0.2)
    true = Logistic(-1.0, (0.8, -0.3, 2.0))
    labels = (CHANCE.random(len(features)) < true(features)).astype(float)
    found = fit(features, labels)
    assert np.abs(found(features) - true(features)).max() < 0.05
    assert calibration_error(found(features), labels) < 0.015


def test_rows_count_by_their_weight_and_labels_may_be_shares() -> None:
    features = np.array([[0.0], [0.0], [1.0], [1.0]])
    weighted = fit(features, np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 3.0, 3.0, 1.0]) * 1000)
    shared = fit(features, np.array([0.75, 0.75, 0.25, 0.25]), np.full(4, 1000.0))
    assert weighted(features) == pytest.approx([0.75, 0.75, 0.25, 0.25], abs=0.01)
    assert weighted(features) == pytest.approx(shared(features), abs=0.01)


def test_a_feature_that_never_changes_says_nothing() -> None:
    features = np.column_stack([np.repeat([0.0, 1.0], 500), np.full(1000, 3.0)])
    found = fit(features, np.repeat([0.2, 0.9], 500))
    assert found(features)[[0, -1]] == pytest.approx([0.2, 0.9], abs=0.02)


def test_the_calibration_error_by_hand() -> None:
    sure, right = np.array([0.1, 0.2, 0.9, 0.8]), np.array([0.0, 1.0, 1.0, 0.0])
    # bins of .1, .2 (right .5) and .8, .9 (right .5)
    assert calibration_error(sure, right, bins=2) == pytest.approx((abs(0.15 - 0.5) + abs(0.85 - 0.5)) / 2)


def evidence(cost: np.ndarray, lines: int, letters: int = 8, sure: float = 0.8) -> Evidence:
    others = np.concatenate([np.full(98, np.inf), [2.2, 2.5]])
    return Evidence(cost, letters, np.full((len(cost), 2), sure), others, lines)


@given(st.lists(st.floats(0, 24), min_size=2, max_size=20), st.integers(10, 1_000_000), st.integers(3, 15))
def test_relevance_is_a_probability_and_falls_with_the_cost(costs: list[float], lines: int, letters: int) -> None:
    found = relevance(evidence(np.array(sorted(costs)), lines, letters))
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found) <= 1e-6).all()


def test_in_a_larger_archive_a_rare_word_is_less_probable_and_a_frequent_one_is_not() -> None:
    doubtful = np.array([5.0])
    small, large = (float(relevance(evidence(doubtful, lines))[0]) for lines in (300, 300_000))
    assert large < small / 3
    frequent = np.concatenate([doubtful, np.zeros(30_000)])  # it stands in a tenth of the lines for sure
    assert float(relevance(evidence(frequent, 300_000))[0]) > 5 * large


def test_few_lines_say_little_of_how_near_a_word_comes() -> None:
    near = np.zeros(5)
    usual = nearness(np.full(1, 3.0), 8)
    assert nearness(near, 8) == pytest.approx(usual, rel=0.05)
    assert nearness(np.zeros(100_000), 8) == pytest.approx([0, 0], abs=0.02)
