"""What is to be expected of lines that nobody transcribed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from indexer.posteriors.estimation import Estimate, estimate
from indexer.posteriors.posteriorgram import PosteriorgramPacker

LETTERS = ["", *"abcdefghijklmnopqrstuvwxyz", " "]


@dataclass(frozen=True)
class Line:
    text: str
    confidence: float | None
    posteriorgram: bytes | None = None


def inked(text: str, sure: float) -> bytes:
    """A posteriorgram in which each letter has this probability, and each blank between two."""
    frames = np.full((2 * len(text), len(LETTERS)), (1 - sure) / (len(LETTERS) - 1), np.float32)
    for at, letter in enumerate(text):
        frames[2 * at, LETTERS.index(letter)] = frames[2 * at + 1, 0] = sure
    return PosteriorgramPacker(LETTERS).pack(frames, len(frames))


def of(confidence: float, sure: float) -> Estimate:
    text = "a line of several words"
    made = estimate([Line(text, confidence, inked(text, sure))] * 3)
    assert made is not None
    return made


def test_lines_that_are_read_more_surely_have_fewer_errors_and_more_is_found_there() -> None:
    low, middle, high = of(0.1, 0.5), of(0.5, 0.7), of(0.95, 0.95)
    for name, rises in (("letters_wrong", False), ("words_wrong", False), ("found_read", True), ("found_ink", True)):
        found = [getattr(each, name) for each in (low, middle, high)]
        assert sorted(found, reverse=not rises) == found
        assert 0 <= min(found) < max(found) <= 1
    assert all(each.found_ink >= each.found_read for each in (low, middle, high))
    assert high.letters_wrong < 0.1
    assert low.words_wrong > 0.7


def test_without_a_posteriorgram_nothing_more_is_found_in_the_ink() -> None:
    made = estimate([Line("a line of several words", 0.6)])
    assert made is not None
    assert made.found_ink == made.found_read
    assert 0.05 < made.letters_wrong < 0.5


def test_a_line_counts_by_what_was_read_of_it() -> None:
    long, short = Line("several words which were read surely", 0.95), Line("few", 0.05)
    made, alone = estimate([long, short]), estimate([long])
    assert made is not None
    assert alone is not None
    assert made.lines == 2
    assert made.words_wrong - alone.words_wrong < 0.25
    assert made.found_read == pytest.approx(alone.found_read)  # nobody searches for a word of three letters


@pytest.mark.parametrize("lines", [[], [Line("unknown", None)], [Line("  ", 0.9)]])
def test_what_has_no_confidence_tells_nothing(lines) -> None:
    assert estimate(lines) is None


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01old format"])
def test_a_posteriorgram_of_an_older_version_counts_as_none(data) -> None:
    assert estimate([Line("some words", 0.7, data)]) == estimate([Line("some words", 0.7)])
