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
    """How many pairs of neighbours in the ground truth are read one after the other, and how many pairs were found.

    ``order`` gives for each line that was read the number of its ground-truth line, ``None`` where it has none.
    """
    runs = [number for number, _ in groupby(each for each in order if each is not None)]
    torn = {number for number, times in Counter(runs).items() if times > 1}
    follow = {(one, other) for one, other in pairwise(runs) if not {one, other} & torn}
    found = set(runs)
    both = [(number, number + 1) for number in found if number + 1 in found]
    return sum(pair in follow for pair in both), len(both)


def text_errors(truth: Iterable[str], read: Iterable[str]) -> tuple[int, int]:
    """The edit distance between the text of a page and its ground truth, and the length of the ground truth."""
    whole = fold(" ".join(truth))
    return Levenshtein.distance(whole, fold(" ".join(read))), len(whole)


def agreement(pairs: Sequence[tuple[object, object]]) -> float | None:
    """The adjusted Rand index of two groupings; a pair has the groups of a thing. ``None`` for fewer than two things.

    It is 1 where only one grouping is possible, as with one group in both.
    """
    if len(pairs) < 2:
        return None
    ones, others = (sum(comb(size, 2) for size in Counter(side).values()) for side in zip(*pairs, strict=True))
    together, all_pairs = sum(comb(size, 2) for size in Counter(pairs).values()), comb(len(pairs), 2)
    expected, most = ones * others / all_pairs, (ones + others) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)
