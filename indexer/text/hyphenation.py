"""Joins words that are divided at a line end, for the search."""

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


def going_on(texts: Sequence[str], blocks: Sequence[int | None]) -> list[bool]:
    """For each line of a page, whether its last word continues in the next line of its block."""
    held = [bool(search_words(text)) for text in texts]
    follow = [held[at] and held[at + 1] and blocks[at] == blocks[at + 1] for at in range(len(texts) - 1)]
    pairs = zip(texts, texts[1:], follow, strict=False)
    goes_on = [both and is_cut(text) and _GOES_ON.match(following) is not None for text, following, both in pairs]
    return [*goes_on, False] if texts else []


def wholes(texts: Sequence[str], blocks: Sequence[int | None]) -> list[list[str] | None]:
    """The search words of each line of a page. A last word that continues in the next line is joined."""
    folded = [search_words(text) for text in texts]
    return [
        [*folded[at][:-1], folded[at][-1] + folded[at + 1][0]] if goes_on else None
        for at, goes_on in enumerate(going_on(texts, blocks))
    ]
