"""``notes mcp``: the archive for assistants, by the Model Context Protocol."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import typer

from indexer.archive.library import Archive
from indexer.catalog import Catalog
from indexer.cli._output import display, say
from indexer.cli._session import VOICE, load_settings
from indexer.translation import _
from indexer.values.errors import Exit, IndexFolderError, UnavailableError, UsageError

_HOST = "127.0.0.1"


def command(context: typer.Context, http: bool, port: int, allow_corrections: bool, index: Path | None) -> None:
    """Let an assistant search the archive and look at its pages, on standard input and output, until that ends.

    An assistant begins this command itself. With --http it listens on this machine instead, until Ctrl-C.
    """
    if find_spec("mcp") is None:
        raise UnavailableError(
            _("notes mcp needs the package mcp"), _('Install it from the checkout: pip install ".[mcp]".')
        )
    from indexer.mcp.server import make_server, run_stdio

    settings = load_settings(context, {"index": index})
    has_users = http and _has_users(settings.index)
    if has_users and allow_corrections:
        raise UsageError(
            _("people sign in to this archive, and by HTTP it is not known who corrects"),
            _("Leave --allow-corrections or --http."),
        )
    kinds = {"looks", *(() if http else ("reads",)), *(("changes",) if allow_corrections else ())}
    with ExitStack() as stack:
        server = make_server(lambda: Archive(settings, VOICE), kinds, stack)
        if not http:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # what waits for input does not end otherwise
            if sys.stdin.isatty():
                say("waiting for an assistant on standard input: its program begins this command (Ctrl-C ends it)")
            asyncio.run(run_stdio(server))
            return
        from indexer.web.doors import UserDoor
        from indexer.web.running import leave, listening, run
        from indexer.web.security import TokenNeeded

        with listening(_HOST, port) as door:
            address = f"http://{_HOST}:{door.getsockname()[1]}/mcp"
            say(f"serving {display(settings.index)} to assistants at {address} (Ctrl-C ends it)")
            app = server.streamable_http_app(host=_HOST)
            ended_by = run(TokenNeeded(app, UserDoor(settings.index)) if has_users else app, door, say)
    code = Exit.INTERRUPTED if ended_by == signal.SIGINT else Exit.DONE
    leave(code)
    raise typer.Exit(code)


def _has_users(folder: Path) -> bool:
    try:
        with Catalog(folder) as catalog:
            return catalog.has_users()
    except IndexFolderError:  # there may be none yet
        return False
