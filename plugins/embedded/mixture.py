"""Which languages a page is in, and how likely letters are in these: a mixture of letter models, its weights chosen by
what the page's lines look like before any language has been at work on them.

``LANGUAGES`` holds a letter model a language; ``tests/benchmarks/languages.py`` makes them.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import numpy as np

from indexer.api import PluginError

from .language import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .language import LetterModel

_OWN = 0.4
"""Weight of the letters of the lines that the recognition model learned from, beside the languages."""
_NOISE = 0.5
"""Share of the letters that is taken to be misread when languages are told apart: what few letters say of their context
would else be for the language of which there is least text."""
_SURE = 2.0
"""Power of a letter's probability by which it counts in that."""
_TEMPER = 0.25
"""How much of what the letters of a line say is believed, since they say much of it several times."""
_EVEN = 1.0
"""Lines that speak for all languages evenly."""
_ROUNDS = 40
_LEAST, _STEPS = 0.1, 20
"""Weight from which a language counts, and steps to which the weights are rounded."""
_SKETCH = 4
"""Longest n-grams by which languages are told apart."""
_ROWS = 20_000
_MIXTURES = 4
"""Mixtures that are kept with their rows, which are 1.5 kB each."""

BestPath = tuple["Sequence[int]", "Sequence[float]"]
"""The classes of the likeliest path of a line, and the probability of each."""


class Mixture:
    """The probabilities of classes by several letter models, each with its weight; of the last class + 1: the line ends
    here."""

    def __init__(self, parts: Sequence[tuple[LetterModel, float]], classes: int) -> None:
        whole = sum(weight for _, weight in parts)
        self._parts = [(model, weight / whole) for model, weight in parts]
        self._classes = classes
        self._rows: dict[tuple[int, ...], NDArray[np.float32]] = {}
        self.context = max(model.context for model, _ in parts)

    def probabilities(self, context: tuple[int, ...]) -> NDArray[np.float32]:
        """The probability of each class after a context: the last ``context`` classes, or all from the line's start."""
        row = self._rows.get(context)
        if row is None:
            row = np.zeros(self._classes + 1, np.float32)
            for model, weight in self._parts:
                other, own = model.probabilities(context)
                row += np.float32(weight * other)
                row[model.classes] += np.float32(weight) * (own - np.float32(other))
            if len(self._rows) >= _ROWS:
                self._rows.clear()
            self._rows[context] = row
        return row

    def likelihoods(self, classes: Sequence[int]) -> list[float]:
        """The logarithm of the probability of each class of a line, and of its end."""
        line = tuple(classes)
        made = [log(self.probabilities(line[max(0, at - self.context) : at])[each]) for at, each in enumerate(line)]
        return [*made, log(self.probabilities(line[max(0, len(line) - self.context) :])[-1])]


class Languages:
    """The letters of a recognition model's own lines, and the languages there are for its characters."""

    def __init__(self, own: LetterModel, characters: Sequence[str], files: Mapping[str, Path]) -> None:
        self._own = own
        self._characters = {text: number for number, text in enumerate(characters) if text}
        self._files = files
        self._sketches: dict[str, LetterModel] = {}
        self._whole: dict[str, LetterModel] = {}
        self._mixtures: dict[tuple[tuple[str, float], ...], Mixture] = {}

    def weights(self, lines: Sequence[BestPath]) -> dict[str, float]:
        """How much of a page is in which language: expectation maximisation over its lines, one language a line.

        None of a page without lines.
        """
        read = [(letters, sure) for letters, sure in lines if letters]
        names = sorted(self._files)
        if not read or not names:
            return {}
        likelihood = self._likelihoods(read, names)
        weights = np.full(len(names), 1 / len(names))
        for _ in range(_ROUNDS):
            shares = likelihood + np.log(weights)[:, None]
            shares = np.exp(shares - shares.max(axis=0))
            shares /= shares.sum(axis=0)
            weights = shares.sum(axis=1) + _EVEN / len(names)
            weights /= weights.sum()
        return _rounded(dict(zip(names, weights.tolist(), strict=True)))

    def mixture(self, weights: Mapping[str, float]) -> Mixture:
        """The letters of languages with these weights."""
        key = tuple(sorted(weights.items()))
        found = self._mixtures.pop(key, None)
        if found is None:
            while len(self._mixtures) >= _MIXTURES:
                self._mixtures.pop(next(iter(self._mixtures)))
            rest = (1 - _OWN) / sum(weights.values()) if weights else 0.0
            parts = [(self._own, _OWN), *((self._language(name), rest * weight) for name, weight in key)]
            found = Mixture(parts, len(self._characters) + 1)
        self._mixtures[key] = found
        return found

    def _likelihoods(self, read: Sequence[BestPath], names: Sequence[str]) -> NDArray[np.float64]:
        """The logarithm of the likelihood of each line in each language (languages x lines), tempered."""
        lines = [letters for letters, _ in read]
        ends = len(self._characters) + 1
        letters = np.array([each for line in lines for each in (*line, ends)])
        sure = np.array([each for _, own in read for each in (*own, 1.0)]) ** _SURE
        line = np.repeat(np.arange(len(lines)), [len(each) + 1 for each in lines])
        other, own = self._own.frequencies()
        noise = np.full(ends + 1, other)
        noise[self._own.classes] = own
        misread = _NOISE * noise[letters]
        made = [np.log((1 - _NOISE) * self._sketch(name).chances(lines) + misread) * sure for name in names]
        return np.asarray(_TEMPER * np.stack([np.bincount(line, each, len(lines)) for each in made]), np.float64)

    def _sketch(self, name: str) -> LetterModel:
        if name not in self._sketches:
            self._sketches[name] = _loaded(self._files[name], self._characters, _SKETCH)
        return self._sketches[name]

    def _language(self, name: str) -> LetterModel:
        if name not in self._whole:
            self._whole[name] = _loaded(self._files[name], self._characters)
        return self._whole[name]


def _loaded(path: Path, characters: Mapping[str, int], longest: int | None = None) -> LetterModel:
    try:
        return load(path, characters, longest)
    except Exception as error:  # numpy has one for every way a file can be damaged
        hint = "In the checkout of notes: pip install --force-reinstall ."
        raise PluginError(f"{path} cannot be read ({type(error).__name__})", hint, kind="engine") from error


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    """The weights that count, to a twentieth; all of them evenly when none does."""
    counting = {name: weight for name, weight in weights.items() if weight >= _LEAST} or dict(weights)
    whole = sum(counting.values())
    steps = {name: max(1, round(_STEPS * weight / whole)) for name, weight in counting.items()}
    return {name: step / _STEPS for name, step in sorted(steps.items(), key=lambda each: -each[1])}
