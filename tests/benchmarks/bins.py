"""How far probabilities are from what is right, bin by bin, and how far that may be by chance.

The same word is often right or wrong in many lines alike, so chance is measured by drawing words anew, with what was
found of them, and not pairs of a word and a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import erf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

EDGES = ((0.02, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01))
"""Probabilities that are looked at together."""
FEW = 50
"""A bin of fewer pairs is counted apart: chance alone puts it off by .1 and more."""
NEAR = 0.07
"""How far a bin may be off."""
_DRAWN, _SEED = 400, 1


@dataclass(frozen=True, slots=True)
class Bin:
    """The pairs that are shown with a probability between two: how many, of how many words; by how much more probable
    they are shown than they are right (``gap``), its standard error by chance, and where it lies in 95 of 100 draws."""

    low: float
    high: float
    pairs: int
    words: int
    gap: float
    chance: float
    between: tuple[float, float]

    @property
    def is_off(self) -> bool:
        """Whether it is further off than it may be."""
        return abs(self.gap) > NEAR

    @property
    def is_surely_off(self) -> bool:
        """Whether that is so in 95 of 100 draws."""
        return self.between[0] > NEAR or self.between[1] < -NEAR

    @property
    def off_by_chance(self) -> float:
        """How probably it would be further off, if what is shown were right."""
        return 1 - erf(NEAR / max(self.chance, 1e-9) / sqrt(2))

    def __str__(self) -> str:
        sign = "!" if self.is_surely_off else "*" if self.is_off else ""
        return f"{self.low:.2f}- {self.gap:+.2f}{sign} ±{1.96 * self.chance:.2f} of {self.pairs}"


def bins(sure: NDArray[Any], there: NDArray[Any], words: NDArray[Any]) -> list[Bin | None]:
    """The bins of pairs with these probabilities, which are right or not, of these words; ``None`` for one of few
    pairs."""
    random = np.random.default_rng(_SEED)
    found: list[Bin | None] = []
    for low, high in EDGES:
        part = (sure >= low) & (sure < high)
        if part.sum() < FEW:
            found.append(None)
            continue
        gap = sure[part] - there[part]
        different, place = np.unique(words[part], return_inverse=True)
        drawn = random.integers(len(different), size=(_DRAWN, len(different)))
        sums, counts = np.bincount(place, gap), np.bincount(place)
        draws = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
        least, most = np.quantile(draws, (0.025, 0.975))
        size = (int(part.sum()), len(different))
        found.append(Bin(low, high, *size, float(gap.mean()), float(draws.std()), (float(least), float(most))))
    return found


def counted(found: Sequence[Bin | None]) -> Iterator[str]:
    """What there is to say of the bins of several collections."""
    enough = [each for each in found if each]
    yield f"{sum(each.is_off for each in enough)} of {len(enough)} bins are off by more than {NEAR}"
    yield f"{sum(each.is_surely_off for each in enough)} of these surely (!)"
    yield f"{sum(each.off_by_chance for each in enough):.1f} would be off by chance if all were right"
    yield f"{len(found) - len(enough)} bins of fewer than {FEW} pairs are left out"
