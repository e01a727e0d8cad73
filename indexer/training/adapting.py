"""Adapts a recognition model to the hands of an archive without a correction: it learns what it reads there.

The labels are what it reads, by ink and language. The last layers of the network learn them from distorted lines. Then
the network is made as sharp as it was (``sharpness``): so its confidences mean what they meant, and say whether it
reads better. Lines of other hands are replayed and held out as in a training run.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from indexer.api.models import CARD, RecognitionModel, install, load, write_card
from indexer.system.files import replacing
from indexer.values import Layered
from indexer.values.errors import UsageError

from .estimated import Estimate, estimate
from .events import AdaptationOutcome, LinesRead
from .last_layers import last
from .learner import error_rate, opened
from .lines import spread
from .package import provenance, written
from .pseudo_labels import is_said, labelled, read_pages, scattered
from .run import PLAN, begin, bring_along, encoded, sparing, with_others
from .sharpness import softened
from .trainer import learn

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from .events import TrainingProgress
    from .learner import Learner
    from .lines import TrainingLine
    from .pseudo_labels import ReadPage
    from .run import TrainingData, TrainingRun

_LEAST = 100
"""So many lines are needed at least: of few lines the language alone is learned."""
_TIMES, _FEWEST = 12, 3_000
"""How many times a line is drawn, lines of other hands counted with it, and the fewest lines that are drawn. A second
round, with labels of the adapted model, took one hand of two back by a third of what it had gained."""
_READING = 0.2
"""The share of the time in which lines are read at most. An archive that takes longer is adapted to by a part of its
pages."""
_MEASURING = 0.15
"""The share of the time that is kept for what is measured after learning, at least."""
_SAMPLE = 300
"""About so many lines are estimated by before and after; at most so many tell how sharp a network is."""
_CHECKPOINT, _SPENT = "checkpoint.pt", "spent.json"


@dataclass
class _Clock:
    """The time that a run has, and what it has spent, also before an interruption."""

    run: TrainingRun
    spent: float
    began: float

    @property
    def seconds(self) -> float:
        """The seconds that are spent."""
        return self.spent + time.monotonic() - self.began

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return max(0.0, self.run.plan.seconds - self.seconds)

    def keep(self) -> None:
        """Write down what is spent, for a run that goes on after an interruption."""
        if self.run.workplace.is_dir():
            with replacing(self.run.workplace / _SPENT) as partial:
                partial.write_text(json.dumps(self.seconds), encoding="utf-8")


def adaptable(lines: Sequence[TrainingLine]) -> tuple[TrainingLine, ...]:
    """The lines of an archive, its pages in an order that is the same always and tells nothing; raises ``UsageError``
    for too few."""
    if len(lines) < _LEAST or len({line.page for line in lines}) < 2:
        raise UsageError(
            f"{len(lines)} lines that were read are too few to adapt to",
            f"At least {_LEAST} on two pages are needed: notes index more pages of these hands.",
        )
    return scattered(lines)


def adapt(
    run: TrainingRun, lines: Sequence[TrainingLine], gathered: float = 0.0
) -> Generator[TrainingProgress | LinesRead, None, AdaptationOutcome]:
    """Adapt, measure and install a model; yields the progress, and returns the outcome.

    The plan's seconds are those of all of it, with those in which the lines were ``gathered``. It goes on from
    unfinished work of the same run. Raises ``UsageError`` when the unfinished work is of another run.
    """
    begin(run)
    note = run.workplace / _SPENT
    earlier = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else 0.0
    clock = _Clock(run, gathered + earlier, time.monotonic())
    try:
        return (yield from _adapted(run, lines, clock))
    finally:
        clock.keep()


def _adapted(
    run: TrainingRun, lines: Sequence[TrainingLine], clock: _Clock
) -> Generator[TrainingProgress | LinesRead, None, AdaptationOutcome]:
    began = clock.seconds
    pages = yield from _read(run, lines, clock)
    model = run.base
    if not (run.workplace / CARD).is_file():
        measuring = max(clock.seconds - began, _MEASURING * run.plan.seconds)
        yield from _learned(run, pages, clock, clock.left - measuring)
    if (run.workplace / CARD).is_file():
        model = load(run.workplace)
    outcome = _judged(run, model, pages)
    if outcome.model is not None:
        bring_along(run.base, model.folder)
        install(model.folder, run.target)
        for name in (_CHECKPOINT, _SPENT, PLAN):  # last: until then the same command can do all of this again
            (run.target / name).unlink(missing_ok=True)
        outcome = replace(outcome, model=load(run.target))
    else:
        shutil.rmtree(run.workplace)
    return outcome


def _read(run: TrainingRun, lines: Sequence[TrainingLine], clock: _Clock) -> Generator[LinesRead, None, list[ReadPage]]:
    """Read lines, page by page, while there is time for it; at least as many as are needed to learn."""
    until, done = clock.seconds + clock.left * _READING, 0
    pages: list[ReadPage] = []
    for page in read_pages(run.engine, run.base.folder, lines):
        pages.append(page)
        done += len(page.lines)
        yield LinesRead(done, len(lines), clock.seconds, run.plan.seconds)
        if clock.seconds >= until and done >= _LEAST:
            break
    return pages


def _data(lines: Sequence[TrainingLine], run: TrainingRun, learner: Learner) -> TrainingData:
    """The lines to learn from, and those of other hands."""
    own, unusable = encoded(lines, learner.letters)
    return with_others(own, (), unusable, run.base, learner.letters)


def _learned(run: TrainingRun, pages: Sequence[ReadPage], clock: _Clock, seconds: float) -> Iterator[TrainingProgress]:
    """Learn what was read, for so many seconds, and write the model, unless there is nothing to learn or no time."""
    learner = opened(run.engine, run.base.folder)
    data = _data([line for page in pages for line in labelled(page)], run, learner)
    if not data.training or seconds <= 0:
        return
    _only_last(learner)
    plan = replace(run.plan, seconds=seconds, most=run.plan.most or max(_FEWEST, _TIMES * len(data.training)))
    for progress in learn(learner, (*data.training, *data.replayed), (), plan, run.workplace / _CHECKPOINT):
        yield replace(progress, seconds=clock.seconds, whole=run.plan.seconds)
    learner.network.cpu()
    some = spread([line for page in pages for line in page.lines], _SAMPLE)
    learner = softened(sparing(learner, run, data.held_out), opened(run.engine, run.base.folder), some)
    made = RecognitionModel(run.target.name, run.workplace, _summary(run), run.base.confidence, engine=run.base.engine)
    said = [(replace(line, sure=is_said(line)), classes) for line, classes in data.training]
    written(made, run.base, run.engine, learner, said, data.replayed)


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


def _judged(run: TrainingRun, model: RecognitionModel, first: Sequence[ReadPage]) -> AdaptationOutcome:
    """What the adapting brought: estimated on some pages, and measured on lines of other hands."""
    learners = [opened(run.engine, each.folder) for each in (run.base, model)]
    held_out = _data((), run, learners[0]).held_out
    others = [error_rate(each, held_out) for each in learners] if held_out else [None, None]
    found = estimate(run, model, _some(first))
    lines = sum(len(page.lines) for page in first)
    better = model is not run.base and found.after < found.before
    if better:
        model = replace(model, provenance=_told(run, lines, found, others))
        write_card(model)
    return AdaptationOutcome(model if better else None, run.base.name, lines, found.before, found.after, *others)


def _some(pages: Sequence[ReadPage]) -> list[ReadPage]:
    """The first pages, with about ``_SAMPLE`` lines."""
    some: list[ReadPage] = []
    for page in pages:
        if sum(len(each.lines) for each in some) >= _SAMPLE:
            break
        some.append(page)
    return some


def _told(run: TrainingRun, lines: int, found: Estimate, others: Sequence[float | None]) -> dict[str, Any]:
    before, after = others
    figures: dict[str, Any] = {"estimated": {"lines": found.lines, "before": found.before, "after": found.after}}
    if before is not None:
        figures["other hands"] = {"before": before, "after": after}
    return provenance(run.base, run.plan.seed, run.plan.seconds, lines, run.sources, figures)
