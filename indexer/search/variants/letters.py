"""Spells a word in other letters, as old or careless hands do: by rules such as ``i > y``, each with a probability."""

from __future__ import annotations

import heapq
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.search.variants.tables import Rule

_THRICE = re.compile(r"(.)\1\1")
"""No hand writes a letter three times in a row."""
_TWICE = 2
"""Most rules that change a word. A spelling that needs three is rare, and is mostly another word."""


def respelt(word: str, rules: Sequence[Rule], least: float, most: int) -> dict[str, float]:
    """The spellings of a folded word with their prior probabilities, the most probable first: so many at most."""
    found = {word: 1.0}
    waiting = [(-1.0, 0, word)]
    while waiting and len(found) <= most:
        prior, changes, text = heapq.heappop(waiting)
        if changes == _TWICE:
            continue
        for other, share in _changed(text, rules):
            if _THRICE.search(other) is None and -prior * share >= max(least, found.get(other, 0.0) + 1e-9):
                found[other] = -prior * share
                heapq.heappush(waiting, (prior * share, changes + 1, other))
    del found[word]
    return dict(heapq.nsmallest(most, found.items(), key=lambda each: -each[1]))


def _changed(word: str, rules: Sequence[Rule]) -> Iterator[tuple[str, float]]:
    """The word with each rule applied once, at each place where it fits, and at all of them."""
    framed = f"^{word}$"
    for rule in rules:
        at, places = framed.find(rule.letters), []
        while at >= 0:
            places.append(at)
            at = framed.find(rule.letters, at + 1)
        for place in places:
            yield _plain(framed[:place] + rule.others + framed[place + len(rule.letters) :]), rule.prior
        if len(places) > 1:
            yield _plain(framed.replace(rule.letters, rule.others)), rule.prior


def _plain(framed: str) -> str:
    return framed.strip("^$")
