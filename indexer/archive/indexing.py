"""A run over files: its plan is made from the settings, it is followed, and what became of the files is counted."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from indexer.archive.described_by_files import FilesRead, NamesRead, take_metadata, take_names
from indexer.archive.name_pattern import name_patterns
from indexer.archive.opening import source_options
from indexer.archive.searching import follow
from indexer.catalog import Catalog
from indexer.catalog.folder import is_begun
from indexer.recognition import pipeline
from indexer.recognition.discovery import PassedOver
from indexer.recognition.pool import local_pool
from indexer.recognition.pruning import Prunable, prunable
from indexer.recognition.reports import Behind, FileReport, Progress
from indexer.recognition.run_plan import RunPlan
from indexer.system.lock import indexing
from indexer.text.folding import display
from indexer.translation import _
from indexer.values import Status
from indexer.values.errors import UsageError
from indexer.values.thresholds import waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from indexer.api.registry import Registry
    from indexer.archive.opening import Voice
    from indexer.recognition.pool import MakeReaders
    from indexer.system.settings import Settings
    from indexer.values import EngineChoice, Failure


@dataclass(frozen=True, slots=True)
class Started:
    """The index folder is locked for this run, and reading begins."""


Event: TypeAlias = "Started | Progress | FileReport | PassedOver | Behind"
"""The events of a run."""


@dataclass(frozen=True, slots=True)
class Pruning:
    """Whether files that are gone are to be forgotten, and also those of emptied folders, which implies the first."""

    asked: bool = False
    emptied: bool = False

    @classmethod
    def of(cls, *, prune: bool, emptied: bool) -> Pruning:
        """What is asked for by the two options."""
        return cls(prune or emptied, emptied)


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What became of a run's files, or would become of them if it is only ``planned``.

    ``files`` counts them by what became of them (``read``, ``skipped``, ``failed``, ``unreached``), ``lines`` those of
    this run by status, ``incomplete`` pages by the reason, ``passed_over`` other files by their kind. On ``empty``
    pages nothing was read, ``turned`` ones stood on their head or side. ``repeated`` are those of the ``failures`` that
    were known before, ``read`` the files that were read, ``pruned`` what is gone and ``pruning`` what was to be done
    about that. ``former`` counts by file the verdicts that lie on no line since its content is another one.
    ``sidecar`` counts the pages that text from beside them was taken for. ``names`` says what became of the names of
    files if these say what documents are (``describe_from_names``), ``metadata`` what the files said of them.
    """

    files: Counter[str]
    pages: int
    lines: Counter[Status]
    unreached: int
    incomplete: Counter[str]
    empty: tuple[tuple[Path, int], ...]
    turned: tuple[tuple[Path, int], ...]
    failures: tuple[Failure, ...]
    repeated: frozenset[Failure]
    passed_over: Counter[str]
    read: tuple[Path, ...]
    pruned: Prunable = field(default_factory=lambda: Prunable((), {}))
    pruning: Pruning = Pruning()
    planned: bool = False
    former: Mapping[Path, int] = field(default_factory=dict)
    interrupted: bool = False
    seconds: float = 0.0
    sidecar: int = 0
    names: NamesRead | None = None
    metadata: FilesRead | None = None

    @property
    def new_failures(self) -> tuple[Failure, ...]:
        """The failures that earlier runs did not have."""
        return tuple(each for each in self.failures if each not in self.repeated)

    @property
    def left_undone(self) -> bool:
        """Whether something failed that did not before, or was to be forgotten and was not."""
        return bool(self.new_failures or (self.pruning.asked and self.pruned.away))

    @property
    def waiting(self) -> int:
        """How many of the lines wait for review."""
        return waiting(self.lines)


def make_run_plan(
    settings: Settings,
    engines: tuple[EngineChoice, ...],
    paths: Sequence[Path],
    passwords: Sequence[str] = (),
    *,
    reread: bool = False,
) -> RunPlan:
    """The plan of the run that the settings ask for."""
    return RunPlan(
        paths=tuple(paths),
        engines=engines,
        source_options=source_options(settings, tuple(passwords)),
        thresholds=settings.thresholds,
        plugin_folder=settings.plugin_folder,
        workers=settings.workers,
        page_timeout=settings.page_timeout,
        reread=reread,
    )


def plan(folder: Path, registry: Registry, run_plan: RunPlan, pruning: Pruning) -> IndexReport:
    """What a run would do, without doing it: ``read`` are the files that would be read."""
    if not is_begun(folder):
        return counted(pipeline.plan(run_plan.paths, None, registry, run_plan), pruning, planned=True)
    with Catalog(folder) as catalog:
        found = pipeline.plan(run_plan.paths, catalog, registry, run_plan)
        gone = prunable(run_plan.paths, catalog.places(), emptied=pruning.emptied)
        return counted(found, pruning, pruned=gone, planned=True)


def run(
    settings: Settings,
    registry: Registry,
    run_plan: RunPlan,
    pruning: Pruning,
    voice: Voice,
    *,
    hear: Callable[[Event], None],
    stopping: Callable[[], bool],
    cluster: str | None = None,
) -> IndexReport:
    """Read what is new under the paths of a run; ``hear`` is told of each thing as it happens.

    With a ``cluster`` its workers read, and only what these cannot is read here.

    After ``stopping()`` turns true the pages in hand are finished. Whatever ends it, what was read is kept.
    """
    from indexer.search import SearchIndex

    began = time.monotonic()
    check_thresholds(settings, voice)
    readers = local_pool if cluster is None else _of_cluster(cluster, settings, voice)
    patterns = name_patterns(settings.describe_from_names) if settings.describe_from_names else ()
    with indexing(settings.index), Catalog(settings.index, create=True) as catalog:
        hear(Started())
        search, former = SearchIndex(settings.index / "search"), catalog.former()
        found: list[FileReport | PassedOver] = []
        # Closing keeps what was read, whatever ends the block. The catalogue has to be open then.
        with closing(pipeline.index(run_plan, catalog, search, registry, stopping, readers)) as events:
            for event in events:
                hear(event)
                if isinstance(event, FileReport | PassedOver):
                    found.append(event)
        pruned = Prunable((), {})
        if not stopping():  # only a whole run has looked for files that were moved
            pruned = (
                pipeline.prune(run_plan, catalog, search, emptied=pruning.emptied)
                if pruning.asked
                else prunable(run_plan.paths, catalog.places())
            )
        metadata = None if stopping() else take_metadata(catalog, registry, run_plan.paths)
        names = None if stopping() or not patterns else take_names(catalog, patterns, run_plan.paths)
        if any(each and each.changed for each in (metadata, names)):
            follow(search, catalog, voice)
        since = dict(sorted(catalog.former().items() - former.items()))
        report = counted(found, pruning, pruned=pruned, former=since, interrupted=stopping())
        return replace(report, names=names, metadata=metadata, seconds=time.monotonic() - began)


def _of_cluster(cluster: str, settings: Settings, voice: Voice) -> MakeReaders:
    from indexer.cluster.opening import cluster_readers  # loaded only by those who have one

    return cluster_readers(cluster, settings.index, voice.warn)


def check_thresholds(settings: Settings, voice: Voice) -> None:
    """Refuse a threshold that is not the one of the index: that is changed on purpose, and for all lines."""
    if not is_begun(settings.index):
        return
    with Catalog(settings.index) as catalog:
        own = catalog.thresholds
    if settings.thresholds.default == own.default:
        return
    origin = settings.origins["threshold"]
    asked, kept = (f"{round(each * 100, 6):g}" for each in (settings.thresholds.default, own.default))
    remedy = f"notes threshold {asked} judges all its lines by the other"
    if origin == "flag":
        raise UsageError(
            _(
                "the index %(display)s has the threshold %(kept)s %%, not %(asked)s %%",
                display=display(settings.index),
                kept=kept,
                asked=asked,
            ),
            f"{remedy}.",
        )
    if origin != "default":
        voice.say(f"{origin} says threshold {asked} %, the index keeps its {kept} %; {remedy}")


def counted(
    found: Iterable[FileReport | PassedOver],
    pruning: Pruning,
    *,
    pruned: Prunable | None = None,
    planned: bool = False,
    former: Mapping[Path, int] | None = None,
    interrupted: bool = False,
) -> IndexReport:
    """The reports of a run, counted."""
    events = list(found)
    reports = [each for each in events if isinstance(each, FileReport)]
    lines: Counter[Status] = Counter()
    incomplete: Counter[str] = Counter()
    for report in reports:
        lines.update(report.lines)
        incomplete.update(report.incomplete)
    return IndexReport(
        files=Counter(report.state for report in reports),
        pages=sum(report.pages for report in reports),
        lines=lines,
        unreached=sum(report.unreached for report in reports if report.state == "read"),
        incomplete=incomplete,
        empty=tuple((report.path, page) for report in reports for page in report.empty),
        turned=tuple((report.path, page) for report in reports for page in report.turned),
        failures=tuple(failure for report in reports for failure in report.failures),
        repeated=frozenset(failure for report in reports for failure in report.repeated),
        passed_over=Counter(each.kind for each in events if isinstance(each, PassedOver)),
        read=tuple(report.path for report in reports if report.state == "read"),
        pruned=pruned or Prunable((), {}),
        pruning=pruning,
        planned=planned,
        former=former or {},
        interrupted=interrupted,
        sidecar=sum(report.sidecar for report in reports),
    )
