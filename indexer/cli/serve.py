"""``notes serve``: the archive in a browser."""

from __future__ import annotations

import signal
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.watching import check_folders
from indexer.catalog import Catalog
from indexer.cli._output import display, say
from indexer.cli._session import load_plugins, load_settings
from indexer.cli._shared_machine import ask_who_may
from indexer.system.accounts import people_here
from indexer.system.paths import named
from indexer.translation import _
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.system.settings import Settings
    from indexer.web.doors import Door


def command(
    context: typer.Context,
    port: int,
    host: str,
    open_: bool,
    new_token: bool,
    watch: list[Path] | None,
    poll: bool,
    viewer: list[str] | None,
    behind: list[str] | None,
    name: str | None,
    shards: str | None,
    index: Path | None,
) -> None:
    """Show the archive in the browser of this machine, until Ctrl-C.

    With another --host others reach it too: they need a token, which is shown once, when it is made. Where there are
    users (see notes user), everybody signs in instead.
    """
    from indexer.web.app import create_app
    from indexer.web.doors import UserDoor
    from indexer.web.oidc import check_installed, provider_of
    from indexer.web.running import leave, listening, run
    from indexer.web.security import in_front, is_loopback, names_of, viewer_origin

    viewers = frozenset(map(viewer_origin, viewer or ()))
    believed = in_front(behind or ())
    watched = tuple(map(named, watch or ()))
    check_folders(watched)
    settings = load_settings(context, {"index": index, "shards": shards})
    registry = load_plugins(settings)
    with Catalog(settings.index, create=True) as catalog:
        if is_loopback(host):
            ask_who_may(catalog)
        has_users = catalog.has_users()
    if has_users and new_token:
        raise UsageError(
            _("people sign in to this archive, each by their name"), _("Make one of theirs: notes user token.")
        )
    if believed and not has_users:
        raise UsageError(
            _("behind another server anybody could come in"), _("First: notes user add NAME --role manage.")
        )
    header, unknown = (
        _header(settings, believed),
        None if settings.unknown_people == "refuse" else settings.unknown_people,
    )
    provider = provider_of(settings) if has_users else None
    if provider is not None:
        check_installed()
        say(f"people may sign in with {provider.issuer}, which is asked then")
    door = UserDoor(settings.index, unknown) if has_users else _door(settings.index, host, new_token=new_token)
    with listening(host, port) as socket:
        address = f"http://{f'[{host}]' if ':' in host else host}:{socket.getsockname()[1]}/"
        say(f"serving {display(settings.index)} at {address} (Ctrl-C ends it)")
        if open_:
            threading.Timer(0.5, webbrowser.open, (address,)).start()
        app = create_app(
            settings, registry, names_of(host, name), door, viewers, watched=watched, poll=poll, provider=provider
        )
        ended_by = run(app, socket, say, believed, header)
    code = Exit.INTERRUPTED if ended_by == signal.SIGINT else Exit.DONE
    leave(code)
    raise typer.Exit(code)


def _header(settings: Settings, believed: Sequence[str]) -> str:
    """The header in which a server in front says who asks, and what to know of it; empty if none is set."""
    from indexer.web.remote_user import user_header
    from indexer.web.security import is_loopback

    if settings.remote_user is None:
        return ""
    header = user_header(settings.remote_user)
    if not believed:
        say(f"{header} is not believed of anybody: --behind names the server in front")
    elif any(is_loopback(each.partition("/")[0]) for each in believed) and len(people_here()) > 1:
        say(f"whoever has an account on this machine can say by {header} that they are anybody")
    return header


def _door(folder: Path, host: str, *, new_token: bool) -> Door:
    """How an archive without users is entered: freely from this machine, by the token from others."""
    from indexer.web.doors import OpenDoor, TokenDoor
    from indexer.web.security import Token, is_loopback

    token = Token.load(folder)
    if new_token or (token is None and not is_loopback(host)):
        token, text = Token.make(folder)
        say(f"token (shown once, keep it): {text}")
    if token is not None and not is_loopback(host):
        return TokenDoor(token)
    say("without a token: whoever has an account on this machine can read and correct it")
    return OpenDoor()
