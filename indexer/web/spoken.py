"""In which language the browser is answered: the one that a person chose, or one that the browser asks for."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from starlette.requests import HTTPConnection

from indexer.translation import LANGUAGES, language, preferred, speaking, translated
from indexer.translation.figures import day, minute, number, percent
from indexer.translation.kept import said_again
from indexer.web.security import LANGUAGE

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.types import ASGIApp, Receive, Scope, Send

router = APIRouter(include_in_schema=False)
CHOSEN = "notes-language"
"""The cookie with the language that a person chose."""
_KEPT = 365 * 24 * 3600
_SCRIPTS = Path(__file__).parent / "static"
_MARKED = re.compile(r'\b(?:_\("([^"]*)"|_n\("([^"]*)", "([^"]*)")')
"""A message in a script: ``_("…")``, or ``_n("…", "…"``."""


class Spoken:
    """Stands around the application, so that each request is answered in its language."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request in its language."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with speaking(language_of(HTTPConnection(scope))):
            await self._app(scope, receive, send)


def language_of(request: HTTPConnection) -> str:
    """The language of a request. Programs that ask for none are answered in English."""
    asked = []
    for each in request.headers.get("accept-language", "")[:1000].split(","):
        name, _semicolon, weight = each.partition(";")
        asked.append((-_weight(weight), name.strip()))
    return preferred(
        [request.cookies.get(CHOSEN, ""), *(name for _rank, name in sorted(asked, key=lambda each: each[0]))]
    )


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q="))
    except ValueError:
        return 1.0


@router.post(LANGUAGE)
def choose(request: Request, chosen: Annotated[str, Form(max_length=20)]) -> Response:
    """Keep in the browser which language its person chose, and go back to the page where that was done."""
    came = urlsplit(request.headers.get("referer", ""))
    query = f"?{came.query}" if came.query else ""
    path = came.path if came.path.startswith("/") and not came.path.startswith("//") else "/"
    back = RedirectResponse(f"{path}{query}", 303)
    back.set_cookie(CHOSEN, preferred([chosen]), max_age=_KEPT, httponly=True, samesite="strict")
    return back


def teach(templates: Environment) -> None:
    """Let templates translate: ``_()`` and ``{% trans %}``, numbers, days and times by filters."""
    templates.add_extension("jinja2.ext.i18n")
    templates.policies["ext.i18n.trimmed"] = True
    templates.newstyle_gettext = True  # type: ignore[attr-defined]
    templates.globals.update(gettext=_one, ngettext=_many, language=language, languages=LANGUAGES)
    templates.globals["script_texts"] = lambda: script_texts(language())
    templates.filters.update(number=number, percent=percent, kept=said_again, day=day, minute=minute)


def _one(message: str, /, **named: object) -> Markup:
    """A message of a template: what is filled in is escaped, and the message is ours."""
    return Markup(translated(message)) % named  # noqa: S704


def _many(one: str, many: str, n: int, /, **named: object) -> Markup:
    return Markup(translated(one, many, n)) % {**named, "n": number(n)}  # noqa: S704


@cache
def script_texts(wanted: str) -> dict[str, str | list[str]]:
    """The translations of the messages that stand in scripts: for ``_n`` both forms. Empty in English."""
    found: dict[str, str | list[str]] = {}
    with speaking(wanted):
        for one, many in _marked() if wanted != "en" else ():
            found[one] = [translated(one, many, 1), translated(one, many, 2)] if many else translated(one)
    return found


@cache
def _marked() -> tuple[tuple[str, str], ...]:
    texts = (path.read_text(encoding="utf-8") for path in sorted(_SCRIPTS.glob("*.js")))
    return tuple((one or alone, many) for text in texts for alone, one, many in _MARKED.findall(text))
