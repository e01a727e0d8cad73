"""Who is asking: anybody at this machine, whoever knows the token, or a user who is signed in."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Protocol, cast

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from indexer.archive import passwords
from indexer.catalog import Catalog
from indexer.translation import _
from indexer.values.errors import MissingError, UsageError
from indexer.web.attempts import Attempts
from indexer.web.remote_user import remote_user

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.responses import Response
    from starlette.types import Scope

    from indexer.values.person import Role, User
    from indexer.web.security import Token

SIGNED_IN = 7 * 86400
"""Seconds until a browser has to sign in again."""
_MOST_STRANGERS = 1000
"""Strangers of whom it is known that they are in the log."""
_AT_ONCE = 2
"""Passwords that are compared at the same time: each takes 64 MB and a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: their name, empty where nobody signs in, what they may do, and the keys of the folders that they may
    see, ``None`` for the whole archive. A program says who it is with each
    request, so that no other site can have a browser ask in its place. Somebody of whom a server in front said who they
    are has no session here that could be ended."""

    name: str
    role: Role
    is_program: bool = False
    folders: tuple[bytes, ...] | None = None
    is_named_in_front: bool = False


class StrangerError(UsageError):
    """Somebody is named by others who is nobody here."""

    def __init__(self, name: str) -> None:
        hint = _(
            "Whoever looks after the archive adds you: notes user add, and notes user bind if you sign in elsewhere."
        )
        super().__init__(_("you are %(name)s elsewhere, and nobody is called so here", name=repr(name[:100])), hint)


ANYBODY = Visitor("", "manage")


class Door(Protocol):
    """How visitors come in. ``by_name`` says whether they are asked for a name."""

    by_name: bool

    async def visitor(self, scope: Scope) -> Visitor | None:
        """Who sent a request; ``None`` if they have to sign in."""

    async def sign_in(self, name: str, secret: str, address: str) -> str | None:
        """What a browser is to keep after the right token or password was typed; ``None`` if it was not."""

    async def sign_out(self, scope: Scope) -> None:
        """End what a browser keeps, as far as that can be done here."""

    async def note(self, who: str, address: str, deed: str, *, refused: bool) -> None:
        """Note what somebody did or tried, where people have names."""


class OpenDoor:
    """Lets everybody in: the server listens on this machine alone."""

    by_name = False

    async def visitor(self, scope: Scope) -> Visitor | None:  # noqa: ARG002
        """Anybody."""
        return ANYBODY

    async def sign_in(self, name: str, secret: str, address: str) -> str | None:  # noqa: ARG002
        """Nothing: there is nothing to be signed in to."""
        return None

    async def sign_out(self, scope: Scope) -> None:
        """Nothing is kept."""

    async def note(self, who: str, address: str, deed: str, *, refused: bool) -> None:
        """Nobody has a name."""


class TokenDoor:
    """Lets whoever knows the token in, with all rights."""

    by_name = False

    def __init__(self, token: Token) -> None:
        self._token = token

    async def visitor(self, scope: Scope) -> Visitor | None:
        """Whoever shows the token, or a pass that was given for it."""
        shown = _bearer(scope)
        if shown and self._token.is_met(shown):
            return Visitor("", "manage", is_program=True)
        return ANYBODY if self._token.admits(cookie(scope), time.time()) else None

    async def sign_in(self, name: str, secret: str, address: str) -> str | None:  # noqa: ARG002
        """A pass for the token. There is no guessing it, so nobody has to wait."""
        return self._token.pass_until(time.time() + SIGNED_IN) if self._token.is_met(secret.strip()) else None

    async def sign_out(self, scope: Scope) -> None:
        """A pass ends with its time and its token: the browser forgets it."""

    async def note(self, who: str, address: str, deed: str, *, refused: bool) -> None:
        """Nobody has a name."""


class UserDoor:
    """Lets the users of an archive in: by name and password or token, and then by a session."""

    by_name = True

    def __init__(self, folder: Path, unknown: Role | None = None) -> None:
        """``unknown`` is what people may do whom others name and nobody added; ``None``: nothing."""
        self._folder = folder
        self._unknown = unknown
        self._attempts = Attempts()
        self._strangers: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._comparing = asyncio.Semaphore(_AT_ONCE)

    async def visitor(self, scope: Scope) -> Visitor | None:
        """The user whose token or session a request shows, with the role that they have now."""
        shown, kept, named = _bearer(scope), cookie(scope), remote_user(scope)
        if not (shown or kept or named):
            return None
        try:
            user = await run_in_threadpool(self._user, shown, kept, named)
        except StrangerError:
            await self.note_stranger(named, address_of(scope))
            raise
        return (
            None
            if user is None
            else Visitor(user.name, user.role, bool(shown), user.folders, bool(named) and not shown)
        )

    def _user(self, shown: str, kept: str, named: str) -> User | None:
        with Catalog(self._folder) as catalog:
            if shown:
                return catalog.user_by_token(shown)
            return self._named(catalog, named) if named else catalog.user_by_session(kept)

    def _named(self, catalog: Catalog, name: str) -> User:
        """The user whom a server in front names."""
        try:
            return catalog.user(name)
        except MissingError as error:
            if self._unknown is None:
                raise StrangerError(name) from error
        try:
            made = catalog.add_user(name, self._unknown)
        except UsageError:  # it can be no name, or another request of theirs came at the same time
            return catalog.user(name)
        catalog.note_deed(made.name, "", f"came for the first time: {made.role}")
        return made

    async def sign_in(self, name: str, secret: str, address: str) -> str | None:
        """A new session, whatever the browser kept before. Raises ``TooOftenError`` after too many wrong ones."""
        async with self._comparing:
            self._attempts.check(name, address)  # here: of many that come at once most wait for those before them
            kept = await run_in_threadpool(self._begun, name, secret)
            if kept is None:
                self._attempts.failed(name, address)
        await run_in_threadpool(
            self._noted, name, address, "signed in" if kept else "could not sign in", not kept, not kept
        )
        return kept

    def _begun(self, name: str, secret: str) -> str | None:
        with Catalog(self._folder) as catalog:
            hashed = catalog.password_of(name)
            is_right = passwords.matches(secret, hashed)  # takes as long for a name that nobody has
            owner = catalog.user_by_token(secret.strip())
            if hashed is not None and is_right:
                again = passwords.renewed(secret, hashed)
                if again is not None:
                    catalog.rehash(name, hashed, again)
            elif owner is None or not catalog.is_called(owner, name):
                return None
            return catalog.begin_session(name, SIGNED_IN)

    async def sign_in_as(self, source: str, subject: str, address: str) -> str:
        """A new session of who is called so elsewhere. Raises ``StrangerError`` if that is nobody here."""
        name, kept = await run_in_threadpool(self._begun_as, source, subject)
        await self.note(name, address, "signed in elsewhere", refused=False)
        return kept

    def _begun_as(self, source: str, subject: str) -> tuple[str, str]:
        with Catalog(self._folder) as catalog:
            user = catalog.user_by_subject(source, subject)
            if user is None and self._unknown is None:
                raise StrangerError(subject)
            if user is None:
                user = catalog.add_subject(source, subject, cast("Role", self._unknown))
            return user.name, catalog.begin_session(user.name, SIGNED_IN)

    async def note_stranger(self, who: str, address: str) -> None:
        """Note somebody whom others name and who is nobody here: once, however often they come."""
        if (who, address) in self._strangers:
            return
        self._strangers[who, address] = None
        while len(self._strangers) > _MOST_STRANGERS:
            self._strangers.popitem(last=False)
        await self.note_try(who, address, "is not known here")

    async def note_try(self, who: str, address: str, deed: str) -> None:
        """Note what was refused to somebody of whom it is not known who they are."""
        await run_in_threadpool(self._noted, who, address, deed, True, True)

    async def note(self, who: str, address: str, deed: str, *, refused: bool) -> None:
        """Note it in the catalogue."""
        await run_in_threadpool(self._noted, who, address, deed, refused, False)

    def _noted(self, who: str, address: str, deed: str, refused: bool, claimed: bool) -> None:
        with Catalog(self._folder) as catalog:
            catalog.note_deed(who, address, deed, refused=refused, claimed=claimed)

    async def sign_out(self, scope: Scope) -> None:
        """End the session."""
        await run_in_threadpool(self._ended, cookie(scope))

    def _ended(self, kept: str) -> None:
        with Catalog(self._folder) as catalog:
            catalog.end_session(kept)


def address_of(scope: Scope) -> str:
    """Where a request came from; empty if that is not told."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def cookie_name(scope: Scope) -> str:
    """What the cookie is called. Over https it has the name that browsers take from this host alone, for all of its
    paths and by https alone: a server with a neighbouring name, or one without https, cannot put another there."""
    return "__Host-notes" if scope.get("scheme") == "https" else "notes"


def keep_signed_in(answer: Response, scope: Scope, kept: str) -> None:
    """Let the browser keep that it is signed in. It sends it with nothing that another site began."""
    secure = scope.get("scheme") == "https"
    answer.set_cookie(cookie_name(scope), kept, max_age=SIGNED_IN, httponly=True, samesite="strict", secure=secure)


def cookie(scope: Scope) -> str:
    """What a browser kept of being signed in."""
    return kept_in(scope, cookie_name(scope))


def kept_in(scope: Scope, name: str) -> str:
    """What a browser kept under a name."""
    try:
        found = SimpleCookie(Headers(scope=scope).get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _bearer(scope: Scope) -> str:
    """What a program shows of itself."""
    kind, _, shown = Headers(scope=scope).get("authorization", "").partition(" ")
    return shown if kind.casefold() == "bearer" else ""
