"""The page of what people said and what lies on no line: to be said of another line, or taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from indexer.values.errors import DoubtError, MissingError
from indexer.web.answers import orphan_items
from indexer.web.pages import Served, page
from indexer.web.views import sentence

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
SHOWN = 50
"""On one page."""
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


@router.get("/review/orphans")
def orphans(request: Request, served: Served, offset: Offset = 0) -> Response:
    """What was said and lies on no line now."""
    return _shown(request, served, offset)


def _shown(
    request: Request, served: Served, offset: int = 0, notice: str = "", asked: int = 0, wanted: int = 0
) -> Response:
    with served.catalog() as catalog:
        found = catalog.orphans(SHOWN + 1, offset)
        items = orphan_items(catalog, found[:SHOWN])
    more = offset + SHOWN if len(found) > SHOWN else 0
    return page(*(request, "orphans.html"), orphans=items, more=more, notice=notice, asked=asked, wanted=wanted)


@router.post("/review/orphans/{orphan}")
def attach(
    request: Request,
    served: Served,
    orphan: Annotated[int, Path(ge=1, le=2**53)],
    line: Annotated[int, Form(ge=1, le=2**53)],
    sure: Annotated[int, Form(ge=0, le=2**53)] = 0,
) -> Response:
    """Say it of a line, and show that; when its ink looks quite different, ask first: ``sure`` is the line that was
    asked about."""
    try:
        served.attach(orphan, line, None, sure=sure == line)
    except (DoubtError, MissingError) as error:
        asked = {"asked": orphan, "wanted": line} if isinstance(error, DoubtError) else {}
        answer = _shown(request, served, notice=sentence(error.message), **asked)
        answer.status_code = 200 if asked else 404  # a question is an answer
        return answer
    return RedirectResponse(f"/review?line={line}&undo={line}", 303)
