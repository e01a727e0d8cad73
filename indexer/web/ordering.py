"""The order of the lines of a page: the form that changes it, and the same for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from indexer.catalog import PageOrder
from indexer.translation import _
from indexer.values.errors import ConflictError, UsageError
from indexer.web.answers import Answer, Problem
from indexer.web.api import PROBLEMS
from indexer.web.pages import Number, Served, page
from indexer.web.views import explained, image_address, lines_shown, page_address, scan_address

if TYPE_CHECKING:
    from indexer.web.service import ServedArchive

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
api = APIRouter(responses={**PROBLEMS, 409: {"model": Problem, "description": "Look again"}})
_MOST = 5_000
"""Lines of a page."""
_WIDTH = 1200
Id = Annotated[int, Field(ge=1, le=2**53)]
Known = Annotated[int, Field(ge=0, le=2**53)]
Places = Annotated[list[Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]], Form(max_length=_MOST)]


class Ordering(Answer):
    """Lines that are to come one after the other: where the first of them stands, or before or behind another line.

    With ``whole`` the whole block of each is meant. ``seen`` is the order that was seen; another one is left as it is.
    """

    lines: list[Id] = Field(min_length=1, max_length=_MOST)
    before: Id | None = None
    behind: Id | None = None
    whole: bool = False
    seen: Known | None = None


class OrderAnswer(Answer):
    """The lines of a page in their order. ``order`` is its number, 0 if it is that in which the page was read."""

    order: int
    made_at: str | None
    lines: list[int]


@router.get("/documents/{document}/{number}/order")
def shown(request: Request, served: Served, document: Number, number: Number) -> Response:
    """The lines of a page, to be put into another order."""
    return _form(request, served, document, number)


@router.post("/documents/{document}/{number}/order")
def keep(
    request: Request,
    served: Served,
    document: Number,
    number: Number,
    line: Annotated[list[Id], Form(max_length=_MOST)],
    place: Places,
    seen: Annotated[Known, Form()],
) -> Response:
    """Keep an order: each line with the place that it is to have. Of lines with the same place one that was moved comes
    first."""
    if len(line) != len(place):
        raise UsageError(_("the form is not whole"), _("Go back and try again."))
    with served.catalog() as catalog:
        page_there = catalog.document_page(document, number)
        here = {each.id for each in lines_shown(catalog, page_there)}
    keys = sorted((to, to == at, at, each) for at, (each, to) in enumerate(zip(line, place, strict=True), 1))
    try:
        if here != set(line):
            raise ConflictError(
                _("other lines are on this page by now"), _("Nothing was changed. Put them in order again.")
            )
        served.order(page_there, PageOrder(tuple(each for *_, each in keys), seen=seen))
    except ConflictError as error:
        answer = _form(request, served, document, number, refused=explained(error))
        answer.status_code = 409
        return answer
    return RedirectResponse(page_address(page_there), 303)


@router.post("/documents/{document}/{number}/order/undo")
def undo(
    served: Served,
    document: Number,
    number: Number,
    order: Annotated[Id, Form()],
    back: Annotated[Literal["", "done"], Form()] = "",
) -> Response:
    """Take back the order in which the page was put last, and show the form again, or the list of all that was done."""
    with served.catalog() as catalog:
        page_there = catalog.document_page(document, number)
    served.take_back_order(page_there, order)
    return RedirectResponse("/review/done" if back else f"{page_address(page_there)}/order", 303)


@api.get("/documents/{document}/pages/{number}/order")
def order(served: Served, document: Number, number: Number) -> OrderAnswer:
    """The lines of a page in their order, and whether a person put them so."""
    with served.catalog() as catalog:
        there = catalog.document_page(document, number)
        standing, lines = catalog.standing_order(there), catalog.page_lines(there.path, there.number)
    told = (standing.id, standing.made_at) if standing else (0, None)
    return OrderAnswer(order=told[0], made_at=told[1], lines=[each.id for each in lines])


@api.put("/documents/{document}/pages/{number}/order")
def put(served: Served, document: Number, number: Number, to: Ordering) -> OrderAnswer:
    """Put lines of a page into another order. It can be taken back."""
    with served.catalog() as catalog:
        there = catalog.document_page(document, number)
    served.order(there, PageOrder(tuple(to.lines), to.before, to.behind, to.whole, to.seen))
    return order(served, document, number)


@api.delete("/documents/{document}/pages/{number}/order")
def take_back(
    served: Served, document: Number, number: Number, last: Annotated[int | None, Query(ge=1, le=2**53)] = None
) -> OrderAnswer:
    """Take back the order in which a page was put last. If ``last`` is given, it must be that one."""
    with served.catalog() as catalog:
        there = catalog.document_page(document, number)
    served.take_back_order(there, last)
    return order(served, document, number)


def _form(request: Request, served: ServedArchive, document: int, number: int, refused: str | None = None) -> Response:
    with served.catalog() as catalog:
        there = catalog.document_page(document, number)
        lines, standing = lines_shown(catalog, there), catalog.standing_order(there)
    heights = sorted(line.box.height for line in lines)
    return page(
        *(request, "order.html"),
        page=there,
        lines=lines,
        standing=standing,
        refused=refused,
        scan=scan_address(there, _WIDTH),
        image=image_address(there),
        letter=max(there.width // 60, heights[len(heights) // 2] // 2) if heights else 0,
    )
