"""Folding and splitting of text: what counts as the same word, for searching and for measuring."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_QUOTES = dict.fromkeys("‘’‚‛′‵ʼʹ`´＇", "'") | dict.fromkeys("“”„‟«»″‶＂", '"')
_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－⸗", "-")
_ASCII = str.maketrans(_QUOTES | _DASHES)
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "\u00ad": ""})
_WORD = re.compile(r"[^\W_]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def fold(text: str) -> str:
    """Fold for measuring: NFKD, casefold, no combining marks, quotes and dashes to ASCII, white space collapsed."""
    text = unicodedata.normalize("NFKD", text.translate(_ASCII))
    text = unicodedata.normalize("NFKD", text.casefold()).translate(_ASCII)
    text = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(text.split())


def search_fold(text: str) -> str:
    """Fold for searching: as ``fold``, and œ, æ, ø, ł, đ as their plain letters, soft hyphens dropped."""
    return fold(fold(text).translate(_LETTERS))


def words(text: str) -> list[str]:
    """The words of a folded text: its maximal runs of letters and digits, in order."""
    return _WORD.findall(text)


def search_words(text: str) -> list[str]:
    """The words of an unfolded text as the search index knows them."""
    return words(search_fold(text))


def word_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each search word stands in the unfolded text: (start, end, folded word).

    The words are those of ``search_words``, in the same order; a character that folds to several words
    gives each of them its own span.
    """
    folded, owners = _fold_with_owners(text)
    for match in _WORD.finditer(folded):
        first, last = owners[match.start()], owners[match.end() - 1]
        end = last + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        yield first, end, match.group()


def _fold_with_owners(text: str) -> tuple[str, list[int]]:
    """``search_fold`` character by character, with the index of the original character of each folded one."""
    folded: list[str] = []
    owners: list[int] = []
    for position, char in enumerate(text):
        piece = " " if char.isspace() else search_fold(char)
        folded.append(piece)
        owners.extend([position] * len(piece))
    return "".join(folded), owners


def printable(text: str) -> str:
    """A name for people: control characters and bytes that are no text escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def clean(text: str) -> str:
    """A reading as it is kept: NFC, control characters and runs of white space as single blanks, trimmed."""
    return unicodedata.normalize("NFC", " ".join(_CONTROL.sub(" ", text).split()))


def no_letter(text: str) -> str | None:
    """What there is first in a typed text that is no letter of any script: what bytes of another encoding become."""
    odd = next((ord(letter) for letter in text if letter == "\ufffd" or "\ud800" <= letter <= "\udfff"), None)
    if odd is None:
        return None
    return f"the byte 0x{odd - 0xDC00:x}" if 0xDC80 <= odd < 0xDD00 else f"U+{odd:04X}"
