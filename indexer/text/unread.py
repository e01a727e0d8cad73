"""Signs that stand for letters which nobody can read: one letter, or some. They are in no text, only in what is asked.

They are written as two code points for private use, so that a word with such signs is a text like others.
"""

from __future__ import annotations

import re

ONE, SOME = "\ue000", "\ue001"
"""One letter, and any number of letters, also none."""


def is_open(text: str) -> bool:
    """Whether a word has such a sign."""
    return ONE in text or SOME in text


def expression(text: str) -> str:
    """The regular expression of a word with such signs."""
    signs = {ONE: r"[^\W_]", SOME: r"[^\W_]*"}
    return "".join(signs.get(letter) or re.escape(letter) for letter in text)
