"""The way of a browser to the identity provider and back, where people sign in elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from indexer.translation import _
from indexer.values.errors import NotesError
from indexer.web import oidc
from indexer.web.attempts import Attempts, TooOftenError
from indexer.web.doors import UserDoor, address_of, cookie_name, keep_signed_in, kept_in
from indexer.web.oidc import CodeError, Going, ProviderError
from indexer.web.pages import page
from indexer.web.security import is_same_site
from indexer.web.views import explained

if TYPE_CHECKING:
    from typing import Any

    from indexer.web.oidc import Provider

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_LASTS = 600
"""Seconds for an attempt to sign in, and for what the provider tells of itself."""
_QUIET = 10
"""Seconds for which a provider that did not answer is not asked."""
_AT_ONCE = 8
"""People of whom the provider is asked at the same time. Each takes a thread, and may take all its time."""
_MOST_USED = 10_000
_ERROR = re.compile(r"[a-z_]{1,40}")


class Elsewhere:
    """The attempts to sign in with a provider. Nothing is kept of one until the browser comes back: all that is secret
    about it follows from what the browser keeps and a key."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._key = secrets.token_bytes(32)
        self._told: tuple[float, dict[str, Any] | ProviderError] = (0.0, {})
        self._telling = asyncio.Lock()
        self._used: OrderedDict[str, None] = OrderedDict()
        self._asking = asyncio.Semaphore(_AT_ONCE)
        self.attempts = Attempts()

    def begun(self, back: str) -> tuple[str, Going]:
        """A new attempt, with what the browser keeps of it."""
        kept = f"{time.time() + _LASTS:.0f}.{secrets.token_urlsafe(32)}"
        return kept, self._going(kept, back)

    def resumed(self, kept: str, state: str, back: str) -> Going:
        """The attempt with which a browser comes back, once. Raises ``ProviderError`` if it did not begin it here."""
        going, until = self._going(kept, back), kept.partition(".")[0]
        if not kept or not hmac.compare_digest(going.state.encode(), state.encode("utf-8", "replace")):
            raise ProviderError(_("it was not begun in this browser"))
        if not (until.isascii() and until.isdigit() and len(until) < 12 and time.time() < int(until)):
            raise ProviderError(_("it took too long"))
        if state in self._used:
            raise ProviderError(_("this was used before"))
        self._used[state] = None
        while len(self._used) > _MOST_USED:
            self._used.popitem(last=False)
        return going

    def _going(self, kept: str, back: str) -> Going:
        return Going(self._made("state", kept), self._made("nonce", kept), self._made("verifier", kept), back)

    def _made(self, what: str, kept: str) -> str:
        return hmac.new(self._key, f"{what} {kept}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    async def told(self) -> dict[str, Any]:
        """What the issuer tells of itself, asked again after a while; of one that does not answer, after a short while.
        Raises ``ProviderError``."""
        async with self._telling:
            if time.monotonic() > self._told[0]:
                try:
                    self._told = (time.monotonic() + _LASTS, await run_in_threadpool(oidc.discover, self.provider))
                except ProviderError as error:
                    self._told = (time.monotonic() + _QUIET, error)
            found = self._told[1]
        if isinstance(found, ProviderError):
            raise found
        return found

    async def subject(self, going: Going, code: str, address: str) -> str:
        """Who has signed in, by a code that a browser at an address brings. Raises ``ProviderError``, or
        ``TooOftenError`` after too many codes from there that were none."""
        told = await self.told()
        async with self._asking:
            self.attempts.check(address, address)  # here: of many that come at once most wait for those before them
            try:
                return await run_in_threadpool(oidc.subject_of, self.provider, told, going, code)
            except CodeError:  # not when the provider is away, or knows somebody who is nobody here
                self.attempts.failed(address, address)
                raise


def _elsewhere(request: Request) -> Elsewhere:
    found: Elsewhere | None = request.app.state.elsewhere
    if found is None:
        raise HTTPException(404)
    return found


def _back(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/sign-in/back"


def _going_name(request: Request) -> str:
    return f"{cookie_name(request.scope)}-going"


@router.get("/sign-in/elsewhere")
async def begin(request: Request) -> Response:
    """Send a browser to the provider."""
    here = _elsewhere(request)
    if not is_same_site(request.headers):  # no other site signs anybody in
        return RedirectResponse("/sign-in", 303)
    kept, going = here.begun(_back(request))
    try:
        address = oidc.authorization_address(here.provider, await here.told(), going)
    except NotesError as error:
        return _refused(request, error, 503)
    sent = RedirectResponse(address, 303)
    secure = request.url.scheme == "https"
    # Lax: the browser comes back by a link of another site, and has to show it then.
    sent.set_cookie(_going_name(request), kept, max_age=_LASTS, httponly=True, samesite="lax", secure=secure)
    return sent


@router.get("/sign-in/back")
async def back(
    request: Request,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    iss: Annotated[str | None, Query(max_length=1000)] = None,
    error: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Sign a browser in that comes back from the provider."""
    here, address = _elsewhere(request), address_of(request.scope)
    door: UserDoor = request.app.state.door
    try:
        here.attempts.check(address, address)
        kept = await _session(request, here, code, state, iss, error)
    except TooOftenError as wait:
        return _refused(request, wait, 429)
    except NotesError as problem:
        who = f"at {here.provider.name}"
        if isinstance(problem, CodeError):
            await door.note_try(who, address, "could not sign in")
        elif not isinstance(problem, ProviderError):  # of what went wrong before, anybody could fill the log
            await door.note_stranger(who, address)
        return _refused(request, problem, 403)
    # The session is not sent with what another site began, as this is: a page of our own goes on from here.
    answer = page(request, "signed-in.html")
    keep_signed_in(answer, request.scope, kept)
    _forget(answer, request)
    return answer


async def _session(request: Request, here: Elsewhere, code: str, state: str, iss: str | None, error: str) -> str:
    """A new session of who signed in. Raises ``NotesError``."""
    going = here.resumed(kept_in(request.scope, _going_name(request)), state, _back(request))
    told = await here.told()
    if iss != here.provider.issuer and (iss is not None or told.get("authorization_response_iss_parameter_supported")):
        raise ProviderError(_("another provider answered"))
    if not code:
        if not _ERROR.fullmatch(error):
            raise ProviderError(_("%(name)s says nothing", name=here.provider.name))
        raise ProviderError(_("%(name)s says %(said)s", name=here.provider.name, said=error))
    subject = await here.subject(going, code, address_of(request.scope))
    door: UserDoor = request.app.state.door
    kept = await door.sign_in_as(here.provider.source, subject, address_of(request.scope))
    await door.sign_out(request.scope)  # whoever was signed in in this browser is not any more
    return kept


@router.get("/sign-in/leave")
async def leave(request: Request) -> Response:
    """Send a browser to where it is signed out of the provider, too."""
    here = _elsewhere(request)
    if not is_same_site(request.headers):
        return RedirectResponse("/sign-in", 303)
    try:
        address = oidc.leaving_address(here.provider, await here.told(), _back(request).removesuffix("/back"))
        if address is None:
            raise ProviderError(_("%(name)s names no address for signing out: sign out there", name=here.provider.name))
    except NotesError as error:
        return _refused(request, error, 503)
    return RedirectResponse(address, 303)


def _refused(request: Request, error: NotesError, status: int) -> Response:
    answer = page(request, "sign-in.html", wrong=False, problem=explained(error))
    answer.status_code = status
    _forget(answer, request)
    return answer


def _forget(answer: Response, request: Request) -> None:
    """Let the browser keep nothing of the attempt any more."""
    answer.delete_cookie(_going_name(request), httponly=True, samesite="lax", secure=request.url.scheme == "https")
