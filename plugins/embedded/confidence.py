"""How sure a word is that was read: the probability that it is right.

The probabilities that the recogniser gives its characters are far too high on handwriting, and of single characters at
that. A logistic regression makes them one of the word (Slossberg et al., arXiv 2012.12643: calibrate words, not
characters): on how sure its characters are on average, at worst and together, on how many there are, on how surely the
whole line was read, on how likely the word is in the languages of the page (also squared: fluent words are not all
right), and on how surely the page was read. Each recognition model has its own: ``model.json`` holds the bias and a
weight a feature, of the first eight features where it reads without a language. ``tests/benchmarks/calibrate.py`` fits
and cross-validates those of the models that ship.
"""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .recogniser import ReadLine, ReadWord

Model = tuple[float, tuple[float, ...]]
_LEAST, _MOST = 0.02, 0.998
"""Between these a character's probability says something."""
_NUMBER = exp(-2.0)
"""Stands for how likely a word is that has digits, of which no language says anything."""


def word_confidence(model: Model, word: ReadWord, line: ReadLine) -> float:
    """The probability (0-1) that a word of a line is right."""
    bias, weights = model
    return 1 / (1 + exp(-(bias + sum(w * x for w, x in zip(weights, features(word, line), strict=False)))))


def line_confidence(model: Model, line: ReadLine) -> float:
    """The share (0-1) of a line's words that is right, to be expected; words without a letter or digit do not count."""
    sure = [word_confidence(model, word, line) for word in line.words]
    counting = [each for each, word in zip(sure, line.words, strict=True) if any(map(str.isalnum, word.text))] or sure
    return sum(counting) / len(counting) if counting else 0.0


def features(word: ReadWord, line: ReadLine) -> tuple[float, ...]:
    """What the model looks at."""
    characters, number = word.characters, len(word.characters)
    letters, overall = line.path_probability
    is_number = any(map(str.isdigit, word.text))
    language = _NUMBER if is_number else word.language
    return (
        *(_odds(sum(characters) / number), _odds(min(characters))),
        sum(log(max(each, 1e-3)) for each in characters),
        *(float(number), log(number)),
        *(letters, letters**2, overall),
        *(language, float(is_number), line.page, language**2),
    )


def _odds(probability: float) -> float:
    """The logarithm of the odds."""
    within = min(max(probability, _LEAST), _MOST)
    return log(within / (1 - within))
