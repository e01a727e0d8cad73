"""How likely a letter is after the letters before it: counts of n-grams, interpolated.

Witten and Bell, The zero-frequency problem (IEEE Transactions on Information Theory 37, 1991): what a context says of
the next letter counts as much as it was seen against how many different letters were seen after it, the rest is left to
the context that is a letter shorter. Letters are the classes of a recogniser, packed nine bits each into integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

ORDER = 6
"""Letters of the longest n-grams."""
_BITS = 9
_EDGE = (1 << _BITS) - 1
"""Stands before a line and after it; the class 0, the blank of CTC, stands nowhere."""
MOST_CLASSES = _EDGE - 1
"""Classes that a letter can be packed as."""
_CONTEXT = (1 << _BITS * (ORDER - 1)) - 1
START = sum(_EDGE << _BITS * at for at in range(ORDER - 1))
"""The context at the beginning of a line."""
_ROWS = 20_000
"""Contexts whose probabilities are kept ready, 1.5 kB each."""


class LetterModel:
    """Probabilities of classes by the up to five before them. A context is the integer that ``after`` makes."""

    def __init__(self, grams: Sequence[tuple[NDArray[np.int64], NDArray[np.int32]]], classes: int) -> None:
        """``grams`` are for each length from 1 the n-grams, packed and sorted, and how often each was seen."""
        self._grams = grams
        self._classes = classes
        self._letters = [np.where(found & _EDGE == _EDGE, classes, found & _EDGE) for found, _ in grams]
        self._uniform = np.full(classes + 1, 1 / (classes + 1), np.float32)
        self._rows: dict[int, NDArray[np.float32]] = {}

    @classmethod
    def count(cls, lines: Iterable[Sequence[int]], classes: int) -> LetterModel:
        """The model of lines of classes, of which there are ``MOST_CLASSES`` at most."""
        padded = [[*([_EDGE] * (ORDER - 1)), *line, _EDGE] for line in lines]
        text = np.array([each for line in padded for each in line], np.int64)
        ends = np.concatenate([np.arange(len(line)) >= ORDER - 1 for line in padded]) if padded else np.zeros(0, bool)
        grams = []
        packed = np.zeros(len(text), np.int64)
        for length in range(1, ORDER + 1):
            shifted = np.roll(text, length - 1) << np.int64(_BITS * (length - 1))
            packed = packed | shifted
            found, number = np.unique(packed[ends], return_counts=True)
            grams.append((found, number.astype(np.int32)))
        return cls(grams, classes)

    def plus(self, other: LetterModel, weight: int) -> LetterModel:
        """The model of both texts, that of the other taken so many times."""
        grams = []
        for (mine, often), (theirs, seen) in zip(self._grams, other._grams, strict=True):
            found, place = np.unique(np.concatenate((mine, theirs)), return_inverse=True)
            number = np.bincount(place, np.concatenate((often, weight * seen)).astype(float), len(found))
            grams.append((found, number.astype(np.int32)))
        return LetterModel(grams, self._classes)

    def save(self, target: Path) -> None:
        """Write the counts."""
        arrays: dict[str, Any] = {}
        for length, (found, number) in enumerate(self._grams, 1):
            arrays[f"steps{length}"] = np.diff(found, prepend=np.int64(0))  # small numbers, which compress well
            arrays[f"often{length}"] = number
        arrays["classes"] = np.array(self._classes)
        np.savez_compressed(target, **arrays)

    @classmethod
    def load(cls, path: Path) -> LetterModel:
        """The model that was saved; raises ``OSError``, ``ValueError`` or ``KeyError`` when it is damaged."""
        with np.load(path, allow_pickle=False) as saved:
            grams = [
                (np.cumsum(saved[f"steps{length}"], dtype=np.int64), saved[f"often{length}"])
                for length in range(1, ORDER + 1)
            ]
            return cls(grams, int(saved["classes"]))

    def after(self, context: int, number: int) -> int:
        """The context after one more class."""
        return ((context << _BITS) | number) & _CONTEXT

    def probabilities(self, context: int) -> NDArray[np.float32]:
        """The probability of each class after a context; the last one is that the line ends."""
        return self._row(context, ORDER - 1)

    def _row(self, context: int, length: int) -> NDArray[np.float32]:
        """The probabilities after the last letters of a context: as after one letter less, and what was seen here."""
        if length < 0:
            return self._uniform
        key = context | 1 << _BITS * length
        row = self._rows.get(key)
        if row is None:
            row = self._row(context & ((1 << _BITS * max(0, length - 1)) - 1), length - 1)
            found, number = self._grams[length]
            first, last = found.searchsorted((context << _BITS, (context + 1) << _BITS)).tolist()
            if first < last:
                seen, letters = number[first:last], self._letters[length][first:last]
                whole = int(seen.sum()) + last - first
                row = row * np.float32((last - first) / whole)
                row[letters] += seen / np.float32(whole)
            if len(self._rows) >= _ROWS:
                self._rows.clear()
            self._rows[key] = row
        return row
