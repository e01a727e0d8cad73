"""``notes export``: what stands in the archive, for other programs."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.exporting import writing_new
from indexer.cli._output import amount, display, note, say, say_strays, warn
from indexer.cli._progress import progress
from indexer.cli._session import open_archive
from indexer.cli.index import failure_line
from indexer.translation import _
from indexer.values import Failure
from indexer.values.errors import Exit, MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.archive.entries import Exported
    from indexer.archive.library import Archive
    from indexer.archive.page_files import Export
    from indexer.catalog import DocumentPage
    from indexer.values import Only, TablePage

_NAMED = 3
"""The most pages that are named in a sentence."""


def command(
    context: typer.Context,
    pattern: str,
    form: str,
    to: Path | None,
    only: Only,
    readings: bool,
    hits: str | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Write the pages that match PATTERN, or all, or the entries of the tables on them, a row an entry."""
    from indexer.archive.entries import FORMATS

    if as_json and form not in FORMATS:
        raise UsageError(
            _("--json is about the entries of tables, and --as %(form)s about pages", form=form),
            _("Leave out --json; --as jsonl has all that is known of pages."),
        )
    with open_archive(context, {"index": index}) as archive:
        if form not in FORMATS:
            _pages(archive, archive.exports.plan(pattern, form, only=only, readings=readings, hits=hits), to)
        elif only != "all" or readings or hits:
            raise UsageError(
                _("--only, --readings and --hits are about pages, and these are entries of tables"),
                _("Name a format of pages, as with --as lines."),
            )
        else:
            _entries(archive, pattern, "json" if as_json else form, to)


def _entries(archive: Archive, pattern: str, form: str, to: Path | None) -> None:
    """Write the entries of tables."""
    from indexer.archive.exporting import write_new

    strays = archive.tables.strays()
    made = archive.tables.export(pattern, form)
    if made.pages and to is not None:
        write_new(to, made.text.encode("utf-8", "backslashreplace"))
        say(f"written: {display(to)}")
    elif made.pages:
        sys.stdout.write(made.text)
    _say_what_is_missing(made)
    say_strays(strays)
    if not made.pages:
        raise typer.Exit(Exit.NOTHING_FOUND)


def _pages(archive: Archive, plan: Export, to: Path | None) -> None:
    """Write pages into a folder, or a file for all of them; a single file is printed where no folder is named."""
    if plan.chosen.form.scope == "all":
        _rows(archive, plan, to)
    elif to is None and len(plan.files) > 1:
        raise UsageError(
            _("%(pages)s pages match", pages=len(plan.pages)), _("Name a folder for their files: --to FOLDER.")
        )
    elif to is None and plan.chosen.form.beside:
        raise UsageError(
            _("%(title)s has files beside it", title=plan.chosen.form.title), _("Name a folder for them: --to FOLDER.")
        )
    elif to is None:
        with tempfile.TemporaryDirectory() as folder:
            for made in archive.exports.files(plan, Path(folder)):
                if isinstance(made, Failure):
                    raise MissingError(made.message)
                sys.stdout.buffer.write(made.path.read_bytes())
                _say_left_out(made.left_out, plan)
    else:
        _files(archive, plan, to)


def _rows(archive: Archive, plan: Export, to: Path | None) -> None:
    left_out = 0
    with ExitStack() as opened:
        stream = sys.stdout.buffer if to is None else opened.enter_context(writing_new(to))
        show = opened.enter_context(progress())
        for number, (data, out) in enumerate(archive.exports.rows(plan), 1):
            stream.write(data)
            left_out += out
            show(number, len(plan.pages))
    if to is not None:
        say(f"{amount(len(plan.pages), 'page')} written to {display(to)}")
    _say_left_out(left_out, plan)


def _files(archive: Archive, plan: Export, to: Path) -> None:
    written = there = failed = left_out = 0
    with progress() as show:
        done = 0
        for made in archive.exports.files(plan, to):
            if isinstance(made, Failure):
                failed, done = failed + 1, done + 1
                warn(failure_line(made))
            else:
                there += made.there
                written += 0 if made.there else made.pages
                left_out, done = left_out + made.left_out, done + made.pages
            show(done, len(plan.pages))
    say(f"{amount(written, 'page')} written to {display(to)}")
    _say_left_out(left_out, plan)
    if there:
        say(f"{amount(there, 'file')} there already, left as they are: delete what is to be written anew")
    if failed:
        raise typer.Exit(Exit.SOME_FAILED)


def _say_left_out(lines: int, plan: Export) -> None:
    """What --only leaves out, and what the format cannot hold."""
    if lines:
        why = "no person settled them" if plan.chosen.only == "human" else "they wait for review"
        note(f"{amount(lines, 'line')} left out: {why}")
    if plan.chosen.readings and not plan.chosen.form.several:
        note(f"{plan.chosen.form.title} holds one reading of a line: the others are left out")


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
