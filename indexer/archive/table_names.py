"""Names the columns of a table by what is read in the heads of its pages."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LETTERS = 2
"""A name has at least so many letters or digits."""
_LONGEST = 80


def named(heads: Sequence[Sequence[str]]) -> list[str]:
    """A name for each column: of what was read above it on several pages, that which is most like the others.

    A column without a readable head is called by its number. No two have the same name.
    """
    columns = zip(*heads, strict=True)
    names = [_usual([_tidy(text) for text in column]) or f"column {number}" for number, column in enumerate(columns, 1)]
    return [_unlike(name, names[:at], at + 1) for at, name in enumerate(names)]


def _tidy(text: str) -> str:
    name = " ".join(text.split()).strip(" .,:;|-–—_")[:_LONGEST].strip()
    return name if len(re.findall(r"\w", name)) >= _LETTERS else ""


def _usual(texts: Sequence[str]) -> str:
    some = [text for text in texts if text]

    def likeness(text: str) -> float:
        return sum(SequenceMatcher(a=text.casefold(), b=other.casefold(), autojunk=False).ratio() for other in some)

    return max(some, key=likeness, default="")


def _unlike(name: str, before: Sequence[str], number: int) -> str:
    taken = {each.casefold() for each in before}
    return f"{name} ({number})" if name.casefold() in taken else name
