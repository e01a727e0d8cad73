"""Signs that stand for letters which nobody can read: one letter, or some.

They are written as two code points for private use, so that a word with such signs is a text like others. They are in
no text: in transcriptions ``[..]`` within a word is two such letters, ``[?]`` some.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from indexer.text.folding import word_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = re.compile(r"(?<=[^\W_])\[(\.{1,20}|\?)\]|\[(\.{1,20}|\?)\](?=[^\W_])")
_HELD = {".": "\ua7fb", "?": "\ua7fc"}
"""Letters of no living script that stand for the marks while a text is divided into words."""
_ONE_HELD, _SOME_HELD = (re.compile(f"{letter}+") for letter in _HELD.values())

ONE, SOME = "\ue000", "\ue001"
"""One letter, and any number of letters, also none."""


def is_open(text: str) -> bool:
    """Whether a word has such a sign."""
    return ONE in text or SOME in text


def is_marked(text: str) -> bool:
    """Whether a transcription has a word with letters that could not be read."""
    return _MARK.search(text) is not None


def marked_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """The place of each word in a text, as ``word_spans``; letters that could not be read are signs in it."""
    if "[" not in text or not is_marked(text):
        yield from word_spans(text)
        return
    held = _MARK.sub(lambda mark: _HELD[mark[0][1]] * len(mark[0]), text)
    for start, end, word in word_spans(held):
        opened = _ONE_HELD.sub(lambda run: ONE * (len(run[0]) - 2), word)
        yield start, end, _SOME_HELD.sub(SOME, opened)


def marked_words(text: str) -> list[str]:
    """The words of a text, with signs for letters that could not be read."""
    return [word for _, _, word in marked_spans(text)]


def fits(opened: str, word: str) -> bool:
    """Whether a word with signs may be another one, which has none."""
    return is_open(opened) and re.fullmatch(expression(opened), word) is not None


def known_share(opened: str) -> float:
    """How much of a word with signs is known: 1 where all letters are, less for each that is not, never 0."""
    unread = opened.count(ONE) + 2 * opened.count(SOME)
    return 1 - unread / (1 + len(opened) + opened.count(SOME))


def expression(text: str) -> str:
    """The regular expression of a word with such signs. A letter that is unread in the other word may be any too."""
    letter = rf"(?:[^\W_]|[{ONE}{SOME}])"
    signs = {ONE: letter, SOME: f"{letter}*"}
    return "".join(signs.get(letter) or re.escape(letter) for letter in text)
