"""Finds dates in texts as people wrote them: ``12 8bre 1794``, ``17. VII. 02``, ``14 thermidor an 8``, ``le quinze
janvier mil huit cent neuf``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from indexer.text.folding import word_spans
from indexer.text.spelt_numbers import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Day = tuple[int, int, int]
"""Year, month, day."""
EARLIEST, LATEST = 1000, 2099
_ALONE = 1400
"""The earliest year that stands by itself. Such a number is mostly that of an entry, or an amount."""
_NUMBER = re.compile(r"(?:\bn[°º]|\bn[or]\.|\bnum(?:ero|éro)?\.?|[$£])\s*$", re.IGNORECASE)
_AMOUNT = re.compile(r"\s*(?:[+%€£$]|\d|(?:f|fr|frs|francs|fl|livres?|lt|p\.?\s*c|km|kg|mark|marks)\b)", re.IGNORECASE)
"""What stands before a number that is no year, and behind an amount."""
_MONTHS = (
    "jan january jany janr janvier janv januar jaenner janner januarii januarij gennaio enero januari janeiro",
    "feb febr feby february fevrier fevr fev februar februarii februarij febbraio febrero februari fevereiro",
    "mar march mars marz maerz merz mertz martii martij marzo maart marts marco",
    "apr april aprill avril avr aprilis aprile abril",
    "may mai maii maij maggio mayo mei maj maio",
    "jun june juny juin juing juni junii junij giugno junio junho",
    "jul july juillet juil juli julii julij luglio julio julho",
    "aug augt august aout aoust augusti agosto augustus",
    "sep sept septr septemb september septembre septembris settembre septiembre setembro 7ber 7bre 7bris 7br 7b viibre",
    "oct okt octr octob october octobre oktober octobris ottobre octubre outubro 8ber 8bre 8bris 8br 8b viiibre",
    "nov novr novemb november novembre novembris noviembre novembro 9ber 9bre 9bris 9br 9b ixbre",
    "dec dez decr decemb december decembre dezember decembris dicembre diciembre dezembro 10ber 10bre 10bris xber xbre"
    " xbris",
)
_OLD_LETTERS = (("v", "u"), ("j", "i"), ("i", "j"))
"""Letters of the names of months that old hands write in place of others: ``feurier``, ``iuin``, ``junj``."""
_NAMED = {
    name.replace(letter, other): number
    for number, names in enumerate(_MONTHS, 1)
    for name in names.split()
    for letter, other in (("", ""), *_OLD_LETTERS)
}
_ONES = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ROMAN = {"x" * (at // 10) + _ONES[at % 10]: at for at in range(1, 32)}
_OF_THE_REPUBLIC = (
    *("vendemiaire", "brumaire", "frimaire", "nivose", "pluviose", "ventose"),
    *("germinal", "floreal", "prairial", "messidor", "thermidor", "fructidor"),
)
MONTHS_OF_THE_REPUBLIC = {**{name: at for at, name in enumerate(_OF_THE_REPUBLIC, 1)}, "fervidor": 11}
_REPUBLIC, _LEAP, _LAST = date(1792, 9, 22).toordinal(), (3, 7, 11), 14
"""The first day of the republican calendar, the years with a day more, and the last one in which it was used."""
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|d|th|er|e|o|te|ten|ter|de)?")
_BETWEEN = frozenset(
    (
        "of",
        "the",
        "de",
        "den",
        "des",
        "der",
        "du",
        "d",
        "le",
        "el",
        "la",
        "del",
        "al",
        "anno",
        "year",
        "in",
        "jour",
        "day",
    )
)
"""Words that may stand between the parts of a date."""
_ENDINGS = frozenset(("st", "nd", "rd", "th", "er", "e", "me"))
"""The endings of a day that stand apart from it, as in ``21^st``."""
_GLUED = re.compile(r"(\d{1,2})([a-z]{3,})")
_DOTTED = re.compile(r"\s*[./-]\s*")
_LONGEST = 8
"""Most words of a number, as in ``mil sept cent quatre vingt dix neuf``."""
_PARTS = 7
"""Most words of a date."""


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date in a text, from ``start`` to ``end``: what it says of year, month and day. Of a ``short`` one the century
    is not known."""

    start: int
    end: int
    first: Day
    last: Day
    short: bool = False

    def lies_in(self, first: Day, last: Day) -> bool:
        """Whether it may be a day of this time, both days included."""
        centuries = range(EARLIEST, LATEST, 100) if self.short else (0,)
        return any(
            (self.first[0] + more, *self.first[1:]) <= last and (self.last[0] + more, *self.last[1:]) >= first
            for more in centuries
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """A word of a text, its place, and whether only a dot, a stroke or a slash stands before it."""

    word: str
    start: int
    end: int
    dotted: bool

    @property
    def day(self) -> int | None:
        match = _DAY.fullmatch("7" if self.word == "sept" else self.word)
        return int(match[1]) if match and 1 <= int(match[1]) <= 31 else None

    @property
    def month(self) -> int | None:
        """The month, where it is written as a name or in Roman numerals."""
        return _NAMED.get(self.word) or (_ROMAN.get(self.word, 13) if _ROMAN.get(self.word, 13) <= 12 else None)

    @property
    def number(self) -> int | None:
        return int(self.word) if self.word.isascii() and self.word.isdecimal() and len(self.word) <= 2 else None

    @property
    def chained(self) -> bool:
        """Whether it is one of many numbers, as in an account or in cipher: ``21 / 11 / 24 / 13``."""
        return self.dotted and self.number is not None

    @property
    def year(self) -> int | None:
        if len(self.word) == 4 and self.word.isascii() and self.word.isdecimal():
            return int(self.word) if EARLIEST <= int(self.word) <= LATEST else None
        return None


def dates_in(text: str) -> Iterator[WrittenDate]:
    """The dates of a text, in order; a year by itself is one."""
    parts = _parts(text)
    at = 0
    while at < len(parts):
        taken, found = max(_at(parts[at : at + _PARTS]), default=(1, None), key=lambda each: each[0])
        if found is not None and (taken > 1 or _is_year(text, found)):
            yield found
        at += taken


def _is_year(text: str, found: WrittenDate) -> bool:
    """Whether a number by itself may be a year."""
    other = _NUMBER.search(text[: found.start]) or _AMOUNT.match(text, found.end)
    return found.first[0] >= _ALONE and other is None


def _parts(text: str) -> list[_Part]:
    made: list[_Part] = []
    before = 0
    for start, end, word in _figures(list(word_spans(text))):
        made.append(_Part(word, start, end, bool(made) and _DOTTED.fullmatch(text[before:start]) is not None))
        before = end
    return made


def _figures(words: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """The words, with figures for numbers in words, and a day apart from a month that it touches: ``8Juin``."""
    at = 0
    while at < len(words):
        start, end, word = words[at]
        number, taken = number_of([each for _, _, each in words[at : at + _LONGEST]])
        glued = _GLUED.fullmatch(word)
        cut = at + taken == len(words) and number % 10 == 0  # a year may go on in the next line
        if (0 < number <= 31 and word != "sept") or (number >= _ALONE and not cut):
            yield start, words[at + taken - 1][1], str(number)
        elif glued and glued[2] in _NAMED and word not in _NAMED and end - start == len(word):
            yield start, start + len(glued[1]), glued[1]
            yield start + len(glued[1]), end, glued[2]
        else:
            yield from words[at : at + max(1, taken)]
        at += max(1, taken)


def _at(parts: Sequence[_Part]) -> Iterator[tuple[int, WrittenDate | None]]:
    """The dates that begin with the first of these words, each with how many words it takes."""
    kept = [0, *(at for at in range(1, len(parts)) if parts[at].word not in _BETWEEN | _ENDINGS)]
    known = [parts[at] for at in kept]
    for taken, first, last, short in _read(known):
        whole = kept[taken - 1] + 1
        yield whole, WrittenDate(parts[0].start, parts[whole - 1].end, first, last, short)


def _read(parts: Sequence[_Part]) -> Iterator[tuple[int, Day, Day, bool]]:
    one, *rest = parts
    if one.year is not None:
        yield 1, (one.year, 1, 1), (one.year, 12, 31), False
    if one.month is not None and rest and rest[0].year is not None and one.word in _NAMED:
        yield 2, (rest[0].year, one.month, 1), (rest[0].year, one.month, 31), False
    if len(rest) < 2:
        return
    two, three = rest[0], rest[1]
    yield from _republican(parts)
    if one.year is not None and two.dotted and three.dotted and two.number and three.day and two.number <= 12:
        yield _whole(3, (one.year, two.number, three.day))
    dotted = two.dotted and three.dotted
    orders = [(one.day, two.month), (two.day, one.month if one.word in _NAMED else None)]
    orders += [(_ROMAN.get(one.word), _NAMED.get(two.word))]
    if dotted and not one.chained and not (parts[3:] and parts[3].chained):
        orders += [(one.day, two.number if (two.number or 13) <= 12 else None)]
    for day, month in orders:
        if day and month and three.year is not None:
            yield _whole(3, (three.year, month, day))
        elif day and month and len(three.word) == 2 and three.number is not None and (dotted or month == two.month):
            yield _whole(3, (three.number, month, day), short=True)


def _whole(taken: int, day: Day, *, short: bool = False) -> tuple[int, Day, Day, bool]:
    return taken, day, day, short


def _republican(parts: Sequence[_Part]) -> Iterator[tuple[int, Day, Day, bool]]:
    """A day of the French republican calendar: ``14 thermidor an 8``, the year also in Roman numerals."""
    day, month = parts[0].day, MONTHS_OF_THE_REPUBLIC.get(parts[1].word)
    at = 3 if parts[2].word in ("an", "annee") and len(parts) > 3 else 2
    year = _ROMAN.get(parts[at].word) or parts[at].number
    if day and day <= 30 and month and year and year <= _LAST:
        before = 365 * (year - 1) + sum(leap < year for leap in _LEAP) + 30 * (month - 1) + day - 1
        found = date.fromordinal(_REPUBLIC + before)
        yield _whole(at + 1, (found.year, found.month, found.day))
