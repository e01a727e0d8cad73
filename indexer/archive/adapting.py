"""Adapting to an archive: a model learns what was read in its lines, as its settings ask for."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from indexer.archive.opening import source_options
from indexer.archive.teaching import ended, heard, training_run
from indexer.catalog import Catalog
from indexer.recognition.page_drawer import PageDrawer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from indexer.api.registry import Registry
    from indexer.archive.opening import Voice
    from indexer.system.settings import Settings
    from indexer.training.events import AdaptationOutcome, LinesRead, TrainingLines, TrainingProgress
    from indexer.training.lines import TrainingLine
    from indexer.training.run import TrainingRun
    from indexer.values import Failure, SourceOptions

    AdaptationEvent: TypeAlias = Failure | TrainingLines | TrainingProgress | LinesRead

_SOURCE = "what was read in the index"


def adapt(
    settings: Settings,
    registry: Registry,
    voice: Voice,
    name: str,
    *,
    minutes: float,
    seed: int,
    passwords: tuple[str, ...],
    hear: Callable[[AdaptationEvent], None],
) -> AdaptationOutcome:
    """Adapt a model to the lines of an archive; ``hear`` gets the events."""
    began = monotonic()
    run = training_run(settings, registry, name, (), from_index=True, seconds=60 * minutes, seed=seed)
    run = replace(run, sources=(_SOURCE,))
    from indexer.training import adapting
    from indexer.training.events import TrainingLines
    from indexer.training.lines import laying

    options = replace(source_options(settings, passwords), pdf_text="ignore")
    with laying(run.spool) as laid:
        voice.say("gathering lines")
        lines = heard(_lines(settings, options, run), hear)
        given = adapting.fetched((laid(each) for each in lines), run, began, voice.say)
        hear(TrainingLines(run.base.name, len(given), 0, 0))
        return ended(adapting.adapt(run, given, monotonic() - began), hear)


def _lines(settings: Settings, options: SourceOptions, run: TrainingRun) -> Iterator[TrainingLine | Failure]:
    from indexer.training.collecting import read_lines

    drawer = PageDrawer(settings.plugin_folder, settings.page_timeout)
    with Catalog(settings.index) as catalog, drawer:
        yield from read_lines(catalog, drawer, options, run.engine)
