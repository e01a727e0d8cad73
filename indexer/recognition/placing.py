"""Text of a page without places, laid on the lines that were found there: what each of them says of it.

A line that was read well enough is looked for in the whole text, in any order. The lines between two of these that
follow each other on the page and in the text share what stands between them: a line each, or all of it for a single
line.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.text.found_text import Text
    from indexer.values import Line, Origin

MOST = 200_000
"""Letters of the longest text that is laid on a page."""
NOT_FOUND = "nothing of it was found in what was read there: is it the text of another page?"
IN_PART = "some lines of the text beside it were not found on it"
"""The reason for missing lines on a page that has less text than lies beside it."""
_MORE = 2
"""The rest of a text is one line only if it has at most so many times as many letters as were read."""


def placed(lines: Sequence[Line], said: str) -> tuple[list[Line], bool]:
    """What the lines of a page say by a text, for those of which that is known; and whether that is all of the text."""
    from indexer.text.found_text import Text, found_in

    text = Text.of(said)
    sure = found_in([line.text for line in lines], text)
    found = {at: _nearest(text, lines[at].text, *span) for at, span in sure.items()}
    for between, start, end in _gaps(len(lines), sure, len(text.folded)) if sure else ():
        rest = _rows(text, start, end)
        if len(rest) == len(between):
            found |= dict(zip(between, rest, strict=True))
        elif len(between) == 1 and rest and len(" ".join(rest)) <= _MORE * len(lines[between[0]].text):
            found[between[0]] = " ".join(rest)
    letters = sum(char.isalnum() for part in found.values() for char in part)
    is_all = letters >= sum(char.isalnum() for char in said)
    return [_saying(lines[at], found[at]) for at in sorted(found) if found[at]], is_all


def laid_on(
    lines: Sequence[Line], unplaced: tuple[Origin, str] | None, missing: list[str]
) -> list[tuple[Origin, Sequence[Line]]]:
    """What the lines of a page say by a text without places, with its origin; if that is not all of it, the reason is
    added to those for ``missing`` lines."""
    if unplaced is None or not lines:
        return []
    laid, is_all = placed(lines, unplaced[1])
    missing += [IN_PART] if laid and not is_all else []
    return [(unplaced[0], laid)] if laid else []


def _saying(line: Line, text: str) -> Line:
    return replace(line, text=text, confidence=None, words=(), posteriorgram=None)


def _nearest(text: Text, read: str, start: int, end: int) -> str:
    """The part of a text, cut between words or in a word that the line cuts, that is most like what was read."""
    from rapidfuzz.distance import Levenshtein

    from indexer.text.found_text import Text, variants

    wanted = Text.of(read).folded.strip()
    options = variants(text, start, end)
    return min(options, key=lambda each: Levenshtein.distance(Text.of(each).folded.strip(), wanted), default="")


def _gaps(lines: int, sure: dict[int, tuple[int, int]], letters: int) -> Iterator[tuple[list[int], int, int]]:
    """The lines between two that were found one behind the other, and the part of the text between these."""
    ends = [(-1, (0, 0)), *sorted(sure.items()), (lines, (letters, letters))]
    for (before, (_, start)), (after, (end, _)) in pairwise(ends):
        between = list(range(before + 1, after))
        inside = any(start <= first < end for first, _ in sure.values())
        if between and start < end and not inside:
            yield between, start, end


def _rows(text: Text, start: int, end: int) -> list[str]:
    """The lines of a part of a text, as it was typed, from one word boundary to another."""
    first, last = (_boundary(text.said, int(text.at[at]) + over) for at, over in ((start, 0), (end - 1, 1)))
    return [row for row in (" ".join(each.split()) for each in text.said[first:last].splitlines()) if row]


def _boundary(said: str, at: int) -> int:
    """The nearest place in a text that is in no word."""
    begin, end = at, at
    while begin > 0 and not said[begin - 1].isspace():
        begin -= 1
    while end < len(said) and not said[end].isspace():
        end += 1
    return begin if at - begin < end - at else end
