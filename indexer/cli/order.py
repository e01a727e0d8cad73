"""``notes order``: put lines of a page into another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from indexer.cli._output import display, emit_json, note, page_name, say, stdout
from indexer.cli._session import open_archive
from indexer.translation import _
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.catalog import DocumentPage


def command(
    context: typer.Context,
    lines: list[int],
    before: int | None,
    behind: int | None,
    blocks: bool,
    undo: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Put lines of a page one after the other: where the first of them stands, or --before or --behind another."""
    if undo and (len(lines) > 1 or blocks or before is not None or behind is not None):
        raise UsageError(
            _("--undo takes one line, and nothing else"), _("It takes back the order of the page of that line.")
        )
    with open_archive(context, {"index": index}) as archive:
        page = archive.catalog.page_of(lines[0])
        if undo:
            archive.undo_order(page)
        changed = undo or archive.order(page, lines, before=before, behind=behind, whole=blocks)
        rows = [(line.id, line.text) for line in archive.lines(page)]
    if as_json:
        told = {"path": str(page.path), "page": page.number, "changed": changed}
        emit_json({"schema": 1, **told, "lines": [{"id": line, "text": text} for line, text in rows]})
    else:
        _print(page, rows)
    if not changed:
        note("the lines stood in this order already")
        raise typer.Exit(Exit.NOTHING_FOUND)
    if not undo:
        note(f"notes order --undo {lines[0]} takes it back")


def _print(page: DocumentPage, rows: list[tuple[int, str]]) -> None:
    say(f"{display(page.path)}, {page_name(page.number, page.label)}:")
    for line, text in rows:
        stdout().print(f"  [{line}] {text}", soft_wrap=True)
