"""Numbers in French words, as clerks wrote days and years: ``vingt sept``, ``mil huit cent cinquante huit``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SMALL = (
    *("un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit"),
    *("neuf", "dix", "onze", "douze", "treize", "quatorze", "quinze", "seize"),
)
_TENS = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "nonante": 90}
_VALUES = {**{word: value for value, word in enumerate(_SMALL, 1)}, **_TENS, "premier": 1, "une": 1}
_SCORES = ("vingt", "vingts")


def number_of(words: Sequence[str]) -> tuple[int, int]:
    """The number that folded words begin with, and how many of them it takes; (0, 0) where there is none."""
    whole = part = taken = 0  # thousands and hundreds, and what follows them
    for at, word in enumerate(words):
        if word in ("mil", "mille") and not whole:
            whole, part = 1000 * max(1, part), 0
        elif word in ("cent", "cents") and part < 20 and not whole % 1000:
            whole, part = whole + 100 * max(1, part), 0
        elif word in _SCORES and part == 4:
            part = 80
        elif word in _VALUES and (value := _together(part, _VALUES[word])):
            part = value
        elif word == "et" and at == taken and at and part in range(20, 61, 10) and words[at + 1 : at + 2] == ["un"]:
            continue
        else:
            break
        taken = at + 1
    return whole + part, taken


def _together(part: int, value: int) -> int:
    """A number and one that follows it, 0 where they make none: 20 and 7, 60 and 18, 80 and 19, 10 and 8."""
    fits = (
        part == 0 or (value < 10 and part % 10 == 0) or (value < 20 and part in (60, 80)) or (part == 10 and value > 6)
    )
    return part + value if fits and (part or value) else 0
