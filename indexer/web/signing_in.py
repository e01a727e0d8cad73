"""The pages on which people sign in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from indexer.web.attempts import TooOftenError
from indexer.web.doors import address_of, cookie_name, keep_signed_in
from indexer.web.pages import page
from indexer.web.views import explained

if TYPE_CHECKING:
    from indexer.web.doors import Door

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    """The page that asks for the token, or for a name and a password."""
    return page(request, "sign-in.html", wrong=False)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    token: Annotated[str, Form(max_length=200)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Sign a browser in: it keeps a pass or a session, never the token or the password."""
    door: Door = request.app.state.door
    try:
        kept = await door.sign_in(name, password if door.by_name else token, address_of(request.scope))
    except TooOftenError as error:
        answer = page(request, "sign-in.html", wrong=False, problem=explained(error))
        answer.status_code = 429
        answer.headers["retry-after"] = str(error.wait)
        return answer
    if kept is None:
        answer = page(request, "sign-in.html", wrong=True, typed=name)
        answer.status_code = 403
        return answer
    if door.by_name:
        await door.sign_out(request.scope)  # whoever was signed in in this browser is not any more
    signed = RedirectResponse("/", 303)
    keep_signed_in(signed, request.scope, kept)
    return signed


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Sign this browser out."""
    door: Door = request.app.state.door
    await door.sign_out(request.scope)
    left = RedirectResponse("/sign-in", 303)
    secure = request.url.scheme == "https"  # browsers heed nothing else of such a name, not even its end
    left.delete_cookie(cookie_name(request.scope), httponly=True, samesite="strict", secure=secure)
    return left
