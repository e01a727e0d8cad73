"""Adapts a recognition model to the hands of an archive without a correction: it learns what was read there.

The labels are the readings by ink and language. In each of several rounds the last layers of the network learn them
from distorted lines; then it reads the lines anew, which gives better labels. Whole pages are kept apart: training ends
when their surest lines are read no better. Lines of other hands are replayed and held out as in a training run.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from indexer.api.models import CARD, RecognitionModel, install, load, write_card
from indexer.values import Layered
from indexer.values.errors import UsageError

from .estimated import Estimate, estimate, honest
from .events import AdaptationOutcome, LinesRead
from .last_layers import last
from .learner import error_rate, opened
from .lines import split
from .package import provenance, written
from .pseudo_labels import is_said, labelled, read_pages, weighed
from .run import TrainingData, begin, bring_along, encoded, sparing, with_others
from .trainer import learn

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from .events import TrainingProgress
    from .learner import Learner
    from .lines import TrainingLine
    from .run import TrainingRun

_ROUNDS = 3
_LEAST = 100
"""So many lines are needed at least: of few lines the language alone is learned."""
_APART, _MOST = 0.15, 200
"""The share of the lines whose pages are kept apart, and the most lines that are measured by."""
_CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class AdaptingLines:
    """All lines with what was read in them, and the pages that are kept apart."""

    lines: tuple[TrainingLine, ...]
    apart: frozenset[str]


def adapting_lines(lines: Sequence[TrainingLine]) -> AdaptingLines:
    """The lines of an archive, and which of its pages are kept apart; raises ``UsageError`` for too few."""
    if len(lines) < _LEAST or len({line.page for line in lines}) < 2:
        raise UsageError(
            f"{len(lines)} lines that were read are too few to adapt to",
            f"At least {_LEAST} on two pages are needed: notes index more pages of these hands.",
        )
    _, kept = split([(replace(line, sure=True), []) for line in lines], _APART, len(lines))
    return AdaptingLines(tuple(lines), frozenset(line.page for line, _ in kept))


def round_data(given: AdaptingLines, run: TrainingRun, learner: Learner) -> TrainingData:
    """The lines of a round: to learn from, to stop by, and of other hands."""
    own, unusable = encoded(weighed(given.lines), learner.letters)
    training = [each for each in own if each[0].page not in given.apart]
    kept = [each for each in own if each[0].page in given.apart and each[0].sure]
    return with_others(training, kept[:: max(1, -(-len(kept) // _MOST))], unusable, run.base, learner.letters)


def adapt(run: TrainingRun, given: AdaptingLines) -> Iterator[TrainingProgress | LinesRead | AdaptationOutcome]:
    """Adapt, measure and install a model; yields the progress and, last, the outcome.

    It goes on from unfinished work of the same run. Raises ``UsageError`` when the unfinished work is of another run.
    """
    begin(run)
    first, model = given, run.base
    for number in range(_ROUNDS):
        folder = run.workplace / f"round-{number + 1}"
        if not (folder / CARD).is_file():
            if number:
                given = yield from _read_anew(run, number, model, first)
            gained = yield from _round(run, number, model, given)
            if not gained:
                break
        model = load(folder)
    outcome = _judged(run, model, first)
    if outcome.model is not None:
        bring_along(run.base, model.folder)
        (model.folder / _CHECKPOINT).unlink(missing_ok=True)
        install(model.folder, run.target)
        outcome = replace(outcome, model=load(run.target))
    shutil.rmtree(run.workplace)
    yield outcome


def _read_anew(
    run: TrainingRun, number: int, model: RecognitionModel, given: AdaptingLines
) -> Generator[LinesRead, None, AdaptingLines]:
    """Read all lines by a model, page by page; gives them with what was read."""
    lines: list[TrainingLine] = []
    for page in read_pages(run.engine, model.folder, given.lines):
        lines += labelled(page)
        yield LinesRead(len(lines), len(given.lines), number * run.plan.seconds / _ROUNDS, run.plan.seconds)
    return replace(given, lines=tuple(lines))


def _round(
    run: TrainingRun, number: int, model: RecognitionModel, given: AdaptingLines
) -> Generator[TrainingProgress, None, bool]:
    """Learn for a share of the time; gives whether the lines kept apart are read better, and then writes the model."""
    folder = run.workplace / f"round-{number + 1}"
    folder.mkdir(exist_ok=True)
    learner = opened(run.engine, model.folder)
    data = round_data(given, run, learner)
    _only_last(learner)
    each = run.plan.seconds / _ROUNDS
    plan = replace(run.plan, seconds=each, seed=run.plan.seed + number)
    progress = None
    for progress in learn(learner, (*data.training, *data.replayed), data.validation, plan, folder / _CHECKPOINT):
        yield replace(
            progress,
            done=(number + progress.done) / _ROUNDS,
            seconds=number * each + progress.seconds,
            whole=run.plan.seconds,
        )
    learner.network.cpu()
    if progress is None or not progress.gained:
        return False
    learner = sparing(learner, run, data.held_out)
    made = RecognitionModel(run.target.name, folder, _summary(run), run.base.confidence, engine=run.base.engine)
    said = [(replace(line, sure=is_said(line)), classes) for line, classes in data.training]
    written(made, run.base, run.engine, learner, said, data.replayed)
    return True


def _only_last(learner: Learner) -> None:
    """Leave the layers before the last ones as they are, of a network that says which these are.

    That is quicker, and other hands lose less.
    """
    network = learner.network
    if not isinstance(network, Layered):
        return
    with torch.no_grad():
        features = network.see(torch.zeros(1, learner.shape.height, 8 * learner.shape.frame, dtype=torch.uint8))
    learned = {id(each) for each in last(network, features)}
    for values in network.parameters():
        values.requires_grad = id(values) in learned


def _summary(run: TrainingRun) -> str:
    return f"{run.base.name}, adapted to what it read"


def _judged(run: TrainingRun, model: RecognitionModel, first: AdaptingLines) -> AdaptationOutcome:
    """What the adapting brought: measured on the surest lines of the pages kept apart, on lines of other hands, and
    estimated for all lines."""
    before, after = (opened(run.engine, each.folder) for each in (run.base, model))
    data = round_data(first, run, before)
    labels = error_rate(before, data.validation), error_rate(after, data.validation)
    others = (error_rate(before, data.held_out), error_rate(after, data.held_out)) if data.held_out else None
    found = estimate(run, model, [line for line in first.lines if line.page in first.apart][:_MOST])
    made = honest(replace(model, name=run.target.name), found)
    made = replace(made, provenance=_told(run, len(data.training), labels, others, found))
    better = model is not run.base and labels[1] < labels[0] and found.after <= found.before
    if better:
        write_card(made)
    return AdaptationOutcome(
        made if better else None,
        run.base.name,
        len(first.lines),
        found.before,
        found.after,
        *labels,
        *(others or (None, None)),
    )


def _told(
    run: TrainingRun, lines: int, labels: tuple[float, float], others: tuple[float, float] | None, found: Estimate
) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "estimated": {"lines": found.lines, "before": found.before, "after": found.after},
        "labels": {"before": labels[0], "after": labels[1]},
    }
    if others:
        figures["other hands"] = {"before": others[0], "after": others[1]}
    return provenance(run.base, run.plan.seed, run.plan.seconds, lines, run.sources, figures)
