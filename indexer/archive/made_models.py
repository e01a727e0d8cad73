"""Which pages were read with models that were made here, from the archive or from transcribed pages, and how."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from indexer.api import models
from indexer.translation import _
from indexer.values.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from indexer.api.models import RecognitionModel
    from indexer.catalog import Catalog
    from indexer.catalog.records import ModelUse
    from indexer.system.settings import Settings


@dataclass(frozen=True, slots=True)
class ReadWith:
    """How many lines were read with a model that was made here, and how many pages of which folders. ``identity`` is
    that of the model (``indexer.api.models.identity``); ``model`` is ``None`` if another of its name was made since."""

    identity: str
    model: RecognitionModel | None
    lines: int
    folders: Mapping[Path, int]

    @property
    def pages(self) -> int:
        """On how many pages the lines are."""
        return sum(self.folders.values())

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.identity.rpartition("@")[0]

    @property
    def how(self) -> str:
        """How the model was made, and what that brought, in words."""
        if self.model is None:
            return _("another model of this name was made since")
        return "; ".join(filter(None, (self.model.summary, figures_in_words(self.model))))


def read_with(settings: Settings, catalog: Catalog) -> list[ReadWith]:
    """What was read with each model that was made here, by the names of the models."""
    made = {models.identity(each.folder): each for each in made_models(settings)}
    if not made:
        return []
    uses = groupby(catalog.read_with({each.name for each in made.values()}), key=lambda use: use.model)
    return [_together(name, made.get(name), tuple(group)) for name, group in uses]


def _together(identity: str, model: RecognitionModel | None, uses: Sequence[ModelUse]) -> ReadWith:
    """What was read with a model, its documents by folder."""
    folders: dict[Path, int] = {}
    for use in uses:
        folders[use.path.parent] = folders.get(use.path.parent, 0) + use.pages
    return ReadWith(identity, model, sum(use.lines for use in uses), folders)


def made_models(settings: Settings) -> Iterator[RecognitionModel]:
    """The models in the index folder and in the folder of the user; a damaged one is told of by ``notes models``."""
    homes = (settings.index, settings.model_folder.parent)
    for folder in models.available([home / shelf for home in homes for shelf in models.SHELVES]):
        try:
            yield models.load(folder)
        except UnavailableError:
            continue


def figures_in_words(model: RecognitionModel) -> str:
    """How well a model reads the lines that were held out when it was trained, or is estimated to; empty if nobody
    measured it."""
    figures = model.provenance.get("figures", {})
    for name, kept in (("validation", "on pages kept apart"), ("in turn", "in turn")):
        if known := figures.get(name):
            return f"wrong letters {kept}: {known['before']:.1%} before, {known['after']:.1%} after"
    if known := figures.get("estimated"):
        return f"wrong words, estimated: {known['before']:.0%} before, {known['after']:.0%} after"
    return ""
