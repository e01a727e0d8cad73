"""What documents are, as pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from indexer.archive.describing import in_a_line
from indexer.text.edtf import spoken
from indexer.values import DESCRIPTION_FIELDS
from indexer.web.views import scan_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.catalog import Catalog
    from indexer.values import Description, DescriptionField, SaidBy

LABELS: dict[DescriptionField, str] = {
    "title": "Title",
    "date": "Date",
    "place": "Places",
    "person": "People",
    "shelfmark": "Shelfmark",
    "tag": "Tags",
    "note": "Note",
}
FROM: dict[SaidBy, str] = {"person": "", "table": "from a table", "file": "from the file", "name": "from its name"}
_LISTED = ("place", "person", "tag", "date")
"""The fields by which the list of documents is narrowed."""
_MOST = 20
"""Most documents that a search shows for what they are."""


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field for people: its values, each with the address of the list of documents that have it, if there is one, and
    where it is from."""

    label: str
    values: tuple[tuple[str, str], ...]
    origin: str


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document that was found for what it is; ``picture`` is the address of its first page, empty if none was
    read."""

    id: int
    name: str
    about: str
    picture: str


def shown_fields(description: Description) -> list[ShownField]:
    """The fields of a description, but for the title."""
    return [
        ShownField(
            LABELS[name],
            tuple((spoken(text) if name == "date" else text, _address(name, text)) for text in description.of(name)),
            FROM[description.said_by.get(name, "person")],
        )
        for name in DESCRIPTION_FIELDS[1:]
        if description.of(name)
    ]


def _address(name: DescriptionField, text: str) -> str:
    return f"/documents?{urlencode([(name, text)])}" if name in _LISTED else ""


def shown_documents(catalog: Catalog, documents: Sequence[int]) -> list[ShownDocument]:
    """Documents with what they are: not more than a page has room for."""
    found = [catalog.document(each) for each in documents[:_MOST]]
    about = catalog.descriptions(each.sha256 for each in found)
    firsts = {each.id: next(iter(catalog.document_pages(each.id, 1)), None) for each in found}
    return [
        ShownDocument(each.id, each.name, in_a_line(about[each.sha256]), scan_address(first, 320) if first else "")
        for each in found
        for first in (firsts[each.id],)
    ]
