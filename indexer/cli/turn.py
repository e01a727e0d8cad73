"""``notes turn``: say which way up pages are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import typer

from indexer.archive.naming import page_named
from indexer.cli._output import amount, display, emit_json, page_name, stdout, warn
from indexer.cli._session import open_archive, read_passwords
from indexer.cli.index import failure_line
from indexer.values.errors import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.catalog import DocumentPage

WAYS: dict[str, Literal[90, 180, 270]] = {"right": 90, "over": 180, "left": 270}
"""Degrees clockwise."""


def command(
    context: typer.Context,
    way: str,
    pages: list[str],
    password_file: Path | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Turn pages that stand on their head or side from how they are shown, and read them again so."""
    with open_archive(context, {"index": index}) as archive:
        asked = [page_named(archive.catalog, each) for each in pages]
        report = archive.turn(asked, WAYS[way], read_passwords(password_file))
        turned = [archive.catalog.document_page(each.document, each.number) for each in asked]
        rows = [_json(each, len(archive.lines(each))) for each in turned]
    for failure in report.failures:
        warn(failure_line(failure))
    if as_json:
        emit_json({"schema": 1, "pages": rows})
    else:
        for page, row in zip(turned, rows, strict=True):
            where = f"{display(page.path)}, {page_name(page.number, page.label)}"
            stdout().print(f"{where}: {how(page.turned)}, {amount(int(row['lines']), 'line')}", soft_wrap=True)
    if report.failures:
        raise typer.Exit(Exit.SOME_FAILED)


def how(turned: int) -> str:
    """How a page stands, for people."""
    return f"turned by {turned}° from how its file has it" if turned else "as its file has it"


def _json(page: DocumentPage, lines: int) -> dict[str, int | str]:
    return {"path": str(page.path), "page": page.number, "turned": page.turned, "lines": lines}
