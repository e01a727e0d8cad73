"""Texts that people see, in their language: a message in, its translation out. It knows no page and no command."""

from __future__ import annotations

import gettext
import os
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "sv": "Svenska"}
"""The languages, each by its own name. The messages in the code are in the first."""
_FOLDER = Path(__file__).parent
_SMALL = 1000
"""Numbers below it are written in the same way everywhere."""
_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


class Text(str):
    """A message as it was said. It knows the message itself, so that it can be said again in another language."""

    one: str
    many: str
    n: int
    named: dict[str, object]


def _(message: str, /, **named: object) -> str:
    """A message in the language that is spoken now, with its placeholders such as ``%(name)s`` filled in."""
    return _said(message, "", 1, named)


def _n(one: str, many: str, n: int, /, **named: object) -> str:
    """The message for one or for so many, as the language has it. ``%(n)s`` is the number as it is written there."""
    return _said(one, many, n, named)


def again(text: str) -> str:
    """A text in the language that is spoken now, if it was a message: errors come from threads that speak English."""
    return _said(text.one, text.many, text.n, text.named) if isinstance(text, Text) else text


def english(text: str) -> str:
    """A text for the log, the catalogue and for programs, whatever language is spoken now."""
    with speaking("en"):
        return str(again(text))


def _said(one: str, many: str, n: int, named: dict[str, object]) -> Text:
    words = {name: again(each) if isinstance(each, str) else each for name, each in named.items()}
    said = Text(translated(one, many, n) % ({"n": _number(n), **words} if many else words))
    said.one, said.many, said.n, said.named = one, many, n, named
    return said


def translated(message: str, many: str = "", n: int = 1) -> str:
    """A message in the language that is spoken now, with its placeholders as they are."""
    texts = _texts(language())
    return texts.ngettext(message, many, n) if many else texts.gettext(message)


def _number(n: int) -> str:
    if abs(n) < _SMALL:
        return str(n)
    from indexer.translation.figures import number  # most searches need none

    return number(n)


def language() -> str:
    """The language that is spoken now."""
    return _LANGUAGE.get()


@contextmanager
def speaking(wanted: str) -> Iterator[None]:
    """Speak a language, one of ``LANGUAGES``, until the end of the block."""
    before = _LANGUAGE.set(wanted)
    try:
        yield
    finally:
        _LANGUAGE.reset(before)


def preferred(asked: Iterable[str]) -> str:
    """The first of the languages asked for (``de``, ``de-CH``, ``de_AT.UTF-8``) that there is, otherwise English."""
    known = (each.replace("_", "-").partition("-")[0].casefold() for each in asked)
    return next((each for each in known if each in LANGUAGES), "en")


def catalogue(wanted: str, kind: Literal["po", "mo"]) -> Path:
    """The file with the translations into a language: ``po`` for people, and ``mo`` made of it for the program."""
    return _FOLDER / wanted / "LC_MESSAGES" / f"notes.{kind}"


def speak_all(wanted: str) -> None:
    """Let all of this process speak a language from now on, and what the parser of the command line says, too."""
    _LANGUAGE.set(wanted)
    os.environ["LANGUAGE"] = wanted  # it asks gettext itself, which looks here
    gettext.bindtextdomain("notes", str(_FOLDER))
    gettext.textdomain("notes")


def messages(wanted: str) -> list[str]:
    """The messages that have a translation into a language, but for those with a plural."""
    known = vars(_texts(wanted)).get("_catalog", {})
    return [each for each in known if isinstance(each, str) and each]


@cache
def _texts(wanted: str) -> gettext.NullTranslations:
    if wanted == "en":
        return gettext.NullTranslations()
    with catalogue(wanted, "mo").open("rb") as file:
        return gettext.GNUTranslations(file)
