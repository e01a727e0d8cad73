"""What a query asks for in all its spellings: ``name:"William Cooper"``, ``spelling:old word``, ``like:152:word``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexer.search.query_error import QueryError
from indexer.text.folding import search_words
from indexer.text.name_parts import MOST_PARTS

if TYPE_CHECKING:
    from indexer.search.nodes import Plain

_LEAST = 2
"""Letters that one part of a name must have: an initial alone stands everywhere."""
_SIGNS = re.compile(r"[*~_?\[\]()|^\\]")
_QUOTES = '"“”„«»'
_NAME, _OLD = 'Write: name:Cooper or name:"William Cooper".', "Write: spelling:old word."


_LIKE = "Write like:LINE:WORD, the number of a line in brackets and one of its words, or like:LINE:30-45%."
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
    return _checked(f"{rest} {family}" if comma else family, "name", _NAME)


def spelling(kind: str, asked: str) -> Spelt:
    """What ``spelling:KIND`` and the word or phrase behind it ask for. Raises ``QueryError``."""
    if kind.casefold() != "old":
        raise QueryError("spelling: is for a word in old spelling", f"{_OLD} For names: name:Cooper, spelling:names.")
    return Spelt(_checked(asked.strip(_QUOTES), "word", _OLD), "old")


def piece_of_line(asked: str) -> Spelt:
    """The line and the piece of it after ``like:``. Raises ``QueryError``."""
    line, _, piece = asked.partition(":")
    if not _LINE.fullmatch(line) or not search_words(piece):
        raise QueryError("there is no piece of a line", _LIKE)
    return Spelt((line, piece), "like")


def _checked(asked: str, thing: str, hint: str) -> tuple[str, ...]:
    parts = tuple(part for part in asked.split() if search_words(part))
    if not parts:
        raise QueryError(f"there is no {thing} whose spellings could be looked for", hint)
    if sign := _SIGNS.search(asked):
        raise QueryError(
            f"{sign.group()} means nothing in a {thing} in all its spellings",
            f"Write the whole {thing} here, or words with {sign.group()} alone.",
        )
    if len(parts) > MOST_PARTS:
        raise QueryError(
            f"there are {len(parts)} words in a row", f"Use at most {MOST_PARTS}: each of them has many spellings."
        )
    if max(len("".join(search_words(part))) for part in parts) < _LEAST and not _is_rich(parts):
        raise QueryError("one letter stands almost everywhere", f"Give at least {_LEAST} letters.")
    return parts


def _is_rich(parts: tuple[str, ...]) -> bool:
    """Whether it has a letter of a script of thousands, where one says as much as a word."""
    return any(letter >= "\u3400" for part in parts for letter in part)
