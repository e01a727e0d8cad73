"""``notes merge``: take what was read elsewhere into the index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.cli._output import amount, emit_json, say, warn
from indexer.cli._progress import progress
from indexer.cli._session import open_archive, read_passwords
from indexer.cli.index import failure_line, report_json, say_forgotten, stoppable, telling
from indexer.values import Status
from indexer.values.errors import Exit

if TYPE_CHECKING:
    from indexer.archive.carrying import MergeReport

_NAMED = 8
"""Most files that are named; the rest is counted."""


def command(
    context: typer.Context,
    bundles: list[Path],
    files: list[Path] | None,
    sidecar_text: str | None,
    other_settings: bool,
    password_file: Path | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Take the pages in BUNDLES, which notes read --bundle made, into the index.

    Each page goes to the files with its content. Merging the same again changes nothing.
    """
    with open_archive(context, {"index": index, "sidecar_text": sidecar_text}) as archive:
        with stoppable(with_input=False) as stopping, progress() as show:
            report = archive.merge(
                *bundles,
                files=files or (),
                other_settings=other_settings,
                passwords=read_passwords(password_file),
                hear=telling(show, as_child=False),
                stopping=stopping,
            )
        folder = archive.folder
    for refused in report.refused:
        warn(failure_line(refused))
    if as_json:
        emit_json({**report_json(folder, report.index), **_json(report)})
    else:
        _print(report)
    if report.index.interrupted:
        raise typer.Exit(Exit.INTERRUPTED)
    if report.left_undone:
        raise typer.Exit(Exit.SOME_FAILED)


def _json(report: MergeReport) -> dict[str, object]:
    return {
        "bundles": report.bundles,
        "pages_in_bundles": report.pages,
        "pages_there": report.there,
        "pages_read_otherwise": report.otherwise,
        "pages_unread": report.unread,
        "bundles_refused": [{"path": str(each.path), "message": each.message} for each in report.refused],
        "files_absent": dict(report.absent.most_common()),
    }


def _print(report: MergeReport) -> None:
    index = report.index
    say(
        f"{'interrupted: ' if index.interrupted else ''}{amount(report.pages, 'page')} in "
        f"{amount(report.bundles, 'bundle')}: {index.pages} taken, {report.there} in the index already"
    )
    say(
        f"{amount(index.lines[Status.ACCEPTED], 'line')} accepted, {index.waiting} waiting for review "
        "(notes review, notes search --all)"
    )
    if report.absent:
        names = ", ".join(name for name, _ in report.absent.most_common(_NAMED))
        more = ", …" if len(report.absent) > _NAMED else ""
        say(
            f"{amount(report.absent.total(), 'page')} not taken, since no file here has the content of "
            f"{names}{more}; --files PATH says where they lie"
        )
    if report.otherwise:
        say(
            f"{amount(report.otherwise, 'page')} not taken: read with another text beside the page, or another way up; "
            "notes index reads them here"
        )
    if report.unread:
        say(f"{amount(report.unread, 'page')} of these files in no bundle; notes index reads them")
    say_forgotten(index)
    if report.refused:
        say(f"{amount(len(report.refused), 'bundle')} refused, listed above; the others were taken")
