"""``notes export``: what stands in the archive, for other programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from indexer.cli._output import amount, display, note, say, say_strays, warn
from indexer.cli._progress import progress
from indexer.cli._session import open_archive
from indexer.cli.index import failure_line
from indexer.values import Failure
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.archive.entries import Exported
    from indexer.archive.library import Archive
    from indexer.catalog import DocumentPage
    from indexer.values import TablePage

_NAMED = 3
"""The most pages that are named in a sentence."""


def command(
    context: typer.Context, pattern: str, form: str, to: Path | None, index: Path | None, as_json: bool
) -> None:
    """Write the pages that match PATTERN, or the entries of the tables on them, a row an entry."""
    from indexer.archive.entries import FORMATS
    from indexer.archive.exporting import write_new

    with open_archive(context, {"index": index}) as archive:
        if form not in FORMATS and not as_json:
            _pages(archive, pattern, form, to)
            return
        strays = archive.tables.strays()
        made = archive.tables.export(pattern, "json" if as_json else form)
    if made.pages and to is not None:
        write_new(to, made.text.encode("utf-8", "backslashreplace"))
        say(f"written: {display(to)}")
    elif made.pages:
        sys.stdout.write(made.text)
    _say_what_is_missing(made)
    say_strays(strays)
    if not made.pages:
        raise typer.Exit(Exit.NOTHING_FOUND)


def _pages(archive: Archive, pattern: str, form: str, to: Path | None) -> None:
    """Write pages into a folder; a single one is printed where no folder is named."""
    pages = archive.pages_matching(pattern)
    if to is None and len(pages) > 1:
        raise UsageError(f"{len(pages)} pages match {pattern}", "Name a folder for their files: --to FOLDER.")
    if to is None:
        sys.stdout.buffer.write(archive.export(pages[0], form))
        return
    written = there = failed = 0
    with progress() as show:
        for number, made in enumerate(archive.export_pages(pattern, form, to), 1):
            if isinstance(made, Failure):
                failed += 1
                warn(failure_line(made))
            else:
                there += made.there
                written += not made.there
            show(number, len(pages))
    say(f"{amount(written, 'page')} written to {display(to)}")
    if there:
        say(f"{amount(there, 'file')} there already, left as they are: delete what is to be written anew")
    if failed:
        raise typer.Exit(Exit.SOME_FAILED)


def _say_what_is_missing(made: Exported) -> None:
    note(f"{amount(made.entries, 'entry').replace('entrys', 'entries')} on {amount(made.pages, 'page')}")
    if made.without:
        note(f"no table on {amount(len(made.without), 'page')}: {_names(made.without)}")
    if made.own:
        note(
            f"{amount(len(made.own), 'page')} with columns of their own, unlike those of the volume: {_names(made.own)}"
        )
    if made.outside:
        note(f"{amount(made.outside, 'line')} outside of the tables, which notes show FILE:PAGE has")


def _names(pages: Sequence[DocumentPage | TablePage]) -> str:
    more = len(pages) - _NAMED
    named = ", ".join(f"{display(page.path)}:{_number(page)}" for page in pages[:_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _number(page: DocumentPage | TablePage) -> int:
    from indexer.values import TablePage

    return page.page if isinstance(page, TablePage) else page.number
