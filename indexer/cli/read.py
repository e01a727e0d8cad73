"""``notes read``: read files and print the lines, without an index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexer.cli._output import amount, display, emit_json, note, percent, say, stdout, warn
from indexer.cli._session import PasswordFile, PdfText, open_archive, read_passwords
from indexer.cli.index import engines_text, failure_line
from indexer.recognition.unkept import ReadPage
from indexer.text.folding import clean
from indexer.values import Status
from indexer.values.errors import Exit
from indexer.values.thresholds import judge

if TYPE_CHECKING:
    from indexer.values import Reading
    from indexer.values.thresholds import Thresholds


def command(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Files and folders to read.", show_default=False)],
    engine: Annotated[str | None, typer.Option(help="The engine that reads (see notes plugins).")] = None,
    language: Annotated[str | None, typer.Option(help="ISO 639 code of the pages' language.")] = None,
    reader: Annotated[str | None, typer.Option(help="The reader it reads with (see notes readers).")] = None,
    threshold: Annotated[str | None, typer.Option(help="Percent of confidence that accepts a line.")] = None,
    enhance: Annotated[bool, typer.Option("--enhance", help="Look again at lines that are hard to read.")] = False,
    pdf_text: PdfText = None,
    password_file: PasswordFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the lines as JSON.")] = False,
) -> None:
    """Read FILES and print each line with its confidence; nothing is kept."""
    flags = {"engine": engine, "language": language, "reader": reader, "threshold": threshold, "pdf_text": pdf_text}
    pages, failed = [], False
    with open_archive(context, flags) as archive:
        decision, passwords = archive.engines, read_passwords(password_file)
        say(f"reading with {engines_text(decision)}")
        thresholds = archive.settings.thresholds
        for event in archive.read(*files, enhance=enhance, passwords=passwords):
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


def _status(reading: Reading, thresholds: Thresholds) -> Status:
    return judge(reading.line.confidence, reading.origin, thresholds)


def _json(event: ReadPage, thresholds: Thresholds) -> dict[str, object]:
    return {
        "path": str(event.path),
        "page": event.reading.number,
        "engine": event.engine,
        "incomplete": event.reading.incomplete is not None,
        "lines": [
            {
                "text": clean(reading.line.text),
                "confidence": reading.line.confidence,
                "status": _status(reading, thresholds).value,
                "box": reading.line.box.xywh,
            }
            for reading, *_ in event.reading.lines
        ],
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
    for reading, *_ in page.lines:
        sure = percent(reading.line.confidence).replace(" ", "")
        if reading.line.confidence is None:
            sure = reading.origin.engine
        out.print(f"{_KINDS[_status(reading, thresholds)]} ({sure}): {clean(reading.line.text)}", soft_wrap=True)
    if page.incomplete:
        note(f"page {page.number} is incomplete after {amount(len(page.lines), 'line')}: {page.incomplete}")
