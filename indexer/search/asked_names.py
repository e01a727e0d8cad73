"""What a query asks for in all its spellings: ``name:"William Cooper"``, ``spelling:old word``, ``like:152:word``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexer.search.query_error import QueryError
from indexer.text.folding import search_words
from indexer.text.name_parts import MOST_PARTS
from indexer.translation import _

if TYPE_CHECKING:
    from indexer.search.nodes import Plain

_LEAST = 2
"""Letters that one part of a name must have: an initial alone stands everywhere."""
_SIGNS = re.compile(r"[*~_?\[\]()|^\\]")
_QUOTES = '"“”„«»'


_LINE = re.compile(r"[0-9]{1,16}")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One of the ways to write what is asked for. Where it stands it is meant with the probability ``prior``.

    ``text`` is how it looks to people.
    """

    leaf: Plain
    prior: float
    text: str


@dataclass(frozen=True, slots=True)
class Spelt:
    """A name or an ``old`` word in all its spellings, or the ``like`` of a piece of a line: its parts as they were
    typed.

    The parser knows no ``spellings``. ``indexer.search.variants`` adds those of names and old words, first what was
    typed; ``indexer.search.likeness`` adds those of a piece.
    """

    parts: tuple[str, ...]
    kind: Literal["name", "old", "like"] = "name"
    spellings: tuple[Spelling, ...] = ()


def name_parts(asked: str) -> tuple[str, ...]:
    """The parts of a name as they were typed. A family name that stands before a comma goes to the end.

    Raises ``QueryError``.
    """
    family, comma, rest = asked.strip(_QUOTES).partition(",")
    return _checked(f"{rest} {family}" if comma else family, "name", _('Write: name:Cooper or name:"William Cooper".'))


def spelling(kind: str, asked: str) -> Spelt:
    """What ``spelling:KIND`` and the word or phrase behind it ask for. Raises ``QueryError``."""
    if kind.casefold() != "old":
        raise QueryError(
            _("spelling: is for a word in old spelling"),
            _("Write: spelling:old word. For names: name:Cooper, spelling:names."),
        )
    return Spelt(_checked(asked.strip(_QUOTES), "word", _("Write: spelling:old word.")), "old")


def piece_of_line(asked: str) -> Spelt:
    """The line and the piece of it after ``like:``. Raises ``QueryError``."""
    line, __, piece = asked.partition(":")
    if not _LINE.fullmatch(line) or not search_words(piece):
        raise QueryError(_("there is no piece of a line"), _like())
    return Spelt((line, piece), "like")


def _like() -> str:
    return _("Write like:LINE:WORD, the number of a line in brackets and one of its words, or like:LINE:30-45%%.")


def _checked(asked: str, thing: Literal["name", "word"], hint: str) -> tuple[str, ...]:
    parts = tuple(part for part in asked.split() if search_words(part))
    if not parts:
        nameless = _("there is no name whose spellings could be looked for")
        raise QueryError(
            nameless if thing == "name" else _("there is no word whose spellings could be looked for"), hint
        )
    if sign := _SIGNS.search(asked):
        raise _odd(sign.group(), thing)
    if len(parts) > MOST_PARTS:
        raise QueryError(
            _("there are %(parts)s words in a row", parts=len(parts)),
            _("Use at most %(most_parts)s: each of them has many spellings.", most_parts=MOST_PARTS),
        )
    if max(len("".join(search_words(part))) for part in parts) < _LEAST and not _is_rich(parts):
        raise QueryError(_("one letter stands almost everywhere"), _("Give at least %(least)s letters.", least=_LEAST))
    return parts


def _odd(sign: str, thing: Literal["name", "word"]) -> QueryError:
    """That a sign has no place where all spellings are asked for."""
    if thing == "name":
        return QueryError(
            _("%(sign)s means nothing in a name in all its spellings", sign=sign),
            _("Write the whole name here, or words with %(sign)s alone.", sign=sign),
        )
    return QueryError(
        _("%(sign)s means nothing in a word in all its spellings", sign=sign),
        _("Write the whole word here, or words with %(sign)s alone.", sign=sign),
    )


def _is_rich(parts: tuple[str, ...]) -> bool:
    """Whether it has a letter of a script of thousands, where one says as much as a word."""
    return any(letter >= "\u3400" for part in parts for letter in part)
