"""``notes index``: read what is new or changed under the given paths."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import typer

from indexer.archive.as_json import failure_json
from indexer.archive.indexing import Started
from indexer.cli._child import when_input_ends
from indexer.cli._output import amount, display, emit_json, former_line, say, stdout, warn
from indexer.cli._progress import progress
from indexer.cli._prune import pruned_json, say_pruned
from indexer.cli._session import open_archive, read_passwords
from indexer.recognition.discovery import FORGOTTEN
from indexer.recognition.reports import Behind, FileReport, Progress
from indexer.system.logs import log_file
from indexer.translation import _
from indexer.values import Failure, Status
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from indexer.archive.indexing import Event, IndexReport
    from indexer.archive.library import Archive
    from indexer.archive.second_look import SecondLook
    from indexer.recognition.choice import Decision


class _RunOptions(TypedDict):
    """What is asked of a run or of its plan."""

    reread: bool
    prune: bool
    emptied: bool
    passwords: tuple[str, ...]


_KINDS = 8
"""Most kinds of files that were passed over, and pages without text, that are named; the rest is counted."""


def command(
    context: typer.Context,
    paths: list[Path],
    engine: str | None,
    language: str | None,
    model: str | None,
    threshold: str | None,
    workers: int | None,
    pdf_text: str | None,
    sidecar_text: str | None,
    thorough: bool | None,
    minutes: float | None,
    password_file: Path | None,
    reread: bool,
    prune: bool,
    prune_emptied: bool,
    cluster: str | None,
    dry_run: bool,
    index: Path | None,
    as_json: bool,
    as_child: bool,
) -> None:
    """Read the pages under PATHS that are new or changed, and make them searchable."""
    flags = {
        "engine": engine,
        "language": language,
        "model": model,
        "threshold": threshold,
        "workers": workers,
        "pdf_text": pdf_text,
        "sidecar_text": sidecar_text,
        "thorough": thorough if minutes is None else False,  # what is new is read first
        "index": index,
    }
    if minutes is not None and not thorough:
        raise UsageError(_("--minutes says how long to look again at lines"), _("Give --thorough with it."))
    asked = _RunOptions(reread=reread, prune=prune, emptied=prune_emptied, passwords=read_passwords(password_file))
    script = None
    with open_archive(context, flags) as archive:
        if dry_run:
            from indexer.cluster.opening import job_script  # loaded only where it is asked for

            script = None if cluster is None else job_script(cluster, archive.folder)
            report, looked = archive.plan(*paths, **asked), None
        else:
            report, looked = _read(archive, paths, asked, minutes, cluster, as_child=as_child)
    _tell(report, looked, archive.folder, script, as_json=as_json)
    if report.interrupted:
        raise typer.Exit(Exit.INTERRUPTED)
    if report.left_undone:
        raise typer.Exit(Exit.SOME_FAILED)


def _read(
    archive: Archive,
    paths: Sequence[Path],
    asked: _RunOptions,
    minutes: float | None,
    cluster: str | None,
    *,
    as_child: bool,
) -> tuple[IndexReport, SecondLook | None]:
    """Read the pages and show the progress; then look again at doubtful lines for some minutes."""
    say(f"reading with {engines_text(archive.engines)} into {display(archive.folder)}")
    with stoppable(with_input=as_child) as stopping:
        with progress() as show:
            hear = telling(show, as_child=as_child)
            report = archive.index(*paths, **asked, hear=hear, stopping=stopping, cluster=cluster)
        if minutes is None or stopping():
            return report, None
        say("looking again at lines that wait, the pages that lack least first")
        looked = archive.look_again(
            *paths,
            minutes=minutes,
            passwords=asked["passwords"],
            hear=lambda failure: warn(failure_line(failure)),
            stopping=stopping,
        )
    return replace(report, interrupted=stopping()), looked


def _tell(report: IndexReport, looked: SecondLook | None, index: Path, script: str | None, *, as_json: bool) -> None:
    """Print what became of the files, or would become of them."""
    for path, lines in report.former.items():
        say(f"{former_line(path, lines)}; its picture is not known to be the same (notes review --orphans)")
    say_pruned(report)
    if as_json:
        plan = {"would_read": [str(path) for path in report.read]} if report.planned else {}
        again = {} if looked is None else {"looked_again": asdict(looked)}
        jobs = {} if script is None else {"job_script": script}
        emit_json({**report_json(index, report), **plan, **jobs, **pruned_json(report), **again})
    elif report.planned:
        _print_plan(report)
        if script is not None:
            say("the jobs would be submitted with this script:")
            typer.echo(script, err=True)
    else:
        print_report(report)
    if looked is not None and not as_json:
        say(
            f"looked again at {amount(looked.lines, 'line')} in {looked.seconds:.0f} s: {looked.surer} read more "
            f"surely; {looked.left} left that were not looked at again"
        )


def engines_text(decision: Decision) -> str:
    """The engines with their versions and the reason for the choice, for people."""
    names = " + ".join(f"{each.engine.name} {each.engine.version}".strip() for each in decision.engines)
    return f"{names} ({decision.reason})"


def telling(show: Callable[..., None], *, as_child: bool) -> Callable[[Event], None]:
    """Report on each file as it is done, to the user or to the process that started this one."""

    def tell(event: Event) -> None:
        if isinstance(event, Progress):
            show(event.done, event.expected)
        elif isinstance(event, Behind):
            say(f"{event.reason}; what was read is kept, and can be searched when the next command has time")
        elif isinstance(event, Started) and as_child:
            typer.echo("reading")
        elif isinstance(event, FileReport):
            if as_child:
                typer.echo(event.path.name)
            for failure in event.failures:
                if failure not in event.repeated:
                    warn(failure_line(failure))

    return tell


@contextmanager
def stoppable(*, with_input: bool) -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C stops after the pages in hand, the second at once.

    The end of the standard input (``with_input``) counts as a first Ctrl-C. It also comes when the process that started
    this one is gone.
    """
    asked = threading.Event()
    if with_input:
        when_input_ends(asked.set)

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


def report_json(index: Path, report: IndexReport) -> dict[str, object]:
    """What became of the files, for programs."""
    return {
        "schema": 1,
        "index": str(index),
        "files": {state: report.files[state] for state in ("read", "skipped", "failed", "unreached")},
        "pages": report.pages,
        "pages_unreached": report.unreached,
        "lines": {status.value: report.lines[status] for status in (Status.ACCEPTED, Status.REVIEW, Status.UNKNOWN)},
        "pages_without_text": [{"path": str(path), "page": page} for path, page in report.empty],
        "pages_turned": [{"path": str(path), "page": page} for path, page in report.turned],
        "pages_with_sidecar": report.sidecar,
        "pages_incomplete": dict(report.incomplete.most_common()),
        "described_from_files": report.metadata
        and {
            "changed": report.metadata.changed,
            "refused": [{"path": str(path), "why": why} for path, why in report.metadata.refused],
        },
        "described_from_names": report.names and {"fitting": report.names.fitting, "other": len(report.names.other)},
        "passed_over": dict(report.passed_over.most_common()),
        "failures": [failure_json(each, new=each not in report.repeated) for each in report.failures],
        "seconds": round(report.seconds, 3),
    }


def failure_line(failure: Failure) -> str:
    """A failure for people: the file, the page and what happened."""
    page = "" if failure.page is None else f", page {failure.page}"
    return f"{display(failure.path)}{page}: {failure.message}"


def _print_plan(report: IndexReport) -> None:
    for path in report.read:
        stdout().print(display(path), soft_wrap=True)
    for failure in report.failures:
        warn(failure_line(failure))
    say(f"would read {amount(report.files['read'], 'file')}; {report.files['skipped']} in the index already")
    _say_passed_over(report)


def _say_described(report: IndexReport) -> None:
    if report.metadata and report.metadata.changed:
        say(f"{amount(report.metadata.changed, 'document')} described by the metadata in their files")
        for path, why in report.metadata.refused[:_KINDS]:
            warn(f"{display(path)}: left out of what its metadata say: {why}")
    if report.names:
        say(f"the names of {amount(report.names.fitting, 'document')} say what these are (describe_from_names)")
    if report.names and report.names.other:
        named = ", ".join(map(display, report.names.other[:_KINDS]))
        more = ", …" if len(report.names.other) > _KINDS else ""
        say(f"{amount(len(report.names.other), 'document')} with a name that is not written so: {named}{more}")


def _say_passed_over(report: IndexReport) -> None:
    kinds = sorted(report.passed_over.items(), key=lambda kind: (-kind[1], kind[0]))
    if kinds:
        named = ", ".join(f"{number} {kind}" for kind, number in kinds[:_KINDS])
        rest = sum(number for _, number in kinds[_KINDS:])
        more = f", {rest} others" if rest else ""
        say(f"{amount(report.passed_over.total(), 'other file')} passed over: {named}{more}")
    say_forgotten(report)


def say_forgotten(report: IndexReport) -> None:
    """Say that what was forgotten is left alone, if there is some."""
    if report.passed_over[FORGOTTEN]:
        say("what was forgotten is not read again: notes forget --undo brings it back, notes forget --list names it")


def _named(pages: Sequence[tuple[Path, int]]) -> str:
    """How many pages there are, and some of them."""
    named = ", ".join(f"{display(path)} page {page}" for path, page in pages[:_KINDS])
    return f"{amount(len(pages), 'page')}: {named}{', …' if len(pages) > _KINDS else ''}"


def print_report(report: IndexReport) -> None:
    """What became of the files, for people."""
    say(
        f"{'interrupted: ' if report.interrupted else ''}{amount(report.files['read'], 'file')} read "
        f"({amount(report.pages, 'page')}), "
        f"{report.files['skipped']} already in the index, {report.files['failed']} failed"
    )
    say(
        f"{amount(report.lines[Status.ACCEPTED], 'line')} accepted, {report.waiting} waiting for review "
        "(notes review, notes search --all)"
    )
    if report.empty:
        say(f"nothing was read on {_named(report.empty)}")
    if report.sidecar:
        say(f"the text beside it was taken for {amount(report.sidecar, 'page')} (sidecar_text)")
    _say_described(report)
    if report.turned:
        say(f"turned, since they stood on their head or side: {_named(report.turned)}")
    _say_passed_over(report)
    for reason, pages in report.incomplete.items():
        say(f"{amount(pages, 'page')} incomplete: {reason}")
    if report.files["unreached"] or report.unreached:
        others = f" and {amount(report.unreached, 'page')} of others" if report.unreached else ""
        say(f"{amount(report.files['unreached'], 'file')}{others} not reached; run it again to go on")
    if report.new_failures:
        file = log_file()
        log = f"; the log says more: {display(file)}" if file else ""
        say(f"{amount(len(report.new_failures), 'failure')}, listed above; everything else was kept{log}")
    if report.repeated:
        say(f"{amount(len(report.repeated), 'failure')} as before (notes status lists them)")
