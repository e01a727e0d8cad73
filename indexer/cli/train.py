"""``notes train``: trains a recognition model on the hands of an archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.api import models
from indexer.catalog import Catalog
from indexer.cli._output import amount, display, emit_json, say, warn
from indexer.cli._progress import progress
from indexer.cli._session import load_plugins, load_settings, read_passwords
from indexer.cli.index import failure_line
from indexer.recognition.choice import EMBEDDED, shelves
from indexer.system.machine import cores
from indexer.values import Failure, SourceOptions
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.api.registry import Registry
    from indexer.system.settings import Settings
    from indexer.training.lines import TrainingLine
    from indexer.training.run import Outcome, TrainingData, TrainingRun
    from indexer.values import Trainable


def command(
    context: typer.Context,
    name: str,
    from_index: bool,
    from_: list[Path] | None,
    minutes: float,
    model: str | None,
    seed: int,
    password_file: Path | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Teach a model the hands of an archive, and keep it if it reads pages better that it has not learned from.

    Run the same again to go on after an interruption. A model that learned from an index is kept in its folder,
    another one in your user data folder.
    """
    if not from_index and not from_:
        raise UsageError("nothing to learn from", "Give --from-index, or --from a folder of transcribed pages.")
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{name!r} cannot be the name of a model", "Use letters, digits, - and _.")
    settings = load_settings(context, {"index": index, "model": model})
    registry = load_plugins(settings)
    options = SourceOptions(read_passwords(password_file), "ignore", settings.max_pixels)
    run = _run(name, settings, registry, from_index, from_ or [], minutes * 60, seed)
    from indexer.training.learner import opened
    from indexer.training.lines import laying
    from indexer.training.run import training_data

    letters = opened(run.engine, run.base.folder).letters
    with laying(run.spool) as laid:
        gathered = _gathered(settings, registry, options, run.engine, from_index, from_ or [])
        lines = training_data([laid(line) for line in gathered], run.base, letters)
        _announce(run, lines)
        outcome = _followed(run, lines)
    if as_json:
        emit_json(_json(run, outcome))
    else:
        _print(run, outcome)


def _run(
    name: str,
    settings: Settings,
    registry: Registry,
    from_index: bool,
    folders: Sequence[Path],
    seconds: float,
    seed: int,
) -> TrainingRun:
    from indexer.training.engine import opened_engine, standard
    from indexer.training.run import TrainingRun
    from indexer.training.trainer import Plan

    engine = registry.engine(EMBEDDED)
    trainable = opened_engine(engine, registry)
    folder = standard(engine) if settings.model is None else models.find(settings.model, shelves(settings, engine))
    base = models.load(folder)
    shelf = _shelf(settings.index if from_index else settings.model_folder.parent, name)
    sources = (*(["index"] if from_index else []), *(str(each.absolute()) for each in folders))
    return TrainingRun(trainable, base, shelf / name, Plan(seconds, seed=seed, threads=cores()), sources)


def _gathered(
    settings: Settings,
    registry: Registry,
    options: SourceOptions,
    engine: Trainable,
    from_index: bool,
    folders: Sequence[Path],
) -> Iterator[TrainingLine]:
    """The lines of all sources, with a message about what could not be used."""
    from indexer.training.collecting import archive_lines, page_step
    from indexer.training.transcribed import folder_lines

    say("gathering lines")
    if from_index:
        with Catalog(settings.index) as catalog:
            if (step := page_step(catalog)) > 1:
                say(f"of {step} pages one is learned from, and of all pages what people settled: there are very many")
            yield from _heard(archive_lines(catalog, registry, options, engine))
    for folder in folders:
        yield from _heard(folder_lines(folder, registry, options, engine))


def _heard(found: Iterator[TrainingLine | Failure]) -> Iterator[TrainingLine]:
    for each in found:
        if isinstance(each, Failure):
            warn(failure_line(each))
        else:
            yield each


def _shelf(home: Path, name: str) -> Path:
    """The folder of models to write to. Work that was begun in the former folder is ended there."""
    places = [home / shelf for shelf in models.SHELVES]
    return next((each for each in places if (each / f"{name}{models.UNFINISHED}").is_dir()), places[0])


def _announce(run: TrainingRun, lines: TrainingData) -> None:
    say(
        f"teaching {run.base.name} with {amount(len(lines.training), 'line')}; "
        f"{amount(len(lines.validation), 'line')} of other pages to measure by"
    )
    if lines.unusable:
        say(f"{amount(lines.unusable, 'line')} left out: they have letters that the model does not know, or marks only")


def _followed(run: TrainingRun, lines: TrainingData) -> Outcome:
    from indexer.training.run import Outcome, train

    with progress("s") as show:
        for event in train(run, lines):
            if isinstance(event, Outcome):
                return event
            show(
                round(event.seconds),
                round(run.plan.seconds),
                f"loss {event.loss:.2f}, wrong letters {event.error:.1%} (best {event.best:.1%})",
            )
    raise AssertionError("a training run ends with what came of it")


def _json(run: TrainingRun, outcome: Outcome) -> dict[str, object]:
    return {
        "schema": 2,
        "model": outcome.model and outcome.model.name,
        "reader": outcome.model and outcome.model.name,
        "folder": outcome.model and str(outcome.model.folder),
        "base": run.base.name,
        "before": outcome.before,
        "after": outcome.after,
        "others_before": outcome.others_before,
        "others_after": outcome.others_after,
    }


def _print(run: TrainingRun, outcome: Outcome) -> None:
    say(f"wrong letters on pages kept apart: {outcome.before:.1%} before, {outcome.after:.1%} after")
    if outcome.others_before is not None and outcome.others_after is not None:
        say(f"on lines of other hands: {outcome.others_before:.1%} before, {outcome.others_after:.1%} after")
    if outcome.model is None:
        say(f"not kept: it reads no better than {run.base.name}; more corrected lines may help")
        return
    say(f"kept as the model {outcome.model.name} in {display(outcome.model.folder)}")
    say(f"read with it: notes index --model {outcome.model.name} --reread FOLDER")
