"""Asks a server that speaks the chat API of OpenAI. What it answers is nothing but data, and limited in time and size.

No proxy is used and no redirect followed: a page goes to the address that was named, and nowhere else.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from indexer.api import PluginError

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from .settings import RemoteSettings

_MOST = 1_000_000
"""Bytes of an answer."""
_PIECE = 65_536
_SHOWN = 200
"""Letters of a server's words that are shown."""
_HINTS = {
    401: "Set key in [engines.remote] of your own settings.",
    403: "Set key in [engines.remote] of your own settings.",
    404: "Is the model there, and does the address end as the server wants it (mostly /v1)?",
    413: "Set side in [engines.remote] to fewer pixels.",
    429: "The server wants less: read again later (notes index --reread).",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a server said: its text, whether it was cut short, and the tokens that the request took (0 if not told)."""

    text: str
    is_cut: bool
    tokens: int


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: a page goes nowhere but to the address that was named."""


def ask(settings: RemoteSettings, prompt: str, jpeg: bytes) -> Said:
    """What the model says of a page. Raises ``PluginError`` with the address when there is no answer."""
    picture = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
    content = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": picture}}]
    asked = {
        "model": settings.model,
        "messages": [{"role": "user", "content": content}],
        "temperature": 0,
        "max_tokens": settings.tokens,
        "stream": False,
    }
    headers = {"Content-Type": "application/json", "User-Agent": "notes"}
    if settings.key:
        headers["Authorization"] = f"Bearer {settings.key}"
    request = Request(f"{settings.url}/chat/completions", json.dumps(asked).encode(), headers)  # noqa: S310 - checked
    try:
        return _read(_sent(_opener(), request, settings), settings)
    except HTTPError as error:
        with error:
            told = _printed(error.read(_SHOWN * 4))
        raise _failed(settings, f"answers {error.code}: {told}", _HINTS.get(error.code, "")) from error
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise _failed(settings, f"does not answer: {reason}", "Is the server running? See [engines.remote].") from error


def _opener() -> OpenerDirector:
    return build_opener(ProxyHandler({}), _NoRedirect)


def _sent(opener: OpenerDirector, request: Request, settings: RemoteSettings) -> bytes:
    """The bytes of the answer, which may neither drip for ever nor never end."""
    until = time.monotonic() + settings.timeout
    answer: HTTPResponse
    with opener.open(request, timeout=settings.timeout) as answer:
        pieces, size = [], 0
        while piece := answer.read1(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > _MOST:
                raise _failed(settings, f"answers with more than {_MOST} bytes")
            if time.monotonic() > until:
                raise _failed(settings, f"takes longer than {settings.timeout:g} s (timeout in [engines.remote])")
    return b"".join(pieces)


def _read(data: bytes, settings: RemoteSettings) -> Said:
    try:
        told = json.loads(data)
        choice = told["choices"][0]
        message, ended = choice["message"], choice.get("finish_reason")
        text, refusal = message.get("content"), message.get("refusal")
        used = (told.get("usage") or {}).get("total_tokens") or 0
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise _failed(settings, f"answers something else than a chat: {_printed(data)}") from error
    if refusal or ended == "content_filter":
        raise _failed(settings, f"refuses the page: {_printed(str(refusal or text or '').encode())}")
    if not isinstance(text, str):
        raise _failed(settings, f"answers something else than a chat: {_printed(data)}")
    return Said(text, ended == "length", used if isinstance(used, int) and used > 0 else 0)


def _printed(data: bytes) -> str:
    """The beginning of what a server said, made safe to show."""
    text = " ".join(data.decode("utf-8", "replace").split())[:_SHOWN]
    return "".join(char if char.isprintable() else "?" for char in text) or "nothing"


def _failed(settings: RemoteSettings, what: str, hint: str = "") -> PluginError:
    return PluginError(f"{settings.address} {what}", hint, kind="remote")
