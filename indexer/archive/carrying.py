"""Readings that are carried: bundles are made of files anywhere, and taken into the index by content."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from indexer.archive.indexing import Pruning, Started, check_thresholds, counted
from indexer.catalog import Catalog
from indexer.recognition import bundling, pipeline
from indexer.recognition.discovery import PassedOver
from indexer.recognition.due import opened_file
from indexer.recognition.listing import listed
from indexer.recognition.pool import local_pool
from indexer.recognition.recipes import difference
from indexer.recognition.reports import FileReport, Progress
from indexer.recognition.shelf import Entry, Shelf, Taken, by_recipe, look_for_bundles
from indexer.recognition.sidecars import Sidecars
from indexer.system.lock import indexing
from indexer.system.logs import Log
from indexer.system.paths import is_there
from indexer.text.folding import display, printable
from indexer.translation import _
from indexer.values import Failure, SourceFile
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from indexer.api.registry import Registry
    from indexer.archive.indexing import Event, IndexReport
    from indexer.archive.opening import Voice
    from indexer.recognition.messages import Setup, Task
    from indexer.recognition.pool import Readers
    from indexer.recognition.run_plan import RunPlan
    from indexer.system.settings import Settings


@dataclass(slots=True)
class BundleReport:
    """What became of files that were read into bundles: ``pages`` were read into so many ``bundles``.

    ``there`` are pages that the bundles had already, ``passed_over`` counts other files by their kind.
    """

    pages: int = 0
    bundles: int = 0
    there: int = 0
    failures: list[Failure] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What became of bundles: ``index`` says it of the files as a run does, ``bundles`` were looked at.

    ``pages`` are in these bundles; ``there`` of them were in the index already. ``refused`` bundles were not taken.
    ``absent`` counts the pages of contents that no file here has, by their names in the bundles. ``otherwise`` are
    pages that were read with another text beside them, or another way up. ``unread`` pages of the files are in no
    bundle, nor in the index.
    """

    index: IndexReport
    bundles: int
    pages: int
    there: int
    refused: tuple[Failure, ...]
    absent: Counter[str]
    otherwise: int
    unread: int

    @property
    def left_undone(self) -> bool:
        """Whether something of the bundles was not taken, or something failed that did not before."""
        return bool(self.refused or self.absent or self.otherwise or self.index.new_failures)


def read_into(
    folder: Path,
    part: str,
    run_plan: RunPlan,
    settings: Settings,
    registry: Registry,
    *,
    hear: Callable[[Progress | Failure], None],
    stopping: Callable[[], bool],
) -> BundleReport:
    """Read a part of the paths of a plan into bundles in a folder; see ``bundling.read_into``."""
    share, report = bundling.Part.named(part), BundleReport()
    log = Log(settings.index)
    with closing(bundling.read_into(folder, run_plan, share, registry, log, stopping)) as events:
        for event in events:
            if isinstance(event, Progress | Failure):
                hear(event)
            if isinstance(event, Failure):
                report.failures.append(event)
            elif isinstance(event, PassedOver):
                report.passed_over[event.kind] += 1
            elif isinstance(event, bundling.Written):
                report.bundles += 1
                report.pages += event.pages
            elif isinstance(event, bundling.There):
                report.there += event.pages
    report.interrupted = stopping()
    return report


def merge(
    bundles: Sequence[Path],
    run_plan: RunPlan,
    settings: Settings,
    registry: Registry,
    voice: Voice,
    *,
    hear: Callable[[Event], None],
    stopping: Callable[[], bool],
) -> MergeReport:
    """Take bundles into the index, for files under the paths of the plan, or else for those of the index.

    With ``reread`` in the plan also what was read otherwise than the index, in place of its pages.
    """
    check_thresholds(settings, voice)
    for path in run_plan.paths:
        if not is_there(path):
            raise UsageError(
                _("there is no such file or folder: %(display)s", display=display(path)), _("Is its drive attached?")
            )
    looked = list(look_for_bundles(bundles))
    if all(isinstance(each, Failure) and each.kind == "missing" for each in looked):
        nowhere = ", ".join(display(path) for path in bundles)
        raise UsageError(
            _("there is no bundle in %(nowhere)s", nowhere=nowhere), _("notes read --bundle FOLDER PATHS makes some.")
        )
    with indexing(settings.index), Catalog(settings.index, create=True) as catalog:
        hear(Started())
        entries, refused = _accepted(looked, catalog.recipes(), otherwise=run_plan.reread)
        merging = _Merging(catalog, _files(entries, run_plan, catalog, registry), Taken(refused))
        for recipe, part in by_recipe(entries).items():
            plan = replace(run_plan, paths=(), engines=(), elsewhere=recipe)
            merging.take(plan, part, registry, settings.index, hear, stopping)
        return merging.report(entries, len(looked), interrupted=stopping())


@dataclass(slots=True)
class _Merging:
    """The state of a merge: ``files`` are those here with contents of bundles, ``reports`` what became of them."""

    catalog: Catalog
    files: list[SourceFile]
    taken: Taken
    reports: list[FileReport] = field(default_factory=list)
    passed_over: dict[Path, PassedOver] = field(default_factory=dict)

    def take(
        self,
        plan: RunPlan,
        entries: Sequence[Entry],
        registry: Registry,
        folder: Path,
        hear: Callable[[Event], None],
        stopping: Callable[[], bool],
    ) -> None:
        """Take over the readings of some bundles of one recipe."""
        from indexer.search import SearchIndex

        def readers(setup: Setup, plan: RunPlan, _prepared: Callable[[Task], Task]) -> Readers:
            return Shelf(entries, local_pool(setup, plan), self.taken)

        search = SearchIndex(folder / "search")
        with closing(pipeline.index(plan, self.catalog, search, registry, stopping, readers, self.files)) as events:
            for event in events:
                hear(event)
                if isinstance(event, FileReport):
                    self.reports.append(event)
                elif isinstance(event, PassedOver):  # for each recipe again
                    self.passed_over[event.path] = event

    def report(self, entries: Sequence[Entry], looked: int, *, interrupted: bool) -> MergeReport:
        """What became of the bundles."""
        index = counted([*self.reports, *self.passed_over.values()], Pruning(), interrupted=interrupted)
        here = {each.sha256 for each in self.files}
        absent: Counter[str] = Counter()
        pages: dict[str, set[int]] = {}
        for head in (each.head for each in entries):
            if here.isdisjoint((head.sha256, head.holder or head.sha256)):
                absent[printable(head.name)] += len(set(head.pages) - pages.get(head.sha256, set()))
            pages.setdefault(head.sha256, set()).update(head.pages)
        kept, unread = 0, 0
        for sha256, wanted in pages.items():
            known = self.catalog.known(sha256)
            if known is not None:
                kept += len(wanted & known.recipes.keys())
                unread += max(0, (known.pages or 0) - len(known.recipes))
        failed = sum(each.page is not None for each in index.failures)
        return MergeReport(
            index=index,
            bundles=looked,
            pages=sum(map(len, pages.values())),
            there=max(0, kept - index.pages),
            refused=tuple(self.taken.refused),
            absent=absent,
            otherwise=self.taken.otherwise,
            unread=max(0, unread - failed),
        )


def _accepted(
    looked: Iterable[Entry | Failure], own: frozenset[str], *, otherwise: bool
) -> tuple[list[Entry], list[Failure]]:
    """The bundles to be taken, and those that are none or were read otherwise than the pages of the index.

    Into an index without pages go those that were read as most of them.
    """
    looked = list(looked)
    entries = [each for each in looked if isinstance(each, Entry)]
    refused = [each for each in looked if isinstance(each, Failure)]
    recipes = Counter(each.head.recipe for each in entries)
    if otherwise or not recipes:
        return entries, refused
    allowed = own or {max(recipes, key=lambda each: (recipes[each], each))}
    for each in entries:
        if each.head.recipe not in allowed:
            told = difference(each.head.recipe, allowed, "in the index")
            why = f"it was read otherwise ({told}). --other-settings takes it"
            refused.append(Failure(each.path, None, "recipe", why))
    return [each for each in entries if each.head.recipe in allowed], refused


def _files(entries: Iterable[Entry], plan: RunPlan, catalog: Catalog, registry: Registry) -> list[SourceFile]:
    """The files here that have the contents of bundles, or hold them, by path."""
    wanted = {digest for each in entries for digest in (each.head.sha256, each.head.holder) if digest is not None}
    found: dict[Path, SourceFile] = {}
    for path in _places(wanted, plan, catalog, registry):
        file = opened_file(path, catalog, afresh=False)
        if isinstance(file, SourceFile) and file.sha256 in wanted:
            found[path] = file
    return [found[path] for path in sorted(found)]


def _places(wanted: Iterable[str], plan: RunPlan, catalog: Catalog, registry: Registry) -> Iterator[Path]:
    """Files that may have some of the contents: those under the paths of the plan, and those that the index knows."""
    sidecars = Sidecars(registry.texts, is_ignored=True)
    under, _ = listed(plan.paths, registry, [catalog.folder], sidecars)
    yield from (each for each in under if not isinstance(each, Failure))
    for digest in wanted:
        for file in catalog.originals(digest):
            yield (file.holder or file).path
