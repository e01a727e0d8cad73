"""Texts that people see, in their language: a message in, its translation out. It knows no page and no command."""

from __future__ import annotations

import gettext
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "sv": "Svenska"}
"""The languages, each by its own name. The messages in the code are in the first."""
FOLDER = Path(__file__).parent
"""Where the translations lie: ``de.po`` for people, and ``de.mo`` made of it for the program."""
_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


def _(message: str, /, **named: object) -> str:
    """A message in the language that is spoken now, with its placeholders such as ``%(name)s`` filled in."""
    return translated(message) % named


def _n(one: str, many: str, n: int, /, **named: object) -> str:
    """The message for one or for so many, as the language has it. ``%(n)s`` is the number as it is written there."""
    from indexer.translation.figures import number

    return translated(one, many, n) % {"n": number(n), **named}


def translated(message: str, many: str = "", n: int = 1) -> str:
    """A message in the language that is spoken now, with its placeholders as they are."""
    texts = _texts(language())
    return texts.ngettext(message, many, n) if many else texts.gettext(message)


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


@cache
def _texts(wanted: str) -> gettext.NullTranslations:
    if wanted == "en":
        return gettext.NullTranslations()
    with (FOLDER / f"{wanted}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)
