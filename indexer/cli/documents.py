"""``notes documents``: the documents in the index, and how each stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.as_json import description_json
from indexer.archive.describing import in_a_line
from indexer.archive.expecting import words_wrong
from indexer.archive.naming import documents_named
from indexer.catalog import Catalog
from indexer.cli._output import amount, emit_json, note, percent, shown
from indexer.cli._session import load_settings
from indexer.values import Description
from indexer.values.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexer.catalog import Document, Sureness
    from indexer.values import Failure

_HEAD = f"{'pages':>9}  {'lines':>7}  {'to review':>9}  {'words wrong':>11}  name"


def command(
    context: typer.Context,
    pattern: str,
    index: Path | None,
    as_json: bool,
) -> None:
    """List the documents: their pages, their lines, how many wait for review, and how many words are probably wrong."""
    settings = load_settings(context, {"index": index})
    with Catalog(settings.index) as catalog:
        found = documents_named(catalog, pattern) if pattern else catalog.documents()
        sureness = catalog.sureness(each.id for each in found)
        unread = [each.path for each in found if each.pages is None or each.read < each.pages]
        failures = catalog.failures_at(unread)
        called = catalog.called([each.path for each in found])
        said = catalog.descriptions(each.sha256 for each in found)
    if as_json:
        known = [said.get(each.sha256, Description()) for each in found]
        of = [_json(each, sureness[each.id], failures, about) for each, about in zip(found, known, strict=True)]
        emit_json({"schema": 1, "documents": of})
    elif found:
        rows = [_row(each, sureness[each.id], failures, called, said.get(each.sha256)) for each in found]
        typer.echo("\n".join([_HEAD, *rows]))
    if not found:
        note("there is no document in the index yet: notes index FOLDER")
        raise typer.Exit(Exit.NOTHING_FOUND)
    pages, waiting = sum(each.read for each in found), sum(each.waiting for each in found)
    note(f"{amount(len(found), 'document')}, {amount(pages, 'page')}, {amount(waiting, 'line')} to review")


def _row(
    document: Document,
    sureness: Sequence[Sureness],
    failures: Sequence[Failure],
    called: Mapping[Path, str],
    description: Description | None,
) -> str:
    """A document for people, and below it what it is, and why pages of it could not be read."""
    pages = str(document.read)
    if document.pages not in (None, document.read):
        pages += f" of {document.pages}"
    wrong = words_wrong(sureness)
    said = "-" if wrong is None else f"about {percent(wrong)}"
    lines = sum(each.lines for each in sureness)
    row = f"{pages:>9}  {lines:>7}  {document.waiting:>9}  {said:>11}  {shown(document.path, called)}"
    own = [each for each in failures if each.path == document.path]
    empty = [f"nothing was read on {amount(document.empty, 'of its pages')}"] if document.empty else []
    about = [] if description is None else list(filter(None, [in_a_line(description)]))
    failed = [f"{'' if each.page is None else f'page {each.page}: '}{each.message}" for each in own]
    told = [*about, *failed, *empty]
    return "\n".join([row, *(f"{'':>44}{each}" for each in told)])


def _json(
    document: Document, sureness: Sequence[Sureness], failures: Sequence[Failure], description: Description
) -> dict[str, object]:
    return {
        "id": document.id,
        "name": document.name,
        "path": str(document.path),
        "sha256": document.sha256,
        "pages": document.pages,
        "read": document.read,
        "pages_without_text": document.empty,
        "lines": sum(each.lines for each in sureness),
        "waiting": document.waiting,
        "words_wrong": words_wrong(sureness),
        "description": description_json(description),
        "failures": [{"page": each.page, "message": each.message} for each in failures if each.path == document.path],
    }
