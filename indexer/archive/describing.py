"""Says what documents are: titles, dates, places, people, shelfmarks, tags and notes, with their history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.archive.part import Part
from indexer.text.edtf import DateError, parsed, spoken
from indexer.text.folding import clean, no_letter
from indexer.translation import _
from indexer.values import DESCRIPTION_FIELDS, SEVERAL, Change, Description
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from indexer.archive.description_table import TakenIn
    from indexer.catalog import Document
    from indexer.values import DescriptionField, SearchResult, Statement

_LETTERS, _LETTERS_OF_NOTE, _VALUES = 1_000, 50_000, 500
"""Most letters of a value and of a note, and most values of a field."""


class DescribingDocuments(Part):
    """The part of an open archive that says what documents are."""

    def descriptions(self, documents: Iterable[Document]) -> dict[str, Description]:
        """What each of the documents is, by ``Document.sha256``."""
        asked = [each.sha256 for each in documents]
        found = self.catalog.descriptions(asked)
        return {each: found.get(each, Description()) for each in asked}

    def described(self, result: SearchResult, most: int = 20) -> list[tuple[Document, Description]]:
        """The documents of which people said what was searched for, with what they are: at most so many."""
        documents = [self.catalog.document(each) for each in result.described[:most]]
        known = self.descriptions(documents)
        return [(each, known[each.sha256]) for each in documents]

    def describe(
        self, documents: Iterable[Document], *changes: Change, seen: Mapping[str, int] | None = None
    ) -> list[str]:
        """Say something of documents; gives the ``sha256`` of those that are described otherwise than before.

        ``seen`` has the revisions of their descriptions that a person saw: raises ``ConflictError`` if somebody changed
        one since, and ``UsageError`` for a value that makes no sense. Then nothing is changed.
        """
        wanted = [checked(each) for each in changes]
        changed = self.catalog.describe({each.sha256: wanted for each in documents}, seen=seen)
        self._followed([])
        return changed

    def describe_from(self, table: str | Path) -> TakenIn:
        """Take in what a table says of documents (CSV, a row a document), or a finding aid (EAD). What a person said of
        a field stays.

        Raises ``UsageError`` if it cannot be read or no column names documents. ``undo_description`` takes it back.
        """
        from indexer.archive.description_table import TakenIn, content_of, documents_of, read_table
        from indexer.archive.finding_aid import documents_of_units
        from indexer.formats.ead import is_xml

        content, documents = content_of(Path(table)), self.catalog.documents()
        unknown: tuple[str, ...] = ()
        absent = 0
        if is_xml(content):
            rows, of, absent = documents_of_units(content, documents)
        else:
            rows, unknown = read_table(content, Path(table))
            of = documents_of(rows, documents)
        clear = [row for row in rows if len(of[row.number]) == 1 or row.is_unit]
        changes: dict[str, list[Change]] = {}
        for row in clear:
            for each in of[row.number]:
                changes.setdefault(each.sha256, []).extend(row.changes)
        changed = self.catalog.describe(changes, "table")
        self._followed([])
        return TakenIn(
            tuple(changed),
            sum(bool(of[row.number]) for row in clear),
            tuple(row for row in rows if not of[row.number]),
            tuple(row for row in rows if len(of[row.number]) > 1 and not row.is_unit),
            tuple(row for row in rows if row.refused),
            unknown,
            absent,
        )

    def undo_description(self, documents: Sequence[Document] | None = None) -> list[str]:
        """Take back what was said last of all documents, or of each of these; the ``sha256`` of those it was said of.

        Raises ``MissingError`` when there is nothing to take back.
        """
        contents = None if documents is None else [each.sha256 for each in documents]
        undone = self.catalog.undo_description(contents)
        if not undone:
            raise MissingError(
                _("nothing was said of it that could be taken back"), _("notes describe PATTERN says something.")
            )
        self._followed([])
        return undone

    def statements(self, document: Document) -> list[Statement]:
        """All that was ever said of a document as a whole, the last first."""
        return self.catalog.statements(document.sha256)


def dates() -> str:
    """How dates are written, for messages."""
    return _("1843, 1843-08-02, 1843? (not sure), 1843~ (about), 18XX, 1914/1918 (from, to) or [1914..1918] (within)")


def in_a_line(description: Description) -> str:
    """The title, date, places, people, shelfmark and tags of a document in a line; empty if none is known."""
    date = spoken(description.date) if description.date else ""
    named = (description.title, date, *description.places, *description.people, description.shelfmark)
    return " · ".join(filter(None, (*named, *(f"#{each}" for each in description.tags))))


def checked(change: Change) -> Change:
    """A change as it is kept; raises ``UsageError`` for a value that makes no sense."""
    values = tuple(value for each in change.values if (value := _tidy(change.name, each)))
    several = change.name in SEVERAL
    if len(values) > (_VALUES if several else 1):
        raise UsageError(
            _("a document has at most %(most)s of these: %(name)s", most=_VALUES if several else 1, name=change.name),
            _("Nothing was changed."),
        )
    if change.how == "add" and not several:
        change = replace(change, how="set")
    if change.name == "date" and change.how == "set":
        values = tuple(map(_date, values))
    return replace(change, values=tuple(dict.fromkeys(values)))


def field_named(text: str) -> tuple[DescriptionField, str]:
    """A field, and the value behind a colon: ``person:Hooker``, ``title``. Raises ``UsageError`` for another field."""
    name, __, value = text.partition(":")
    for field in DESCRIPTION_FIELDS:
        if name.strip().casefold() == field:
            return field, value.strip()
    raise UsageError(
        _("there is no field %(clean)s", clean=repr(clean(name))),
        _(
            "The fields are %(description_fields)s: person, or person:NAME.",
            description_fields=", ".join(DESCRIPTION_FIELDS),
        ),
    )


def _tidy(field: DescriptionField, text: str) -> str:
    odd = no_letter(text)
    if odd is not None:
        raise UsageError(
            _("the %(field)s has something in it that is no letter: %(odd)s", field=field, odd=odd),
            _("Nothing was changed."),
        )
    lines = [clean(each) for each in text.splitlines()] if field == "note" else [clean(text)]
    tidy = "\n".join(lines).strip()
    most = _LETTERS_OF_NOTE if field == "note" else _LETTERS
    if len(tidy) > most:
        raise UsageError(
            _("the %(field)s is too long: %(tidy)s letters", field=field, tidy=len(tidy)),
            _("At most %(most)s are kept.", most=most),
        )
    return tidy


def _date(text: str) -> str:
    try:
        return parsed(text).text
    except DateError as error:
        hint = (
            _("Did you mean %(meant)s? Write: %(dates)s.", meant=error.meant, dates=dates())
            if error.meant
            else _("Write: %(dates)s.", dates=dates())
        )
        raise UsageError(_("%(text)s is no date", text=repr(clean(text)[:60])), hint) from None
