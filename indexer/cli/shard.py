"""``notes shard``: the ink of the archive for a server on another machine."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import typer

from indexer.cli._output import display, say
from indexer.cli._session import load_settings
from indexer.translation import _
from indexer.values.errors import Exit, IndexFolderError


def command(context: typer.Context, port: int, host: str, index: Path | None) -> None:
    """Look through a part of the ink of an archive for notes serve --shards on another machine, until Ctrl-C.

    It needs the folder search/ink of the index folder, on shared storage or as a copy. Whoever has shards.key, which
    lies there, may ask.
    """
    from indexer.search.spotting.admitting import serve_at
    from indexer.search.spotting.reaching import key_of
    from indexer.web.running import leave, listening

    settings = load_settings(context, {"index": index})
    folder = settings.index / "search" / "ink"
    if not folder.is_dir():
        raise IndexFolderError(
            _("there is no ink to search in %(index)s", index=settings.index),
            _("Name the index folder (--index), or copy its search/ink there. notes index makes it."),
        )
    try:
        key_of(folder, make=True)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise IndexFolderError(
            _("cannot make a key in %(folder)s: %(why)s", folder=folder, why=why), _("Make it where it can be written.")
        ) from error
    with listening(host, port) as door, suppress(KeyboardInterrupt):
        address = f"tcp://{f'[{host}]' if ':' in host else host}:{door.getsockname()[1]}"
        say(f"looking through the ink of {display(settings.index)} for servers at {address} (Ctrl-C ends it)")
        serve_at(door, folder)
    leave(Exit.INTERRUPTED)
    raise typer.Exit(Exit.INTERRUPTED)
