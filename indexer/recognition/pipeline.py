"""From paths to a searchable index, with a report for each file: here the stages meet."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.recognition.discovery import FORGOTTEN, PassedOver, kind_passed_over, look_through
from indexer.recognition.due import due_pages, held_file, is_done, kept_pages, opened_file
from indexer.recognition.listing import listed
from indexer.recognition.messages import NO_PAGES, Counted, Failed, Finished, Read, Refused, Setup, Task, Unusable
from indexer.recognition.pool import local_pool
from indexer.recognition.pruning import Prunable, prunable
from indexer.recognition.reports import Behind, FileReport, OpenFile, Progress
from indexer.recognition.run_plan import RunPlan
from indexer.recognition.sidecars import Sidecars
from indexer.system.logs import Log
from indexer.system.paths import is_gone, named
from indexer.values import Failure, PageReading, SourceFile
from indexer.values.errors import IndexBusyError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from indexer.api.registry import Registry
    from indexer.catalog import Catalog, KnownFile
    from indexer.recognition.messages import Message
    from indexer.recognition.pool import MakeReaders, Readers
    from indexer.recognition.sidecars import Beside
    from indexer.search import SearchIndex
    from indexer.values import Inside

_BATCH = 8
"""Pages in one commit, which costs about as much as two pages."""
_BATCH_SECONDS = 5.0
_PATIENCE, _LAST_PATIENCE = 0.5, 5.0
"""Seconds that a batch, and the end of a run, wait for a locked search index. It can follow later."""
_PAGES_A_TASK = 16
_OF_NAMES = ("missing", "unsupported")
"""Kinds of failures that concern a path as it was typed, and no file of the archive."""
_LOG = logging.getLogger(__name__)


def plan(
    paths: Sequence[Path], catalog: Catalog | None, registry: Registry, run_plan: RunPlan
) -> Iterator[FileReport | PassedOver]:
    """What ``index`` would do with each file; ``read`` in the report means that it would be read."""
    leave_out = [catalog.folder] if catalog else []
    sidecars = Sidecars.of(registry, run_plan.source_options)
    for found in look_through(paths, lambda path: registry.source_for(path) is not None, leave_out, registry.beside):
        if isinstance(found, PassedOver):
            yield found
            continue
        if isinstance(found, Failure):
            yield FileReport(found.path, "failed", failures=(found,))
            continue
        file = opened_file(found, catalog, afresh=run_plan.reread)
        if isinstance(file, Failure):
            yield FileReport(found, "failed", failures=(file,))
        else:
            if catalog and catalog.is_forgotten(file.sha256):
                yield PassedOver(found, FORGOTTEN)
                continue
            known = catalog.known(file.sha256) if catalog else None
            beside = sidecars.beside([found], known.sidecars.values() if known else ())
            done = known is not None and not known.unopened and is_done(known, run_plan, beside)
            yield FileReport(found, "skipped" if done else "read")


def index(
    run_plan: RunPlan,
    catalog: Catalog,
    search: SearchIndex,
    registry: Registry,
    stopping: Callable[[], bool] = lambda: False,
    readers: MakeReaders = local_pool,
    files: Sequence[SourceFile] | None = None,
) -> Generator[FileReport | Progress | PassedOver | Behind, None, None]:
    """Read new and changed files under the paths into the catalogue and the search index.

    Yields what is passed over, a report for each finished file, and the progress after each page. Once ``stopping()``
    is true the pages in hand are finished and kept. Raises ``UnavailableError`` if the engine cannot be opened; what
    was read before is kept. While another process locks the search index the run goes on, and says so at the end: the
    index is derived. ``readers`` says who reads; with ``files`` nothing is looked for under the paths.
    """
    run = _Run(run_plan, catalog, search, registry, stopping)
    started = catalog.run_started(run_plan.engine_name)
    try:
        yield from run.go(readers, files)
    finally:
        run.keep(_LAST_PATIENCE)
        catalog.run_finished(started, run.done, run.failed)
    if run.behind is not None:
        yield Behind(run.behind)


def prune(run_plan: RunPlan, catalog: Catalog, search: SearchIndex, *, emptied: bool = False) -> Prunable:
    """Forget the files under the paths of the run that are gone; returns them, and those that only seem to be gone."""
    found = prunable(run_plan.paths, catalog.places(), emptied=emptied)
    if not found.gone:
        return found
    catalog.forget(found.gone)
    with suppress(IndexBusyError):  # the next command updates it
        search.sync(catalog)
    return found


class _Run:
    """The state of one run of ``index``."""

    def __init__(
        self, run_plan: RunPlan, catalog: Catalog, search: SearchIndex, registry: Registry, stopping: Callable[[], bool]
    ) -> None:
        self.run_plan, self.catalog, self.search, self.registry = run_plan, catalog, search, registry
        self.stopping = stopping
        self.done = 0
        self.failed = 0
        self.behind: str | None = None
        self._expected = 0
        self._open: dict[str, OpenFile] = {}
        self._batch: list[tuple[SourceFile, PageReading, str]] = []
        self._thresholds = run_plan.thresholds
        self._kept_at = time.monotonic()
        self._given = {named(path) for path in run_plan.paths}
        self._sidecars = Sidecars.of(registry, run_plan.source_options)
        self._touched: set[Path] = set()
        self._shut: set[Path] = set()

    def go(
        self, readers: MakeReaders, files: Sequence[SourceFile] | None
    ) -> Iterator[FileReport | Progress | PassedOver]:
        """The whole run."""
        self.catalog.adopt_thresholds(self.run_plan.thresholds)
        self._thresholds = self.catalog.thresholds
        self._follow(_PATIENCE)
        found: Sequence[Path | SourceFile | Failure] = files or ()
        if files is None:
            found, passed_over = listed(self.run_plan.paths, self.registry, [self.catalog.folder], self._sidecars)
            yield from passed_over
        self._expected = len(found)
        waiting = iter(found)
        log = Log(self.catalog.folder)
        setup = Setup.of(self.run_plan.plugin_folder, self.run_plan.engines, self.run_plan.source_options, log)
        with readers(setup, self.run_plan, self._with_kept) as pool:
            yield from self._feed(pool, waiting)
            for said in pool.messages(self.stopping):
                if said is not None:
                    yield from self._hear(pool, *said)
                if not self.stopping():
                    yield from self._feed(pool, waiting)
        for opened in list(self._open.values()):
            yield opened.report()
        for left in waiting:
            yield (
                self._file_failed(left)
                if isinstance(left, Failure)
                else FileReport(left if isinstance(left, Path) else left.path, "unreached")
            )
        if not self.stopping():
            self._clear_failures()

    def keep(self, patience: float = _PATIENCE) -> None:
        """Write what was read since the last batch, and update the search index."""
        self.catalog.store(self._batch)
        self._batch = []
        self._follow(patience)
        self._kept_at = time.monotonic()

    def _follow(self, patience: float) -> None:
        """Update the search index, unless another process keeps it locked."""
        try:
            self.search.sync(self.catalog, patience)
            if not self.stopping():
                self.search.tidy()
            self.behind = None
        except IndexBusyError as error:
            self.behind = error.message
            _LOG.info("the search index is behind: %s", error.message)

    def _feed(self, pool: Readers, waiting: Iterator[Path | SourceFile | Failure]) -> Iterator[FileReport | PassedOver]:
        """Take files from the list until the workers have enough to do."""
        while pool.backlog < 2 * self.run_plan.workers:
            found = next(waiting, None)
            if found is None:
                return
            for report in self._take(pool, found):
                self._expected -= 1
                yield report

    def _take(self, pool: Readers, found: Path | SourceFile | Failure) -> Iterator[FileReport | PassedOver]:
        """Send a file to be counted, or report it at once; likewise the files inside it."""
        file = opened_file(found, self.catalog, afresh=self.run_plan.reread) if isinstance(found, Path) else found
        standing = self._standing(file) if isinstance(file, SourceFile) and file.stamp is None else None
        if standing is not None and isinstance(file, SourceFile) and not self._is_whole(file, standing):
            file, standing = opened_file(file.path, self.catalog, afresh=True), None
        if isinstance(file, Failure):
            yield self._file_failed(file)
            return
        if self.catalog.is_forgotten(file.sha256):
            yield PassedOver(file.path, FORGOTTEN)
            return
        seen, before = self._before(file)
        self._place(file, seen)
        if standing is None or seen != file:
            standing = self._standing(file)
        report = self._begin(pool, file, before, standing[1], is_done=self._is_read(standing))
        if report is not None:
            yield report
            for each in self.catalog.held(file):
                self._expected += 1
                yield from self._take_inside(pool, each, self._before(each)[1])

    def _before(self, file: SourceFile) -> tuple[SourceFile | None, Sequence[Failure]]:
        """The file that was at the same path before, and its failures if the content is the same."""
        seen = self.catalog.seen(file.path)
        return seen, self.catalog.failures_of(file.path) if seen and seen.sha256 == file.sha256 else ()

    def _take_inside(self, pool: Readers, file: SourceFile, before: Sequence[Failure]) -> Iterator[FileReport]:
        """As ``_take``, of a file inside another one."""
        known, beside = self._standing(file)
        report = self._begin(pool, file, before, beside, is_done=is_done(known, self.run_plan, beside))
        if report is not None:
            yield report

    def _begin(
        self, pool: Readers, file: SourceFile, before: Sequence[Failure], beside: Beside, *, is_done: bool
    ) -> FileReport | None:
        """Send a file to be counted, unless there is nothing to do."""
        self._touched |= {file.path, *beside.paths}
        if is_done or file.sha256 in self._open:
            self.catalog.set_failures(file.path, ())
            _LOG.debug("%s: already in the index", file.path)
            return FileReport(file.path, "skipped")
        known = [*before, *self.catalog.failures_at(sorted(beside.paths))]
        self._open[file.sha256] = OpenFile(file, self.catalog.known(file.sha256), frozenset(known), beside)
        pool.submit(Task(file))
        return None

    def _is_read(self, standing: tuple[KnownFile | None, Beside]) -> bool:
        known = standing[0]
        return known is not None and not known.unopened and is_done(known, self.run_plan, standing[1])

    def _is_whole(self, file: SourceFile, standing: tuple[KnownFile | None, Beside]) -> bool:
        """Whether nothing of a file, or of the files inside it, has to be read."""
        inside = (self._standing(each) for each in self.catalog.held(file))
        return self._is_read(standing) and all(is_done(known, self.run_plan, beside) for known, beside in inside)

    def _standing(self, file: SourceFile) -> tuple[KnownFile | None, Beside]:
        """What is known of a content, and the files of text beside it, wherever it lies."""
        known = self.catalog.known(file.sha256)
        places = {each.path: each.holder for each in (*self.catalog.originals(file.sha256), file)}
        for holder in places.values():
            if holder is not None:
                self._sidecars.hold(holder, self.catalog.texts_in(holder.sha256))
        return known, self._sidecars.beside(places, known.sidecars.values() if known else ())

    def _place(self, file: SourceFile, seen: SourceFile | None) -> None:
        if seen != file:
            self.catalog.place(file)
        others = [path for path in self.catalog.same_content(file.sha256) if path != file.path]
        self.catalog.forget([path for path in others if is_gone(path)])

    def _file_failed(self, failure: Failure) -> FileReport:
        """Note a file that cannot be opened; nothing is kept of a mistyped name."""
        self.failed += 1
        self._shut.add(failure.path)
        repeated = frozenset(self.catalog.failures_of(failure.path)) & {failure}
        is_typed = failure.kind in _OF_NAMES and failure.path in self._given
        self.catalog.set_failures(failure.path, () if is_typed else [failure])
        return FileReport(failure.path, "failed", failures=(failure,), repeated=repeated)

    def _clear_failures(self) -> None:
        """Forget the failures of files that this run looked for and did not find.

        In a folder that could not be listed nothing was looked for: failures there stay.
        """
        for path in {failure.path for failure in self.catalog.failures()} - self._touched:
            above = {path, *path.parents}
            if above & self._given and not above & self._shut:
                self.catalog.set_failures(path, ())

    def _hear(self, pool: Readers, task: Task, message: Message) -> Iterator[FileReport | Progress | PassedOver]:
        opened = self._open[task.file.sha256]
        if isinstance(message, Unusable):
            raise UnavailableError(message.message, message.hint)
        if isinstance(message, Counted):
            self._counted(pool, opened, message)
            yield from self._found_inside(pool, opened.file, message.inside)
        elif isinstance(message, Refused):
            self._refused(opened, message)
        elif isinstance(message, Read):
            self._page_read(opened, message.reading, self._recipe(opened, message))
            yield Progress(self.done, self._expected)
        elif isinstance(message, Failed):
            opened.failures.append(Failure(task.file.path, message.page, message.kind, message.message))
            _LOG.warning("%s, page %s: %s", task.file.path, message.page, message.message)
            self.failed += 1
            if message.page is not None:
                self.done += 1
                opened.reached(message.page)
            yield Progress(self.done, self._expected)
        elif isinstance(message, Finished):
            opened.tasks -= 1
            if opened.tasks == 0:
                yield self._close(opened)

    def _counted(self, pool: Readers, opened: OpenFile, counted: Counted) -> None:
        pages = counted.pages
        self.catalog.counted(opened.file.sha256, len(pages), max(pages, default=0))
        due = due_pages(pages, opened.known, self.run_plan, opened.beside)
        opened.left = set(due)
        if counted.is_empty:
            opened.failures.append(Failure(opened.file.path, None, *NO_PAGES))
            self.failed += 1
        self._expected += len(due) - 1
        share = max(1, min(_PAGES_A_TASK, -(-len(due) // self.run_plan.workers)))
        parts = [tuple(due[start : start + share]) for start in range(0, len(due), share)]
        opened.tasks += len(parts)
        turns = self.catalog.turns(opened.file.sha256)
        for part in reversed(parts):
            pool.submit(Task(opened.file, part, turns, opened.beside), first=True)

    def _with_kept(self, task: Task) -> Task:
        """A task with what was read of its pages before, as far as only the text beside them is another one."""
        return replace(task, kept=kept_pages(task, self._open[task.file.sha256].known, self.run_plan, self.catalog))

    def _recipe(self, opened: OpenFile, read: Read) -> str:
        """The recipe by which a page was read, which may have been earlier."""
        before = opened.known.recipes.get(read.reading.number) if opened.known and read.is_kept else None
        return self.run_plan.recipe if before is None else self.run_plan.kept_recipe(before)

    def _refused(self, opened: OpenFile, refused: Refused) -> None:
        """Note that the text beside a page was not taken. The page is read without it."""
        if refused.path is None:
            return
        failure = Failure(refused.path, refused.page, "sidecar", refused.message)
        if failure not in opened.refused:  # each part of a file finds that its text cannot be read
            opened.refused.append(failure)
            _LOG.warning("%s, page %s: %s", refused.path, refused.page, refused.message)

    def _found_inside(
        self, pool: Readers, file: SourceFile, inside: Sequence[Inside] | None
    ) -> Iterator[FileReport | PassedOver]:
        """Take the files found inside a file: documents of their own, those that cannot be opened, and those passed
        over."""
        found = [(each, held_file(file, each)) for each in inside or ()]
        before = {held.path: self._before(held)[1] for each, held in found}
        self.catalog.hold(file, inside)
        self._sidecars.hold(file, self.catalog.texts_in(file.sha256))
        documents = [held.path for each, held in found if each.sha256 and not each.is_text]
        texts = {path for document in documents for path in self._sidecars.candidates(document)}
        for each, held in found:
            if each.trouble:
                self._touched.add(held.path)
                yield self._file_failed(Failure(held.path, None, *each.trouble))
            elif self.catalog.is_forgotten(each.sha256):
                yield PassedOver(held.path, FORGOTTEN)
            elif each.sha256 and not each.is_text:
                self._expected += 1
                for report in self._take_inside(pool, held, before[held.path]):
                    self._expected -= 1
                    yield report
            elif held.path not in texts:
                yield PassedOver(held.path, kind_passed_over(held.path))

    def _page_read(self, opened: OpenFile, reading: PageReading, recipe: str) -> None:
        self._batch.append((opened.file, reading, recipe))
        self.done += 1
        opened.took(reading, self._thresholds)
        _LOG.debug("%s, page %s: %s lines", opened.file.path, reading.number, len(reading.lines))
        if len(self._batch) >= _BATCH or time.monotonic() - self._kept_at > _BATCH_SECONDS:
            self.keep()

    def _close(self, opened: OpenFile) -> FileReport:
        del self._open[opened.file.sha256]
        self.catalog.set_failures(opened.file.path, opened.standing())
        for path in opened.weighed | {each.path for each in opened.refused}:
            self.catalog.set_failures(path, [each for each in opened.refused if each.path == path])
        report = opened.report()
        _LOG.info("%s: %s, %s pages", report.path, report.state, report.pages)
        return report
