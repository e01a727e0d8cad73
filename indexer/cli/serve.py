"""``notes serve``: the archive in a browser."""

from __future__ import annotations

import signal
import socket
import threading
import webbrowser
from pathlib import Path

import typer

from indexer.catalog import Catalog
from indexer.cli._output import display, say
from indexer.cli._session import load_plugins, load_settings
from indexer.values.errors import Exit, UnavailableError


def command(
    context: typer.Context,
    port: int,
    host: str,
    open_: bool,
    new_token: bool,
    viewer: list[str] | None,
    index: Path | None,
) -> None:
    """Show the archive in the browser of this machine, until Ctrl-C.

    With another --host others reach it too: they need a token, which is shown once, when it is made.
    """
    from indexer.web.app import create_app
    from indexer.web.running import leave, run
    from indexer.web.security import Token, is_loopback, viewer_origin

    viewers = frozenset(map(viewer_origin, viewer or ()))
    settings = load_settings(context, {"index": index})
    registry = load_plugins(settings)
    with Catalog(settings.index, create=True):
        pass
    token = Token.load(settings.index)
    if new_token or (token is None and not is_loopback(host)):
        token, text = Token.make(settings.index)
        say(f"token (shown once, keep it): {text}")
    guarded = None if is_loopback(host) else token
    if guarded is None:
        say("without a token: whoever has an account on this machine can read and correct it")
    with _listening(host, port) as door:
        address = f"http://{f'[{host}]' if ':' in host else host}:{door.getsockname()[1]}/"
        say(f"serving {display(settings.index)} at {address} (Ctrl-C ends it)")
        if open_:
            threading.Timer(0.5, webbrowser.open, (address,)).start()
        app = create_app(settings, registry, host, guarded, viewers)
        ended_by = run(app, door, say)
    code = Exit.INTERRUPTED if ended_by == signal.SIGINT else Exit.DONE
    leave(code)
    raise typer.Exit(code)


def _listening(host: str, port: int) -> socket.socket:
    try:
        door = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        # Connections have it from here. Else what follows the head of an answer waits for the browser to confirm the
        # head, 40 ms on Linux; asyncio sets it only on sockets that were made for TCP by number.
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return door
    except OSError as error:
        raise UnavailableError(
            f"cannot listen on {host} port {port}: {(error.strerror or str(error)).lower()}",
            "Another program may be there: choose another --port.",
        ) from error
