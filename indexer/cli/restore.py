"""``notes restore``: makes an index from its backup."""

from __future__ import annotations

from pathlib import Path

import typer

from indexer.cli._output import display, emit_json, say
from indexer.cli._session import open_archive
from indexer.cli.backup import held_json, held_text


def command(
    context: typer.Context,
    file: Path,
    replace: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Make the index of a backup again. The whole backup is checked before anything is changed."""
    with open_archive(context, {"index": index}) as archive:
        held = archive.restore(file, replace=replace)
    if as_json:
        emit_json({"schema": 2, "index": str(archive.folder), **held_json(held)})
    else:
        say(f"restored into {display(archive.folder)}: {held_text(held)}")
