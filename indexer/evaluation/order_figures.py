"""Reading order and blocks measured against ground truth; ``indexer.evaluation.metrics`` defines the figures."""

from __future__ import annotations

from collections import Counter
from itertools import groupby, pairwise
from math import comb
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from indexer.text.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def neighbours(order: Sequence[int | None]) -> tuple[int, int]:
    """How many neighbours in the ground truth are read one after the other, and of how many both were found.

    ``order`` gives for each line that was read the number of its ground-truth line, ``None`` where it has none.
    """
    runs = [number for number, _ in groupby(each for each in order if each is not None)]
    torn = {number for number, times in Counter(runs).items() if times > 1}
    follow = {(one, other) for one, other in pairwise(runs) if not {one, other} & torn}
    found = set(runs)
    both = [(number, number + 1) for number in found if number + 1 in found]
    return sum(pair in follow for pair in both), len(both)


def text_errors(truth: Iterable[str], read: Iterable[str]) -> tuple[int, int]:
    """The edit distance of a page's text from that of the ground truth, line after line, and how long that is."""
    whole = fold(" ".join(truth))
    return Levenshtein.distance(whole, fold(" ".join(read))), len(whole)


def agreement(pairs: Sequence[tuple[object, object]]) -> float | None:
    """The adjusted Rand index of two ways to group things, each given by its groups in both; ``None`` for under two.

    Where chance could do no otherwise, as with one group in both, it is 1.
    """
    if len(pairs) < 2:
        return None
    ones, others = (sum(comb(size, 2) for size in Counter(side).values()) for side in zip(*pairs, strict=True))
    together, all_pairs = sum(comb(size, 2) for size in Counter(pairs).values()), comb(len(pairs), 2)
    expected, most = ones * others / all_pairs, (ones + others) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)
