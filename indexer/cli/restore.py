"""``notes restore``: makes an index from its backup."""

from __future__ import annotations

from pathlib import Path

import typer

from indexer.archive.searching import make_searchable
from indexer.cli._output import display, emit_json, say
from indexer.cli._session import VOICE, load_settings
from indexer.cli.backup import held_json, held_text


def command(
    context: typer.Context,
    file: Path,
    replace: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Make the index of a backup again. The whole backup is checked before anything is changed."""
    from indexer.archive.backup import restore

    settings = load_settings(context, {"index": index})
    held = restore(file, settings.index, replace=replace)
    make_searchable(settings.index, VOICE)
    if as_json:
        emit_json({"schema": 2, "index": str(settings.index), **held_json(held)})
    else:
        say(f"restored into {display(settings.index)}: {held_text(held)}")
