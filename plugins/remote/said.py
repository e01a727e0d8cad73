"""Finds among the lines of a page what a model said of them: by their numbers, or else by what the texts share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBERED = re.compile(r"[\s>*\-\[(]*(\d{1,4})[\])]*\s*[:.)|]\s*(.*)")
_FENCE = re.compile(r"\s*(```|~~~)")
_MOST = 2000
"""Lines of an answer that are looked at."""
_ALIKE = 0.5
"""Two texts that share fewer of their letters are no readings of the same line."""
_LONGER, _MORE = 2, 20
"""A text that is so many times as long as the first reading, and by so many letters more, is no reading of one line."""


def said_of(answer: str, first: Sequence[str], *, is_cut: bool = False) -> dict[int, str]:
    """What an answer says of the lines whose first readings are given, by their places. What is nonsense is left out.

    The last line of an answer that was cut short may be half a line: it is left out too.
    """
    lines = [line.replace("(?)", "").strip() for line in answer.splitlines() if not _FENCE.match(line)]
    lines = [line for line in lines if line][:_MOST]
    if is_cut:
        lines = lines[:-1]
    numbers = [_NUMBERED.fullmatch(line) for line in lines]
    plain = [found[2].strip() if found else line for found, line in zip(numbers, lines, strict=True)]
    found = _by_number(numbers, plain, len(first)) or _by_text(plain, first)
    return {at: text for at, text in found.items() if _may_be(text, first[at])}


def _by_number(numbers: Sequence[re.Match[str] | None], plain: Sequence[str], many: int) -> dict[int, str]:
    """By number, if most lines have one, and none has that of another."""
    told = [(int(found[1]) - 1, text) for found, text in zip(numbers, plain, strict=True) if found]
    if 2 * len(told) <= len(plain) or len(dict(told)) < len(told):
        return {}
    return {at: text for at, text in told if 0 <= at < many}


def _by_text(lines: Sequence[str], first: Sequence[str]) -> dict[int, str]:
    """In the order of the page, so that all together share the most letters."""
    import numpy as np
    from rapidfuzz import fuzz, process

    if not lines or not first:
        return {}
    alike = process.cdist([each.casefold() for each in first], [each.casefold() for each in lines], scorer=fuzz.ratio)
    gain = np.maximum(np.asarray(alike, np.float64) / 100 - _ALIKE, 0.0)
    best = np.zeros((len(first) + 1, len(lines) + 1))
    for row in range(len(first)):
        taken = best[row, :-1] + gain[row]
        best[row + 1, 1:] = np.maximum.accumulate(np.maximum(taken, best[row, 1:]))
    found, row, column = {}, len(first), len(lines)
    while row and column:
        if best[row, column] == best[row - 1, column]:
            row -= 1
        elif best[row, column] == best[row, column - 1]:
            column -= 1
        else:
            row, column = row - 1, column - 1
            found[row] = lines[column]
    return found


def _may_be(text: str, first: str) -> bool:
    """Whether a text may be a reading of a line at all."""
    return bool(text) and (len(text) <= _LONGER * len(first) or len(text) <= len(first) + _MORE)
