"""``notes serve``: the archive in a browser."""

from __future__ import annotations

import signal
import threading
import webbrowser
from pathlib import Path

import typer

from indexer.archive.watching import check_folders
from indexer.catalog import Catalog
from indexer.cli._output import display, say
from indexer.cli._session import load_plugins, load_settings
from indexer.system.paths import named
from indexer.values.errors import Exit


def command(
    context: typer.Context,
    port: int,
    host: str,
    open_: bool,
    new_token: bool,
    watch: list[Path] | None,
    poll: bool,
    viewer: list[str] | None,
    index: Path | None,
) -> None:
    """Show the archive in the browser of this machine, until Ctrl-C.

    With another --host others reach it too: they need a token, which is shown once, when it is made.
    """
    from indexer.web.app import create_app
    from indexer.web.running import leave, listening, run
    from indexer.web.security import Token, is_loopback, viewer_origin

    viewers = frozenset(map(viewer_origin, viewer or ()))
    watched = tuple(map(named, watch or ()))
    check_folders(watched)
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
    with listening(host, port) as door:
        address = f"http://{f'[{host}]' if ':' in host else host}:{door.getsockname()[1]}/"
        say(f"serving {display(settings.index)} at {address} (Ctrl-C ends it)")
        if open_:
            threading.Timer(0.5, webbrowser.open, (address,)).start()
        app = create_app(settings, registry, host, guarded, viewers, watched=watched, poll=poll)
        ended_by = run(app, door, say)
    code = Exit.INTERRUPTED if ended_by == signal.SIGINT else Exit.DONE
    leave(code)
    raise typer.Exit(code)
