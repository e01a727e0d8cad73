"""``notes evaluate``: how well pages with ground truth are read, and how well their words are found."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from indexer.cli._output import display, emit_json, note, say, stdout, warn
from indexer.cli._progress import progress
from indexer.cli._session import open_archive
from indexer.cli.index import failure_line
from indexer.recognition.reports import FileReport, Progress
from indexer.values.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from indexer.archive.teaching import EvaluationEvent
    from indexer.values import Failure


class _Column(NamedTuple):
    """A column of the first table: what it means, and how its figure is taken from a collection."""

    name: str
    meaning: str
    figure: Callable[[dict[str, Any]], str]


COLUMNS = (
    _Column("pages", "pages with ground truth", lambda part: str(part["pages"])),
    _Column("lines", "lines of the ground truth", lambda part: str(part["lines"])),
    _Column(
        "CER", "share of letters that are wrong (character error rate)", lambda part: _share(part["reading"]["cer"])
    ),
    _Column(
        "folded", "the same, whatever the case, accents and signs", lambda part: _share(part["reading"]["cer_folded"])
    ),
    _Column(
        "order",
        "share of neighbouring lines that are read one after the other",
        lambda part: _share(part["reading"]["order"]),
    ),
    _Column("recall", "share of the words there that are read", lambda part: _share(part["reading"]["word_recall"])),
    _Column(
        "prec.",
        "share of the words read that are there (precision)",
        lambda part: _share(part["reading"]["word_precision"]),
    ),
    _Column(
        "accepted",
        "share of the lines read that are accepted",
        lambda part: _share(part["reading"]["accepted"]["share"]),
    ),
    _Column(
        "ECE",
        "how far confidences are off (expected calibration error)",
        lambda part: _share(part["confidence"]["ece"]),
    ),
    _Column(
        "mAP",
        "searching for every word in what was read: mean average precision",
        lambda part: _share(part["search"]["transcript"]["map"]),
    ),
    _Column("s/page", "seconds of reading a page", lambda part: f"{part['seconds_per_page'] or 0:.1f}"),
)
_WAYS = {
    "transcript": "what was read",
    "fuzzy": "what was read, one or two letters wrong",
    "ink_low": "the ink, reach low",
    "ink_normal": "the ink, reach normal",
    "ink": "the ink, reach high",
}
"""The ways of searching in the second table, in words."""


def command(
    context: typer.Context,
    folders: list[Path],
    engine: str | None,
    language: str | None,
    model: str | None,
    before: str | None,
    threshold: str | None,
    thorough: bool | None,
    workers: int | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Measure reading, confidence and search on pages that have ALTO or PAGE XML beside them."""
    from indexer.evaluation.plots import draw, prepare

    if plot is not None:
        prepare(plot)
    reading = {"engine": engine, "language": language, "model": model, "thorough": thorough}
    flags = {**reading, "threshold": threshold, "workers": workers}
    failures: list[Failure] = []
    with open_archive(context, flags) as archive, progress() as show:
        measured = archive.evaluate(*folders, before=before, hear=partial(_hear, show, failures))
    figures = measured.figures()
    if as_json:
        emit_json(figures)
    else:
        _print(figures)
    if plot is not None:
        for file in draw(plot, figures, *measured.curves()):
            say(f"drawn: {display(file)}")
    if failures:
        raise typer.Exit(Exit.SOME_FAILED)


def _hear(show: Callable[..., None], failures: list[Failure], event: EvaluationEvent) -> None:
    if isinstance(event, Progress):
        show(event.done, event.expected)
    elif isinstance(event, FileReport):
        for failure in event.failures:
            warn(failure_line(failure))
        failures += event.failures


def _print(figures: dict[str, Any]) -> None:
    """Print the figures as tables; what the columns mean goes to stderr."""
    parts = {**figures["collections"], "all": figures}
    _print_table(
        ["", *(column.name for column in COLUMNS)],
        [(name, *(column.figure(part) for column in COLUMNS)) for name, part in parts.items()],
    )
    stdout().print()
    ways = {words: figures["search"][way] for way, words in _WAYS.items() if way in figures["search"]}
    _print_table(
        ["searched", "mAP", "right", "found"],
        [
            (words, *(_share(part[name]) for name in ("map", "precision", "recall")))  # as the README has them
            for words, part in ways.items()
        ],
    )
    if "replaced" in figures:
        part = figures["replaced"]["ink_normal"]
        stdout().print(
            f"read before and not now: {part['words']} words in their lines; {part['shown']} are shown, "
            f"at {_share(part['promised'])} on the average, and {_share(part['precision'])} of these are right"
        )
    note("")
    for column in COLUMNS:
        say(f"{column.name:<11}{column.meaning}")
    say("right      share of the hits that are right")
    say("found      share of the words there that are found")


def _print_table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))  # all of it within 80 columns
    table.add_column(names[0], overflow="fold")
    for name in names[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    stdout().print(table)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
