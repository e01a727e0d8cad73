"""Weights of training lines, so that large collections and frequent languages do not outweigh the others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .lines import Encoded

LANGUAGES = {
    **dict.fromkeys(("hooker", "stanford", "editions"), "en"),
    **dict.fromkeys(("copiste", "mss19", "poilus", "timeus"), "fr"),
}
"""Languages of collections whose lines do not name theirs."""
HANDS = {
    "lectaurep": 40,
    "htromance": 35,
    "cremma17": 25,
    "editions": 24,
    "cremma18": 20,
    "poilus": 100,
    "copiste": 30,
    "stanford": 12,
    "mss19": 8,
    "fondue18": 8,
    "timeus": 6,
    "luzern18": 4,
    "mariages": 4,
    "leopold": 1,
}
"""About how many people wrote each collection. Others count as two."""
_SIZE, _HANDS, _LANGUAGE = 0.5, 0.25, 0.6
"""Exponents. A collection weighs lines ** ``_SIZE`` * hands ** ``_HANDS``; a language weighs the sum of its collections
** ``_LANGUAGE``."""
_MOST = 4.0
"""The highest weight of a line; the mean is 1. A few lines would be learned by heart otherwise."""


def weighed(lines: Sequence[Encoded], counted: Mapping[str, float]) -> list[Encoded]:
    """Lines with their weights, on average 1. ``counted`` has factors for collections that weigh more or less."""
    sizes: dict[str, int] = defaultdict(int)
    spoken: dict[str, str] = {}
    for line, _ in lines:
        sizes[line.collection] += 1
        spoken[line.collection] = language(line.collection, line.language)
    whole = {name: size**_SIZE * HANDS.get(name, 2) ** _HANDS * counted.get(name, 1.0) for name, size in sizes.items()}
    languages: dict[str, float] = defaultdict(float)
    for name, share in whole.items():
        languages[spoken[name]] += share
    evened = {name: share * languages[spoken[name]] ** (_LANGUAGE - 1) / sizes[name] for name, share in whole.items()}
    mean = sum(evened[name] * size for name, size in sizes.items()) / max(1, len(lines))
    return [(replace(line, weight=min(_MOST, evened[line.collection] / mean)), classes) for line, classes in lines]


def language(collection: str, said: str = "") -> str:
    """The language of a collection, empty when it is not known."""
    return said or LANGUAGES.get(collection, "")
