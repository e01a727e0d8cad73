"""What opening an archive needs first: where messages go, the plugins, and how files are opened."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.values import SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexer.api.registry import Registry
    from indexer.system.settings import Settings

FETCHED = "fetched"
"""The folder of an index with images of servers that a person allowed."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Voice:
    """Where messages go: what happens (``say``), and what went wrong while the rest goes on (``warn``)."""

    say: Callable[[str], None] = _LOG.info
    warn: Callable[[str], None] = _LOG.warning


def plugins(settings: Settings, voice: Voice) -> Registry:
    """The plugins, with a warning about each that could not be used, and about options of engines there are not."""
    from indexer.api.registry import load_registry

    registry = load_registry(settings.plugin_folder)
    for problem in registry.problems:
        voice.warn(f"plugin {problem.plugin}: {problem.message}")
    for name, origin in settings.origins.items():
        engine = name.split(".")[1] if name.startswith("engines.") else None
        if engine is not None and engine not in registry.engines:
            there = ", ".join(sorted(registry.engines))
            voice.warn(
                f"{origin} sets {name.split('.')[2]} of the engine {engine}, which there is not: there are {there}"
            )
    return registry


def source_options(settings: Settings, passwords: tuple[str, ...] = ()) -> SourceOptions:
    """How files are opened."""
    servers = frozenset((settings.fetch_from or "").replace(",", " ").lower().split())
    fetched, beside = settings.index / FETCHED, settings.sidecar_text
    return SourceOptions(passwords, settings.pdf_text, settings.max_pixels, servers, fetched, beside)


def paths_of(paths: Sequence[str | Path]) -> list[Path]:
    """Paths as a notebook gives them."""
    return [Path(path) for path in paths]
