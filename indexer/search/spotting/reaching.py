"""How shards are reached: as processes that are begun here, or at addresses of other machines.

Both ends of a connection of a network show that they have the same key, without sending it: each hashes what the other
has drawn by chance. The key lies in the folder of the index, as the files do that a shard needs. What is sent is not
encrypted.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from indexer.search.spotting.shard import serve
from indexer.system.children import begin
from indexer.system.files import replacing
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from indexer.search.spotting.shards import Peer

_MOST = 1_024
"""Most shards."""
_GREETING = b"notes shard 1\n"
_NONCE, _PROOF = 32, 32
"""Bytes of what is drawn by chance, and of a hash."""
_PATIENCE = 5.0
"""Seconds to wait for each step of a connection."""

_KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""Seconds until the system asks whether the other end is there, and again, and how often: usual are two hours."""


def ways(who: str, folder: Path) -> list[Callable[[], Peer]]:
    """How each shard of the index in a folder is reached. Raises ``UsageError`` for what names none."""
    if who.isascii() and who.isdigit() and 1 <= int(who) <= _MOST:
        return [partial(begin, serve, folder)] * int(who)
    addresses = [_address(each.strip()) for each in who.split(",")]
    found = [address for address in addresses if address is not None]
    if len(found) < len(addresses) or len(found) > _MOST:
        raise UsageError(
            _("%(who)s names no shards", who=repr(who)),
            _("It is a number, or tcp://host:8422,tcp://other:8422 with the addresses of notes shard."),
        )
    return [partial(reached, address, folder) for address in found]


def _address(text: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    plain = parts.scheme == "tcp" and parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    return (host, port) if plain and host and port else None


def key_of(folder: Path, *, make: bool = False) -> bytes:
    """The key of the index in a folder; one is made if that is asked for. Raises ``OSError`` where there is none."""
    file = folder / "shards.key"
    if make and not file.exists():
        with replacing(file) as new:
            new.unlink(missing_ok=True)  # whoever left it may have made it readable for others
            new.touch(mode=0o600)
            new.write_text(secrets.token_hex(_NONCE), encoding="ascii")
    key = file.read_bytes().strip()
    if len(key) < 2 * _NONCE:
        raise OSError(f"{file} is no key")
    return key


@dataclass(frozen=True, slots=True)
class Remote:
    """A shard on another machine."""

    connection: Connection
    _socket: socket.socket

    def end(self) -> None:
        """End the connection, also for who reads there."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.connection.close()


def reached(address: tuple[str, int], folder: Path) -> Remote:
    """A connection with the shard at an address. Raises ``OSError`` where none answers that has the key."""
    key = key_of(folder)
    door = socket.create_connection(address, _PATIENCE)
    try:
        mine = secrets.token_bytes(_NONCE)
        door.sendall(_GREETING + mine)
        theirs = _taken(door, _NONCE)
        if not hmac.compare_digest(_taken(door, _PROOF), _proof(key, b"shard", mine, theirs)):
            raise OSError(f"what answers at {address[0]}:{address[1]} does not have the key")
        door.sendall(_proof(key, b"server", mine, theirs))
        return _remote(door)
    except BaseException:
        door.close()
        raise


def admitted(door: socket.socket, key: bytes) -> Remote | None:
    """The connection with a server that has come in; ``None`` if it does not have the key, or says nothing."""
    try:
        greeting = _taken(door, len(_GREETING) + _NONCE)
        if not greeting.startswith(_GREETING):
            return None
        theirs, mine = greeting[len(_GREETING) :], secrets.token_bytes(_NONCE)
        door.sendall(mine + _proof(key, b"shard", theirs, mine))
        if not hmac.compare_digest(_taken(door, _PROOF), _proof(key, b"server", theirs, mine)):
            return None
        return _remote(door)
    except OSError:
        return None


def _remote(door: socket.socket) -> Remote:
    door.settimeout(None)
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):
            door.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return Remote(Connection(door.dup().detach()), door)


def _taken(door: socket.socket, size: int) -> bytes:
    """So many bytes. Raises ``OSError`` where they do not come soon, all of them."""
    taken, until = b"", time.monotonic() + _PATIENCE
    while len(taken) < size:
        door.settimeout(max(0.001, until - time.monotonic()))
        more = door.recv(size - len(taken))
        if not more:
            raise ConnectionResetError(_("the other end has closed the connection"))
        taken += more
    return taken


def _proof(key: bytes, who: bytes, server: bytes, shard: bytes) -> bytes:
    return hmac.digest(key, _GREETING + who + server + shard, "sha256")
