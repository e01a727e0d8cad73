"""Who a server in front of this one says is asking: its header is believed from its own address, and from no other."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

_KEY = "notes.remote_user"
"""Where a request keeps the name: no header gets there."""
_HEADER = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)+")
_TAKEN = re.compile(r"(x-forwarded|sec|access-control|content|accept|if|cache|transfer|proxy)-.*", re.IGNORECASE)
"""Headers that say something else."""


def user_header(name: str) -> str:
    """The name of a header in which a server in front says who asks. Raises ``UsageError`` for what cannot be one."""
    if not _HEADER.fullmatch(name) or _TAKEN.fullmatch(name):
        raise UsageError(
            _("remote_user: %(name)s is no header that says who asks", name=repr(name[:60])),
            _("Write it like Remote-User."),
        )
    return name


def remote_user(scope: Scope) -> str:
    """The name that the server in front gives whoever asks; empty if it gives none or did not pass the request on."""
    return str(scope.get(_KEY, ""))


@dataclass(frozen=True, slots=True)
class Believing:
    """Stands around everything else, where the address is still that of the other side of the connection: what has
    the header loses it, and its name is kept if it came from one of the ``addresses``."""

    app: ASGIApp
    addresses: Sequence[str]
    header: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; refuse one with two names, one of which may come from somebody else."""
        app = self.app
        if scope["type"] in ("http", "websocket"):
            key = self.header.lower().encode("ascii")
            named = [value for name, value in scope["headers"] if name == key]
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != key]}
            scope.pop(_KEY, None)
            if named and self._is_in_front(scope):
                if len(named) > 1:
                    app = PlainTextResponse(f"There is more than one {self.header}.\n", 400)
                scope[_KEY] = named[0].decode("utf-8", "replace").strip()
        await app(scope, receive, send)

    def _is_in_front(self, scope: Scope) -> bool:
        try:
            address = ipaddress.ip_address((scope.get("client") or ("",))[0])
        except ValueError:
            return False
        return any(address in ipaddress.ip_network(each, strict=False) for each in self.addresses)
