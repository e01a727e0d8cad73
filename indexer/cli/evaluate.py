"""``notes evaluate``: how well pages with ground truth are read and found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from indexer.api.registry import Registry
from indexer.archive.indexing import make_job
from indexer.cli._output import display, emit_json, say, stdout, warn
from indexer.cli._progress import progress
from indexer.cli._session import load_plugins, load_settings
from indexer.cli.index import failure_line
from indexer.recognition.choice import decide
from indexer.recognition.reports import FileReport, Job, Progress
from indexer.values.errors import Exit


def command(
    context: typer.Context,
    folders: Annotated[list[Path], typer.Argument(help="Folders of pages with ground truth.", show_default=False)],
    engine: Annotated[str | None, typer.Option(help="The engine that reads (see notes plugins).")] = None,
    language: Annotated[str | None, typer.Option(help="ISO 639 code of the pages' language.")] = None,
    reader: Annotated[str | None, typer.Option(help="The reader it reads with (see notes readers).")] = None,
    before: Annotated[
        str | None,
        typer.Option(
            help="Read everything with this reader first: what comes of words that only it read?", show_default=False
        ),
    ] = None,
    threshold: Annotated[str | None, typer.Option(help="Percent of confidence that accepts a line.")] = None,
    workers: Annotated[int | None, typer.Option(help="Pages read at the same time.", min=1)] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the figures as PNG files in this folder.", metavar="DIR", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure reading, confidence and search on pages that have ALTO or PAGE XML beside them."""
    from indexer.evaluation.evaluate import Evaluation, evaluate
    from indexer.evaluation.plots import draw, prepare

    if plot is not None:
        prepare(plot)
    flags = {"engine": engine, "language": language, "reader": reader, "threshold": threshold, "workers": workers}
    # What is measured is the reading of the ink, not text that a file brought along.
    settings = load_settings(context, {**flags, "pdf_text": "ignore"})
    registry = load_plugins(settings)
    job = make_job(settings, decide(settings, registry).engines, folders)
    earlier = _with_reader(context, flags, before, folders, registry) if before is not None else None
    measured = Evaluation((), {})
    failed = False
    with progress() as show:
        for event in evaluate(folders, job, registry, earlier):
            if isinstance(event, Progress):
                show(event.done, event.expected)
            elif isinstance(event, Evaluation):
                measured = event
            elif isinstance(event, FileReport):
                failed |= _warned(event)
    figures = measured.figures()
    if as_json:
        emit_json(figures)
    else:
        _print(figures)
    if plot is not None:
        for file in draw(plot, figures, *measured.curves()):
            say(f"drawn: {display(file)}")
    if failed:
        raise typer.Exit(Exit.SOME_FAILED)


def _with_reader(
    context: typer.Context, flags: dict[str, Any], reader: str, folders: list[Path], registry: Registry
) -> Job:
    """The job that reads the pages with another reader."""
    settings = load_settings(context, {**flags, "reader": reader, "pdf_text": "ignore"})
    return make_job(settings, decide(settings, registry).engines, folders)


def _warned(report: FileReport) -> bool:
    for failure in report.failures:
        warn(failure_line(failure))
    return bool(report.failures)


def _print(figures: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))  # all of it within 80 columns
    names = ("pages", "lines", "CER", "folded", "recall", "precision", "accepted", "ECE", "mAP", "gAP", "s/page")
    table.add_column("", overflow="fold")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for name, part in {**figures["collections"], "all": figures}.items():
        read, found = part["reading"], part["search"]["transcript"]
        table.add_row(
            *(name, str(part["pages"]), str(part["lines"]), _share(read["cer"]), _share(read["cer_folded"])),
            *(_share(read["word_recall"]), _share(read["word_precision"]), _share(read["accepted"]["share"])),
            *(_share(part["confidence"]["ece"]), _share(found["map"]), _share(found["gap"])),
            f"{part['seconds_per_page'] or 0:.1f}",
        )
    stdout().print(table)
    if "replaced" in figures:
        part = figures["replaced"]["ink_normal"]
        stdout().print(
            f"read before and not now: {part['words']} words in their lines; {part['shown']} are shown, "
            f"at {_share(part['promised'])} on the average, and {_share(part['precision'])} of these are right"
        )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
