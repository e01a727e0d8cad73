"""Words that a line end cuts in two, made whole for the search."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from indexer.text import search_words

if TYPE_CHECKING:
    from collections.abc import Sequence

_CUT = re.compile(r"[^\W\d_]\s?[-¬=‐‑⸗\u00ad]\s*$")
"""A letter and a hyphen, in any of the forms that hands and transcribers give it, at the end of a line."""
_GOES_ON = re.compile(r"""^[\s\-¬=‐‑⸗"'«»„“”‚‘’‹›]*[^\W\d_]""")


def is_cut(text: str) -> bool:
    """Whether the last word of the line goes on in the next one."""
    return _CUT.search(text) is not None


def slots(texts: Sequence[str]) -> list[str]:
    """The search words of each line of a page; ``cut|whole`` where a word goes on in the next line."""
    folded = [search_words(text) for text in texts]
    made = [list(words) for words in folded]
    for at in range(len(texts) - 1):
        if folded[at] and folded[at + 1] and is_cut(texts[at]) and _GOES_ON.match(texts[at + 1]):
            made[at][-1] = f"{folded[at][-1]}|{folded[at][-1]}{folded[at + 1][0]}"
    return [" ".join(words) for words in made]
