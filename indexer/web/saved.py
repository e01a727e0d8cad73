"""Searches that people keep, with marks for what is new since they looked; and what a search finds as a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from indexer.archive.hit_rows import HitForm, head, rows
from indexer.archive.searching import portions
from indexer.translation import _
from indexer.values.errors import NotesError, UsageError
from indexer.web.pages import Number, Served, page
from indexer.web.search_request import SearchRequest, asked_in, search_request
from indexer.web.security import is_same_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexer.catalog import Catalog
    from indexer.catalog.saved_searches import SavedSearch
    from indexer.web.service import ServedArchive

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_FORMS: dict[str, tuple[HitForm, str]] = {"csv": ("csv", "text/csv"), "jsonl": ("json lines", "application/jsonl")}


@router.get("/saved")
def saved(request: Request, served: Served, removed: int = 0) -> Response:
    """The searches that somebody keeps, each with how many of its hits are new."""
    with served.saving() as catalog:
        found = catalog.saved_searches()
    with served.catalog() as catalog:
        marks = {each.id: _new(served, catalog, each) for each in found}
    return page(request, "saved.html", searches=found, marks=marks, removed=removed, news=news_address)


def _new(served: ServedArchive, catalog: Catalog, search: SavedSearch) -> int | None:
    """How many hits are new; ``None`` if the search makes no sense any more."""
    pages = catalog.pages_read_since(search.revision, search.looked_at)
    if not pages:
        return 0
    try:
        asked = asked_in(search.address)
        return served.search(asked.query, replace(asked.options, pages=pages, limit=1, offset=0)).total
    except (NotesError, ValueError):  # a catalogue may come from anybody
        return None


def news_address(search: SavedSearch) -> str:
    """The address of what is new of a search."""
    return f"/saved/{search.id}?new=1"


@router.get("/saved/{number}")
def look(request: Request, served: Served, number: Number, new: Literal["", "1"] = "") -> Response:
    """Go to what a search finds, or to what is new of it, and note that it was looked at."""
    with served.saving() as catalog:
        found = catalog.saved_search(number)
        if is_same_site(request.headers):  # another site may have sent the browser here
            catalog.looked_at(number)
    since = f"{found.revision}@{found.looked_at}" if new else ""
    return RedirectResponse(asked_in(found.address).address(new=since), 303)


@router.post("/saved")
def save(
    served: Served,
    asked: Annotated[str, Form(max_length=5000)],
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep a search."""
    try:
        wanted = asked_in(dict(parse_qsl(asked)).get("q", "") and asked)
    except ValueError:
        raise UsageError(_("this is no search"), _("Search for something first, and save it then.")) from None
    with served.saving() as catalog:
        catalog.save_search(" ".join(name.split()) or wanted.q, wanted.address(p=1, new="").removeprefix("/?"))
    return RedirectResponse("/saved", 303)


@router.post("/saved/{number}/remove")
def remove(served: Served, number: Number) -> Response:
    """Remove a search; the list offers to bring it back."""
    with served.saving() as catalog:
        catalog.remove_search(number)
    return RedirectResponse(f"/saved?removed={number}", 303)


@router.post("/saved/{number}/back")
def bring_back(served: Served, number: Number) -> Response:
    """Bring a search back that was removed."""
    with served.saving() as catalog:
        catalog.bring_search_back(number)
    return RedirectResponse("/saved", 303)


@router.get("/hits.{form}")
def hits(
    served: Served, form: Literal["csv", "jsonl"], given: Annotated[SearchRequest, Depends(search_request)]
) -> Response:
    """All that a search finds, a hit a line; it is sent while it is found."""
    kind, media_type = _FORMS[form]
    options = replace(given.options, limit=None, offset=0, pages=_since(served, given))
    found = portions(served.search, given.query, options)
    first = next(found)  # a query that makes no sense is refused before anything is sent

    def parts() -> Iterator[str]:
        yield head(kind)
        for result in (first, *found):
            with served.catalog() as catalog:
                labels = catalog.labels([part.line.id for hit in result.hits for part in hit.parts])
            yield rows(given.query, result, labels, kind)

    saved_as = f'attachment; filename="hits.{form}"'
    return StreamingResponse(parts(), media_type=media_type, headers={"content-disposition": saved_as})


def _since(served: ServedArchive, given: SearchRequest) -> frozenset[int] | None:
    with served.catalog() as catalog:
        return given.pages(catalog)
