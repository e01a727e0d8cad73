"""Training and evaluation of an archive: what its settings ask for is set up and run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from indexer.api import models
from indexer.archive.indexing import make_run_plan
from indexer.archive.opening import source_options
from indexer.catalog import Catalog
from indexer.recognition.choice import EMBEDDED, decide, shelves
from indexer.recognition.page_drawer import PageDrawer
from indexer.system.machine import cores
from indexer.system.setting_options import AUTO
from indexer.translation import _
from indexer.values import Failure
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from indexer.api.registry import Registry
    from indexer.archive.opening import Voice
    from indexer.evaluation.evaluate import Evaluation
    from indexer.recognition.discovery import PassedOver
    from indexer.recognition.reports import FileReport, Progress
    from indexer.system.settings import Settings
    from indexer.training.events import TrainingLines, TrainingOutcome, TrainingProgress
    from indexer.training.lines import TrainingLine
    from indexer.training.run import TrainingRun
    from indexer.values import Engine, SourceOptions

    TrainingEvent: TypeAlias = Failure | TrainingLines | TrainingProgress
    EvaluationEvent: TypeAlias = FileReport | Progress | PassedOver

_Event = TypeVar("_Event")
_Outcome = TypeVar("_Outcome")


def train(
    settings: Settings,
    registry: Registry,
    voice: Voice,
    name: str,
    folders: Sequence[Path],
    *,
    from_index: bool,
    minutes: float,
    seed: int,
    passwords: tuple[str, ...],
    hear: Callable[[TrainingEvent], None],
) -> TrainingOutcome:
    """Train a model on lines of an archive and of folders; ``hear`` gets the events."""
    if not from_index and not folders:
        raise UsageError(_("nothing to learn from"), _("Give --from-index, or --from a folder of transcribed pages."))
    run = training_run(settings, registry, name, folders, from_index=from_index, seconds=60 * minutes, seed=seed)
    from indexer.training import run as training
    from indexer.training.events import TrainingLines
    from indexer.training.learner import opened
    from indexer.training.lines import laying

    options = replace(source_options(settings, passwords), pdf_text="ignore")
    letters = opened(run.engine, run.base.folder).letters
    with laying(run.spool) as laid:
        found = _gathered(settings, registry, options, run, folders, voice, from_index=from_index)
        kept = [laid(each) for each in heard(found, hear)]
        lines = training.training_data(kept, run.base, letters)
        hear(TrainingLines(run.base.name, len(lines.training), len(lines.validation), lines.unusable))
        return ended(training.train(run, lines), hear)


def training_run(
    settings: Settings,
    registry: Registry,
    name: str,
    folders: Sequence[Path],
    *,
    from_index: bool,
    seconds: float,
    seed: int,
) -> TrainingRun:
    """The run that teaches a new model of this name; raises ``UsageError`` when it cannot be called so."""
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(
            _("%(name)s cannot be the name of a model", name=repr(name)), _("Use letters, digits, - and _.")
        )
    from indexer.training.trained_engine import opened_engine, standard

    engine = _taught(settings, registry)
    trainable = opened_engine(engine, registry)
    from indexer.training.run import TrainingRun
    from indexer.training.trainer import Plan

    named = None if settings.model is None else models.find(settings.model, shelves(settings, engine))
    base = models.load(named or standard(engine))
    if base.engine != engine.name:
        raise UsageError(
            _("%(name)s is a model of the engine %(engine)s", name=base.name, engine=base.engine),
            _("Name it: --engine %(engine)s.", engine=base.engine),
        )
    shelf = _shelf(settings.index if from_index else settings.model_folder.parent, name)
    sources = (*(["index"] if from_index else []), *(str(each.absolute()) for each in folders))
    return TrainingRun(trainable, base, shelf / name, Plan(seconds, seed=seed, threads=cores()), sources)


def _taught(settings: Settings, registry: Registry) -> Engine:
    """The engine to train: the one that the settings name, or of several the one that can be trained."""
    names = [EMBEDDED] if settings.engine == AUTO else settings.engine.split("+")
    engines = [registry.engine(name) for name in names]
    able = [engine for engine in engines if engine.training is not None]
    if len(able) > 1:
        raise UsageError(
            _("several of the engines %(engine)s can be trained", engine=settings.engine),
            _("Name one: --engine %(name)s.", name=able[0].name),
        )
    return (able or engines)[0]


def _shelf(home: Path, name: str) -> Path:
    """The folder of models to write to. Work that was begun in the former folder is ended there."""
    places = [home / shelf for shelf in models.SHELVES]
    return next((each for each in places if (each / f"{name}{models.UNFINISHED}").is_dir()), places[0])


def _gathered(
    settings: Settings,
    registry: Registry,
    options: SourceOptions,
    run: TrainingRun,
    folders: Sequence[Path],
    voice: Voice,
    *,
    from_index: bool,
) -> Iterator[TrainingLine | Failure]:
    """The lines of all sources, and what could not be used."""
    from indexer.training.collecting import archive_lines, page_step
    from indexer.training.transcribed import folder_lines

    voice.say("gathering lines")
    drawer = PageDrawer(settings.plugin_folder, settings.page_timeout)
    if from_index:
        with Catalog(settings.index) as catalog, drawer:
            if (step := page_step(catalog)) > 1:
                voice.say(
                    f"of {step} pages one is learned from, and of all pages what people settled: there are very many"
                )
            yield from archive_lines(catalog, drawer, options, run.engine)
    with drawer:
        for folder in folders:
            yield from folder_lines(folder, drawer, registry, options, run.engine, run.base.folder)


def heard(found: Iterator[TrainingLine | Failure], hear: Callable[[Failure], None]) -> Iterator[TrainingLine]:
    """The lines that were found; ``hear`` gets what could not be used."""
    for each in found:
        if isinstance(each, Failure):
            hear(each)
        else:
            yield each


def ended(events: Generator[_Event, None, _Outcome], hear: Callable[[_Event], None]) -> _Outcome:
    """What came of something when it has ended; until then ``hear`` gets its events."""
    outcome: list[_Outcome] = []

    def told() -> Iterator[_Event]:
        outcome.append((yield from events))

    for event in told():
        hear(event)
    return outcome[0]


def evaluate(
    settings: Settings,
    registry: Registry,
    folders: Sequence[Path],
    *,
    before: str | None,
    hear: Callable[[EvaluationEvent], None],
) -> Evaluation:
    """Evaluate on pages with ground truth. With a model ``before`` they are read twice."""
    from indexer.evaluation import evaluate as evaluation

    # The reading of the page image is measured, not text that a file brought along, least of all the ground truth.
    settings = replace(settings, pdf_text="ignore", sidecar_text="ignore")
    run_plan = make_run_plan(settings, decide(settings, registry).engines, folders)
    earlier = None
    if before is not None:
        other = replace(settings, model=before)
        earlier = make_run_plan(other, decide(other, registry).engines, folders)
    return ended(evaluation.evaluate(folders, run_plan, registry, earlier), hear)
