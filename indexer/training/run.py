"""A training run: lines and a base model in, a better model out, or the answer that it is no better.

Whole pages are kept apart to validate. Lines of other hands are replayed against forgetting, and further ones, held
out, show whether other hands are still read as well. Both come with the base model. The unfinished work lies in a
folder of its own; after an interruption the run goes on from there.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.api.models import HOLD_OUT, REPLAY, UNFINISHED, RecognitionModel, identity, install, part, write_card
from indexer.system.files import replacing
from indexer.translation import _
from indexer.values.errors import UsageError

from .affordable import affordable
from .events import TrainingOutcome
from .learner import error_rate, opened
from .letters import transcribed
from .lines import split
from .package import brought, measured, provenance, recalibrated, written
from .trainer import Plan, learn

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from indexer.values import Trainable

    from .events import TrainingProgress
    from .learner import Learner
    from .letters import Letters
    from .lines import Encoded, TrainingLine

_HELD_OUT, _MOST = 0.2, 200
"""The share of the lines that validate, and the most of them."""
_REPLAYED = 0.6
"""Share of replayed lines among those that are trained on. With a third of them instead, the errors of other hands grew
twice as much, and the new hand gained a quarter more (``tests/benchmarks/hand.py --others``)."""
_LOST, _HALVINGS = 0.005, 5
"""How much the folded character error rate of the hold-out may grow, without a language model: whole pages of another
hand then lost .003 to .021 (``tests/benchmarks/hand.py --others``). The share of the new weights that keeps to it is
sought by so many halvings."""
_LEAST = 20
"""A run needs at least so many lines that are sure."""
PLAN, _CHECKPOINT = "plan.json", "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """The engine and the base model of a run, the folder of the new model, the plan, and where the lines come from, in
    words for the model's card."""

    engine: Trainable
    base: RecognitionModel
    target: Path
    plan: Plan
    sources: tuple[str, ...]

    @property
    def workplace(self) -> Path:
        """Where the unfinished work lies."""
        return self.target.with_name(self.target.name + UNFINISHED)

    @property
    def spool(self) -> Path:
        """The file with the images of the training lines while the run goes on."""
        return self.target.with_name(self.target.name + ".lines")


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The lines of a training run: to train on, to replay, to validate with, and held out; the number of lines whose
    text cannot be used. Replayed lines and the hold-out are of other hands."""

    training: tuple[Encoded, ...]
    replayed: tuple[Encoded, ...]
    validation: tuple[Encoded, ...]
    held_out: tuple[Encoded, ...]
    unusable: int


def training_data(lines: Sequence[TrainingLine], base: RecognitionModel, letters: Letters) -> TrainingData:
    """The lines split for a run; raises ``UsageError`` when they are too few, or all of one page."""
    own, unusable = encoded(lines, letters)
    sure = [line for line, __ in own if line.sure]
    if len(sure) < _LEAST:
        raise UsageError(
            _("%(sure)s lines whose text a person vouches for are too few to learn from", sure=len(sure)),
            _(
                "At least %(least)s are needed, better 200: notes review accept and correct, or --from "
                "transcribed pages.",
                least=_LEAST,
            ),
        )
    if len({line.page for line in sure}) < 2:
        raise UsageError(
            _("all the lines are of one page, and another is needed to measure by"),
            _("Accept or correct lines of another page too."),
        )
    training, validation = split(own, _HELD_OUT, _MOST)
    return with_others(training, validation, unusable, base, letters)


def with_others(
    training: Sequence[Encoded],
    validation: Sequence[Encoded],
    unusable: int,
    base: RecognitionModel,
    letters: Letters,
) -> TrainingData:
    """The lines of a run with those of other hands that the base model brings."""
    kept, held_out = (encoded(brought(base, name), letters)[0] for name in (REPLAY, HOLD_OUT))
    if kept:
        share = _REPLAYED / (1 - _REPLAYED) * sum(line.weight for line, __ in training) / len(kept)
        kept = [(replace(line, weight=share), classes) for line, classes in kept]
    return TrainingData(tuple(training), tuple(kept), tuple(validation), tuple(held_out), unusable)


def train(run: TrainingRun, lines: TrainingData) -> Generator[TrainingProgress, None, TrainingOutcome]:
    """Train, measure and install a model; yields the progress, and returns the outcome.

    The plan's seconds are those of all of it; the fewer they are, the fewer lines it is measured by. It goes on from
    unfinished work of the same run. Raises ``UsageError`` when the unfinished work is of another run.
    """
    begin(run)
    began = time.monotonic()
    learner = opened(run.engine, run.base.folder)
    within = affordable(run, lines)
    lines = within.lines
    spent = time.monotonic() - began + within.seconds
    plan = replace(run.plan, seconds=max(0.0, run.plan.seconds - spent))
    progress = None
    checkpoint = run.workplace / _CHECKPOINT
    for progress in learn(learner, (*lines.training, *lines.replayed), lines.validation, plan, checkpoint):
        yield replace(progress, whole=run.plan.seconds)
    if progress is None or not progress.gained:
        shutil.rmtree(run.workplace)
        return _unchanged(run, lines, learner.letters)
    learner.network.cpu()
    learner = sparing(learner, run, lines.held_out).learner
    made = RecognitionModel(run.target.name, run.workplace, _summary(run), run.base.confidence, engine=run.base.engine)
    made = written(made, run.base, run.engine, learner, lines.training, lines.replayed, within.ranges)
    outcome, made = _judged(run, made, lines, learner.letters)
    if outcome.model is None:
        shutil.rmtree(run.workplace)
        return outcome
    bring_along(run.base, made.folder)
    install(made.folder, run.target)
    for name in (_CHECKPOINT, PLAN):  # last: until then the same command can do all of this again
        (run.target / name).unlink(missing_ok=True)
    return replace(outcome, model=replace(made, folder=run.target))


def _unchanged(run: TrainingRun, lines: TrainingData, letters: Letters) -> TrainingOutcome:
    """What came of a run in which nothing was gained: other hands are read as before, too."""

    def error(kept: Sequence[Encoded]) -> float:
        apart, texts = [line for line, __ in kept], [letters.text(classes) for __, classes in kept]
        return measured(run.base, run.engine, apart, texts).error

    known, others = error(lines.validation), error(lines.held_out) if lines.held_out else None
    return TrainingOutcome(None, run.base.name, known, known, others, others)


@dataclass(frozen=True, slots=True)
class Spared:
    """A network that spares other hands, and their folded character error rates before and with it; ``None`` without
    lines to tell."""

    learner: Learner
    before: float | None = None
    after: float | None = None


def sparing(after: Learner, run: TrainingRun, held_out: Sequence[Encoded]) -> Spared:
    """Weights between the former and the new ones, as near to the new as the hold-out allows: such weights keep most of
    both (Wortsman et al., arXiv 2109.01903)."""
    if not held_out:
        return Spared(after)
    before = opened(run.engine, run.base.folder)
    known = error_rate(before, held_out)
    if (error := error_rate(after, held_out)) <= known + _LOST:
        return Spared(after, known, error)
    kept, unbearable, lost = 0.0, 1.0, known
    for __ in range(_HALVINGS):
        share = (kept + unbearable) / 2
        if (error := error_rate(before.blended(after, share), held_out)) <= known + _LOST:
            kept, lost = share, error
        else:
            unbearable = share
    return Spared(before.blended(after, kept), known, lost)


def begin(run: TrainingRun) -> None:
    """Write down what the run is, or check that it is the run that was begun."""
    asked = {"base": identity(run.base.folder), "sources": list(run.sources), **asdict(run.plan)}
    note = run.workplace / PLAN
    if note.is_file():
        begun = json.loads(note.read_text(encoding="utf-8"))
        if begun != asked:
            raise UsageError(
                _("there is unfinished work on a model %(name)s that began otherwise", name=repr(run.target.name)),
                _("Ask for the same again to finish it, or delete %(workplace)s.", workplace=run.workplace),
            )
        return
    run.workplace.mkdir(parents=True, exist_ok=True)
    with replacing(note) as whole:
        whole.write_text(json.dumps(asked), encoding="utf-8")


def _judged(
    run: TrainingRun, made: RecognitionModel, lines: TrainingData, letters: Letters
) -> tuple[TrainingOutcome, RecognitionModel]:
    """How well the new model reads, as the engine runs it, compared with the base model."""

    def both(kept: Sequence[Encoded]) -> tuple[Any, Any]:
        apart, texts = [line for line, __ in kept], [letters.text(classes) for __, classes in kept]
        return measured(run.base, run.engine, apart, texts), measured(made, run.engine, apart, texts)

    before, after = both(lines.validation)
    others = both(lines.held_out) if lines.held_out else None
    figures: dict[str, Any] = {
        "validation": {"lines": len(lines.validation), "before": before.error, "after": after.error}
    }
    if others:
        figures["other hands"] = {"lines": len(lines.held_out), "before": others[0].error, "after": others[1].error}
    seconds, number = run.plan.seconds, len(lines.training)
    told = provenance(run.base, run.plan.seed, seconds, number, run.sources, figures)
    hands = (after, others[1]) if others else (after,)
    made = recalibrated(replace(made, provenance=told), *hands)
    write_card(made)
    better = after.error < before.error
    elsewhere = (others[0].error, others[1].error) if others else (None, None)
    return TrainingOutcome(made if better else None, run.base.name, before.error, after.error, *elsewhere), made


def bring_along(base: RecognitionModel, folder: Path) -> None:
    """Copy the lines of other hands that a base model brings into the folder of a model made from it."""
    for name in (REPLAY, HOLD_OUT):
        for suffix in (".tar", ".jsonl"):
            if (file := part(base.folder, name).with_suffix(suffix)).is_file():
                shutil.copyfile(file, (folder / name).with_suffix(suffix))


def _summary(run: TrainingRun) -> str:
    return f"{run.base.name}, trained on {', '.join(run.sources)}"


def encoded(lines: Sequence[TrainingLine], letters: Letters) -> tuple[list[Encoded], int]:
    """The lines with their classes, and the number of lines that have none."""
    found, unusable = [], 0
    for line in lines:
        text = transcribed(line.text)
        classes = letters.classes(text) if text else None
        if classes is None:
            unusable += 1
        else:
            found.append((line, classes))
    return found, unusable
