"""What goes on over a line end, for the search: the lines that follow each other, and the words that are divided."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from indexer.text.folding import search_words

if TYPE_CHECKING:
    from collections.abc import Sequence

_CUT = re.compile(r"[^\W\d_]\s?[-¬=‐‑⸗\u00ad]\s*$")
"""A letter and a hyphen at the end of a line. Hands and transcribers use many forms of the hyphen."""
_GOES_ON = re.compile(r"""^[\s\-¬=‐‑⸗"'«»„“”‚‘’‹›]*[^\W\d_]""")


def is_cut(text: str) -> bool:
    """Whether the last word of the line continues in the next line."""
    return _CUT.search(text) is not None


def followed(texts: Sequence[str], blocks: Sequence[int | None]) -> list[bool]:
    """For each line of a page, whether a phrase may go on in the next one: both have words and stand in one block."""
    held = [bool(search_words(text)) for text in texts]
    follow = [held[at] and held[at + 1] and blocks[at] == blocks[at + 1] for at in range(len(texts) - 1)]
    return [*follow, False] if texts else []


def is_divided(text: str, following: str) -> bool:
    """Whether the last word of a line continues in the line that follows."""
    return is_cut(text) and _GOES_ON.match(following) is not None


def going_on(texts: Sequence[str], blocks: Sequence[int | None]) -> list[bool]:
    """For each line of a page, whether its last word continues in the next line of its block."""
    follow = followed(texts, blocks)
    return [both and is_divided(text, texts[at + 1]) for at, (text, both) in enumerate(zip(texts, follow, strict=True))]


def wholes(texts: Sequence[str], blocks: Sequence[int | None]) -> list[list[str] | None]:
    """The search words of each line of a page. A last word that continues in the next line is joined."""
    folded = [search_words(text) for text in texts]
    return [
        [*folded[at][:-1], folded[at][-1] + folded[at + 1][0]] if goes_on else None
        for at, goes_on in enumerate(going_on(texts, blocks))
    ]
