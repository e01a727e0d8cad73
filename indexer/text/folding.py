"""Folds text and splits it into words. This decides which words are the same, for searching and for measuring."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

_QUOTES = dict.fromkeys("‘’‚‛′‵ʼʹ`´＇", "'") | dict.fromkeys("“”„‟«»″‶＂", '"')
_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－⸗", "-")
_ASCII = str.maketrans(_QUOTES | _DASHES)
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
_WORD = re.compile(r"[^\W_]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ENDS = "".join(chr(0x10000 * plane + end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
_NO_TEXT = re.compile(f"[\ud800-\udfff\ufdd0-\ufdef{_ENDS}]")
"""Halves of surrogate pairs, and code points that are never characters. No text file has them."""
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u0640\u180b-\u180f\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
"""Signs that are no letters and only join, separate, turn or vary letters: soft hyphens, joiners, kashidas."""
_POINTS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07eb-\u07f3\u0816-\u082d\u0859-\u085b"
    "\u0897-\u089f\u08ca-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u2de0-\u2dff\ua66f-\ua67d\ua69e\ua69f\ufe20-\ufe2f"
    "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""Signs over and under letters that do not make another word: accents, Hebrew and Arabic points. Vowel signs of the
scripts of India, Thai tones and Japanese voicing marks are not among them: without those it is another word."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\u2e80-\u2fdf\u3005-\u3007"
    "\u3021-\u3029\u3038-\u30ff\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\ua980-\ua9ff\uaa60-\uaadf"
    "\uf900-\ufaff\uff66-\uff9f\U00012000-\U0001342f\U00016fe0-\U00018cff\U0001b000-\U0001b2ff\U00020000-\U000323af]"
)
"""Letters of scripts that are written without blanks: Thai, Lao, Burmese, Khmer and related ones, Chinese, Japanese,
Yi."""
_STACKING = frozenset("\u1039\u17d2\u1a60\u1b44\ua9c0")
"""Signs that stack the next letter under the one before."""


def fold(text: str) -> str:
    """Fold for measuring: NFKD, casefold, no accents or points, ASCII quotes and dashes, white space collapsed.

    Signs that make another word stay with their letter (NFC).
    """
    text = text.translate(_ASCII).casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = unicodedata.normalize("NFKD", text.casefold()).translate(_ASCII)
        text = unicodedata.normalize("NFC", _POINTS.sub("", text))
    return " ".join(text.split())


def search_fold(text: str) -> str:
    """Fold for searching: like ``fold``, but œ, æ, ø, ł, đ become plain letters, and soft hyphens vanish."""
    folded = _UNSEEN.sub("", fold(_UNSEEN.sub("", text)))  # folding may produce such signs again
    return fold(folded.translate(_LETTERS))


def is_unspaced(char: str) -> bool:
    """Whether it belongs to a script that is written without blanks: a letter, or a sign of a letter."""
    return char > "\u0e00" and _UNSPACED.match(char) is not None and not char.isdecimal()


def is_mark(char: str) -> bool:
    """Whether it is a sign that belongs to the letter before it."""
    return unicodedata.category(char).startswith("M")


def words(text: str) -> list[str]:
    """The words of a folded text, in order: the longest runs of letters and digits, with their signs.

    In scripts without blanks each letter is a word. So any part of a line can be searched as a phrase.
    """
    return [text[start:end] for start, end in _tokens(text)]


def search_words(text: str) -> list[str]:
    """The words of an unfolded text as the search index knows them."""
    if text.isascii():
        return _WORD.findall(text.casefold())
    return words(_fold_with_owners(text)[0])


def word_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """The place of each search word in the unfolded text: (start, end, folded word).

    The words are those of ``search_words``, in the same order. If a character folds to several words, each of them
    gets the span of the character.
    """
    folded, owners = _fold_with_owners(text)
    for start, end in _tokens(folded):
        yield owners[start][0], owners[end - 1][1], folded[start:end]


def _tokens(folded: str) -> Iterator[tuple[int, int]]:
    """The places of the words of a folded text."""
    if folded.isascii():
        yield from (match.span() for match in _WORD.finditer(folded))
        return
    start, before = -1, "other"
    for at, char in enumerate(folded):
        kind = _kind(char)
        goes_on = start >= 0 and (kind in ("mark", "stacking") or before == "stacking" or kind == before == "letter")
        if not goes_on:
            if start >= 0:
                yield start, at
            start = at if kind in ("letter", "lone") else -1
        if kind != "mark":
            before = kind
    if start >= 0:
        yield start, len(folded)


@lru_cache(1 << 16)
def _kind(char: str) -> str:
    if char in _STACKING:
        return "stacking"
    if is_mark(char):
        return "mark"
    if not char.isalnum():
        return "other"
    return "lone" if is_unspaced(char) else "letter"


def _fold_with_owners(text: str) -> tuple[str, list[tuple[int, int]]]:
    """``search_fold`` letter by letter, each with its signs, and the place in the text of each folded character."""
    folded: list[str] = []
    owners: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and _follows(text[end]):
            end += 1
        piece = folded_letter(text[at:end])
        folded.append(piece)
        owners.extend([(at, end)] * len(piece))
        at = end
    return "".join(folded), owners


@lru_cache(1 << 16)
def folded_letter(letter: str) -> str:
    """A letter with its signs, folded. If it folds to nothing it separates words, unless it is invisible."""
    return search_fold(letter) or (" " if _UNSEEN.sub("", letter) and not _follows(letter[0]) else "")


@lru_cache(1 << 16)
def _follows(char: str) -> bool:
    """Whether it belongs to the letter before: signs, invisible characters, later parts of a Korean letter."""
    return (
        is_mark(char)
        or _UNSEEN.match(char) is not None
        or char in "\uff9e\uff9f"
        or "\u1160" <= char <= "\u11ff"
        or "\ud7b0" <= char <= "\ud7ff"
    )


def printable(text: str) -> str:
    """A name for people. Control characters and bytes that are no text are escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def display(path: Path | str) -> str:
    """A path for people: relative if it lies below the current folder. Control characters and odd bytes are escaped."""
    here = os.getcwd() + os.sep  # noqa: PTH109 - a prefix of text
    return printable(os.fspath(path).removeprefix(here))


def clean(text: str) -> str:
    """A reading as it is stored: NFC and trimmed. Control characters and white space become single blanks.

    Code points that are no characters are left out.
    """
    return unicodedata.normalize("NFC", " ".join(_CONTROL.sub(" ", _NO_TEXT.sub("", text)).split()))


def no_letter(text: str) -> str | None:
    """The first character of a typed text that is no letter of any script. Wrongly decoded bytes become such ones."""
    odd = next((ord(letter) for letter in text if letter == "\ufffd" or "\ud800" <= letter <= "\udfff"), None)
    if odd is None:
        return None
    return f"the byte 0x{odd - 0xDC00:x}" if 0xDC80 <= odd < 0xDD00 else f"U+{odd:04X}"


def as_written(parts: Iterable[str]) -> str:
    """Search words joined as in a text: with blanks, but without them beside letters of scripts without blanks."""
    made = ""
    for part in parts:
        apart = made and not is_unspaced(made[-1]) and not is_unspaced(part[0])
        made += f" {part}" if apart else part
    return made
