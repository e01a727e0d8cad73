"""``notes read``: read files and print the lines, without an index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.as_json import blocks_json, failure_json
from indexer.cli._output import amount, display, emit_json, note, percent, say, stdout, warn
from indexer.cli._progress import progress
from indexer.cli._session import open_archive, read_passwords
from indexer.cli.index import engines_text, failure_line, stoppable
from indexer.recognition.reports import Progress
from indexer.recognition.unkept import ReadPage
from indexer.text.folding import clean
from indexer.translation import _
from indexer.values import Failure, Status
from indexer.values.errors import Exit, UsageError
from indexer.values.thresholds import judge

if TYPE_CHECKING:
    from indexer.archive.carrying import BundleReport
    from indexer.archive.library import Archive
    from indexer.values import Reading
    from indexer.values.thresholds import Thresholds


def command(
    context: typer.Context,
    files: list[Path],
    engine: str | None,
    language: str | None,
    model: str | None,
    threshold: str | None,
    thorough: bool | None,
    pdf_text: str | None,
    sidecar_text: str | None,
    password_file: Path | None,
    workers: int | None,
    bundle: Path | None,
    part: str | None,
    as_json: bool,
) -> None:
    """Read FILES and print each line with its confidence; nothing is kept, unless in bundles."""
    reading = {"engine": engine, "language": language, "model": model, "thorough": thorough}
    texts = {"pdf_text": pdf_text, "sidecar_text": sidecar_text}
    flags = {**reading, **texts, "threshold": threshold, "workers": workers}
    if bundle is not None:
        with open_archive(context, flags) as archive:
            _bundle(archive, bundle, files, part or "1/1", read_passwords(password_file), as_json=as_json)
        return
    if part is not None:
        raise UsageError(_("--part shares out what is read into bundles"), _("Give --bundle DIR with it."))
    if sidecar_text is not None:
        raise UsageError(_("--sidecar-text is about text beside pages in bundles"), _("Give --bundle DIR with it."))
    pages, failed = [], False
    with open_archive(context, flags) as archive:
        decision, passwords = archive.engines, read_passwords(password_file)
        say(f"reading with {engines_text(decision)}")
        thresholds = archive.settings.thresholds
        for event in archive.read(*files, passwords=passwords):
            if not isinstance(event, ReadPage):
                failed = True
                warn(failure_line(event))
            elif as_json:
                pages.append(_json(event, thresholds))
            else:
                _print(event, thresholds)
    if as_json:
        emit_json({"schema": 1, "pages": pages})
    if failed:
        raise typer.Exit(Exit.SOME_FAILED)


def _bundle(
    archive: Archive, folder: Path, files: list[Path], part: str, passwords: tuple[str, ...], *, as_json: bool
) -> None:
    """Read files into bundles, and tell what came of it."""
    say(f"reading with {engines_text(archive.engines)} into bundles in {display(folder)}")
    with stoppable(with_input=False) as stopping, progress() as show:

        def hear(event: Progress | Failure) -> None:
            if isinstance(event, Failure):
                warn(failure_line(event))
            else:
                show(event.done, event.expected)

        report = archive.read_into(folder, *files, part=part, passwords=passwords, hear=hear, stopping=stopping)
    if as_json:
        emit_json({"schema": 1, "bundles_in": str(folder), **_report_json(report)})
    else:
        say(
            f"{'interrupted: ' if report.interrupted else ''}{amount(report.pages, 'page')} read into "
            f"{amount(report.bundles, 'bundle')}, {report.there} there already, {len(report.failures)} failed"
        )
        say(f"take them into an index: notes merge {display(folder)} --files PATH")
    if report.interrupted:
        raise typer.Exit(Exit.INTERRUPTED)
    if report.failures:
        raise typer.Exit(Exit.SOME_FAILED)


def _report_json(report: BundleReport) -> dict[str, object]:
    return {
        "pages_read": report.pages,
        "bundles": report.bundles,
        "pages_there": report.there,
        "passed_over": dict(report.passed_over.most_common()),
        "failures": [failure_json(each) for each in report.failures],
    }


def _status(reading: Reading, thresholds: Thresholds) -> Status:
    return judge(reading.line.confidence, reading.origin, thresholds)


def _json(event: ReadPage, thresholds: Thresholds) -> dict[str, object]:
    return {
        "path": str(event.path),
        "page": event.reading.number,
        "engine": event.engine,
        "turned": event.reading.turned,
        "incomplete": event.reading.incomplete is not None,
        "lines": [
            {
                "text": clean(reading.line.text),
                "confidence": reading.line.confidence,
                "status": _status(reading, thresholds).value,
                "box": reading.line.box.xywh,
                "block": None if reading.line.block is None else reading.line.block.number,
            }
            for reading, *__ in event.reading.lines
        ],
        "blocks": blocks_json(reading.line.block for reading, *__ in event.reading.lines),
    }


_KINDS = {
    Status.ACCEPTED: "Accepted",
    Status.REVIEW: "Low-confidence line",
    Status.UNKNOWN: "Line of unknown confidence",
}


def _print(event: ReadPage, thresholds: Thresholds) -> None:
    page = event.reading
    out = stdout()
    note(f"{display(event.path)}, page {page.number}")
    for reading, *__ in page.lines:
        sure = percent(reading.line.confidence).replace(" ", "")
        if reading.line.confidence is None:
            sure = reading.origin.engine
        out.print(f"{_KINDS[_status(reading, thresholds)]} ({sure}): {clean(reading.line.text)}", soft_wrap=True)
    if page.incomplete:
        note(f"page {page.number} is incomplete after {amount(len(page.lines), 'line')}: {page.incomplete}")
