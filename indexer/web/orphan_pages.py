"""The page of verdicts whose line is gone: a person gives them to another line or takes them back.

The other line is always shown with its ink before it gets the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from indexer.values.errors import ConflictError, DoubtError, MissingError
from indexer.web.orphan_answers import orphan_items
from indexer.web.pages import Served, page
from indexer.web.views import crop_address, sentence

if TYPE_CHECKING:
    from indexer.catalog import Catalog, DocumentPage
    from indexer.values import StoredLine
    from indexer.web.service import ServedArchive

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
SHOWN = 50
"""Verdicts on one page."""
_MOST = 2**53
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class _Target:
    """The line that may get the verdict, as the person sees it."""

    line: StoredLine
    page: DocumentPage
    ink: str
    seen: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The verdict that a person wants to give to a line, and whether the ink of the line speaks against it."""

    orphan: int = 0
    line: int = 0
    doubted: bool = False


@router.get("/review/orphans")
def orphans(
    request: Request,
    served: Served,
    offset: Offset = 0,
    orphan: Annotated[int, Query(ge=0, le=_MOST)] = 0,
    line: Annotated[int, Query(ge=0, le=_MOST)] = 0,
) -> Response:
    """The verdicts whose line is gone. For each, a line that may be the same one is shown if there is one."""
    return _shown(request, served, _Wanted(orphan, line), offset)


@router.post("/review/orphans/{orphan}")
def attach(
    request: Request,
    served: Served,
    orphan: Annotated[int, Path(ge=1, le=_MOST)],
    line: Annotated[int, Form(ge=1, le=_MOST)],
    seen: Annotated[str, Form(max_length=100)] = "",
    sure: Annotated[int, Form(ge=0, le=_MOST)] = 0,
    offset: Annotated[int, Form(ge=0, le=1_000_000)] = 0,
) -> Response:
    """Give the verdict to a line that was ``seen``, and show the line. If its ink looks quite different, ask first.
    ``sure`` is the line that was asked about."""
    if not seen:
        return _shown(request, served, _Wanted(orphan, line), offset)
    try:
        served.attach(orphan, line, seen, sure=sure == line)
    except DoubtError as error:
        return _shown(request, served, _Wanted(orphan, line, doubted=True), offset, sentence(error.message))
    except ConflictError as error:
        return _shown(request, served, _Wanted(orphan, line), offset, sentence(error.message), 409)
    except MissingError as error:
        return _shown(request, served, _Wanted(), offset, sentence(error.message), 404)
    return RedirectResponse(f"/review?line={line}&undo={line}", 303)


def _shown(
    request: Request, served: ServedArchive, asked: _Wanted, offset: int, notice: str = "", status: int = 200
) -> Response:
    with served.catalog() as catalog:
        found = catalog.orphans(SHOWN + 1, offset)
        listed = found[:SHOWN]
        if asked.orphan and asked.orphan not in {each.line for each in listed}:
            listed.insert(0, catalog.orphan(asked.orphan))
        items = orphan_items(catalog, listed)
        wanted = {each.line: each.suggestion for each in items if each.suggestion is not None}
        if asked.orphan and asked.line:
            wanted[asked.orphan] = asked.line
        try:
            targets = {orphan: _target(catalog, line) for orphan, line in wanted.items()}
        except MissingError as error:
            return _shown(request, served, _Wanted(), offset, sentence(error.message), 404)
    shown = page(
        *(request, "orphans.html"),
        orphans=items,
        targets=targets,
        asked=asked,
        offset=offset,
        more=offset + SHOWN if len(found) > SHOWN else 0,
        notice=notice,
    )
    shown.status_code = status
    return shown


def _target(catalog: Catalog, number: int) -> _Target:
    line = catalog.line(number)
    where = catalog.pages_with([line])[number]
    return _Target(line, where, crop_address(where, line), catalog.revision_on(line))
