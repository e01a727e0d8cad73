"""Asks a server that speaks the chat API of OpenAI. What it answers is nothing but data, and limited in time and size.

No proxy is used and no redirect followed: a page goes to the address that was named, and nowhere else.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING

from indexer.api import PluginError, ask_server

if TYPE_CHECKING:
    from .settings import RemoteSettings

_MOST = 1_000_000
"""Bytes of an answer."""
_FINE = 200
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
    body = json.dumps(asked).encode()
    try:
        answer = ask_server(f"{settings.url}/chat/completions", settings.timeout, _MOST, headers, body)
    except TimeoutError as error:
        said = f"takes longer than {settings.timeout:g} s (timeout in [engines.remote])"
        raise _failed(settings, said) from error
    except (HTTPException, OSError, ValueError) as error:
        said = f"does not answer: {_printed((str(error) or type(error).__name__).encode())}"
        raise _failed(settings, said, "Is the server running? See [engines.remote].") from error
    if answer.is_too_large:
        raise _failed(settings, f"answers with more than {_MOST} bytes")
    if answer.status != _FINE:
        raise _failed(settings, f"answers {answer.status}: {_printed(answer.data)}", _HINTS.get(answer.status, ""))
    return _read(answer.data, settings)


def _read(data: bytes, settings: RemoteSettings) -> Said:
    try:
        told = json.loads(data)
        choice = told["choices"][0]
        message, ended = choice["message"], choice.get("finish_reason")
        text, refusal = message.get("content"), message.get("refusal")
        used = told.get("usage") or {}
        tokens = used.get("total_tokens") or (used.get("prompt_tokens") or 0) + (used.get("completion_tokens") or 0)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise _failed(settings, f"answers something else than a chat: {_printed(data)}") from error
    if refusal or ended == "content_filter":
        raise _failed(settings, f"refuses the page: {_printed(str(refusal or text or '').encode())}")
    if not isinstance(text, str):
        raise _failed(settings, f"answers something else than a chat: {_printed(data)}")
    return Said(text, ended == "length", tokens if isinstance(tokens, int) and tokens > 0 else 0)


def _printed(data: bytes) -> str:
    """The beginning of what a server said, made safe to show."""
    text = " ".join(data[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
    return "".join(char if char.isprintable() else "?" for char in text) or "nothing"


def _failed(settings: RemoteSettings, what: str, hint: str = "") -> PluginError:
    return PluginError(f"{settings.address} {what}", hint, kind="remote")
