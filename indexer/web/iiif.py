"""Serves documents to IIIF viewers: a manifest for each (Presentation 3), and a search in it (Content Search 2 and 1).

A canvas has the pixel size of the page as it was read, so boxes need no scaling. Version 1 of the search is there
because Mirador 4.0 knows no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request

from indexer.values import SearchOptions
from indexer.web.api import PROBLEMS, Number
from indexer.web.pages import Served
from indexer.web.views import scan_address

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
    base = f"{_root(request)}/{document}"
    return {
        "@context": ["http://iiif.io/api/search/2/context.json", "http://iiif.io/api/presentation/3/context.json"],
        "id": f"{base}/manifest",
        "type": "Manifest",
        "label": {"none": [shown.name]},
        "items": [_canvas(request, page) for page in pages],
        "service": [
            {"id": f"{base}/search", "type": "SearchService2"},
            {"@id": f"{base}/search1", "@type": "SearchService1", "profile": "http://iiif.io/api/search/1/search"},
        ],
    }


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
            canvas, box = _canvas_id(request, pages[line.page]), place.box
            where = f"{canvas}#xywh={box.x},{box.y},{box.width},{box.height}"
            yield f"{canvas}/hit/{hit.line.id}-{at}", line, place, where


def _canvas(request: Request, page: DocumentPage) -> dict[str, Any]:
    canvas = _canvas_id(request, page)
    image = f"{str(request.base_url).rstrip('/')}{scan_address(page, 2400)}"
    return {
        "id": canvas,
        "type": "Canvas",
        "label": {"none": [page.label or str(page.number)]},
        "width": page.width,
        "height": page.height,
        "items": [
            {
                "id": f"{canvas}/page",
                "type": "AnnotationPage",
                "items": [
                    {
                        "id": f"{canvas}/image",
                        "type": "Annotation",
                        "motivation": "painting",
                        "body": {"id": image, "type": "Image", "format": "image/jpeg"},
                        "target": canvas,
                    }
                ],
            }
        ],
    }


def _canvas_id(request: Request, page: DocumentPage) -> str:
    return f"{_root(request)}/{page.document}/canvas/{page.number}"


def _root(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/iiif"
