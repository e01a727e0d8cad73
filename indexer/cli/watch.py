"""``notes watch``: follow folders and read what comes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.watching import Followed, check_folders, follow, to_read
from indexer.catalog.folder import check_index
from indexer.cli._output import display, say, warn
from indexer.cli._progress import progress
from indexer.cli._prune import pruned_json, say_pruned
from indexer.cli._session import open_archive, read_passwords
from indexer.cli.index import engines_text, print_report, report_json, stoppable, telling
from indexer.system.changes import changes
from indexer.system.drives import is_remote
from indexer.system.paths import named
from indexer.values.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.archive.indexing import IndexReport
    from indexer.archive.library import Archive
    from indexer.values.errors import NotesError


def command(
    context: typer.Context,
    folders: list[Path],
    engine: str | None,
    language: str | None,
    model: str | None,
    workers: int | None,
    pdf_text: str | None,
    sidecar_text: str | None,
    thorough: bool | None,
    password_file: Path | None,
    prune: bool,
    poll: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Read FOLDERS, and then what comes into them as soon as it is written, until Ctrl-C."""
    flags = {
        "engine": engine,
        "language": language,
        "model": model,
        "workers": workers,
        "pdf_text": pdf_text,
        "sidecar_text": sidecar_text,
        "thorough": thorough,
        "index": index,
    }
    roots, passwords = tuple(map(named, folders)), read_passwords(password_file)
    check_folders(roots)
    with open_archive(context, flags) as archive, stoppable(with_input=False) as stopping:
        say(f"reading with {engines_text(archive.engines)} into {display(archive.folder)}")
        say(f"following {', '.join(map(display, roots))} (Ctrl-C ends it)")
        followed = Followed(roots, archive.registry, archive.folder)
        told: set[Path] = set()
        has_index = False

        def read(paths: Sequence[Path]) -> None:
            nonlocal has_index
            found = to_read(paths, roots)
            if found:
                if has_index:
                    check_index(archive.folder)
                with progress() as show:
                    report = archive.index(
                        *found, prune=prune, passwords=passwords, hear=telling(show, as_child=False), stopping=stopping
                    )
                has_index = True
                _tell(archive, report, told, as_json=as_json)

        follow(followed, changes(roots, stopping, poll=poll or any(map(is_remote, roots))), read, _trouble)
    raise typer.Exit(Exit.INTERRUPTED)


def _trouble(error: NotesError) -> None:
    warn(f"{error.message}; it is tried again")


def _tell(archive: Archive, report: IndexReport, told: set[Path], *, as_json: bool) -> None:
    """Say what a run did, if it did something. Files that are gone are named once."""
    if not set(report.pruned.gone) <= told:
        say_pruned(report)
        told.update(report.pruned.gone)
    if as_json:
        typer.echo(json.dumps({**report_json(archive.folder, report), **pruned_json(report)}))
    elif report.files["read"] or report.new_failures or report.interrupted:
        print_report(report)
