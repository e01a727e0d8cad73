"""What ``notes index`` says of files that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from indexer.cli._output import amount, display, say, warn

if TYPE_CHECKING:
    from indexer.pruning import Prunable

Prune = Annotated[bool, typer.Option("--prune", help="Forget files that are gone from the paths.")]
PruneEmptied = Annotated[
    bool, typer.Option("--prune-emptied", help="Also those of folders of which nothing is left, as of a drive.")
]


def say_pruned(found: Prunable, *, dry_run: bool) -> None:
    """Name what is forgotten, or would be, and the folders of which nothing is left."""
    for path in found.gone:
        say(f"{'would be forgotten' if dry_run else 'forgotten'}: {display(path)}")
    for folder, files in found.away.items():
        warn(
            f"{display(folder)}: nothing is left of what was read here ({amount(len(files), 'file')}), and nothing "
            "of it is forgotten. Is its drive attached? --prune-emptied forgets it all the same"
        )


def pruned_json(found: Prunable, *, dry_run: bool) -> dict[str, object]:
    """The same for programs."""
    away = [{"folder": str(folder), "files": len(files)} for folder, files in found.away.items()]
    return {"would_forget" if dry_run else "forgotten": [str(path) for path in found.gone], "away": away}
