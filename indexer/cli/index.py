"""``notes index``: read what is new under the given paths."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from indexer.catalog import Catalog
from indexer.catalog.trouble import FILE_NAME
from indexer.cli._output import amount, display, emit_json, former_line, say, stdout, warn
from indexer.cli._progress import progress
from indexer.cli._prune import Prune, PruneEmptied, Pruning, pruned_json, say_pruned
from indexer.cli._session import Index, PasswordFile, PdfText, load_plugins, load_settings, read_passwords
from indexer.recognition import pipeline
from indexer.recognition.choice import Decision, decide
from indexer.recognition.discovery import PassedOver
from indexer.recognition.pruning import Prunable, prunable
from indexer.recognition.reports import Behind, FileReport, Job, Progress
from indexer.system.lock import indexing
from indexer.system.logs import log_file
from indexer.system.paths import is_gone
from indexer.values import EngineChoice, Failure, SourceOptions, Status
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from indexer.api.registry import Registry
    from indexer.system.settings import Settings


_Found: TypeAlias = "tuple[list[FileReport], Counter[str]]"
_KINDS = 8
"""Kinds of files that are passed over, and pages without text, that are named; the rest is counted."""


_NOTHING = Prunable((), {})


@dataclass(frozen=True, slots=True)
class _Tally:
    """The reports of a run, counted."""

    files: Counter[str]
    pages: int
    lines: Counter[Status]
    unreached: int
    incomplete: Counter[str]
    empty: tuple[tuple[Path, int], ...]
    failures: tuple[Failure, ...]
    repeated: frozenset[Failure]
    passed_over: Counter[str]

    @property
    def new_failures(self) -> tuple[Failure, ...]:
        """The failures that earlier runs did not have."""
        return tuple(each for each in self.failures if each not in self.repeated)


def command(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Files and folders to read.", show_default=False)],
    engine: Annotated[str | None, typer.Option(help="The engine that reads (see notes plugins).")] = None,
    language: Annotated[str | None, typer.Option(help="ISO 639 code of the pages' language.")] = None,
    reader: Annotated[str | None, typer.Option(help="The reader it reads with (see notes readers).")] = None,
    threshold: Annotated[
        str | None, typer.Option(help="Percent that accepts a line, of a new index; see notes threshold.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Pages read at the same time.", min=1)] = None,
    pdf_text: PdfText = None,
    password_file: PasswordFile = None,
    reread: Annotated[bool, typer.Option("--reread", help="Read again what other settings have read.")] = False,
    prune: Prune = False,
    prune_emptied: PruneEmptied = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read or forgotten.")] = False,
    index: Index = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    as_child: Annotated[
        bool,
        typer.Option("--as-child", hidden=True, help="Say that it begins, and each file; stop when the input ends."),
    ] = False,
) -> None:
    """Read the pages under PATHS that are new or changed, and make them searchable."""
    flags = {
        "engine": engine,
        "language": language,
        "reader": reader,
        "threshold": threshold,
        "workers": workers,
        "pdf_text": pdf_text,
        "index": index,
    }
    settings = load_settings(context, flags)
    registry = load_plugins(settings)
    decision = decide(settings, registry)
    job = make_job(settings, decision.engines, paths, passwords=read_passwords(password_file), reread=reread)
    began = time.monotonic()
    pruning = Pruning(prune or prune_emptied, prune_emptied)
    if dry_run:
        (reports, passed_over), pruned = _plan(settings, registry, job, pruning)
        interrupted = False
    else:
        say(f"reading with {engines_text(decision)} into {display(settings.index)}")
        (reports, passed_over), pruned, interrupted = _read(settings, registry, job, pruning, as_child=as_child)
    tally = _tally(reports, passed_over)
    say_pruned(pruned, pruning, dry_run=dry_run)
    if as_json:
        plan = {"would_read": [str(path) for path in _to_read(reports)]} if dry_run else {}
        emit_json(
            {
                **_json(settings, tally, time.monotonic() - began),
                **plan,
                **pruned_json(pruned, pruning, dry_run=dry_run),
            }
        )
    elif dry_run:
        _print_plan(tally, _to_read(reports))
    else:
        _print_tally(tally, interrupted=interrupted)
    if interrupted:
        raise typer.Exit(Exit.INTERRUPTED)
    if tally.new_failures or (pruning.asked and pruned.away):
        raise typer.Exit(Exit.SOME_FAILED)


def make_job(
    settings: Settings,
    engines: tuple[EngineChoice, ...],
    paths: list[Path],
    *,
    passwords: tuple[str, ...] = (),
    reread: bool = False,
) -> Job:
    """The job that the settings and flags ask for."""
    return Job(
        paths=tuple(paths),
        engines=engines,
        source_options=SourceOptions(passwords, settings.pdf_text, settings.max_pixels),
        thresholds=settings.thresholds,
        plugin_folder=settings.plugin_folder,
        workers=settings.workers,
        page_timeout=settings.page_timeout,
        reread=reread,
    )


def engines_text(decision: Decision) -> str:
    """The engines with their versions and why it is these, for people."""
    names = " + ".join(f"{each.engine.name} {each.engine.version}".strip() for each in decision.engines)
    return f"{names} ({decision.reason})"


def _plan(settings: Settings, registry: Registry, job: Job, pruning: Pruning) -> tuple[_Found, Prunable]:
    if is_gone(settings.index / FILE_NAME):
        return _parted(pipeline.plan(job.paths, None, registry, job)), _NOTHING
    with Catalog(settings.index) as catalog:
        found = _parted(pipeline.plan(job.paths, catalog, registry, job))
        return found, prunable(job.paths, catalog.places(), emptied=pruning.emptied)


def _parted(found: Iterable[FileReport | PassedOver]) -> _Found:
    reports: list[FileReport] = []
    passed_over: Counter[str] = Counter()
    for each in found:
        if isinstance(each, PassedOver):
            passed_over[each.kind] += 1
        else:
            reports.append(each)
    return reports, passed_over


def _read(
    settings: Settings, registry: Registry, job: Job, pruning: Pruning, *, as_child: bool
) -> tuple[_Found, Prunable, bool]:
    from indexer.search import SearchIndex

    _check_thresholds(settings)
    with (
        indexing(settings.index),
        Catalog(settings.index, create=True) as catalog,
        _stoppable(with_input=as_child) as stopping,
    ):
        if as_child:
            typer.echo("reading")
        search, former = SearchIndex(settings.index / "search"), catalog.former()
        # Closed whatever ends the block: what was read is kept then, while the catalogue is still open.
        with progress() as show, closing(pipeline.index(job, catalog, search, registry, stopping)) as events:
            found = _parted(_told(events, show, as_child=as_child))
        pruned = _NOTHING
        if not stopping():  # what lies elsewhere now was looked for
            pruned = (
                pipeline.prune(job, catalog, search, emptied=pruning.emptied)
                if pruning.asked
                else prunable(job.paths, catalog.places())
            )
        for path, lines in sorted(catalog.former().items() - former.items()):
            say(f"{former_line(path, lines)}; its picture is not known to be the same (notes review --orphans)")
        return found, pruned, stopping()


def _told(
    events: Iterable[FileReport | Progress | PassedOver | Behind],
    show: Callable[..., None],
    *,
    as_child: bool,
) -> Iterator[FileReport | PassedOver]:
    """What becomes of the files, told to the user as it happens, or to the process that started this one."""
    for event in events:
        if isinstance(event, Progress):
            show(event.done, event.expected)
            continue
        if isinstance(event, Behind):
            say(f"{event.reason}; what was read is kept, and can be searched when the next command has time")
            continue
        yield event
        if isinstance(event, FileReport):
            if as_child:
                typer.echo(event.path.name)
            for failure in event.failures:
                if failure not in event.repeated:
                    warn(failure_line(failure))


def _check_thresholds(settings: Settings) -> None:
    """Keep a run from judging an index by other thresholds than its own: they are changed on purpose, for all lines."""
    if is_gone(settings.index / FILE_NAME):
        return
    with Catalog(settings.index) as catalog:
        own = catalog.thresholds
    if settings.thresholds.default == own.default:
        return
    origin = settings.origins["threshold"]
    asked, kept = (f"{round(each * 100, 6):g}" for each in (settings.thresholds.default, own.default))
    remedy = f"notes threshold {asked} judges all its lines by the other"
    if origin == "flag":
        raise UsageError(f"the index {display(settings.index)} has the threshold {kept} %, not {asked} %", f"{remedy}.")
    if origin != "default":
        say(f"{origin} says threshold {asked} %, the index keeps its {kept} %; {remedy}")


@contextmanager
def _stoppable(*, with_input: bool) -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C asks to stop after the pages in hand, the second stops at once. ``with_input`` the end of the
    standard input, which comes too when the process that started this one is gone, asks as the first."""
    asked = threading.Event()
    if with_input:
        threading.Thread(target=_at_the_end_of_input, args=(asked,), daemon=True).start()

    def on_signal(_number: int, _frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        os.write(2, b"finishing the pages in hand (Ctrl-C again to drop them)\n")  # a signal may come while one prints

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _at_the_end_of_input(asked: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):  # not through its buffer, whose lock Python wants when it ends
        pass
    asked.set()


def _tally(reports: list[FileReport], passed_over: Counter[str]) -> _Tally:
    lines: Counter[Status] = Counter()
    incomplete: Counter[str] = Counter()
    for report in reports:
        lines.update(report.lines)
        incomplete.update(report.incomplete)
    return _Tally(
        files=Counter(report.state for report in reports),
        pages=sum(report.pages for report in reports),
        unreached=sum(report.unreached for report in reports if report.state == "read"),
        lines=lines,
        incomplete=incomplete,
        empty=tuple((report.path, page) for report in reports for page in report.empty),
        failures=tuple(failure for report in reports for failure in report.failures),
        repeated=frozenset(failure for report in reports for failure in report.repeated),
        passed_over=passed_over,
    )


def _json(settings: Settings, tally: _Tally, seconds: float) -> dict[str, object]:
    return {
        "schema": 1,
        "index": str(settings.index),
        "files": {state: tally.files[state] for state in ("read", "skipped", "failed", "unreached")},
        "pages": tally.pages,
        "pages_unreached": tally.unreached,
        "lines": {status.value: tally.lines[status] for status in (Status.ACCEPTED, Status.REVIEW, Status.UNKNOWN)},
        "pages_without_text": [{"path": str(path), "page": page} for path, page in tally.empty],
        "pages_incomplete": dict(tally.incomplete.most_common()),
        "passed_over": dict(tally.passed_over.most_common()),
        "failures": [
            {
                "path": str(f.path),
                "page": f.page,
                "kind": f.kind,
                "message": f.message,
                "new": f not in tally.repeated,
            }
            for f in tally.failures
        ],
        "seconds": round(seconds, 3),
    }


def failure_line(failure: Failure) -> str:
    """A failure for people: the file, the page, what happened."""
    page = "" if failure.page is None else f", page {failure.page}"
    return f"{display(failure.path)}{page}: {failure.message}"


def _to_read(reports: list[FileReport]) -> list[Path]:
    return [report.path for report in reports if report.state == "read"]


def _print_plan(tally: _Tally, to_read: list[Path]) -> None:
    for path in to_read:
        stdout().print(display(path), soft_wrap=True)
    for failure in tally.failures:
        warn(failure_line(failure))
    say(f"would read {amount(tally.files['read'], 'file')}; {tally.files['skipped']} in the index already")
    _say_passed_over(tally)


def _say_passed_over(tally: _Tally) -> None:
    kinds = sorted(tally.passed_over.items(), key=lambda kind: (-kind[1], kind[0]))
    if kinds:
        named = ", ".join(f"{number} {kind}" for kind, number in kinds[:_KINDS])
        rest = sum(number for _, number in kinds[_KINDS:])
        more = f", {rest} others" if rest else ""
        say(f"{amount(tally.passed_over.total(), 'other file')} passed over: {named}{more}")


def _print_tally(tally: _Tally, *, interrupted: bool) -> None:
    say(
        f"{'interrupted: ' if interrupted else ''}{amount(tally.files['read'], 'file')} read "
        f"({amount(tally.pages, 'page')}), "
        f"{tally.files['skipped']} already in the index, {tally.files['failed']} failed"
    )
    waiting = tally.lines[Status.REVIEW] + tally.lines[Status.UNKNOWN]
    say(
        f"{amount(tally.lines[Status.ACCEPTED], 'line')} accepted, {waiting} waiting for review "
        "(notes review, notes search --all)"
    )
    if tally.empty:
        named = ", ".join(f"{display(path)} page {page}" for path, page in tally.empty[:_KINDS])
        more = ", …" if len(tally.empty) > _KINDS else ""
        say(f"nothing was read on {amount(len(tally.empty), 'page')}: {named}{more}")
    _say_passed_over(tally)
    for reason, pages in tally.incomplete.items():
        say(f"{amount(pages, 'page')} incomplete: {reason}")
    if tally.files["unreached"] or tally.unreached:
        others = f" and {amount(tally.unreached, 'page')} of others" if tally.unreached else ""
        say(f"{amount(tally.files['unreached'], 'file')}{others} not reached; run it again to go on")
    if tally.new_failures:
        file = log_file()
        log = f"; the log says more: {display(file)}" if file else ""
        say(f"{amount(len(tally.new_failures), 'failure')}, listed above; everything else was kept{log}")
    if tally.repeated:
        say(f"{amount(len(tally.repeated), 'failure')} as before (notes status lists them)")
