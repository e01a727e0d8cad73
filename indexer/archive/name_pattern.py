"""Patterns of file names: ``{date} {person} - {title}`` says which part of a name is which field of a description."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.text.edtf import DateError, parsed
from indexer.text.folding import clean
from indexer.translation import _
from indexer.values import DESCRIPTION_FIELDS, SEVERAL
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indexer.values import DescriptionField

_SETTING = "describe_from_names"
_PIECE = re.compile(r"\{([^{}]*)\}|(\*)|([^{}*]+)|(.)", re.DOTALL)
_MOST = 500
"""Most letters of the patterns, and of a name that is looked at."""
_FORMS = (
    (re.compile(r"\[\d{4}\.\.\d{4}\]"), r"\g<0>"),
    (re.compile(r"(\d{4})-(\d{4})(?!\d)"), r"\1/\2"),
    (re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})(?!\d)"), ""),
    (re.compile(r"(\d{4})([-_.]?)(\d\d)\2(\d\d)(?!\d)"), r"\1-\3-\4"),
    (re.compile(r"(\d{4})[-_.]?(\d\d)(?!\d)"), r"\1-\2"),
    (re.compile(r"(?:\d{4}|\d{3}[Xx]|\d\d[Xx]{2})(?!\d)"), r"\g<0>"),
)
"""How dates are written in names, the longest first, and what they are in EDTF; days before months are turned."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a pattern: a text that stands there, a field, or (with neither) anything that is left out."""

    text: str = ""
    field: DescriptionField | None = None


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern: the pieces of each folder that it names, and of the name of the file without its suffix."""

    parts: tuple[tuple[_Piece, ...], ...]

    def read(self, names: Sequence[str]) -> dict[DescriptionField, list[str]] | None:
        """The fields in the folders and the name of a file; ``None`` if they are not written so."""
        if len(names) < len(self.parts):
            return None
        found: dict[DescriptionField, list[str]] = {}
        for pieces, name in zip(self.parts, names[-len(self.parts) :], strict=True):
            values = _read(pieces, 0, name[:_MOST], 0, set())
            if values is None:
                return None
            for field, value in values:
                found.setdefault(field, []).extend(each for each in (value,) if each)
        return found


def name_patterns(text: str) -> tuple[NamePattern, ...]:
    """The patterns of a setting, parted by ``|``. Raises ``UsageError`` for one that cannot be read."""
    if len(text) > _MOST:
        raise _refused(f"it has more than {_MOST} letters")
    return tuple(_pattern(each.strip()) for each in text.split("|"))


def read_name(patterns: Sequence[NamePattern], names: Sequence[str]) -> Mapping[DescriptionField, list[str]] | None:
    """The fields in the folders and the name of a file, by the first of the patterns that it fits; else ``None``."""
    *folders, name = (clean(each) for each in names[-max(len(each.parts) for each in patterns) :])
    parts = [*folders, name.rpartition(".")[0] or name]
    found = (each.read(parts) for each in patterns)
    return next((each for each in found if each is not None), None)


def _pattern(text: str) -> NamePattern:
    parts = tuple(map(_pieces, text.split("/")))
    named = [each.field for pieces in parts for each in pieces if each.field]
    twice = next((each for each in named if each not in SEVERAL and named.count(each) > 1), None)
    if twice:
        raise _refused(f"{{{twice}}} stands in it twice")
    return NamePattern(parts)


def _pieces(part: str) -> tuple[_Piece, ...]:
    found: list[_Piece] = []
    for field, anything, text, odd in _PIECE.findall(part):
        if odd or not (anything or text or field in DESCRIPTION_FIELDS):
            raise _refused(
                f"{{{clean(field)}}} is no field" if field else "a brace stands alone, or with nothing in it"
            )
        piece = _Piece(text, field or None)
        if found and not (text or found[-1].text or "date" in (field, found[-1].field)):
            raise _refused("nothing says where one field ends and the next begins")
        found.append(piece)
    if not found:
        raise _refused("a part of it is empty")
    return tuple(found)


def _refused(why: str) -> UsageError:
    fields = ", ".join(f"{{{each}}}" for each in DESCRIPTION_FIELDS)
    return UsageError(
        _("%(setting)s makes no sense: %(why)s", setting=_SETTING, why=why),
        _("Write it as {date} {person} - {title}, with %(fields)s.", fields=fields),
    )


def _read(
    pieces: Sequence[_Piece], number: int, name: str, at: int, failed: set[tuple[int, int]]
) -> list[tuple[DescriptionField, str]] | None:
    """The fields from a piece and a place of the name on. What ``failed`` once is not tried again, so that no pattern
    takes long."""
    if number == len(pieces):
        return [] if at == len(name) else None
    if (number, at) in failed:
        return None
    piece = pieces[number]
    for end, value in _ends(piece, pieces[number + 1 : number + 2], name, at):
        rest = _read(pieces, number + 1, name, end, failed)
        if rest is not None:
            return [(piece.field, value), *rest] if piece.field else rest
    failed.add((number, at))
    return None


def _ends(piece: _Piece, following: Sequence[_Piece], name: str, at: int) -> Iterator[tuple[int, str]]:
    """Where a piece that begins here may end, the nearest first (of dates the longest), with its value."""
    if piece.text:
        if name.startswith(piece.text, at):
            yield at + len(piece.text), ""
    elif piece.field == "date":
        yield from _dates(name, at)
    else:
        end = at + (piece.field is not None)
        while end <= len(name):
            if not following:
                end = len(name)
            elif following[0].text:
                end = name.find(following[0].text, end)
                if end < 0:
                    return
            yield end, name[at:end].replace("_", " ").strip()
            end += 1


def _dates(name: str, at: int) -> Iterator[tuple[int, str]]:
    if at and name[at - 1].isdigit():
        return
    for form, meaning in _FORMS:
        match = form.match(name, at)
        if match is None:
            continue
        end = match.end() + (name[match.end() : match.end() + 1] in tuple("?~%"))
        text = match.expand(meaning) if meaning else f"{match[3]}-{match[2]:0>2}-{match[1]:0>2}"
        with suppress(DateError):  # no date of the calendar: a shorter one perhaps
            yield end, parsed(text + name[match.end() : end]).text
