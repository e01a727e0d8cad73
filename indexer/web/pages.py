"""The pages that people look at. The server renders each of them completely."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict, replace
from functools import partial
from typing import Annotated, Literal, get_args
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Form, Path, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from indexer.archive.describing import in_a_line
from indexer.archive.remedies import nothing_read, remedy
from indexer.archive.review_order import note_search
from indexer.archive.searching import in_words
from indexer.catalog import DocumentPage, JobState, revision_of
from indexer.image.geometry import covered
from indexer.image.strips import along, size_of
from indexer.search.likeness import like_query
from indexer.translation import _
from indexer.values import Box, Point, SearchOptions
from indexer.values.errors import IndexFolderError, MissingError, UsageError
from indexer.web.adding import MOST_FILES, Added, Shelf
from indexer.web.described import facets_of, shown_documents, shown_fields
from indexer.web.doors import Visitor
from indexer.web.home import home_of
from indexer.web.leafing import leaf_of
from indexer.web.search_request import SIZE, SearchRequest, search_request
from indexer.web.security import is_same_site
from indexer.web.service import ServedArchive
from indexer.web.shelves import folder_address
from indexer.web.streams import streamed, told
from indexer.web.views import (
    Mark,
    Turn,
    confidence_text,
    crop_address,
    image_address,
    lines_shown,
    page_address,
    scan_address,
    sentence,
    shown_hits,
    whole_page,
)
from indexer.web.years import bars_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
FOREVER = {"cache-control": "private, max-age=31536000, immutable", "vary": "cookie, authorization"}
"""For addresses with the hash of the content in them: what they show never changes. A browser shows it to nobody but
whoever was signed in then."""
JOBS = 50
"""Added documents that the page for adding lists."""
_POINTS = re.compile(r"\d{1,6},\d{1,6}(_\d{1,6},\d{1,6})*", re.ASCII)
Along = Annotated[str, Query(max_length=4000)]
"""The strip of a line: the points of its outline."""
Number = Annotated[int, Path(ge=1, le=2**53)]
"""The number of a document, a page or a line in an address."""
Numbered = Annotated[int, Query(ge=1, le=1_000_000)]
"""The number of a page of a list."""
Part = Annotated[float, Query(ge=0, le=100)]
"""A part of a page in percent."""
_WIDTHS = (320, 640, 1200, 2400)


def archive(request: Request) -> ServedArchive:
    """The archive that is served, for the visitor who asks."""
    found: ServedArchive = request.app.state.archive
    visitor: Visitor = request.state.visitor
    return found.for_visitor(visitor) if visitor.name else found


def shelf(request: Request) -> Shelf:
    """The shelf for documents that are added."""
    found: Shelf = request.app.state.shelf
    return found


Served = Annotated[ServedArchive, Depends(archive)]
Adding = Annotated[Shelf, Depends(shelf)]


def page(request: Request, template: str, /, **context: object) -> Response:
    """A page made from its template."""
    answer: Response = request.app.state.templates.TemplateResponse(request, template, {"query": "", **context})
    return answer


@router.get("/")
def search(
    request: Request, served: Served, adding: Adding, given: Annotated[SearchRequest, Depends(search_request)]
) -> Response:
    """What was found if something was asked for, else the start page."""
    if not given.q:
        sees_all = request.state.visitor.folders is None
        return page(request, "home.html", home=home_of(served, adding.news() if sees_all else None))
    try:
        with served.catalog() as catalog:
            pages = given.pages(catalog)
        result = served.search(given.query, replace(given.options, pages=pages))
    except UsageError as error:
        return page(request, "search.html", given=given, query=given.q, problem=error)
    if is_same_site(request.headers):  # another site may have sent the browser here: that is no search of a person
        note_search(served.settings.index, given.query)
    with served.catalog() as catalog:
        shown = catalog.pages_with([part.line for hit in result.hits for part in hit.parts])
        verdict = in_words(result, given.options, catalog)
        about = catalog.descriptions(each.sha256 for each in shown.values())
        described = shown_documents(catalog, result.described if given.number == 1 else ())
        documents = catalog.documents_with(result.on_pages) | frozenset(result.described)
        facets, bars = facets_of(catalog, documents, given), bars_of(catalog.years(documents), given.of_years)
    return page(
        *(request, "search.html"),
        given=given,
        query=given.q,
        result=result,
        hits=list(shown_hits(result, shown, given.query, given.word)),
        about={sha256: in_a_line(each) for sha256, each in about.items()},
        described=described,
        facets=facets,
        bars=bars,
        verdict=sentence(verdict),
        behind=served.behind,
        last=-(-result.total // SIZE),
        formats=served.formats.values(),
    )


@router.get("/documents/{document}")
def document(served: Served, document: int) -> Response:
    """Go to the first page of a document that was read."""
    with served.catalog() as catalog:
        pages = catalog.document_pages(catalog.document(document).id, 1)
    if not pages:
        raise MissingError(
            _("there is no page of document %(document)s yet", document=document), _("Was it read? See notes status.")
        )
    return RedirectResponse(page_address(pages[0]), 303)


@router.get("/documents/{document}/{number}")
def document_page(
    request: Request,
    served: Served,
    document: int,
    number: int,
    q: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """A page with its lines over the image and its text beside it. What was asked for is marked."""
    with served.catalog() as catalog:
        shown = catalog.document_page(document, number)
        lines = lines_shown(catalog, shown)
        verdicts = catalog.verdicts_on([line.id for line in lines])
        leaf = leaf_of(served, catalog, shown)
        about = catalog.description(shown.sha256)
        asked = catalog.turns(shown.sha256).get(number, shown.turned)
    whole = whole_page(shown)
    return page(
        *(request, "page.html"),
        page=shown,
        name=shown.name,
        about=about,
        fields=shown_fields(about),
        query=q,
        rows=[
            {
                "line": line,
                "seen": revision_of(line.text, verdicts.get(line.id, 0)),
                "mark": Mark.on(line.box, whole),
                "sure": confidence_text(line),
                "ink": crop_address(shown, line),
            }
            for line in lines
        ],
        found=_found(served, shown, q, whole),
        leaf=leaf,
        folder_address=folder_address,
        scan=partial(scan_address, shown),
        image=image_address(shown),
        widths=_WIDTHS,
        formats=served.formats.values(),
        single=[each for each in served.formats.values() if not each.beside],
        turning=asked != shown.turned,
        nothing_read=nothing_read(),
    )


@router.get("/documents/{document}/{number}/like")
def like(served: Served, document: int, number: int, left: Part, top: Part, width: Part, height: Part) -> Response:
    """Search for the like of what lies in a rectangle of the page, which is given in percent."""
    with served.catalog() as catalog:
        shown = catalog.document_page(document, number)
        lines = lines_shown(catalog, shown)
    wide, high = shown.width / 100, shown.height / 100
    box = Box(round(left * wide), round(top * high), max(1, round(width * wide)), max(1, round(height * high)))
    line = max(lines, key=lambda line: covered(box, line.box), default=None)
    if line is None or not covered(box, line.box):
        raise UsageError(_("no line was found there"), _("Draw around a word of a line."))
    return RedirectResponse(f"/?q={quote(like_query(line, *along(box, line)))}", 303)


@router.post("/documents/{document}/{number}/turn")
def turn(
    served: Served,
    adding: Adding,
    document: int,
    number: int,
    turned: Annotated[Literal["0", "90", "180", "270"], Form()],
    q: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """Turn a page: degrees clockwise from how its file has it. It is read again in the background."""
    shown = served.turn(document, number, int(turned))
    adding.read_again()
    return RedirectResponse(f"{page_address(shown)}{f'?q={quote(q)}' if q else ''}", 303)


def _found(served: ServedArchive, shown: DocumentPage, query: str, whole: Box) -> list[Mark]:
    """The places on a page where the query is found."""
    if not query:
        return []
    try:
        hits = served.search(query, SearchOptions(pages=frozenset([shown.id]), limit=None)).hits
        if not hits:  # it may have one of the words, and other pages of the document the others
            with served.catalog() as catalog:
                pages = frozenset(page.id for page in catalog.document_pages(shown.document))
            hits = served.search(query, SearchOptions(pages=pages, limit=None)).hits if len(pages) > 1 else ()
    except (UsageError, IndexFolderError):  # the page can be shown without marks
        return []
    parts = [part for hit in hits for part in hit.parts if part.line.page == shown.number]
    return [Mark.on(place.box, whole) for part in parts for place in part.places]


@router.get("/scan/{sha256}/{number}/{width}.jpg")
async def scan(served: Served, sha256: str, number: int, width: int) -> Response:
    """A page as an image."""
    if width not in _WIDTHS:
        raise MissingError(
            _("there is no image %(width)s pixels wide", width=width),
            _("Widths are %(widths)s.", widths=", ".join(map(str, _WIDTHS))),
        )
    shown = await run_in_threadpool(_page, served, sha256, number)
    picture = await asyncio.wrap_future(await run_in_threadpool(served.sheet, shown, width))
    return Response(picture, media_type="image/jpeg", headers=FOREVER)


@router.get("/ink/{sha256}/{number}/{x},{y},{width},{height}.jpg")
async def crop(
    served: Served, sha256: str, number: int, x: int, y: int, width: int, height: int, along: Along = ""
) -> Response:
    """The ink in a box of a page, or of a line along its strip, laid straight."""
    shown = await run_in_threadpool(_page, served, sha256, number)
    if width < 1 or height < 1 or not (0 <= x < shown.width and 0 <= y < shown.height):
        raise MissingError(_("there is no such place on the page"), _("The box lies outside of it."))
    strip = _strip(along, shown)
    picture = await asyncio.wrap_future(await run_in_threadpool(served.crop, shown, Box(x, y, width, height), strip))
    return Response(picture, media_type="image/jpeg", headers=FOREVER)


def _strip(along: str, shown: DocumentPage) -> tuple[Point, ...]:
    """The strip that an address names; it has to lie on the page, and its picture may not be larger than that."""
    numbers = [int(each) for each in re.split("[,_]", along)] if _POINTS.fullmatch(along) else []
    points = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    whole = not along or (len(points) >= 4 and len(points) % 2 == 0)
    fits = all(x <= shown.width and y <= shown.height for x, y in points)
    if not whole or not fits or (points and max(size_of(points)) > 2 * (shown.width + shown.height)):
        raise MissingError(_("there is no such place on the page"), _("The line lies outside of it."))
    return points


def _page(served: ServedArchive, sha256: str, number: int) -> DocumentPage:
    with served.catalog() as catalog:
        found = catalog.document_of(sha256)
        if found is None:
            raise MissingError(_("there is no such document"), _("It may have been forgotten."))
        return catalog.document_page(found.id, number)


@router.get("/add")
def add_page(request: Request, served: Served, adding: Adding, p: Numbered = 1) -> Response:
    """The page for adding documents. It lists what became of earlier ones."""
    return _add_page(request, served, adding, p)


@router.post("/add")
def add(request: Request, served: Served, adding: Adding, files: Annotated[list[UploadFile], File()]) -> Response:
    """Keep documents, and read them in the background."""
    added, refused = kept(adding, files)
    answer = _add_page(request, served, adding, 1, added=added, refused=refused)
    answer.status_code = 200 if added else 400
    return answer


def _add_page(request: Request, served: ServedArchive, adding: Shelf, number: int, **more: object) -> Response:
    with served.catalog() as catalog:
        total = sum(catalog.job_counts().values())
        jobs = catalog.jobs(get_args(JobState), JOBS, (number - 1) * JOBS)
        failed = {adding.folder / each.file: each.sha256 for each in jobs if each.state == "failed"}
        remedies = {failed[each.path]: remedy(each) for each in catalog.failures_at(list(failed))}
    turn = Turn("/add", number, -(-total // JOBS))
    return page(
        *(request, "add.html"),
        progress=adding.progress(),
        suffixes=adding.suffixes,
        jobs=jobs,
        remedies=remedies,
        turn=turn,
        **more,
    )


def kept(adding: Shelf, files: list[UploadFile]) -> tuple[list[Added], list[UsageError]]:
    """What became of the files of a request: those that are kept, and for the others the reason."""
    if len(files) > MOST_FILES:
        raise UsageError(
            _("%(files)s files are too many at once", files=len(files)),
            _("At most %(most_files)s.", most_files=MOST_FILES),
        )
    added, refused = [], []
    for each in files:
        try:
            added.append(adding.add(each.file, each.filename or ""))
        except UsageError as error:
            refused.append(error)
    return added, refused


@router.get("/events")
async def events(request: Request, adding: Adding) -> Response:
    """Send how far reading is, now and whenever it changes."""

    async def look() -> dict[str, object]:
        return asdict(await run_in_threadpool(adding.news))

    return streamed(told(request, look))
