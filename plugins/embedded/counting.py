"""Counts of which letters follow which: n-grams of lines, added up, saved, and made into a letter model.

Witten and Bell, The zero-frequency problem (IEEE Transactions on Information Theory 37, 1991): what a context says of
the next letter counts as much as it was seen against how many different letters were seen after it, the rest is left to
the context that is a letter shorter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .language import LetterModel, edge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_ORDER, _BITS = 6, 9
"""Letters of the longest n-grams of a recognition model's own lines, and bits a letter."""
MOST_CLASSES = edge(_BITS) - 1
"""Classes that a letter can be packed as."""
_EVEN = 1 / 120
"""Probability of a letter before anything is counted."""


class LetterCounts:
    """How often each n-gram of letters was seen, which are numbers from 1.

    For each length from 1 the n-grams are packed into integers and sorted. A line has an edge before it and after it.
    """

    def __init__(self, grams: Sequence[tuple[NDArray[np.int64], NDArray[Any]]], bits: int = _BITS) -> None:
        self.grams = grams
        self.bits = bits

    @classmethod
    def count(cls, lines: Iterable[Sequence[int]], order: int = _ORDER, bits: int = _BITS) -> LetterCounts:
        """The counts of lines of numbers. 0 is a letter that is not counted, nor what it stands in."""
        text, ends = _padded(lines, order, edge(bits))
        grams = []
        packed = np.zeros(len(text), np.int64)
        unknown = np.zeros(len(text), bool)
        for length in range(order):
            packed = packed | (np.roll(text, length) << np.int64(bits * length))
            unknown = unknown | np.roll(text == 0, length)
            found, number = np.unique(packed[ends & ~unknown], return_counts=True)
            grams.append((found, number.astype(np.int32)))
        return cls(grams, bits)

    def plus(self, other: LetterCounts, weight: float) -> LetterCounts:
        """The counts of both texts, those of the other taken so many times."""
        grams = []
        for (mine, often), (theirs, seen) in zip(self.grams, other.grams, strict=True):
            found, place = np.unique(np.concatenate((mine, theirs)), return_inverse=True)
            number = np.bincount(place, np.concatenate((often, weight * seen)).astype(float), len(found))
            grams.append((found, number.astype(np.int32) if isinstance(weight, int) else number))
        return LetterCounts(grams, self.bits)

    def save(self, target: Path, classes: int) -> None:
        """Write the counts of a recognition model's lines, which has so many classes."""
        arrays: dict[str, Any] = {}
        for length, (found, number) in enumerate(self.grams, 1):
            arrays[f"steps{length}"] = np.diff(found, prepend=np.int64(0))  # small numbers, which compress well
            arrays[f"often{length}"] = number
        arrays["classes"] = np.array(classes)
        np.savez_compressed(target, **arrays)

    @classmethod
    def load(cls, path: Path) -> LetterCounts:
        """The counts that were saved; raises ``OSError``, ``ValueError`` or ``KeyError`` when they are damaged."""
        with np.load(path, allow_pickle=False) as saved:
            lengths = range(1, _ORDER + 1)
            return cls([(np.cumsum(saved[f"steps{each}"], dtype=np.int64), saved[f"often{each}"]) for each in lengths])

    def shares(self) -> list[NDArray[np.float64]]:
        """For each n-gram, how much its context says of its last letter; the rest is the shorter context's to say."""
        return [_witten_bell(found >> self.bits, number) for found, number in self.grams]

    def pruned(self, least: float) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """The n-grams with their shares, those left out that are worth less nats over all their text (Stolcke,
        Entropy-based pruning of backoff language models, 1998)."""
        kept: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
        for (keys, number), share in zip(self.grams, self.shares(), strict=True):
            shorter = _by_shorter(kept, keys, self.bits)
            _, place = np.unique(keys >> self.bits, return_inverse=True)
            rest = (1 - np.bincount(place, share))[place] if len(keys) else share
            worth = number * np.log((share + rest * shorter) / ((rest + share) * shorter))
            telling = worth > least if kept else np.ones(len(keys), bool)
            kept.append((keys[telling], share[telling]))
        return kept

    def model(self, classes: int) -> LetterModel:
        """The letter model of numbers that are the classes of a recognition model."""
        grams = [(found, share) for (found, _), share in zip(self.grams, self.shares(), strict=True)]
        return LetterModel(grams, range(1, classes), classes, self.bits)


def _padded(lines: Iterable[Sequence[int]], order: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """All lines after one another with edges between them, and where an n-gram may end."""
    padded = [np.array([*([end] * (order - 1)), *line, end], np.int64) for line in lines]
    if not padded:
        return np.zeros(0, np.int64), np.zeros(0, bool)
    return np.concatenate(padded), np.concatenate([np.arange(len(line)) >= order - 1 for line in padded])


def _witten_bell(context: NDArray[np.int64], number: NDArray[Any]) -> NDArray[np.float64]:
    _, place = np.unique(context, return_inverse=True)
    whole = np.bincount(place, number) + np.bincount(place)
    return np.asarray(number / whole[place], np.float64) if len(number) else np.zeros(0)


def _by_shorter(
    kept: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], keys: NDArray[np.int64], bits: int
) -> NDArray[np.float64]:
    """The probability of the last letters of n-grams by shorter ones."""
    made = np.full(len(keys), _EVEN)
    for length, (known, shares) in enumerate(kept, 1):
        if not len(known):
            continue
        sums = np.concatenate(([0.0], np.cumsum(shares)))
        short = keys & ((1 << bits * length) - 1)
        context = short >> bits
        first, last = known.searchsorted(context << bits), known.searchsorted((context + 1) << bits)
        at = np.minimum(known.searchsorted(short), len(known) - 1)
        made = made * (1 - (sums[last] - sums[first])) + np.where(known[at] == short, shares[at], 0.0)
    return made
