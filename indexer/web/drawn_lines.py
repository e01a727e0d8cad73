"""Lines that people draw on a page: the form for what one says, and the same for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from indexer.catalog import DrawnLine
from indexer.image.geometry import covered
from indexer.values import Box
from indexer.values.errors import ConflictError, UsageError
from indexer.web.answers import REVISION, Answer, LineAnswer, Problem, line_answer
from indexer.web.api import PROBLEMS
from indexer.web.pages import Number, Part, Served, page
from indexer.web.review import Ticked
from indexer.web.views import explained, lines_shown, page_address, place_address

if TYPE_CHECKING:
    from collections.abc import Collection

    from indexer.catalog import Catalog, DocumentPage
    from indexer.values import StoredLine

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
api = APIRouter(responses=PROBLEMS)
_THERE, _HIDDEN = 0.2, 0.5
"""The share of a line that lies in the drawn place if the line may be meant, and if it probably is."""
Pixel = Annotated[int, Field(ge=0, le=1_000_000)]
Side = Annotated[int, Field(ge=1, le=1_000_000)]


class Replaced(Answer):
    """A line whose place a drawn line takes, and its revision as it was seen."""

    line: Annotated[int, Field(ge=1, le=2**53)]
    seen: Annotated[str, Field(pattern=REVISION)]


class Drawing(Answer):
    """A line that was not found: its box in pixels of the page, and what it says.

    It takes the place of the lines ``instead``: so a line is moved, and several are joined.
    """

    box: tuple[Pixel, Pixel, Side, Side]
    text: str = Field(max_length=10_000)
    instead: list[Replaced] = Field(default_factory=list, max_length=100)


class PlaceAnswer(Answer):
    """What the engine reads in a place, how sure that is, and the box in which the writing lies; no text if it reads
    nothing there."""

    text: str
    confidence: float | None
    box: tuple[int, int, int, int]


@router.get("/documents/{document}/{number}/line")
def drawn(
    request: Request,
    served: Served,
    document: Number,
    number: Number,
    left: Part = 0,
    top: Part = 0,
    width: Part = 0,
    height: Part = 0,
    line: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> Response:
    """The form for a line in a rectangle of the page, which is given in percent; without one, its place is typed.

    It takes the place of the ``line`` that is named, or else of those that mostly lie in it.
    """
    with served.catalog() as catalog:
        shown = catalog.document_page(document, number)
        wide, high = shown.width / 100, shown.height / 100
        place = Box(round(left * wide), round(top * high), round(width * wide), round(height * high))
        there = _lines_in(catalog, shown, place, [line])
    meant = [line] if line else [each.id for each, _, share in there if share > _HIDDEN]
    return page(request, "drawn.html", **_form(shown, place, there, meant))


@router.post("/documents/{document}/{number}/line")
def draw(
    request: Request,
    served: Served,
    document: Number,
    number: Number,
    x: Annotated[Pixel, Form()],
    y: Annotated[Pixel, Form()],
    width: Annotated[Side, Form()],
    height: Annotated[Side, Form()],
    text: Annotated[str, Form(max_length=10_000)] = "",
    ticked: Annotated[list[Ticked] | None, Form(max_length=100)] = None,
) -> Response:
    """Keep a line that was drawn, and show it on its page. What cannot be kept is shown again, with why."""
    place = Box(x, y, width, height)
    instead = tuple((int(line), seen) for line, _, seen in (each.partition(":") for each in ticked or ()))
    with served.catalog() as catalog:
        shown = catalog.document_page(document, number)
    try:
        line = served.draw(shown, DrawnLine(place, text, instead))
    except (ConflictError, UsageError) as error:
        with served.catalog() as catalog:
            there = _lines_in(catalog, shown, place, [each for each, _ in instead])
        form = _form(shown, place, there, [each for each, _ in instead])
        answer = page(request, "drawn.html", **{**form, "text": text, "refused": explained(error)})
        answer.status_code = 409 if isinstance(error, ConflictError) else 400
        return answer
    return RedirectResponse(f"{page_address(shown)}#line-{line.id}", 303)


@api.get("/documents/{document}/pages/{number}/reading")
def read(
    served: Served,
    document: Number,
    number: Number,
    x: Annotated[Pixel, Query()],
    y: Annotated[Pixel, Query()],
    width: Annotated[Side, Query()],
    height: Annotated[Side, Query()],
) -> PlaceAnswer:
    """What the engine reads in a box on a page. Nothing is kept."""
    place = Box(x, y, width, height)
    with served.catalog() as catalog:
        shown = catalog.document_page(document, number)
    line = served.read_place(shown, place)
    if line is None:
        return PlaceAnswer(text="", confidence=None, box=place.xywh)
    return PlaceAnswer(text=line.text, confidence=line.confidence, box=line.box.xywh)


@api.post(
    "/documents/{document}/pages/{number}/lines",
    status_code=201,
    responses={409: {"model": Problem, "description": "Look again"}},
)
def add(served: Served, document: Number, number: Number, drawing: Drawing) -> LineAnswer:
    """Keep a line that was not found, or that lies elsewhere than it was found. It can be taken back as a verdict."""
    with served.catalog() as catalog:
        shown = catalog.document_page(document, number)
    instead = tuple((each.line, each.seen) for each in drawing.instead)
    line = served.draw(shown, DrawnLine(Box(*drawing.box), drawing.text, instead))
    with served.catalog() as catalog:
        return line_answer(line, shown, catalog.verdict_on(line.id))


def _lines_in(
    catalog: Catalog, shown: DocumentPage, place: Box, meant: Collection[int]
) -> list[tuple[StoredLine, str, float]]:
    """The lines that are meant and those of which some lies in a place, each with its revision and how much of it does
    (0-1)."""
    shares = [(line, covered(line.box, place)) for line in lines_shown(catalog, shown)]
    return [(line, catalog.revision_on(line), share) for line, share in shares if share > _THERE or line.id in meant]


def _form(
    shown: DocumentPage, place: Box, there: list[tuple[StoredLine, str, float]], meant: list[int]
) -> dict[str, object]:
    drawn = place.width > 0 and place.height > 0
    return {
        "page": shown,
        "place": place,
        "ink": place_address(shown, place) if drawn else "",
        "there": [(line, seen, line.id in meant) for line, seen, _ in there],
        "text": " ".join(line.text for line, *_ in there if line.id in meant),
    }
