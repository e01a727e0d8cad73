"""What may be set for the engine: the server, the model, a key, and limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from indexer.api import PluginError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOCAL = "http://127.0.0.1:11434/v1"
"""Where Ollama listens. Other servers take another port: llama.cpp 8080, vLLM 8000."""
_NUMBERS = {"timeout": (120.0, 1.0, 3600.0), "side": (2000, 200, 8000), "tokens": (8000, 100, 200_000)}
"""Each number with its default, the least and the most."""
_TEXTS = ("url", "model", "key")


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """The settings in force: ``timeout`` in seconds, ``side`` the most pixels of an image, ``tokens`` the most of an
    answer."""

    url: str
    model: str
    key: str = field(repr=False)
    timeout: float
    side: int
    tokens: int

    @property
    def address(self) -> str:
        """The server as it is shown."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"


def parsed(told: Mapping[str, object]) -> RemoteSettings:
    """The settings of ``[engines.remote]``. Raises ``PluginError`` for what makes no sense."""
    known = (*_TEXTS, *_NUMBERS, "threshold")
    for name in told:
        if name not in known:
            raise _wrong(f"there is no option {name!r}", f"There are: {', '.join(known)}.")
    url, model, key = (str(told.get(name) or "") for name in _TEXTS)
    if not model:
        hint = "Set model in [engines.remote] of your own settings, as the server calls it."
        raise PluginError("it is off: no model is named", hint, kind="off")
    return RemoteSettings(
        _checked(url or _LOCAL),
        model,
        key,
        _number("timeout", told),
        round(_number("side", told)),
        round(_number("tokens", told)),
    )


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.username or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise _wrong(f"{url!r} is no address of a server", f"Give one such as {_LOCAL}; a key goes into key.")
    return url.rstrip("/")


def _number(name: str, told: Mapping[str, object]) -> float:
    usual, least, most = _NUMBERS[name]
    try:
        value = float(str(told.get(name, usual)))
    except ValueError:
        value = -1.0
    if not least <= value <= most:
        raise _wrong(f"{name} = {told[name]!r} makes no sense", f"Give a number from {least:g} to {most:g}.")
    return value


def _wrong(message: str, hint: str) -> PluginError:
    return PluginError(message, hint, kind="settings")
