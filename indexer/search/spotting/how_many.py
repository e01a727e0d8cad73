"""How many lines of a large archive are aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALL = 20_000
"""Lines that are always aligned. A smaller archive has no candidates: all of it is aligned."""
_FEW, _SHARE, _DEEP, _MOST = 5_000, 0.005, 0.04, 0.15
"""How many lines of a larger archive are aligned at first: a number; the share of a still larger archive; the share
where everything worth a look is wanted; the largest share, for frequent words.

``python tests/benchmarks/spotting.py 60000 --like 1000000`` asks for words among 60,000 lines made of real ones, with
shares as among a million. Of the 15,077 hits of .5 and more that aligning all lines gives, 81 are lost, of the mean
average precision .8 %; where everything worth a look is wanted 45, and nothing of the mean average precision.
"""
SURE = 0.02
"""Least relevance that the smallest share is meant to find."""
_USUAL = 8
"""Letters of a word that these numbers are for. For a shorter word more lines are aligned: more may have it."""
WIDER, _STILL, _YIELD = 3, 0.03, 0.05
"""How many times as many lines are aligned when one of the last half of them still has so high a relevance, and all of
them together have so large a share of the hits to be expected."""

_LOOKED, _EACH, _PAIRS, _MOST_PAIRS, _DEEPER = 0.6, 0.04, 0.05, 0.6, 4
"""Of many single words, so many a line are looked at by places, and of few so large a share of the lines for each; so
many a line are aligned at first, and so many at most; times as many where everything worth a look is wanted. Among
20,000 lines made of real ones, with shares as among a million, 32 names lost five of 1,705 hits of .5 and more with
these numbers, as many as with .6 a line for few words too, and 38 of 1,508 with .25 instead of .6.
"""


def most_pairs(words: int, lines: int, floor: float) -> tuple[float, int, int]:
    """For how many of some words a line the bound by places is computed; how many pairs of a word and one of so many
    lines are aligned at first, and how many at most."""
    times = _DEEPER if floor < SURE else 1
    return min(_LOOKED, _EACH * words) * times, round(_PAIRS * times * lines), round(_MOST_PAIRS * times * lines)


def is_small(lines: int) -> bool:
    """Whether all of so many lines are aligned."""
    return lines <= ALL


def first_lines(lines: int, floor: float, letters: int) -> int:
    """How many of so many lines are aligned at first with a term of so many letters."""
    wanted = max(ALL, round(_DEEP * lines)) if floor < SURE else max(_FEW, round(_SHARE * lines))
    return min(most_lines(lines), round(wanted * max(1.0, _USUAL / letters) ** 3))


def most_lines(lines: int, wrong: int = 0) -> int:
    """How many of so many lines are aligned at most with a term of which so many letters may be wrong.

    With two that takes five times as long as with none.
    """
    return ALL if wrong > 1 else max(ALL, round(_MOST * lines))


def still_yield(last: NDArray[np.float32], found: NDArray[np.float32]) -> bool:
    """Whether the last of the lines that were aligned have so high relevances that more lines are to be aligned."""
    return bool((last >= _STILL).any() and last.sum() > _YIELD * found.sum())
