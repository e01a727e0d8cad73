"""The pages on which documents are forgotten and brought back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from indexer.archive.forgetting import with_inside
from indexer.web.pages import Adding, Number, Numbered, Served, page
from indexer.web.views import Turn

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
ROWS = 100
"""Forgotten documents on one page of their list."""
Content = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@router.get("/documents/{document}/forget")
def forget_page(request: Request, served: Served, document: Number) -> Response:
    """Ask whether a document is to be forgotten, and say what comes of that."""
    with served.catalog() as catalog:
        shown = catalog.document(document)
        elsewhere = catalog.elsewhere([shown]).get(shown.id, [])
        inside = with_inside(catalog, [shown])[1:]
    return page(request, "forget.html", document=shown, elsewhere=elsewhere, inside=inside)


@router.post("/documents/{document}/forget")
def forget(served: Served, document: Number) -> Response:
    """Forget a document, and show what is forgotten."""
    served.forget(document)
    return RedirectResponse("/forgotten", 303)


@router.get("/forgotten")
def forgotten(request: Request, served: Served, p: Numbered = 1) -> Response:
    """What is forgotten, the last first."""
    with served.catalog() as catalog:
        found = catalog.forgotten()
    turn = Turn("/forgotten", p, -(-len(found) // ROWS))
    return page(request, "forgotten.html", documents=found[(p - 1) * ROWS : p * ROWS], turn=turn)


@router.post("/forgotten/{sha256}")
def bring_back(served: Served, adding: Adding, sha256: Content) -> Response:
    """Bring a document back and show it; one whose reading was deleted for good is read again."""
    served.bring_back(sha256)
    with served.catalog() as catalog:
        found = catalog.document_of(sha256)
    if found is None:
        adding.read_again()
    return RedirectResponse("/documents" if found is None or not found.read else f"/documents/{found.id}", 303)
