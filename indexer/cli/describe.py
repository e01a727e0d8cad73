"""``notes describe``: what documents are: their titles, dates, places, people, shelfmarks, tags and notes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.as_json import document_json
from indexer.archive.describing import field_named
from indexer.archive.naming import documents_named
from indexer.cli._description_table import told
from indexer.cli._output import amount, emit_json, note, shown, stdout
from indexer.cli._session import open_archive
from indexer.text.edtf import spoken
from indexer.text.folding import printable
from indexer.translation import _
from indexer.values import DESCRIPTION_FIELDS, Change
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indexer.archive.library import Archive
    from indexer.catalog import Document
    from indexer.values import Description, DescriptionField, SaidBy, Statement

_FROM: dict[SaidBy, str] = {"person": "", "table": "from a table", "file": "from the file", "name": "from its name"}


def command(
    context: typer.Context,
    pattern: str,
    title: str | None,
    date: str | None,
    place: list[str] | None,
    person: list[str] | None,
    shelfmark: str | None,
    tag: list[str] | None,
    note: str | None,
    remove: list[str] | None,
    table: Path | None,
    undo: bool,
    history: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Say what documents are, or show it: title, date, places, people, shelfmark, tags and a note.

    Of several documents the same is said; --table says of each what stands in its row. --undo takes back what was said
    last, of all documents without a pattern.
    """
    single: dict[DescriptionField, str | None] = {"title": title, "date": date, "shelfmark": shelfmark, "note": note}
    several: dict[DescriptionField, list[str] | None] = {"place": place, "person": person, "tag": tag}
    changes = [
        *(Change(name, (value,)) for name, value in single.items() if value is not None),
        *(Change(name, tuple(values), "add") for name, values in several.items() if values),
        *map(_removal, remove or ()),
    ]
    if undo + history + bool(changes) + bool(table) > 1 or (bool(pattern) == bool(table) and not undo):
        raise UsageError(
            _("say of what, and one thing"), _("notes describe PATTERN, with fields, --history or --undo.")
        )
    with open_archive(context, {"index": index}) as archive:
        if table:
            raise typer.Exit(told(archive.describe_from(table), as_json=as_json))
        documents = documents_named(archive.catalog, pattern) if pattern else []
        changed = _done(archive, documents, changes, undo=undo)
        if undo and not pattern:
            found = (archive.catalog.document_of(each) for each in changed)
            documents = [each for each in found if each is not None]
        _show(archive, documents, as_json=as_json, history=history)
        if undo or changes:
            _note_changed(len(changed), undo=undo)
        elif not any(archive.descriptions(documents).values()):
            _nothing_said()


def _done(archive: Archive, documents: Sequence[Document], changes: Sequence[Change], *, undo: bool) -> list[str]:
    """Do what is asked for; the contents of the documents that are described otherwise then."""
    if undo:
        return archive.undo_description(documents or None)
    return archive.describe(documents, *changes) if changes else []


def _note_changed(number: int, *, undo: bool) -> None:
    done = "as before" if undo else "changed"
    note(
        f"{amount(number, 'document')} {done}" + ("" if undo or not number else "; notes describe --undo takes it back")
    )


def _nothing_said() -> None:
    note("nothing was said of it yet: notes describe PATTERN --title … --date …")
    raise typer.Exit(Exit.NOTHING_FOUND)


def _removal(text: str) -> Change:
    name, value = field_named(text)
    return Change(name, (value,) if value else (), "remove")


def _show(archive: Archive, documents: Sequence[Document], *, as_json: bool, history: bool) -> None:
    said = archive.descriptions(documents)
    statements = {each.sha256: archive.statements(each) if history else [] for each in documents}
    if as_json:
        rows = [_json(each, said[each.sha256], statements[each.sha256], history=history) for each in documents]
        emit_json({"schema": 1, "documents": rows})
        return
    called = archive.catalog.called([each.path for each in documents])
    for each in documents:
        lines = [shown(each.path, called)]
        lines += map(_told, statements[each.sha256]) if history else described(said[each.sha256])
        stdout().print("\n    ".join(lines), soft_wrap=True)


def described(description: Description) -> Iterator[str]:
    """A description for people, a line a value."""
    for name in DESCRIPTION_FIELDS:
        origin = _FROM[description.said_by.get(name, "person")]
        for value in description.of(name):
            words = spoken(value) if name == "date" else value
            meant = f" = {words}" if words != value else ""
            text = value.replace("\n", "\n" + " " * 16)
            yield f"{name:<10}  {text}{meant}" + (f"  ({origin})" if origin else "")


def _told(statement: Statement) -> str:
    """A statement of the history, for people."""
    values = "; ".join(statement.values) or "(removed)"
    undone = f"  (taken back {statement.undone_at})" if statement.undone_at else ""
    origin = ", ".join(filter(None, (_FROM.get(statement.said_by, ""), printable(statement.who))))
    return f"{statement.said_at}  {statement.name:<10}  {values}{f'  ({origin})' if origin else ''}{undone}"


def _json(
    document: Document, description: Description, statements: Sequence[Statement], *, history: bool
) -> Mapping[str, object]:
    told = [
        {
            "field": each.name,
            "values": list(each.values),
            "said_by": each.said_by,
            "person": each.who or None,
            "said_at": each.said_at,
            "undone_at": each.undone_at,
        }
        for each in statements
    ]
    return document_json(document, description) | ({"history": told} if history else {})
