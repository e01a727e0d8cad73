"""Reads a list of what to search for: a text with a query a line, or the names of the persons of a GEDCOM file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.text.folding import display, search_words
from indexer.text.name_parts import MOST_PARTS
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GEDCOM = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\x00?0\x00? \x00?H\x00?E\x00?A\x00?D")
_NOBODY = frozenset(("nn", "n", "unknown", "unbekannt", "inconnu", "onbekend"))
"""What is written where a name is not known."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A query of a list, and where it stands there: its line or its person."""

    query: str
    where: str


def queries_of(path: Path) -> tuple[Listed, ...]:
    """The queries of a list, each once. Raises ``UsageError`` when it cannot be read or there are none."""
    try:
        content = path.read_bytes()
        found = list(_persons(path) if _GEDCOM.match(content) else _lines(content))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(
            _("%(display)s cannot be read: %(why)s", display=display(path), why=why),
            _("Give a text file with a query a line."),
        ) from error
    once = {each.query: each for each in reversed(found)}
    if not once:
        raise UsageError(
            _("there is no query in %(display)s", display=display(path)),
            _("Write one a line, or give a GEDCOM file with names."),
        )
    return tuple(reversed(once.values()))


def _lines(content: bytes) -> Iterator[Listed]:
    for number, line in enumerate(_text(content).splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield Listed(" ".join(line.split()), f"line {number}")


def _text(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _persons(path: Path) -> Iterator[Listed]:
    """The names of persons, in all their spellings."""
    from ged4py.parser import CodecError, GedcomReader, IntegrityError, ParserError

    try:
        with GedcomReader(str(path), errors="replace") as reader:
            for person in reader.records0("INDI"):
                for name in person.sub_tags("NAME"):
                    given, family = (_known(str(part)) for part in (*(name.value or ()), "", "")[:2])
                    if query := _name(given, family):
                        yield Listed(query, f"person {person.xref_id}")
    except (CodecError, IntegrityError, ParserError, UnicodeError, ValueError) as error:
        raise UsageError(
            _("%(display)s cannot be read as GEDCOM: %(why)s", display=display(path), why=error),
            _("Give a text file with a query a line."),
        ) from error


def _known(part: str) -> list[str]:
    words = search_words(part)
    return [] if "".join(words) in _NOBODY else words


def _name(given: list[str], family: list[str]) -> str:
    """The query for a name in all its spellings; of many given names the last ones."""
    parts = (*given, *family)[-MOST_PARTS:]
    return f'name:"{" ".join(parts)}"' if family and len("".join(parts)) > 1 else ""
