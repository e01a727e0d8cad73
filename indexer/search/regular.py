"""Regular expressions of a bounded kind, ``/Coo?p[ae]r/``: all words that one stands for, letters left open among them.

There are letters, ``.`` for any letter, classes, groups, ``|``, ``?``, ``*``, ``+`` and ``{m,n}``. Each compares whole
words, folded. ``.*`` is any number of letters; of a letter or a group ``*`` and ``+`` are at most three.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from indexer.search.query_error import QueryError
from indexer.search.unread_letters import LEAST, MOST
from indexer.text.folding import folded_letter, is_unspaced, search_words
from indexer.text.unread import ONE, SOME
from indexer.translation import _

_AGAIN = 3
"""How often a letter or a group may stand where it is not said. No word has more of one letter."""
_LONGEST, _DEPTH = 40, 20
"""Most letters of a word, and most groups within each other."""
_ANY = ("[a-z]", "[a-zA-Z]", "[A-Za-z]", "[a-z0-9]", "[A-Z]")
_TIMES = re.compile(r"\{(\d{1,3})(?:(,)(\d{0,3}))?\}")
_DIGITS = "0123456789"


def words_of(pattern: str) -> list[str]:
    """The words, folded and sorted, that an expression stands for, with the signs of ``indexer.text.unread``.

    Raises ``QueryError``.
    """
    first, last = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
    found = _Expression(pattern, int(first), len(pattern) - int(last)).words()
    found = {re.sub(f"{SOME}+", SOME, word) for word in found}
    if not found:
        raise QueryError(
            _("no word is so long"), _("It may stand for words of at most %(longest)s letters.", longest=_LONGEST), 0
        )
    if "" in found:
        raise QueryError(
            _("it also matches the empty word"), _("Leave at least two of its letters without ? and *."), 0
        )
    if any(len(word) - word.count(ONE) - word.count(SOME) < LEAST for word in found):
        raise QueryError(
            _("it would match almost every line"), _("Give at least %(least)s of its letters.", least=LEAST), 0
        )
    if len(found) > MOST:
        _too_many(len(found))
    return sorted(found)


def _too_many(number: int) -> NoReturn:
    said = f"{number}" if number <= 1000 else "more than a thousand"
    hint = _("It may stand for at most %(most)s: write . for a letter that may be any.", most=MOST)
    raise QueryError(_("it stands for %(said)s words", said=said), hint, 0)


@dataclass(slots=True)
class _Expression:
    """Recursive descent: alternatives of sequences of repeated parts, each as the set of what it may be."""

    text: str
    at: int
    end: int
    depth: int = 0

    def words(self) -> set[str]:
        found = self._alternatives()
        if self.at < self.end:
            self._fail(_("this closing parenthesis has no opening one"), _("Remove it, or add a ( before."))
        return found

    def _fail(self, message: str, hint: str, at: int | None = None) -> NoReturn:
        raise QueryError(message, hint, 1 + min(self.at if at is None else at, len(self.text)))

    def _here(self) -> str:
        return self.text[self.at] if self.at < self.end else ""

    def _alternatives(self) -> set[str]:
        found = self._sequence()
        while self._here() == "|":
            self.at += 1
            found = found | self._sequence()
        return found

    def _sequence(self) -> set[str]:
        found = {""}
        while self._here() not in ("", "|", ")"):
            found = _joined(found, self._repeated())
        return found

    def _repeated(self) -> set[str]:
        begin = self.at
        part = self._part()
        least, most = self._times()
        if self._here() in ("?", "*", "+", "{") and self._here():
            self._fail(_("one sign for how often is enough"), _("Write a?, a*, a+ or a{1,2}."))
        if part == {ONE} and most is None:
            return {ONE * least + SOME}
        most = max(least, _AGAIN) if most is None else most
        if most < least or most > _LONGEST:
            self._fail(
                _("this says how often in no useful way"), _("Write {1,2}, up to %(longest)s.", longest=_LONGEST), begin
            )
        found, made = set(), {""}
        for times in range(most + 1):
            if times >= least:
                found |= made
            if times < most:
                made = _joined(made, part)
        return found

    def _times(self) -> tuple[int, int | None]:
        sign = self._here()
        if sign and sign in "?*+":
            self.at += 1
            return int(sign == "+"), 1 if sign == "?" else None
        if sign == "{":
            match = _TIMES.match(self.text, self.at, self.end)
            if match is None:
                self._fail(_("this brace says nothing"), _("Write a{2} or a{1,3}."))
            self.at = match.end()
            least = int(match[1])
            return least, least if match[2] is None else int(match[3]) if match[3] else None
        return 1, 1

    def _part(self) -> set[str]:
        sign, begin = self._here(), self.at
        self.at += 1
        if sign == "(":
            return self._group(begin)
        if sign == ".":
            return {ONE}
        if sign == "[":
            return self._class(begin)
        if sign == "\\":
            return self._escaped(begin)
        if sign in "?*+{":
            self._fail(_("there is nothing before this"), _("Write a letter before it, or . for any."), begin)
        return {self._letter(sign, begin)}

    def _group(self, begin: int) -> set[str]:
        self.depth += 1
        if self.depth > _DEPTH:
            self._fail(
                _("it is nested too deeply"), _("Use at most %(depth)s groups within each other.", depth=_DEPTH), begin
            )
        if self.text.startswith("?:", self.at):
            self.at += 2
        found = self._alternatives()
        if self._here() != ")":
            self._fail(_("this parenthesis is not closed"), _("Add a ) where it ends."), begin)
        self.at += 1
        self.depth -= 1
        return found

    def _escaped(self, begin: int) -> set[str]:
        letter, self.at = self._here(), self.at + 1
        if letter == "d":
            return set(_DIGITS)
        if letter == "w":
            return {ONE}
        return self._fail(_("this sign is unknown"), _("There are \\w for any letter and \\d for a digit."), begin)

    def _class(self, begin: int) -> set[str]:
        close = self.text.find("]", self.at, self.end)
        if close < 0:
            self._fail(_("this bracket is not closed"), _("Write [ae] for a or e."), begin)
        whole, inside, self.at = self.text[begin : close + 1], self.text[begin + 1 : close], close + 1
        if whole in _ANY:
            return {ONE}
        if inside.startswith("^") or not inside:
            self._fail(_("brackets hold the letters that may be there"), _("Write [ae] for a or e, . for any."), begin)
        letters = re.sub(r"(.)-(.)", lambda span: self._span(span[1], span[2], begin), inside.replace(r"\d", _DIGITS))
        return {self._letter(letter, begin) for letter in letters}

    def _span(self, first: str, last: str, begin: int) -> str:
        if not ord(first) <= ord(last) <= ord(first) + MOST:
            self._fail(_("this stands for no letters, or for too many"), _("Write [a-e], or . for any letter."), begin)
        return "".join(map(chr, range(ord(first), ord(last) + 1)))

    def _letter(self, letter: str, at: int) -> str:
        words = search_words(letter)
        if len(words) != 1 or folded_letter(letter) != words[0]:
            self._fail(
                _("a regular expression is for the letters of one word"), _("Write several: /o[nm]e/ /tw[oe]/."), at
            )
        if is_unspaced(words[0][0]):
            self._fail(_("it is for words between blanks"), _("Any part of such a line is found without."), at)
        return words[0]


def _joined(one: set[str], other: set[str]) -> set[str]:
    if len(one) * len(other) > 1000:
        _too_many(len(one) * len(other))
    return {before + after for before in one for after in other if len(before) + len(after) <= _LONGEST}
