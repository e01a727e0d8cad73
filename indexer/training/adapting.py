"""Adapts a recognition model to the hands of an archive without a correction: it learns what it reads there.

The labels are what is read, by ink and language, by a network that has not learned them: a network soon reads what it
was taught, right or wrong. So two networks learn what the base reads, half of the pages each, and each reads the half
of the other (co-training: Blum and Mitchell, COLT 1998). The last layers of the network learn these labels from
distorted lines. Then the network is made as sharp as it was (``sharpness``): so its confidences mean what they meant,
and say whether it reads better. Lines of other hands are replayed and held out as in a training run.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from indexer.api.models import CARD, HOLD_OUT, RecognitionModel, install, load, write_card
from indexer.system.files import replacing
from indexer.translation import _
from indexer.values import Layered
from indexer.values.errors import UsageError

from .estimated import estimate
from .events import AdaptationOutcome, LinesRead
from .last_layers import last
from .learner import opened
from .lines import spread
from .package import brought, provenance, written
from .pseudo_labels import is_said, labelled, read_pages
from .run import PLAN, begin, bring_along, encoded, sparing, with_others
from .sharpness import as_sharp
from .trainer import learn, learned_for

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from pathlib import Path

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
_RATE = 1e-3
"""The highest learning rate. With the one of ``notes train``, at which all layers learn, little is learned: of the
letters of 102 Spanish lines, 1,200 lines drawn, .252 stayed wrong, and with this one .234 are."""
_HALF, _EACH, _SHARE = "half-", 0.25, 0.6
"""The folders of the networks that learn half of the pages each, the share of the time to learn that each has, and the
share of the way from the base to what was learned at which they read."""
_READING = 0.2
"""The share of the time in which lines are read at most. An archive that takes longer is adapted to by a part of its
pages."""
_FETCHING = 0.1
"""The share of the time in which lines are fetched at most, but for the fewest that are needed."""
_MEASURING = (0.1, 0.4)
"""The least and the greatest share of the time that is kept for what comes after learning."""
_SAMPLE, _OTHERS, _RANGES = (20, 300), (20, 1_000), (40, 150)
"""The fewest and the most lines that the archive is estimated by and that tell how sharp a network is, lines of other
hands, and lines from which the ranges of the 8-bit integers are taken. It is as many as there is time for."""
_WRITING, _PASSES = 300, (3, 8, 1)
"""To open networks and write one takes as long as to read so many lines. Each of the lines above is gone through so
many times at most, which takes as long as to read it with its language."""
_CHECKPOINT, _SPENT, _OTHER_HANDS = "checkpoint.pt", "spent.json", "other hands"


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


@dataclass(frozen=True, slots=True)
class _Thorough:
    """By how many lines it is measured: of the archive and of other hands; from how many ranges are taken; the seconds
    that it takes to write a network and measure it; and those in which two networks are written and read all lines."""

    own: int
    others: int
    ranges: int
    seconds: float
    crossing: float

    @classmethod
    def within(cls, whole: float, pace: float, lines: int, others: int) -> _Thorough:
        """As thorough as the ``whole`` time allows, where reading a line takes ``pace`` seconds, and there are so many
        ``lines``, and so many of other hands."""
        counts = (_SAMPLE, (_OTHERS[0], max(_OTHERS[0], min(others, _OTHERS[1]))), _RANGES)
        least, most = (sum(each[at] * times for each, times in zip(counts, _PASSES, strict=True)) for at in (0, 1))
        lowest, highest = (share * whole for share in _MEASURING)
        part = min(1.0, max(0.0, highest / max(pace, 1e-6) - _WRITING - least) / max(1, most - least))
        own, strangers, ranges = (round(few + part * (many - few)) for few, many in counts)
        seconds = max(lowest, pace * (_WRITING + least + part * (most - least)))
        return cls(own, strangers, ranges, seconds, pace * (2 * (_WRITING + own) + lines))


def fetched(
    lines: Iterable[TrainingLine], run: TrainingRun, began: float, say: Callable[[str], None]
) -> tuple[TrainingLine, ...]:
    """The lines of an archive, page by page, while there is time for it since it ``began`` (``time.monotonic``), but as
    many as are needed; raises ``UsageError`` for too few."""
    kept: list[TrainingLine] = []
    pages = 0
    for line in lines:
        if not kept or line.page != kept[-1].page:
            if pages > 1 and len(kept) >= _LEAST and time.monotonic() - began > _FETCHING * run.plan.seconds:
                say(f"there is time for {pages} pages; more minutes take more of them")
                break
            pages += 1
        kept.append(line)
    return adaptable(kept)


def adaptable(lines: Sequence[TrainingLine]) -> tuple[TrainingLine, ...]:
    """The lines of an archive; raises ``UsageError`` for too few."""
    if len(lines) < _LEAST or len({line.page for line in lines}) < 2:
        raise UsageError(
            _("%(lines)s lines that were read are too few to adapt to", lines=len(lines)),
            _("At least %(least)s on two pages are needed: notes index more pages of these hands.", least=_LEAST),
        )
    return tuple(lines)


def adapt(
    run: TrainingRun, lines: Sequence[TrainingLine], gathered: float = 0.0
) -> Generator[TrainingProgress | LinesRead, None, AdaptationOutcome]:
    """Adapt, measure and install a model; yields the progress, and returns the outcome.

    The plan's seconds are those of all of it, with those in which the lines were ``gathered``. The fewer they are, the
    fewer lines it is measured by; nothing is learned if they are too few for that. It goes on from unfinished work of
    the same run. Raises ``UsageError`` when the unfinished work is of another run.
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
    model, done = run.base, sum(len(page.lines) for page in pages)
    others = brought(run.base, HOLD_OUT)
    how = _Thorough.within(run.plan.seconds, (clock.seconds - began) / done, done, len(others))
    if not (run.workplace / CARD).is_file():
        yield from _learned(run, pages, clock, how)
    if (run.workplace / CARD).is_file():
        model = load(run.workplace)
    outcome = replace(_judged(run, model, pages, how), gathered=len(lines))
    if outcome.model is not None:
        for half in model.folder.glob(f"{_HALF}*"):
            shutil.rmtree(half)
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


def _learned(
    run: TrainingRun, pages: Sequence[ReadPage], clock: _Clock, how: _Thorough
) -> Iterator[TrainingProgress | LinesRead]:
    """Learn what was read, and write the model, unless there is nothing to learn or no time."""
    labels: list[ReadPage] = []
    yield from _crosswise(run, pages, clock, how, labels)
    taught = yield from _taught(run, labels or pages, clock, run.workplace, clock.left - how.seconds)
    if taught is None:
        return
    learner, data = taught
    spared = sparing(learner, run, spread(data.held_out, how.others))
    figures = {} if spared.before is None else {_OTHER_HANDS: {"before": spared.before, "after": spared.after}}
    _write(run, spared.learner, data, run.workplace, pages, how, figures)


def _crosswise(
    run: TrainingRun, pages: Sequence[ReadPage], clock: _Clock, how: _Thorough, labels: list[ReadPage]
) -> Iterator[TrainingProgress | LinesRead]:
    """Add to ``labels`` how two networks read the pages that they have not learned; nothing if there is no time."""
    seconds = (clock.left - how.seconds - how.crossing) * _EACH
    for number, (mine, others) in enumerate(((pages[::2], pages[1::2]), (pages[1::2], pages[::2]))):
        folder = run.workplace / f"{_HALF}{number}"
        if not (folder / CARD).is_file():
            folder.mkdir(exist_ok=True)
            taught = yield from _taught(run, mine, clock, folder, seconds)
            if taught is None:
                labels.clear()
                return
            learner, data = taught
            _write(run, opened(run.engine, run.base.folder).blended(learner, _SHARE), data, folder, others, how, {})
        for read in read_pages(run.engine, folder, [line for page in others for line in page.lines]):
            labels.append(read)
            done, lines = (sum(len(page.lines) for page in some) for some in (labels, pages))
            yield LinesRead(done, lines, clock.seconds, run.plan.seconds)


def _taught(
    run: TrainingRun, pages: Sequence[ReadPage], clock: _Clock, folder: Path, seconds: float
) -> Generator[TrainingProgress, None, tuple[Learner, TrainingData] | None]:
    """A network that has learned what was read on pages, in so many seconds and those before an interruption, with the
    lines that it learned; ``None`` if there is nothing to learn or no time. The checkpoint lies in the folder."""
    learner = opened(run.engine, run.base.folder)
    data = _data([line for page in pages for line in labelled(page)], run, learner)
    checkpoint = folder / _CHECKPOINT
    learned = learned_for(checkpoint)
    if not data.training or (seconds <= 0 and not learned):
        return None
    _only_last(learner)
    most = run.plan.most or max(_FEWEST, _TIMES * len(data.training))
    plan = replace(run.plan, seconds=learned + max(0.0, seconds), rate=_RATE, most=most)
    for progress in learn(learner, (*data.training, *data.replayed), (), plan, checkpoint):
        yield replace(progress, seconds=clock.seconds, whole=run.plan.seconds)
    learner.network.cpu()
    return learner, data


def _write(
    run: TrainingRun,
    learner: Learner,
    data: TrainingData,
    folder: Path,
    pages: Sequence[ReadPage],
    how: _Thorough,
    figures: dict[str, Any],
) -> None:
    """Write a network into a folder, as sharp on pages as the base is."""
    some = spread([line for page in pages for line in page.lines], how.own)
    learner = as_sharp(learner, opened(run.engine, run.base.folder), some)
    name, confidence, engine = run.target.name, run.base.confidence, run.base.engine
    made = RecognitionModel(name, folder, _summary(run), confidence, "", {"figures": figures}, engine)
    said = [(replace(line, sure=is_said(line)), classes) for line, classes in data.training]
    written(made, run.base, run.engine, learner, said, data.replayed, how.ranges)


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


def _judged(run: TrainingRun, model: RecognitionModel, first: Sequence[ReadPage], how: _Thorough) -> AdaptationOutcome:
    """What the adapting brought: estimated on some pages. On lines of other hands it was measured before."""
    found = estimate(run, model, _some(first, how.own))
    lines, is_new = sum(len(page.lines) for page in first), model is not run.base
    better = is_new and found.after < found.before
    others = model.provenance.get("figures", {}).get(_OTHER_HANDS, {}) if is_new else {}
    if better:
        figures: dict[str, Any] = {"estimated": {"lines": found.lines, "before": found.before, "after": found.after}}
        figures |= {_OTHER_HANDS: others} if others else {}
        told = provenance(run.base, run.plan.seed, run.plan.seconds, lines, run.sources, figures)
        model = replace(model, provenance=told)
        write_card(model)
    return AdaptationOutcome(
        model if better else None,
        run.base.name,
        lines,
        found.before,
        found.after,
        others.get("before"),
        others.get("after"),
        measured=found.lines if is_new else 0,
    )


def _some(pages: Sequence[ReadPage], number: int) -> list[ReadPage]:
    """The first pages, with about so many lines."""
    some: list[ReadPage] = []
    for page in pages:
        if sum(len(each.lines) for each in some) >= number:
            break
        some.append(page)
    return some
