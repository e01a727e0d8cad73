"""The manual page for ``man notes``, made from the commands, the table of options and the list of exit codes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from indexer import docs
from indexer.cli._commands import Item, commands
from indexer.system.options import SETTINGS, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_EXIT = re.compile(r"^## (\d+): (.+)$", re.MULTILINE)
_ASIDE = re.compile(r"`([^`]*)`")


def manual() -> str:
    """The page in the markup of ``man``."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    notes, *others = commands()
    yield '.\\" Made from the code by python -m indexer.cli._reference.'
    yield '.TH NOTES 1 "" "notes" "User Commands"'
    yield from (".SH NAME", "notes \\- full\\-text search for archives of handwritten pages")
    yield from (".SH SYNOPSIS", ".B notes", "[\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]")
    yield from (".SH DESCRIPTION", _text(notes.help), ".SH OPTIONS", *_items(notes.options))
    yield ".SH COMMANDS"
    for each in others:
        yield from (f'.SS "{_text(each.called)}"', _text(each.help), *_items((*each.arguments, *each.options)))
    yield ".SH ENVIRONMENT"
    settings = {str(option.variable): option.purpose for option in SETTINGS.values()}
    yield from _items(Item(name, about) for name, about in {**settings, **VARIABLES}.items())
    yield ".SH EXIT STATUS"
    yield from _items(Item(*found) for found in _EXIT.findall(docs.topic("troubleshooting").text))
    yield ".SH SEE ALSO"
    yield from (".B notes help", "lists the documents,", ".B notes help \\fItopic", "shows one of them.")


def _items(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        yield from (".TP", f".B {_text(item.written)}", _text(item.help))


def _text(plain: str) -> str:
    """A text in which no sign is markup of ``man``. Code in Markdown loses its backquotes."""
    text = _ASIDE.sub(r"\1", plain).replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    text = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in text)
    return f"\\&{text}" if text[:1] in (".", "'") else text
