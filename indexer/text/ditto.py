"""Tells ditto marks, which stand for what is written above them."""

from __future__ import annotations

import re

_MARK = re.compile(r"(?:dito|ditto|do|d[o°º]|d\^?o|idem|id|ib|ibid|ibidem)", re.IGNORECASE)
_QUOTES = re.compile(r"(?:[\"“”„‟″〃'’‘,´`]{2}|[\"“”„‟″〃])(?:\s*(?:[\"“”„‟″〃'’‘,´`]{2}|[\"“”„‟″〃]))*")
_AROUND = " \t.-–—_:;()"


def is_ditto(text: str, *, quotes: bool = True) -> bool:
    """Whether a text is nothing but a ditto mark, such as ``do.`` or ``idem``; ``"`` counts where ``quotes`` do."""
    bare = text.strip(_AROUND)
    return bool(_MARK.fullmatch(bare) or (quotes and _QUOTES.fullmatch(bare)))
