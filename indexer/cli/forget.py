"""``notes forget``: documents that are not to be found any more, and how they come back."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.forgetting import check_one_deed, forgotten_named, with_inside
from indexer.archive.naming import documents_named
from indexer.cli._asking import confirmed, is_asked
from indexer.cli._output import amount, display, emit_json, note, say
from indexer.cli._session import open_archive
from indexer.system.days import span
from indexer.translation import _
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.archive.library import Archive
    from indexer.catalog import Document, Forgotten

_NAMED = 10
"""Most documents that are named before it is asked."""


def command(
    context: typer.Context,
    pattern: str,
    undo: bool,
    list_: bool,
    delete_before: str | None,
    sure: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Forget documents: they are not found any more, and their files are left alone and not read again.

    What was read and what people said is set aside: --undo brings it back, --delete-before deletes it for good.
    """
    check_one_deed(pattern, undo, list_, delete_before is not None)
    with open_archive(context, {"index": index}) as archive:
        if list_:
            found = archive.forgotten()
        elif undo:
            found = forgotten_named(archive.catalog, pattern)
            archive.bring_back(found)
        elif delete_before is not None:
            found = _deleted(archive, delete_before, sure=sure)
        else:
            named = documents_named(archive.catalog, pattern)
            found = _forgotten(archive, with_inside(archive.catalog, named), sure=sure)
        left = {each.sha256 for each in archive.forgotten()}
        replaced = [each for each in found if undo and each.deed and archive.catalog.document_of(each.sha256) is None]
    state = "forgotten" if list_ or not (undo or delete_before) else "brought back" if undo else "deleted for good"
    if as_json:
        emit_json({"schema": 1, "state": state, "documents": [_json(each) for each in found]})
    else:
        _print(found, state)
    if undo and not as_json:
        _say_read_anew([each for each in found if not each.deed])
        for each in replaced:
            note(f"another file lies at {display(each.path)} now: notes review --orphans lists what people said of it")
    if not found and not left:
        raise typer.Exit(Exit.NOTHING_FOUND)


def _forgotten(archive: Archive, documents: Sequence[Document], *, sure: bool) -> list[Forgotten]:
    for each in documents[:_NAMED]:
        say(f"  {each.name}, {amount(each.read, 'page')}: {display(each.path)}")
    if len(documents) > _NAMED:
        say(f"  and {len(documents) - _NAMED} more")
    _ask(
        f"Forget {amount(len(documents), 'document')}? Their files stay, and notes forget --undo brings them back", sure
    )
    return archive.forget(documents)


def _deleted(archive: Archive, day: str, *, sure: bool) -> list[Forgotten]:
    first, _ = span(day, None, ("--delete-before", ""))
    before = datetime.fromtimestamp(first or 0.0, timezone.utc).isoformat(timespec="seconds")
    found = [each for each in archive.forgotten() if each.deed and each.forgotten_at < before]
    said = sum(each.said for each in found)
    if found:
        what = f"what was read of {amount(len(found), 'document')}, and what people said of {amount(said, 'line')}"
        _ask(f"Delete for good {what}? It cannot be brought back", sure)
    return archive.delete_for_good(before)


def _ask(question: str, sure: bool) -> None:
    """Ask before anything is done, unless that is not wanted."""
    if sure:
        return
    if not is_asked():
        raise UsageError(_("nobody can be asked here whether that is meant"), _("Nothing was changed. If it is: --yes"))
    confirmed(f"{question}.", default=False)


def _print(found: Sequence[Forgotten], state: str) -> None:
    if found:
        typer.echo("\n".join(map(_row, found)))
    said = sum(each.said for each in found)
    note(f"{amount(len(found), 'document')} {state}, with what people said of {amount(said, 'line')}")
    if state == "forgotten" and found:
        note("notes forget --undo PATTERN brings them back")


def _row(document: Forgotten) -> str:
    aside = "" if document.deed else "; what was read was deleted for good"
    day = document.forgotten_at[:10]
    return f"{document.name}, {amount(document.pages, 'page')}, forgotten {day}{aside}: {display(document.path)}"


def _say_read_anew(found: Sequence[Forgotten]) -> None:
    if found:
        note(f"what was read of {len(found)} of them was deleted for good: the next notes index reads them anew")


def _json(document: Forgotten) -> dict[str, object]:
    return {
        "name": document.name,
        "path": str(document.path),
        "sha256": document.sha256,
        "pages": document.pages,
        "verdicts": document.said,
        "forgotten_at": document.forgotten_at,
        "set_aside": bool(document.deed),
    }
