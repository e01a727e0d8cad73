"""``notes backup``: everything of an index that cannot be made again, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.cli._output import amount, display, emit_json, say, warn
from indexer.cli._session import open_archive

if TYPE_CHECKING:
    from indexer.archive.backup import Held


def command(
    context: typer.Context,
    file: Path,
    index: Path | None,
    as_json: bool,
) -> None:
    """Write what people said, what was added and what was taught into FILE, also while a server or a run is at work.

    The archive's own files are not in it. notes restore FILE brings it back.
    """
    with open_archive(context, {"index": index}) as archive:
        held = archive.backup(file)
    for path in held.left_out:
        warn(f"not in the backup, since it is no file of notes: {display(path)}")
    if as_json:
        emit_json({"schema": 2, "file": str(file), **held_json(held)})
    else:
        say(f"written: {display(file)} ({held_text(held)})")


def held_text(held: Held) -> str:
    """What is in a backup, for people."""
    return f"the catalogue, {amount(held.documents, 'document')}, {amount(held.models, 'model')}"


def held_json(held: Held) -> dict[str, object]:
    """The same for programs."""
    return {"documents": held.documents, "models": held.models, "readers": held.models, "bytes": held.size}
