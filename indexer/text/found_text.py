"""Finds the text of read lines in the text of their page, wherever it stands there, whole or in running text.

A line is looked for as a part of the text, with letters misread, left out and put in (edit distance). Where words were
left out, or another part of the text is nearly as like it, it is not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz.distance import Levenshtein

from indexer.text.folding import folded_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ALIKE, _AHEAD = 0.55, 0.15
"""A line is found where at least this share of its letters agrees, and by so much more than anywhere else."""
_MISSING = 3
"""Letters in a row that one of both may lack. More letters are words that were left out."""
_SHORT = 6
"""Shorter lines cannot be told from others."""
_SHARED = 2
"""Letters that the parts of two lines may share: they were read by both, or by neither."""
_PART, _FAR = 3, 8
"""Letters of a word that are in both lines if it was cut between them; and how far a word boundary is looked for."""


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a page, folded letter by letter, with single spaces, and where each letter stands in it."""

    said: str
    folded: str
    at: NDArray[np.intp]

    @classmethod
    def of(cls, said: str) -> Text:
        """A text as it was typed."""
        letters: list[tuple[str, int]] = []
        for at, char in enumerate(said):
            for letter in "-" if _is_cut(said, at) else folded_letter(char) if not char.isspace() else " ":
                if letter != " " or (letters and letters[-1][0] != " "):
                    letters.append((letter, at))
        return cls(said, "".join(letter for letter, _ in letters), np.array([at for _, at in letters], np.intp))

    def part(self, start: int, end: int) -> str:
        """What was typed for a part of the folded text."""
        return " ".join(self.said[self.at[start] : self.at[end - 1] + 1].split()) if start < end else ""


def _is_cut(said: str, at: int) -> bool:
    return said[at] in "-=¬" and said[at + 1 : at + 2] == "\n"


def found_in(read: Sequence[str], text: Text) -> dict[int, tuple[int, int]]:
    """Where read lines surely stand in a text, by their numbers."""
    lines = [Text.of(line).folded.strip() for line in read]
    found = {at: span for at, line in enumerate(lines) if (span := _place(line, text.folded)) is not None}
    alone = {}
    for at, (start, end) in found.items():
        others = (each for number, each in found.items() if number != at)
        if all(min(end, last) - max(start, first) <= _SHARED for first, last in others):
            alone[at] = (start, end)
    return alone


def variants(text: Text, start: int, end: int) -> list[str]:
    """What a line may say that was found in a part of a text: the part begins and ends with whole words, or with a word
    that was cut in two there, with a hyphen or without."""
    starts, ends = _near(text.folded, start, 1), _near(text.folded, end, 0)
    found = []
    for first, last in ((first, last) for first in starts for last in ends if first < last):
        is_cut = text.folded[last - 1 : last + 1].isalnum() and last < len(text.folded)
        found += [text.part(first, last) + sign for sign in (("", "-", "=") if is_cut else ("",))]
    return list(dict.fromkeys(found))


def _near(text: str, at: int, over: int) -> list[int]:
    """Where a line may begin (``over`` 1) or end (0): at the word boundaries next to a place, or in the word there."""
    before, after = text.rfind(" ", 0, at + 1 - over), text.find(" ", max(0, at - over))
    before, after = (0 if before < 0 else before + over), (len(text) if after < 0 else after + over)
    inner = [each for each in (at - 1, at, at + 1) if each - before >= _PART and after - each >= _PART]
    return list(dict.fromkeys([each for each in (before, *inner, after) if abs(each - at) <= _FAR] or [at]))


def _place(line: str, text: str) -> tuple[int, int] | None:
    """The part of a text that is surely a line."""
    if len(line) < _SHORT or not text:
        return None
    errors, starts = _ends(line, text)
    ends = np.arange(len(text) + 1)
    alike = 1 - errors / np.maximum(len(line), ends - starts)
    end = int(alike.argmax())
    start = int(starts[end])
    apart = (ends <= start + _SHARED) | (starts >= end - _SHARED)
    other = float(alike[apart].max(initial=0.0))
    if alike[end] < max(_ALIKE, other + _AHEAD) or not _is_whole(line, text[start:end]):
        return None
    return start, end


def _is_whole(read: str, said: str) -> bool:
    steps = Levenshtein.opcodes(read, said)
    return all(abs((step.src_end - step.src_start) - (step.dest_end - step.dest_start)) <= _MISSING for step in steps)


def _ends(line: str, text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each place of a text: the least edit distance of a line to a part that ends there, and where that begins."""
    size = np.int64(len(text) + 1)
    letters = np.array([ord(letter) for letter in text], np.int64)
    step = size * np.arange(len(text) + 1)
    best = len(text) - np.arange(len(text) + 1)  # edits times the size, and the rest of the text from the start on
    for letter in line:
        over = best + size
        over[1:] = np.minimum(over[1:], best[:-1] + size * (letters != ord(letter)))
        best = np.minimum.accumulate(over - step) + step
    return best // size, len(text) - best % size
