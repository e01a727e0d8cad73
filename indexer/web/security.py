"""Decides who may ask at all, by host name, door and origin, and tells browsers what they may do with an answer.

A server on the loopback address serves the person at the machine. But web pages that this person visits can send it
requests too. So each request must name one of our hosts (against DNS rebinding), and one that changes something must
not come from another site. On any other address
a token is needed as well. Where there are users they sign in on every address. What each may do: ``rights.py``.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import logging
import secrets
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders, State
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from indexer.system.files import replacing
from indexer.translation import _
from indexer.translation.figures import number
from indexer.values.errors import NotesError, UsageError
from indexer.values.person import may
from indexer.web.doors import address_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from indexer.values.person import Role
    from indexer.web.doors import Door, Visitor

PROGRAMS = ("/api/", "/iiif/")
"""Paths that are for programs, not for people."""
_STATIC = "/static/"
LANGUAGE = "/language"
"""The path to which a browser sends the language that its person chose."""
_OPEN = ("/sign-in", LANGUAGE, _STATIC)
"""Paths for which nobody has to be signed in."""
_LARGEST: dict[Role | None, int] = {
    None: 10_000,
    "read": 10_000,
    "review": 20_000_000,
    "manage": 2_000_000_000,
}
"""The most bytes of a request by who sends it: before anybody has signed in there is nothing but a password to send,
and files come from those alone who may add them."""
_VIEWED = ("/iiif/", "/scan/")
"""Paths that viewers of other sites may ask for, if ``--viewer`` names them."""
_LOG = logging.getLogger(__name__)
_BAD = 400
_NO_HOST = frozenset("@/\\?#")
"""Signs that stand in no name of a host: behind them another name could stand."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

_PREFLIGHT = {"access-control-allow-headers": "authorization", "access-control-allow-private-network": "true"}
"""Answers the question that a browser asks first, when a public page wants something from this machine."""


@dataclass(frozen=True, slots=True)
class Token:
    """The token of a server. Only its hash is kept."""

    digest: str

    @classmethod
    def load(cls, folder: Path) -> Token | None:
        """The token of an index folder, if there is one."""
        try:
            return cls(str(json.loads((folder / "token.json").read_text(encoding="utf-8"))["sha256"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    @classmethod
    def make(cls, folder: Path) -> tuple[Token, str]:
        """Make a new token instead of an older one. Gives it with its text, which is not kept."""
        text = secrets.token_urlsafe(32)
        made = cls(_digest(text))
        with replacing(folder / "token.json") as partial:
            partial.unlink(missing_ok=True)  # whoever left it may have made it readable for others
            partial.touch(mode=0o600)
            partial.write_text(json.dumps({"sha256": made.digest}), encoding="utf-8")
        return made, text

    def is_met(self, text: str) -> bool:
        """Whether a text is the token. The check takes equally long for any text."""
        return hmac.compare_digest(self.digest, _digest(text))

    def pass_until(self, until: float) -> str:
        """What a browser keeps instead of the token: a pass until a time. It does not reveal the token."""
        return f"{until:.0f}.{self._signature(f'{until:.0f}')}"

    def admits(self, kept: str, now: float) -> bool:
        """Whether a pass is genuine and still valid."""
        until, _, signature = kept.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 12 and now < int(until)):
            return False
        return hmac.compare_digest(signature.encode("utf-8", "surrogateescape"), self._signature(until).encode())

    def _signature(self, until: str) -> str:
        return hmac.new(self.digest.encode(), f"signed in until {until}".encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> str:
    # The token has 256 random bits, so a fast hash is enough against guessing.
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def viewer_origin(address: str) -> str:
    """The origin of a viewer's address, as browsers name it. Raises ``UsageError`` if it is no web address."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(
            _("%(address)s is no address of a viewer", address=address), _("Write it like https://viewer.example.")
        )
    return f"{parts.scheme}://{parts.netloc}".casefold()


def in_front(addresses: Sequence[str]) -> list[str]:
    """Addresses of servers in front of this one, or of their networks. Raises ``UsageError`` for what is none, and for
    what means everybody: then anybody could say where they come from."""
    for each in addresses:
        try:
            network = ipaddress.ip_network(each, strict=False)
        except ValueError:
            network = None
        if network is None or not network.prefixlen:
            hint = _("Write it like 127.0.0.1, or a network like 10.0.0.0/24.")
            raise UsageError(_("%(each)s is no address of a server in front of this one", each=repr(each[:60])), hint)
    return list(addresses)


def is_loopback(host: str) -> bool:
    """Whether an address or name is a loopback address."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def names_of(host: str, name: str | None) -> frozenset[str]:
    """By which names a server that listens at a host may be asked: with a ``name`` that another server in front of it
    has, by that one, too."""
    own = {host} if is_loopback(host) else {host, socket.gethostname(), f"{socket.gethostname()}.local"}
    return frozenset(each.casefold() for each in (*own, *([name] if name else [])))


class Guard:
    """Stands around the whole application and checks each request."""

    def __init__(self, app: ASGIApp, names: frozenset[str], door: Door, viewers: frozenset[str]) -> None:
        self._app = app
        self._names = names
        self._door = door
        self._viewers = viewers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it with a refusal."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        shared = self._shared(scope)

        status = 500

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in {**_HEADERS, **shared}.items():
                    headers.setdefault(name, value)
                if shared:
                    headers.add_vary_header("origin")
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refused = await self._refused(scope)
        try:
            await (refused or self._app)(scope, receive, send_guarded)
        finally:
            await self._note(scope, status)

    async def _note(self, scope: Scope, status: int) -> None:
        """Note who changed something or tried to."""
        visitor: Visitor | None = scope.get("state", {}).get("visitor")
        if visitor is None or not visitor.name or scope["method"] in _SAFE or scope["path"] == LANGUAGE:
            return
        try:
            await self._door.note(
                visitor.name, address_of(scope), f"{scope['method']} {scope['path']}", refused=status >= _BAD
            )
        except NotesError as error:  # it is done, and what cannot be noted does not undo it
            _LOG.warning("not noted in the log of people: %s", error.message)

    async def _refused(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        host = _host_name(headers.get("host", ""))
        if not self._is_ours(host):
            return PlainTextResponse(_("This server does not answer to that name.") + "\n", 421)
        if scope["method"] == "OPTIONS" and "access-control-allow-origin" in self._shared(scope):
            return Response(status_code=204, headers=_PREFLIGHT)
        try:
            visitor = None if scope["path"].startswith(_STATIC) else await self._door.visitor(scope)
        except UsageError as error:  # a name that is nobody's, or cannot be one
            return PlainTextResponse(f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}\n", 403)
        except NotesError as error:
            return PlainTextResponse(f"{error.message}\n{error.hint}\n", 503)
        scope.setdefault("state", {})["visitor"] = visitor
        is_safe = scope["method"] in _SAFE
        if not is_safe and not (visitor and visitor.is_program) and not is_same_site(headers):
            return PlainTextResponse(_("Changes can only be made from the pages of this server.") + "\n", 403)
        if not is_safe and (refused := _too_large(headers, None if visitor is None else visitor.role)):
            return refused
        if scope["path"].startswith(_OPEN):
            return None
        return self._turned_away(scope, visitor)

    def _turned_away(self, scope: Scope, visitor: Visitor | None) -> ASGIApp | None:
        """Have somebody sign in, and take nothing from whoever may only read: files could be large."""
        is_safe, is_program = scope["method"] in _SAFE, scope["path"].startswith(PROGRAMS)
        if visitor is not None:
            may_send = is_safe or scope["path"] == "/sign-out" or may(visitor.role, "review")
            return None if may_send else PlainTextResponse(_("You may read here, and change nothing.") + "\n", 403)
        if is_program or not is_safe:
            return JSONResponse({"detail": _("a token is needed: Authorization: Bearer …")}, 401)
        return RedirectResponse("/sign-in", 303)

    def _shared(self, scope: Scope) -> dict[str, str]:
        """Headers that let a named viewer show documents. The browser refuses any other site."""
        if not self._viewers or not scope["path"].startswith(_VIEWED):
            return {}
        shared = {"cross-origin-resource-policy": "cross-origin"}
        origin = Headers(scope=scope).get("origin")
        return {**shared, "access-control-allow-origin": origin} if origin in self._viewers else shared

    def _is_ours(self, host: str) -> bool:
        """Whether a request may name this host. A name could be anyone's. An address cannot be made to point here."""
        if is_loopback(host) or host.casefold() in self._names:
            return True
        return _is_address(host) and not all(map(is_loopback, self._names))


def _host_name(host: str) -> str:
    try:
        return "" if set(host) & _NO_HOST else urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_same_site(headers: Headers) -> bool:
    """Whether a request comes from our own pages, or not from a browser."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    told = [each for name in ("referer", "origin") if (each := headers.get(name)) is not None]
    try:
        return all(urlsplit(each).netloc == headers.get("host") for each in told)
    except ValueError:
        return False


def _too_large(headers: Headers, role: Role | None) -> ASGIApp | None:
    """Refuse a request that would fill the disk before anybody looks at it."""
    if "transfer-encoding" in headers:
        return PlainTextResponse(_("Say beforehand how long it is.") + "\n", 411)
    length = headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and len(length) < 20 and int(length) <= _LARGEST[role]:
        return None
    return PlainTextResponse(
        _("That is too much at once: at most %(most)s bytes.", most=number(_LARGEST[role])) + "\n", 413
    )


class TokenNeeded:
    """Stands around an application for programs: each request has to show the token of a user."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door
        self.state = State()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it."""
        refused = await self._refused(scope) if scope["type"] == "http" else None
        await (refused or self._app)(scope, receive, send)

    async def _refused(self, scope: Scope) -> ASGIApp | None:
        try:
            visitor = await self._door.visitor(scope)
        except NotesError as error:
            return JSONResponse({"detail": f"{error.message}: {error.hint}"}, 503)
        if visitor is None or not visitor.is_program:
            return JSONResponse({"detail": _("a token is needed: Authorization: Bearer …")}, 401)
        if visitor.folders is not None:
            return JSONResponse({"detail": _("assistants see the whole archive, which you may not")}, 403)
        return None
