"""How much two names sound alike, as different languages read them.

Double Metaphone and the Cologne phonetics come from libraries. Daitch-Mokotoff and a key for the languages of
Scandinavia are here: no library that is kept has them. Each is a list of letters with what they sound like.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import cologne_phonetics
from metaphone import doublemetaphone

_Rules = tuple[tuple[tuple[str, ...], str, str, str], ...]

_DAITCH_MOKOTOFF: _Rules = (
    (("schtsch", "schtsh", "schtch"), "2", "4", "4"),
    (("shtch", "shtsh", "stsch", "zhdzh", "zdzh"), "2", "4", "4"),
    (("ttsch", "ttch", "strz", "strs", "stsh", "stch", "shch"), "2", "4", "4"),
    (("tsch", "dsch", "csch", "tsz", "ttsz", "ttcz", "ttrz"), "4", "4", "4"),
    (("scht", "schd", "shd", "sht", "szt", "szd", "std", "zhd", "zd"), "2", "43", "43"),
    (("stz", "sts", "stsz"), "2", "4", "4"),
    (
        ("sch", "drz", "drs", "dsh", "dzh", "dzs", "trz", "trs", "tch", "tsh", "tts", "ttz", "tzs", "zsch"),
        "4",
        "4",
        "4",
    ),
    (("chs",), "5", "54", "54"),
    (("csz", "czs", "cs", "cz", "ds", "dz", "ts", "tz", "tc", "sh", "sz", "zh", "zs"), "4", "4", "4"),
    (("ks", "x"), "5", "54", "54"),
    (("st", "sd"), "2", "43", "43"),
    (("ai", "aj", "ay", "ei", "ej", "ey", "oi", "oj", "oy", "ui", "uj", "uy"), "0", "1", ""),
    (("au",), "0", "7", ""),
    (("eu",), "1", "1", ""),
    (("ia", "ie", "io", "iu"), "1", "", ""),
    (("ch", "ck", "c", "k", "g", "q"), "5", "5", "5"),
    (("mn", "nm"), "66", "66", "66"),
    (("pf", "ph", "fb", "b", "f", "p", "v", "w"), "7", "7", "7"),
    (("dt", "th", "d", "t"), "3", "3", "3"),
    (("rz", "rs"), "94", "94", "94"),
    (("h",), "5", "5", ""),
    (("j", "y"), "1", "", ""),
    (("l",), "8", "8", "8"),
    (("m", "n"), "6", "6", "6"),
    (("r",), "9", "9", "9"),
    (("s", "z"), "4", "4", "4"),
    (("a", "e", "i", "o", "u"), "0", "", ""),
)
"""Letters, and their digits at the beginning, before a vowel, and elsewhere (Mokotoff 1985)."""
_SCANDINAVIAN: _Rules = (
    (("skj", "stj", "sj", "sch", "sh"), "S", "S", "S"),
    (("tj", "kj"), "C", "C", "C"),
    (("hv", "hj"), "V", "V", "V"),
    (("ck", "ch", "kk", "gh", "k", "c", "q"), "K", "K", "K"),
    (("gj", "dj", "lj", "j"), "J", "J", "J"),
    (("ph", "f"), "F", "F", "F"),
    (("th", "dt", "d", "t"), "T", "T", "T"),
    (("w", "v"), "V", "V", "V"),
    (("x", "ks"), "KS", "KS", "KS"),
    (("z", "s"), "S", "S", "S"),
    (("aa", "å", "o"), "O", "", ""),
    (("ae", "æ", "ä", "e"), "E", "", ""),
    (("oe", "ø", "ö"), "O", "", ""),
    (("y", "i"), "I", "", ""),
    (("a",), "A", "", ""),
    (("u",), "O", "", ""),
    (("g",), "G", "G", "K"),
    (("b", "p"), "P", "P", "P"),
    (("h",), "H", "", ""),
    (("l",), "L", "L", "L"),
    (("m",), "M", "M", "M"),
    (("n",), "N", "N", "N"),
    (("r",), "R", "R", "R"),
)
"""The same for Swedish, Danish and Norwegian, in letters: w is v, k is c, aa is å, th is t."""
_VOWELS = "aeiouyäöåæø"
KEYS = ("double metaphone", "cologne", "daitch-mokotoff", "scandinavian")


@lru_cache(1 << 14)
def keys(word: str) -> tuple[frozenset[str], ...]:
    """What a folded word sounds like by each of ``KEYS``; empty where it has no sound there."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", word) if letter.isascii() and letter.isalpha())
    if not plain:
        return (frozenset(),) * len(KEYS)
    cologne = "".join(code for _, code in cologne_phonetics.encode(plain))
    heard = (_coded(plain, _DAITCH_MOKOTOFF)[:6], _coded(plain, _SCANDINAVIAN))
    return (_some(*doublemetaphone(plain)), _some(cologne), *map(_some, heard))


def _some(*codes: str) -> frozenset[str]:
    return frozenset(filter(None, codes))


def alike(word: str, other: str) -> tuple[bool, ...]:
    """Whether two words sound alike by each of ``KEYS``."""
    return tuple(bool(one & two) for one, two in zip(keys(word), keys(other), strict=True))


def _coded(word: str, rules: _Rules) -> str:
    """The code of a word; neighbours of the same code count once."""
    codes: list[str] = []
    at = 0
    while at < len(word):
        found = _longest(word, at, rules)
        if found is None:
            at += 1
            continue
        letters, first, before_vowel, elsewhere = found
        after = word[at + len(letters) : at + len(letters) + 1]
        code = first if at == 0 else before_vowel if after and after in _VOWELS else elsewhere
        if not codes or codes[-1] != code:
            codes.append(code)
        at += len(letters)
    return "".join(codes)


def _longest(word: str, at: int, rules: _Rules) -> tuple[str, str, str, str] | None:
    here = [(each, *codes) for letters, *codes in rules for each in letters if word.startswith(each, at)]
    return max(here, key=lambda rule: len(rule[0]), default=None)  # type: ignore[return-value]
