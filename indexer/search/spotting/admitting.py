"""Lets servers in that ask for a shard of an index from other machines, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from indexer.search.spotting.reaching import admitted, key_of
from indexer.search.spotting.shard import serve

if TYPE_CHECKING:
    import socket
    from pathlib import Path

_MOST = 64
"""Most connections. Whoever has no key keeps one for some seconds."""
_PAUSE = 0.2
"""Seconds to wait where no connection can be taken, as when too many files are open."""
_log = logging.getLogger(__name__)


def serve_at(door: socket.socket, folder: Path) -> None:
    """Answer the servers that come in at a socket and have the key of the index in a folder, until it is closed."""
    free = threading.BoundedSemaphore(_MOST)
    while True:
        try:
            visitor, _ = door.accept()
        except OSError:
            if door.fileno() < 0:
                return
            time.sleep(_PAUSE)
            continue
        if free.acquire(blocking=False):
            threading.Thread(target=_let_in, args=(visitor, folder, free), name="server", daemon=True).start()
        else:
            visitor.close()


def _let_in(visitor: socket.socket, folder: Path, free: threading.BoundedSemaphore) -> None:
    with visitor:
        try:
            server = admitted(visitor, key_of(folder))
            if server is not None:
                serve(server.connection, folder)
                server.end()
        except OSError:
            _log.exception("a server cannot be let in")
        finally:
            free.release()
