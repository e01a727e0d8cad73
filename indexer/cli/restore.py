"""``notes restore``: an index from its backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from indexer.catalog import Catalog
from indexer.cli._output import display, emit_json, say, warn
from indexer.cli._session import Index, Json, load_settings
from indexer.cli.backup import held_json, held_text
from indexer.values.errors import IndexFolderError


def command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What notes backup wrote.", show_default=False)],
    replace: Annotated[bool, typer.Option("--replace", help="Also where there is an index already.")] = False,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Make the index of a backup again. The whole backup is checked before anything is changed."""
    from indexer.archive.backup import restore

    settings = load_settings(context, {"index": index})
    held = restore(file, settings.index, replace=replace)
    _make_searchable(settings.index)
    if as_json:
        emit_json({"schema": 1, "index": str(settings.index), **held_json(held)})
    else:
        say(f"restored into {display(settings.index)}: {held_text(held)}")


def _make_searchable(folder: Path) -> None:
    """Make the search index, which no backup holds: the folder may be on its way to where nothing can be written."""
    from indexer.search import SearchIndex

    with Catalog(folder) as catalog:
        try:
            SearchIndex(folder / "search").sync(catalog)
        except IndexFolderError as error:
            warn(f"the index is restored, and the next search makes what it searches: {error.message}")
