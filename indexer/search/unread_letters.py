"""Words of a query with letters that nobody can read: ``C__per``, ``Eli[sz]abeth``, ``*ment``, ``te*ment``.

``_`` is one letter, ``*`` any number of letters, ``[sz]`` one of these. ``[..]`` is two letters and ``[?]`` some, as
transcribers mark what they cannot read. A word with several letters in brackets is several words.
"""

from __future__ import annotations

import re
from itertools import product
from math import prod

from indexer.search.query_error import QueryError
from indexer.text.folding import search_words
from indexer.text.unread import ONE, SOME
from indexer.translation import _

_ELEMENT = re.compile(r"\[(?P<choice>[^\[\]]*)\]|(?P<sign>[_*])|(?P<letters>[^_*\[\]]+)|(?P<odd>.)", re.DOTALL)
_UNREAD = re.compile(r"_|\*|(?<=[\w\]])\[[^\[\]]*\]|\[[^\[\]]*\](?=[\w\[])")
_PUNCTUATION = ".,;:!?"
LEAST = 2
"""Letters that a word must have beside such signs: with fewer it would match almost everything."""
_CHOICES, MOST = 12, 40
"""Most letters in a pair of brackets, and most words that a word with brackets stands for."""


def has_unread(text: str) -> bool:
    """Whether a part of a query has signs for letters that nobody can read."""
    return _UNREAD.search(text) is not None


def spellings(text: str) -> list[str]:
    """The words, folded, that a word with such signs stands for; the signs of ``indexer.text.unread`` stay in them.

    Raises ``QueryError``.
    """
    if "**" in text:
        raise QueryError(_("one * is enough"), _("It stands for any number of letters."), text.index("**") + 1)
    elements = list(_ELEMENT.finditer(text.rstrip(_PUNCTUATION)))
    choices = [_choices(element, text) for element in elements]
    if (number := prod(map(len, choices))) > MOST:
        raise QueryError(
            _("it stands for %(number)s words", number=number),
            _("Use brackets for at most %(most)s words.", most=MOST),
            0,
        )
    found = {"".join(parts) for parts in product(*choices)}
    if any(len(word) - word.count(ONE) - word.count(SOME) < LEAST for word in found):
        raise QueryError(
            _("it would match almost every line"), _("Give at least %(least)s of its letters.", least=LEAST), 0
        )
    return sorted(found)


def _choices(element: re.Match[str], text: str) -> list[str]:
    """What may stand for a part of a word."""
    if element["sign"]:
        return [ONE if element["sign"] == "_" else SOME]
    if element["odd"]:
        raise QueryError(_("this bracket has no other one"), _("Write: Eli[sz]abeth."), element.start())
    if element["letters"]:
        return [_letters(element, text)]
    inside = element["choice"]
    if inside == "?":
        return [SOME]
    if inside and not inside.strip("."):
        return [ONE * len(inside)]
    if not inside.isalnum():
        hint = _("Write [sz] for s or z, [..] for two letters that cannot be read.")
        raise QueryError(_("brackets hold letters"), hint, element.start())
    found = sorted({word for letter in inside for word in search_words(letter)})
    if len(found) > _CHOICES:
        hint = _("Use at most %(choices)s, or _ for any.", choices=_CHOICES)
        raise QueryError(_("there are %(found)s letters in brackets", found=len(found)), hint, element.start())
    return found


def _letters(element: re.Match[str], text: str) -> str:
    letters = element["letters"]
    words = search_words(letters)
    if len(words) != 1 or len(search_words(f"a{letters}a")) != 1:
        sign = next(at for at, char in enumerate(text) if char in "_*[")
        hint = _("Write the words one by one, with blanks between.")
        raise QueryError(_("signs for unread letters stand within a word of letters"), hint, sign)
    return words[0]
