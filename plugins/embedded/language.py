"""How likely a letter is after the letters before it: n-grams, each with its share in what its context says.

After a context a letter has its share there, and what the shares leave over is divided as after the context that is a
letter shorter; after no letter at all, evenly. So any n-gram can be left out, and all probabilities still make one.
Letters are numbers from 1, those of an n-gram packed into an integer of 64 bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

BITS = 7
"""Bits a letter of a language: at most 126 letters, and n-grams of at most nine."""
_ROWS = 20_000
"""Contexts whose probabilities are kept ready, half a kilobyte each."""
_STEPS = 12
"""Steps in which a share is halved in a file: it keeps a share to 6 %, down to a two millionth."""


def edge(bits: int) -> int:
    """The number that stands before a line and after it."""
    return (1 << bits) - 1


class LetterModel:
    """Probabilities of a recogniser's classes after others. A context is the tuple of the classes before, from the
    beginning of the line."""

    def __init__(
        self,
        grams: Sequence[tuple[NDArray[np.int64], NDArray[Any]]],
        letters: Sequence[int],
        classes: int,
        bits: int = BITS,
    ) -> None:
        """``grams`` are for each length from 1 the n-grams, packed and sorted, and their shares; ``letters`` the class
        of each number from 1, or -1 when the recogniser has none for it."""
        self._keys = [keys for keys, _ in grams]
        self._shares = [shares.astype(np.float32) for _, shares in grams]
        self._sums = [np.concatenate(([0.0], np.cumsum(shares, dtype=np.float64))) for _, shares in grams]
        self._bits = bits
        self._edge = edge(bits)
        known = [(number, each) for number, each in enumerate(letters, 1) if each >= 0]
        self._numbers = np.zeros(classes + 1, np.int64)
        self._numbers[[each for _, each in known]] = [number for number, _ in known]
        self._numbers[classes] = self._edge
        self.classes = np.array([*(each for _, each in known), classes])
        """The classes that have a probability of their own, the end of the line last; the others have an even one."""
        self._own = np.array([*(number for number, _ in known), len(letters) + 1])
        self._uniform = np.full(len(letters) + 2, 1 / (classes + 1), np.float32)
        self._rows: dict[int, NDArray[np.float32]] = {}

    @property
    def context(self) -> int:
        """How many letters before one say something of it."""
        return len(self._keys) - 1

    def probabilities(self, context: Sequence[int]) -> tuple[float, NDArray[np.float32]]:
        """After a context: the probability of a class that is not among ``classes``, and of each of these."""
        row = self._row(self._packed(context), self.context)
        return float(row[0]), row[self._own]

    def frequencies(self) -> tuple[float, NDArray[np.float32]]:
        """As ``probabilities``, whatever stands before."""
        row = self._row(0, 0)
        return float(row[0]), row[self._own]

    def chances(self, lines: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """The probability of each class of lines, and of each line's end, all after one another."""
        end, order = len(self._numbers) - 1, len(self._keys)
        text = self._numbers[[each for line in lines for each in (*[end] * self.context, *line, end)]]
        made: NDArray[np.float64] = np.full(len(text), float(self._uniform[0]))
        packed = np.zeros(len(text), np.int64)
        for length in range(order):
            packed = packed | (np.roll(text, length) << np.int64(self._bits * length))
            made = self._added(length, packed, made)
        ends = [at >= order - 1 for line in lines for at in range(len(line) + order)]
        return np.asarray(made[np.array(ends, bool)])

    def _added(self, length: int, packed: NDArray[np.int64], made: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probabilities of n-grams, from those of n-grams that are a letter shorter."""
        keys, sums = self._keys[length], self._sums[length]
        context = packed >> self._bits
        first, last = keys.searchsorted(context << self._bits), keys.searchsorted((context + 1) << self._bits)
        at = np.minimum(keys.searchsorted(packed), max(0, len(keys) - 1))
        seen = (keys[at] == packed) & (packed & self._edge != 0) if len(keys) else np.zeros(len(packed), bool)
        share = np.where(seen, self._shares[length][at], 0.0) if len(keys) else 0.0
        return np.asarray(made * (1 - (sums[last] - sums[first])) + share)

    def _packed(self, context: Sequence[int]) -> int:
        packed = 0
        for _ in range(self.context - len(context)):
            packed = packed << self._bits | self._edge
        for each in context[max(0, len(context) - self.context) :]:
            packed = packed << self._bits | int(self._numbers[each])
        return packed

    def _row(self, context: int, length: int) -> NDArray[np.float32]:
        """The probabilities of numbers after the last letters of a context; 0 stands for every other letter."""
        if length < 0:
            return self._uniform
        key = context | 1 << self._bits * length
        row = self._rows.get(key)
        if row is None:
            row = self._row(context & ((1 << self._bits * max(0, length - 1)) - 1), length - 1)
            keys, sums = self._keys[length], self._sums[length]
            first, last = keys.searchsorted((context << self._bits, (context + 1) << self._bits)).tolist()
            if first < last:
                row = row * np.float32(1 - (sums[last] - sums[first]))
                row[np.minimum(keys[first:last] & self._edge, len(row) - 1)] += self._shares[length][first:last]
            if len(self._rows) >= _ROWS:
                self._rows.clear()
            self._rows[key] = row
        return row


def save(target: Path, grams: Sequence[tuple[NDArray[np.int64], NDArray[Any]]], letters: str) -> None:
    """Write a language: its letters in the order of their numbers, and its n-grams with their shares, rounded down."""
    arrays: dict[str, Any] = {"letters": np.array(letters)}
    for length, (keys, shares) in enumerate(grams, 1):
        steps = np.diff(keys, prepend=np.int64(0)).astype("<i8")
        arrays[f"steps{length}"] = steps.view(np.uint8).reshape(-1, 8).T.copy()  # by their bytes they compress well
        arrays[f"shares{length}"] = np.clip(np.ceil(-_STEPS * np.log2(shares)), 0, 255).astype(np.uint8)
    np.savez_compressed(target, **arrays)


def load(path: Path, classes: Mapping[str, int], longest: int | None = None) -> LetterModel:
    """A language that was saved, its n-grams up to a length, for the classes of a recogniser's characters, of which
    there are as many and the blank; raises ``OSError``, ``ValueError`` or ``KeyError`` when it is damaged."""
    with np.load(path, allow_pickle=False) as saved:
        lengths = sum(name.startswith("shares") for name in saved.files)
        grams = []
        for length in range(1, min(lengths, longest or lengths) + 1):
            steps = np.ascontiguousarray(saved[f"steps{length}"].T).view("<i8").ravel()
            shares = np.exp2(-saved[f"shares{length}"].astype(np.float32) / _STEPS)
            grams.append((np.cumsum(steps, dtype=np.int64), shares))
        letters = [classes.get(letter, -1) for letter in str(saved["letters"])]
        return LetterModel(grams, letters, len(classes) + 1)
