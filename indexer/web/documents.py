"""The list of documents, and that of what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from indexer.archive.describing import dates, in_a_line
from indexer.archive.remedies import nothing_read, remedy
from indexer.catalog.rows import ADDED
from indexer.text.edtf import DateError, parsed, spoken
from indexer.translation import _
from indexer.values.errors import UsageError
from indexer.web.pages import Numbered, Served, page
from indexer.web.shelves import folder_address, shelf_of
from indexer.web.views import Turn, failures_by_path, pictures_of

if TYPE_CHECKING:
    from indexer.catalog import Catalog, Document
    from indexer.web.shelves import Shelf

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
ROWS = 100
"""Documents or failures on one page of a list."""
FIRST = 20
"""Failures that the page of documents names."""
_FACETS = 12
"""Most values of a field that are offered."""
_USUAL = {"sort": "path", "view": "table"}
_Field = Literal["date", "person", "place", "tag"]
Value = Annotated[str, Query(max_length=1000)]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which documents are listed: those in a folder, with a tag, a person, a place, a date; in which order, and how."""

    within: str
    tag: str
    person: str
    place: str
    date: str
    sort: Literal["path", "date"]
    view: Literal["table", "gallery"]

    @property
    def fields(self) -> dict[_Field, str]:
        """What is asked for of each field."""
        asked: list[tuple[_Field, str]] = [
            ("date", self.date),
            ("person", self.person),
            ("place", self.place),
            ("tag", self.tag),
        ]
        return {name: text for name, text in asked if text}

    def address(self, folder: Shelf, **changed: str) -> str:
        """The address of this list with some values changed; empty ones are left out."""
        values: dict[str, str] = dict(self.fields.items())
        values |= {"sort": self.sort, "view": self.view, **changed}
        kept = urlencode({name: text for name, text in values.items() if text and text != _USUAL.get(name)})
        return f"{folder.address}{('&' if '?' in folder.address else '?') if kept else ''}{kept}"

    def documents(self, catalog: Catalog, folder: Shelf) -> list[int] | None:
        """The numbers of the documents in their order; ``None`` for all of the folder."""
        if not self.fields:
            return None
        fitting = [
            _dated(catalog, text) if name == "date" else catalog.documents_valued(name, text)
            for name, text in self.fields.items()
        ]
        found = catalog.ids_among(frozenset.intersection(*fitting), folder.path)
        return catalog.by_date(found) if self.sort == "date" else found


def _dated(catalog: Catalog, text: str) -> frozenset[int]:
    try:
        spans = parsed(text).spans
    except DateError:
        raise UsageError(
            _("%(text)s is no date", text=repr(text[:60])), _("Write: %(dates)s.", dates=dates())
        ) from None
    return frozenset().union(*(catalog.documents_dated(*span) for span in spans))


def _chosen(
    within: Annotated[str, Query(alias="in", max_length=4000)] = "",
    tag: Value = "",
    person: Value = "",
    place: Value = "",
    date: Value = "",
    sort: Annotated[Literal["path", "date"], Query()] = "path",
    view: Annotated[Literal["table", "gallery"], Query()] = "table",
) -> Chosen:
    tag, person, place, date = (" ".join(each.split()) for each in (tag, person, place, date))
    return Chosen(within, tag, person, place, date, sort, view)


@router.get("/documents")
def documents(
    request: Request, served: Served, chosen: Annotated[Chosen, Depends(_chosen)], p: Numbered = 1
) -> Response:
    """What the archive holds, or what lies in a folder, as far as it is what is asked for."""
    with served.catalog() as catalog:
        counts = catalog.counts()
        folder = shelf_of(catalog, chosen.within)
        wanted = chosen.documents(catalog, folder)
        found = _page_of(catalog, folder, wanted, chosen.sort, p)
        unread = [each.path for each in found if each.pages is None or each.read < each.pages]
        about = catalog.descriptions(each.sha256 for each in found)
        failures = catalog.failures(FIRST)
        names = catalog.names(each.path for each in failures)
        narrowed = wanted
        if wanted is None and folder.path is not None and folder.total < counts.documents:
            narrowed = catalog.ids_in(folder.path)
        shown = {
            "elsewhere": catalog.elsewhere(found),
            "failed": failures_by_path(catalog.failures_at(unread)),
            "forgotten": len(catalog.forgotten()),
            "about": {key: in_a_line(each) for key, each in about.items()},
            "facets": served.facets(catalog, narrowed, _FACETS),
            "pictures": pictures_of(catalog, found) if chosen.view == "gallery" else {},
        }
    total = folder.total if wanted is None else len(wanted)
    return page(
        *(request, "documents.html"),
        **shown,
        remedy=remedy,
        documents=found,
        failures=[(names[each.path], each) for each in failures],
        counts=counts,
        folder=folder,
        chosen_of=chosen,
        total=total,
        spoken=spoken,
        folder_address=folder_address,
        added=served.settings.index / ADDED,
        turn=Turn(chosen.address(folder), p, -(-total // ROWS)),
        formats=served.formats.values(),
    )


def _page_of(catalog: Catalog, folder: Shelf, wanted: list[int] | None, sort: str, number: int) -> list[Document]:
    """The documents on a page of the list."""
    start = (number - 1) * ROWS
    if wanted is None and sort == "path":
        return folder.documents(catalog, ROWS, start)
    shown = catalog.ids_by_date(folder.path, ROWS, start) if wanted is None else wanted[start : start + ROWS]
    return [catalog.document(each) for each in shown]


@router.get("/failures")
def failures(request: Request, served: Served, p: Numbered = 1) -> Response:
    """What could not be read, and why."""
    with served.catalog() as catalog:
        total = catalog.counts().failures
        found = catalog.failures(ROWS, (p - 1) * ROWS)
        names = catalog.names(each.path for each in found)
        empty = sorted(catalog.pages_without_text(ROWS), key=lambda each: (each.path, each.number))
        empty_total = catalog.counts().empty
    return page(
        *(request, "failures.html"),
        failures=[(names[each.path], each) for each in found],
        total=total,
        turn=Turn("/failures", p, -(-total // ROWS)),
        remedy=remedy,
        added=served.settings.index / ADDED,
        empty=empty,
        empty_total=empty_total,
        nothing_read=nothing_read(),
    )
