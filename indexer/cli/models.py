"""``notes models``: the recognition models of the embedded engine, and what each was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.api import models
from indexer.archive.made_models import figures_in_words
from indexer.cli._output import display, emit_json, stdout, warn
from indexer.cli._session import load_plugins, load_settings
from indexer.recognition.choice import decide, shelves
from indexer.values.errors import UnavailableError

if TYPE_CHECKING:
    from indexer.api.models import RecognitionModel


def command(
    context: typer.Context,
    index: Path | None,
    as_json: bool,
) -> None:
    """List the models, what each was trained on, and which one reads."""
    settings = load_settings(context, {"index": index})
    registry = load_plugins(settings)
    found = []
    for folder in models.available(shelves(settings, *registry.engines.values())):
        try:
            found.append(models.load(folder))
        except UnavailableError as error:
            warn(error.whole)
    chosen = next((each.options.model for each in decide(settings, registry).engines if each.options.model), None)
    if as_json:
        listed = [_json(each, chosen) for each in found]
        emit_json({"schema": 2, "models": listed, "readers": listed})
        return
    for each in found:
        mark, figures = "reads" if each.folder == chosen else "", figures_in_words(each)
        measured = f" ({figures})" if figures else ""
        stdout().print(f"{display(each.name):<16} {mark:<6} {each.summary}{measured}", soft_wrap=True)


def _json(model: RecognitionModel, chosen: Path | None) -> dict[str, object]:
    return {
        "name": model.name,
        "engine": model.engine,
        "identity": models.identity(model.folder),
        "folder": str(model.folder),
        "summary": model.summary,
        "reads": model.folder == chosen,
        "provenance": model.provenance,
    }
