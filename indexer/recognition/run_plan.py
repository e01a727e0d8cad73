"""What a run is to read, with which engines, and how."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.recognition.engine_settings import settings_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.values import EngineChoice, SourceOptions
    from indexer.values.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What one run is to do, and with what; ``thresholds`` are for an index without any.

    ``elsewhere`` is the recipe of readings that were made elsewhere and are only taken over: then no engine reads.
    """

    paths: tuple[Path, ...]
    engines: tuple[EngineChoice, ...]
    source_options: SourceOptions
    thresholds: Thresholds
    plugin_folder: Path
    workers: int
    page_timeout: float
    reread: bool = False
    elsewhere: str | None = None

    @property
    def engine_name(self) -> str:
        """Its engines as the user names them: ``one`` or ``one+another``."""
        if self.elsewhere is not None:
            return str(json.loads(self.elsewhere).get("engine", ""))
        return joined_names(self.engines)

    @property
    def recipe(self) -> str:
        """The engines, their settings and what becomes of text in files. The catalogue keeps it with every page, and
        ``reread`` reads the pages with another one. Text beside pages that is to be ignored counts as not there."""
        if self.elsewhere is not None:
            return self.elsewhere
        beside = self.source_options.sidecar_text
        return json.dumps(
            {
                **({"sidecar_text": beside} if beside in ("use", "check") else {}),
                "engine": self.engine_name,
                "version": "+".join(each.engine.version for each in self.engines),
                "settings": "+".join(settings_text(each.engine, each.options) for each in self.engines),
                "pdf_text": self.source_options.pdf_text,
            },
            sort_keys=True,
        )

    def kept_recipe(self, recipe: str) -> str:
        """The recipe of a page that was read with an earlier one, and takes in text by this one."""
        own, ours = json.loads(recipe), json.loads(self.recipe)
        beside = {name: ours[name] for name in ("sidecar_text",) if name in ours}
        return json.dumps({**{name: own[name] for name in own if name != "sidecar_text"}, **beside}, sort_keys=True)


def joined_names(engines: Sequence[EngineChoice]) -> str:
    """Engines as the user names them."""
    return "+".join(each.engine.name for each in engines)
