"""Serves documents to IIIF viewers: a manifest for each (Presentation 3) with the lines of its pages as annotations.

There is a search in it (Content Search 2 and 1). Version 1 is there because Mirador 4.0 knows no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request

from indexer.archive.exporting import exported_document
from indexer.formats import iiif
from indexer.values import SearchOptions
from indexer.web.api import PROBLEMS
from indexer.web.pages import Number, Served
from indexer.web.views import image_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexer.catalog import DocumentPage
    from indexer.values import Place, StoredLine

router = APIRouter(responses=PROBLEMS)
Wanted = Annotated[str, Query(max_length=1000)]
_MOST = 500
"""The most hits that a viewer is given."""


@router.get("/{document}/manifest")
def manifest(request: Request, served: Served, document: Number) -> dict[str, Any]:
    """The manifest of a document."""
    with served.catalog() as catalog:
        shown = catalog.document(document)
        pages = catalog.document_pages(document)
        about = catalog.description(shown.sha256)
    base = f"{_root(request)}/{document}"
    return {
        "@context": ["http://iiif.io/api/search/2/context.json", iiif.CONTEXT],
        **iiif.manifest(about.title or shown.name, base, [_canvas(request, page) for page in pages], about),
        "service": [
            {"id": f"{base}/search", "type": "SearchService2"},
            {"@id": f"{base}/search1", "@type": "SearchService1", "profile": "http://iiif.io/api/search/1/search"},
        ],
    }


@router.get("/{document}/canvas/{number}/lines")
def lines(request: Request, served: Served, document: Number, number: Number) -> dict[str, Any]:
    """The lines of a page as annotations of its canvas."""
    with served.catalog() as catalog:
        page = catalog.document_page(document, number)
        text, _ = exported_document(catalog, [page])
    return {"@context": iiif.CONTEXT, **iiif.line_notes(text.pages[0], _canvas_id(request, page))}


@router.get("/{document}/search")
def search(request: Request, served: Served, document: Number, q: Wanted = "") -> dict[str, Any]:
    """Search in a document: an annotation for each word that was found."""
    items = [
        {
            "id": name,
            "type": "Annotation",
            "motivation": "highlighting",
            "body": {"type": "TextualBody", "value": line.text, "format": "text/plain"},
            "target": where,
        }
        for name, line, _, where in _marks(request, served, document, q)
    ]
    return {
        "@context": "http://iiif.io/api/search/2/context.json",
        "id": str(request.url),
        "type": "AnnotationPage",
        "items": items,
    }


@router.get("/{document}/search1")
def search1(request: Request, served: Served, document: Number, q: Wanted = "") -> dict[str, Any]:
    """The same search for viewers that know version 1. Each word comes with the text before and after it."""
    marks = list(_marks(request, served, document, q))
    return {
        "@context": ["http://iiif.io/api/presentation/2/context.json", "http://iiif.io/api/search/1/context.json"],
        "@id": str(request.url),
        "@type": "sc:AnnotationList",
        "resources": [
            {
                "@id": name,
                "@type": "oa:Annotation",
                "motivation": "sc:painting",
                "resource": {"@type": "cnt:ContentAsText", "chars": place.text or line.text},
                "on": where,
            }
            for name, line, place, where in marks
        ],
        "hits": [
            {
                "@type": "search:Hit",
                "annotations": [name],
                "before": line.text[: place.start],
                "match": place.text,
                "after": line.text[place.end :],
            }
            for name, line, place, _ in marks
        ],
    }


def _marks(request: Request, served: Served, document: int, query: str) -> Iterator[tuple[str, StoredLine, Place, str]]:
    """For each word that was found: the id of its mark, its line, its place in the line, and its part of the canvas."""
    with served.catalog() as catalog:
        pages = {page.number: page for page in catalog.document_pages(catalog.document(document).id)}
    asked = " ".join(query.split())
    ids = frozenset(page.id for page in pages.values())
    found = served.search(asked, SearchOptions(pages=ids, limit=_MOST)).hits if asked else ()
    for hit in found:
        marks = [(part.line, place) for part in hit.parts for place in part.places]
        for at, (line, place) in enumerate(marks):
            canvas = _canvas_id(request, pages[line.page])
            yield f"{canvas}/hit/{hit.line.id}-{at}", line, place, iiif.part(canvas, place.box)


def _canvas(request: Request, page: DocumentPage) -> dict[str, Any]:
    canvas = _canvas_id(request, page)
    image = f"{str(request.base_url).rstrip('/')}{image_address(page)}"
    notes = {"annotations": [{"id": f"{canvas}/lines", "type": "AnnotationPage"}]}
    return iiif.canvas(page.number, page.label, (page.width, page.height), canvas, image) | notes


def _canvas_id(request: Request, page: DocumentPage) -> str:
    return f"{_root(request)}/{page.document}/canvas/{page.number}"


def _root(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/iiif"
