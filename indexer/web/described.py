"""What documents are, as pages show it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from indexer.archive.describing import in_a_line
from indexer.text.edtf import spoken
from indexer.translation import _
from indexer.values import DESCRIPTION_FIELDS, DescriptionField, SaidBy
from indexer.web.views import pictures_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from indexer.catalog import Catalog
    from indexer.values import Description
    from indexer.web.search_request import SearchRequest

_LISTED: tuple[DescriptionField, ...] = ("date", "person", "place", "tag")
"""The fields by which the list of documents is narrowed."""
_FACETS = 8
"""Most values of a field by which what was found is narrowed."""
_QUOTES = re.compile('["“”„«»]')
_MOST = 20
"""Most documents that a search shows for what they are."""


def labels() -> dict[DescriptionField, str]:
    """What the fields are called."""
    return {
        "title": _("Title"),
        "date": _("Date"),
        "place": _("Places"),
        "person": _("People"),
        "shelfmark": _("Shelfmark"),
        "tag": _("Tags"),
        "note": _("Note"),
    }


def origins() -> dict[SaidBy, str]:
    """Where what is said of a document comes from, if not from a person."""
    return {"person": "", "table": _("from a table"), "file": _("from the file"), "name": _("from its name")}


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


@dataclass(frozen=True, slots=True)
class Facet:
    """A field by which what was found can be narrowed: values, each with the number of documents that have it and the
    address of the search among them."""

    label: str
    values: tuple[tuple[str, int, str], ...]


def shown_fields(description: Description) -> list[ShownField]:
    """The fields of a description, but for the title."""
    return [
        ShownField(
            labels()[name],
            tuple((spoken(text) if name == "date" else text, _address(name, text)) for text in description.of(name)),
            origins()[description.said_by.get(name, "person")],
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
    pictures = pictures_of(catalog, found)
    return [
        ShownDocument(each.id, each.name, in_a_line(about[each.sha256]), pictures.get(each.id, "")) for each in found
    ]


def facets_of(catalog: Catalog, documents: Collection[int], given: SearchRequest) -> list[Facet]:
    """By what the documents that a search found can be narrowed: decades, people, places and tags, each with the
    address of the search among those alone."""
    found = catalog.facets(documents, _FACETS) if documents else {}
    return [_facet(name, each, given) for name in _LISTED if (each := found.get(name))]


def _facet(name: DescriptionField, values: list[tuple[str, int]], given: SearchRequest) -> Facet:
    def shown(text: str) -> str:
        return spoken(text) if name == "date" else text

    addresses = [given.address(q=_narrowed(given.q, name, text), p=1) for text, _ in values]
    rows = zip(values, addresses, strict=True)
    label = _("Dates") if name == "date" else labels()[name]
    return Facet(label, tuple((shown(text), number, address) for (text, number), address in rows))


def _narrowed(query: str, name: DescriptionField, text: str) -> str:
    """A query among the documents that have a value alone. A decade is asked for by its years."""
    value = f"{text[:3]}0..{text[:3]}9" if name == "date" else '"' + _QUOTES.sub(" ", text).strip() + '"'
    whole = f"({query})" if " OR " in query else query
    return f"{whole} {name}:{value}"
