"""Takes in what documents are from a table: CSV with a row a document, and the names of fields at its head."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.archive.describing import checked
from indexer.text.folding import clean, display
from indexer.translation import _
from indexer.values import DESCRIPTION_FIELDS, SEVERAL, Change
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from indexer.catalog import Document
    from indexer.values import DescriptionField

_HEADS = {
    "file": "file filename document image path name digitalobjectpath",
    "title": "title titel titre titolo titulo titulu",
    "date": "date dates datum data fecha eventdates dcdate",
    "place": "place places ort orte lieu lieux luogo placeaccesspoints",
    "person": "person persons people persone personen personnes name(s) author creator sender recipient eventactors "
    "nameaccesspoints autor absender empfanger",
    "shelfmark": "shelfmark signature signatur cote segnatura identifier referencecode callnumber",
    "tag": "tag tags keyword keywords subject subjects schlagwort schlagworte subjectaccesspoints",
    "note": "note notes description scopeandcontent bemerkung remarque abstract",
}
"""What the columns of tables are called, without blanks and signs, and which fields they are; also by AtoM."""
_FIELD_OF = {head: field for field, heads in _HEADS.items() for head in heads.split()}
_LARGEST, _MOST_ROWS = 50_000_000, 200_000
"""Most bytes and rows of a table."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table: its number in the file, the document that it names, what it says of it, and what of that makes
    no sense, with the reason. One that names a unit of the archive may have several documents."""

    number: int
    file: str
    changes: tuple[Change, ...]
    refused: tuple[str, ...] = ()
    is_unit: bool = False


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a table: the documents that are described otherwise now, how many rows had a document, rows of
    which none or several documents have the name, rows of which something makes no sense, columns that are no field,
    and how many units of a finding aid have no document here."""

    changed: tuple[str, ...]
    matched: int
    unmatched: tuple[TableRow, ...]
    several: tuple[TableRow, ...]
    refused: tuple[TableRow, ...]
    unknown: tuple[str, ...]
    absent: int = 0


def content_of(path: Path) -> bytes:
    """What is in the file of a table; raises ``UsageError`` if it cannot be read."""
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(_("%(display)s is too large for a table", display=display(path)), _("Split it."))
        return path.read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(
            _("%(display)s cannot be read: %(why)s", display=display(path), why=why), _("Give a CSV file.")
        ) from error


def read_table(content: bytes, path: Path) -> tuple[list[TableRow], tuple[str, ...]]:
    """The rows of a table, and the heads of its columns that are no field.

    Raises ``UsageError`` if it cannot be read, or no column says which document a row is of.
    """
    rows = _rows(content)
    heads = next(rows, [])
    fields = [_FIELD_OF.get("".join(filter(_counts, head.casefold()))) for head in heads]
    if "file" not in fields or len(set(fields) - {None}) < 2:
        raise UsageError(
            _(
                "%(display)s has no column that says which document a row is of, or nothing beside it",
                display=display(path),
            ),
            _("Name the columns in the first row: file,title,date,person,place,tag,shelfmark,note."),
        )
    unknown = tuple(clean(head) for head, field in zip(heads, fields, strict=True) if field is None and head.strip())
    read = (_row(number, row, fields) for number, row in enumerate(rows, 2) if any(cell.strip() for cell in row))
    return [each for each in read if each.file or each.changes], unknown


def documents_of(rows: Iterable[TableRow], documents: Iterable[Document]) -> dict[int, list[Document]]:
    """The documents that rows name, by the numbers of the rows: by the end of their path, with or without suffix, or
    by the name that they came with."""
    named = by_name(documents)
    return {row.number: named.get(row.file.replace("\\", "/").strip("/").casefold(), []) for row in rows}


def by_name(documents: Iterable[Document]) -> dict[str, list[Document]]:
    """Documents by each end of their path, and by the name that they came with, with and without suffix; folded."""
    named: dict[str, dict[int, Document]] = {}
    for document in documents:
        parts = [*document.path.parts[1:-1], document.path.name]
        names = {"/".join(parts[at:]) for at in range(len(parts))} | {document.name}
        for name in names | {name.removesuffix(document.path.suffix) for name in names}:
            named.setdefault(name.casefold(), {})[document.id] = document
    return {name: list(found.values()) for name, found in named.items()}


def _counts(char: str) -> bool:
    return char.isalnum() or char in "()"


def _rows(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator)):
            if number > _MOST_ROWS:
                return
            yield row
    except csv.Error as error:
        raise UsageError(_("the table cannot be read: %(why)s", why=error), _("Save it as CSV.")) from error


def _row(number: int, row: list[str], fields: list[str | None]) -> TableRow:
    file, values = "", dict[str, list[str]]()
    for field, cell in zip(fields, row, strict=False):
        if field == "file":
            file = file or cell.strip()
        elif field is not None and cell.strip():
            values.setdefault(field, []).append(cell)
    said = {field: tuple(values_in(field, values[field])) for field in DESCRIPTION_FIELDS if field in values}
    return TableRow(number, file, *changes_of(said))


def changes_of(said: Mapping[DescriptionField, tuple[str, ...]]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """What is said of fields as changes, and why something is none."""
    changes, refused = [], []
    for field, values in said.items():
        try:
            changes.append(checked(Change(field, values)))
        except UsageError as error:
            refused.append(error.whole)
    return tuple(changes), tuple(refused)


def values_in(field: DescriptionField, cells: Sequence[str]) -> Iterator[str]:
    """The values in the cells of a field: several are parted by ``|`` or ``;``."""
    if field not in SEVERAL:
        yield "\n".join(cells) if field == "note" else cells[0]
        return
    for cell in cells:
        yield from filter(None, (each.strip() for each in cell.replace("|", ";").split(";")))
