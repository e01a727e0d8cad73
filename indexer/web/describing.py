"""The page on which it is said what a document is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from indexer.archive.describing import dates
from indexer.text.edtf import spoken
from indexer.translation import _
from indexer.values import DESCRIPTION_FIELDS, SEVERAL, Change
from indexer.values.errors import ConflictError, NotesError, UsageError
from indexer.web.described import labels, origins
from indexer.web.leafing import leaf_of
from indexer.web.pages import Number, Served, page
from indexer.web.views import explained

if TYPE_CHECKING:
    from indexer.catalog import Catalog, Document
    from indexer.values import DescriptionField
    from indexer.web.service import ServedArchive

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Line = Annotated[str, Form(max_length=2_000)]
Lines = Annotated[str, Form(max_length=100_000)]
_STATEMENTS = 50
"""Statements of the history that are shown."""


@router.get("/documents/{document}/describe")
def describe_page(
    request: Request, served: Served, document: Number, kept: Annotated[bool, Query()] = False
) -> Response:
    """What a document is, in fields to be changed."""
    return _shown(request, served, document, kept=kept)


@router.post("/documents/{document}/describe")
def describe(
    request: Request,
    served: Served,
    document: Number,
    title: Line = "",
    date: Line = "",
    place: Lines = "",
    person: Lines = "",
    shelfmark: Line = "",
    tag: Lines = "",
    note: Lines = "",
    seen: Annotated[int, Form(ge=0, le=2**53)] = 0,
    whole: Annotated[bool, Form()] = False,
) -> Response:
    """Keep what was changed; with ``whole`` the same is said of all images of the folder."""
    given: dict[DescriptionField, str] = {
        "title": title,
        "date": date,
        "place": place,
        "person": person,
        "shelfmark": shelfmark,
        "tag": tag,
        "note": note,
    }
    typed = {name: _values(name, text) for name, text in given.items()}
    try:
        with served.catalog() as catalog:
            shown = catalog.document(document)
            before = catalog.description(shown.sha256)
            others = _folder(served, catalog, shown) if whole else [document]
        if before.revision != seen:
            raise ConflictError(
                _("somebody else has said something of this document meanwhile"), _("See what it says now.")
            )
        changes = [Change(name, values) for name, values in typed.items() if values != before.of(name)]
        served.describe(others, changes, None if whole else seen)
    except UsageError as error:
        answer = _shown(request, served, document, typed=given, problem=error)
        answer.status_code = 409 if isinstance(error, ConflictError) else 400
        return answer
    return RedirectResponse(f"/documents/{document}/describe?kept=1", 303)


@router.post("/documents/{document}/describe/undo")
def undo(served: Served, document: Number) -> Response:
    """Take back what was said last of a document, and show it."""
    served.undo_description(document)
    return RedirectResponse(f"/documents/{document}/describe", 303)


def _values(name: DescriptionField, text: str) -> tuple[str, ...]:
    """The values of a field as they were typed: of several one a line."""
    lines = text.splitlines() if name in SEVERAL else ["\n".join(text.splitlines())]
    return tuple(each.strip() for each in lines if each.strip())


def _folder(served: ServedArchive, catalog: Catalog, shown: Document) -> list[int]:
    """The documents that are leafed through with this one, itself among them."""
    first = next(iter(catalog.document_pages(shown.id, 1)), None)
    leaf = leaf_of(served, catalog, first) if first else None
    return served.leaves(catalog, leaf.folder) if leaf and leaf.folder else [shown.id]


def _shown(
    request: Request,
    served: ServedArchive,
    document: int,
    *,
    kept: bool = False,
    typed: dict[DescriptionField, str] | None = None,
    problem: NotesError | None = None,
) -> Response:
    with served.catalog() as catalog:
        shown = catalog.document(document)
        about = catalog.description(shown.sha256)
        statements = catalog.statements(shown.sha256)[:_STATEMENTS]
        together = _folder(served, catalog, shown)
    fields = {name: "\n".join(about.of(name)) for name in DESCRIPTION_FIELDS} | (typed or {})
    return page(
        *(request, "describe.html"),
        document=shown,
        about=about,
        fields=fields,
        labels=labels(),
        told=origins(),
        origins={name: origins()[each] for name, each in about.said_by.items()},
        date=spoken(about.date) if about.date else "",
        dates=dates(),
        statements=statements,
        undone=any(not each.undone_at and each.said_by in ("person", "table") for each in statements),
        together=len(together),
        problem=problem and explained(problem),
        kept=kept,
    )
