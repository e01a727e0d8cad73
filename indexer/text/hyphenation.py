"""Words that a line end cuts in two, made whole for the search."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from indexer.text.folding import search_words

if TYPE_CHECKING:
    from collections.abc import Sequence

_CUT = re.compile(r"[^\W\d_]\s?[-¬=‐‑⸗\u00ad]\s*$")
"""A letter and a hyphen, in any of the forms that hands and transcribers give it, at the end of a line."""
_GOES_ON = re.compile(r"""^[\s\-¬=‐‑⸗"'«»„“”‚‘’‹›]*[^\W\d_]""")


def is_cut(text: str) -> bool:
    """Whether the last word of the line goes on in the next one."""
    return _CUT.search(text) is not None


def going_on(texts: Sequence[str]) -> list[bool]:
    """For each line of a page whether its last word goes on in the next one."""
    held = [bool(search_words(text)) for text in texts]
    return [
        at + 1 < len(texts) and held[at] and held[at + 1] and is_cut(text) and _GOES_ON.match(texts[at + 1]) is not None
        for at, text in enumerate(texts)
    ]


def wholes(texts: Sequence[str]) -> list[list[str] | None]:
    """For each line of a page its search words with the last one whole, where that goes on in the next line."""
    folded = [search_words(text) for text in texts]
    return [
        [*folded[at][:-1], folded[at][-1] + folded[at + 1][0]] if goes_on else None
        for at, goes_on in enumerate(going_on(texts))
    ]
