"""The API for programs, below ``/api/v1``."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, File, Path, Query, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from indexer.catalog import DocumentPage, JobState, Said
from indexer.image.strips import strip_of
from indexer.translation import _
from indexer.values import StoredLine
from indexer.values.errors import DoubtError, MissingError, UsageError
from indexer.web.adding import MOST_FILES
from indexer.web.answers import (
    AddedAnswer,
    AddedItem,
    CompletionItem,
    DocumentItem,
    EstimateItem,
    FailureItem,
    JobItem,
    JobsAnswer,
    LineAnswer,
    ModelUseItem,
    NearItem,
    PageAnswer,
    PageItem,
    Problem,
    ReadingAnswer,
    SearchAnswer,
    StatusAnswer,
    Turned,
    Verdict,
    document_item,
    job_item,
    line_answer,
    page_answer,
    page_item,
    search_answer,
)
from indexer.web.description_answers import Describing, DescriptionItem, description_item
from indexer.web.orphan_answers import Attached, OrphanItem, orphan_items
from indexer.web.pages import Adding, Number, Served, kept
from indexer.web.search_request import SearchRequest, search_request
from indexer.web.service import ServedArchive

PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "It makes no sense"},
    401: {"model": Problem, "description": "A token is needed"},
    404: {"model": Problem, "description": "There is no such thing"},
    503: {"model": Problem, "description": "The index cannot be used now"},
}
router = APIRouter(responses=PROBLEMS)
Content = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
TOTAL = "X-Total-Count"
"""The header with the length of the whole list, where a part of it is sent."""
PAGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {TOTAL: {"description": "How many there are in all", "schema": {"type": "integer"}}}}
}
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=2**53)]


@router.get("/status")
def status(served: Served) -> StatusAnswer:
    """How much is in the archive."""
    with served.catalog() as catalog:
        counts, estimate, used = catalog.counts(), served.estimate(catalog), served.read_with(catalog)
    lines = {each.value: number for each, number in counts.lines.items()}
    return StatusAnswer(
        files=counts.files,
        pages=counts.pages,
        lines=lines,
        verdicts=counts.verdicts,
        orphans=counts.orphans,
        failures=counts.failures,
        estimate=None if estimate is None else EstimateItem(**asdict(estimate)),
        models=[ModelUseItem(model=each.identity, how=each.how, lines=each.lines, pages=each.pages) for each in used],
    )


@router.get("/search")
def search(
    served: Served,
    q: Annotated[str, Query(min_length=1)],
    given: Annotated[SearchRequest, Depends(search_request)],
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> SearchAnswer:
    """The lines that have what is asked for, the most probable first."""
    options = replace(given.options, limit=limit, offset=offset)
    result = served.search(given.query, options)
    with served.catalog() as catalog:
        pages = catalog.pages_with([part.line for hit in result.hits for part in hit.parts])
    return search_answer(q, result, pages, whole=not served.behind)


@router.get("/completions")
def completions(
    served: Served,
    q: Annotated[str, Query(min_length=1, max_length=1000)],
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> list[CompletionItem]:
    """What the last word of a query may become, by the words that were read and corrected; the commonest first."""
    found = served.completions(q, limit)
    return [CompletionItem(query=each.query, word=each.word, lines=round(each.lines, 3)) for each in found]


@router.get("/documents", responses=PAGED)
def documents(served: Served, response: Response, limit: Limit = 100, offset: Offset = 0) -> list[DocumentItem]:
    """The documents, ordered by path: ``limit`` of them from ``offset`` on."""
    with served.catalog() as catalog:
        response.headers[TOTAL] = str(catalog.counts().documents)
        return [document_item(each) for each in catalog.documents(limit, offset)]


@router.post("/documents", status_code=202)
def add(adding: Adding, files: Annotated[list[UploadFile], File(min_length=1, max_length=MOST_FILES)]) -> AddedAnswer:
    """Add one or more documents. They are read in the background."""
    added, refused = kept(adding, files)
    return AddedAnswer(
        added=[AddedItem(sha256=each.sha256, name=each.title, known=each.known) for each in added],
        refused=[error.message for error in refused],
    )


@router.get("/reading")
def reading(adding: Adding) -> ReadingAnswer:
    """How far reading is. ``/events`` tells of every change."""
    now = adding.progress()
    return ReadingAnswer(
        waiting=now.waiting, pages=now.pages, reading=now.reading, failed=now.failed, trouble=now.trouble
    )


@router.get("/jobs")
def jobs(
    served: Served,
    state: Annotated[list[JobState] | None, Query()] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> JobsAnswer:
    """The documents that were added here, the newest first, and how far each is. ``state`` names the states to list."""
    wanted: tuple[JobState, ...] = tuple(state or get_args(JobState))
    with served.catalog() as catalog:
        counts = catalog.job_counts()
        found = catalog.jobs(wanted, limit, offset)
    return JobsAnswer(total=sum(counts[each] for each in set(wanted)), jobs=[job_item(each) for each in found])


@router.get("/jobs/{sha256}")
def job(served: Served, sha256: Content) -> JobItem:
    """The document with this SHA-256 that was added here, and how far it is."""
    with served.catalog() as catalog:
        found = catalog.job(sha256)
    if found is None:
        raise MissingError(_("nothing with this content was added here"), _("It may have been read from a folder."))
    return job_item(found)


@router.get("/failures", responses=PAGED)
def failures(served: Served, response: Response, limit: Limit = 100, offset: Offset = 0) -> list[FailureItem]:
    """What could not be read, and why: ``limit`` of them from ``offset`` on."""
    with served.catalog() as catalog:
        response.headers[TOTAL] = str(catalog.counts().failures)
        found = catalog.failures(limit, offset)
        names = catalog.names(each.path for each in found)
    return [FailureItem(name=names[each.path], page=each.page, kind=each.kind, message=each.message) for each in found]


@router.get("/documents/by-content/{sha256}")
def by_content(served: Served, sha256: Content) -> DocumentItem:
    """The document with this SHA-256. A document that is here and wholly read need not be sent again."""
    with served.catalog() as catalog:
        found = catalog.document_of(sha256) if catalog.holds(sha256) else None
    if found is None:
        raise MissingError(_("there is no document with this content that was read and is still here"), _("Send it."))
    return document_item(found)


@router.get("/documents/{document}")
def document(served: Served, document: Number) -> DocumentItem:
    """A document."""
    with served.catalog() as catalog:
        return document_item(catalog.document(document))


@router.get("/documents/{document}/description")
def description(served: Served, document: Number) -> DescriptionItem:
    """What a document is."""
    with served.catalog() as catalog:
        sha256 = catalog.document(document).sha256
        return description_item(catalog.description(sha256))


@router.put(
    "/documents/{document}/description", responses={409: {"model": Problem, "description": "Somebody else was there"}}
)
def describe(served: Served, document: Number, said: Describing) -> DescriptionItem:
    """Say what a document is, as far as fields are sent."""
    served.describe([document], said.changes, said.seen)
    return description(served, document)


@router.delete("/documents/{document}/description")
def undo_description(served: Served, document: Number) -> DescriptionItem:
    """Take back what was said last of a document; what it is then."""
    served.undo_description(document)
    return description(served, document)


@router.get("/documents/{document}/pages", responses=PAGED)
def pages(
    served: Served, response: Response, document: Number, limit: Limit = 100, offset: Offset = 0
) -> list[PageItem]:
    """The pages of a document that were read: ``limit`` of them from ``offset`` on."""
    with served.catalog() as catalog:
        response.headers[TOTAL] = str(catalog.document(document).read)
        return [page_item(each) for each in catalog.document_pages(document, limit, offset)]


@router.get("/documents/{document}/pages/{number}")
def page(served: Served, document: Number, number: Number) -> PageAnswer:
    """A page and its lines."""
    with served.catalog() as catalog:
        shown = catalog.document_page(document, number)
        return page_answer(shown, catalog.page_lines(shown.path, shown.number))


@router.put("/documents/{document}/pages/{number}/turned", status_code=202)
def turn(served: Served, adding: Adding, document: Number, number: Number, to: Turned) -> PageItem:
    """Turn a page. It is read again in the background; until then it stands as this answer says."""
    page = served.turn(document, number, to.turned)
    adding.read_again()
    return page_item(page)


@router.get("/lines/{line}.png", response_class=Response, responses={200: {"content": {"image/png": {}}}})
async def crop(served: Served, line: Number) -> Response:
    """The picture of a line, laid straight if it slants, bends or stands on its side."""
    found, shown = await run_in_threadpool(_on_page, served, line)
    picture = await asyncio.wrap_future(await run_in_threadpool(served.crop, shown, found.box, strip_of(found), "PNG"))
    return Response(picture, media_type="image/png")


def _on_page(served: ServedArchive, line: int) -> tuple[StoredLine, DocumentPage]:
    """A line, and the page it stands on."""
    with served.catalog() as catalog:
        return catalog.line(line), catalog.page_of(line)


@router.get("/lines/{line}")
def line(served: Served, line: Number) -> LineAnswer:
    """A line."""
    with served.catalog() as catalog:
        found = catalog.line(line)
        return line_answer(found, catalog.page_of(line), catalog.verdict_on(line))


@router.get("/lines/{line}/near")
def near(served: Served, line: Number) -> list[NearItem]:
    """The doubtful words of a line, with words of the archive that look similar and fit the ink better."""
    return [NearItem(at=each.at, word=each.word, near=list(each.near)) for each in served.near(line)]


@router.put("/lines/{line}/verdict", responses={409: {"model": Problem, "description": "Look again, or be sure"}})
def say(served: Served, line: Number, said: Verdict) -> LineAnswer:
    """Accept a line, correct it, or reject it as no text.

    To accept a line, name the text that is accepted: by ``text``, or by the ``revision`` of the line as ``seen``.
    Nothing is kept (409) if the line has changed since it was seen. The same holds if the ink looks quite different
    from a correction and ``sure`` is not set.
    """
    seen = None if said.seen is None else str(said.seen)
    if said.kind == "accept" and said.text is None and "-" not in (seen or ""):
        raise UsageError(
            _("an acceptance needs the text that is accepted"), _("Send it as text, or its revision as seen.")
        )
    with served.catalog() as catalog:
        page = catalog.page_of(line)
    try:
        settled = served.settle(Said(line, said.kind, said.text, seen), sure=said.sure)
    except DoubtError as doubt:
        raise DoubtError(doubt.message, _("Nothing was changed. If it says that all the same: send sure.")) from doubt
    with served.catalog() as catalog:
        return line_answer(settled, page, catalog.verdict_on(line))


@router.get("/orphans", responses=PAGED)
def orphans(served: Served, response: Response, limit: Limit = 100, offset: Offset = 0) -> list[OrphanItem]:
    """The verdicts on lines that are gone: ``limit`` of them from ``offset`` on. Each can be taken back."""
    with served.catalog() as catalog:
        response.headers[TOTAL] = str(catalog.counts().orphans)
        return orphan_items(catalog, catalog.orphans(limit, offset))


@router.put("/orphans/{line}", responses={409: {"model": Problem, "description": "Look again, or be sure"}})
def attach(served: Served, line: Number, to: Attached) -> LineAnswer:
    """Give a line the verdict of a line that is gone."""
    with served.catalog() as catalog:
        page = catalog.page_of(to.line)
    attached = served.attach(line, to.line, None if to.seen is None else str(to.seen), sure=to.sure)
    with served.catalog() as catalog:
        return line_answer(attached, page, catalog.verdict_on(to.line))


@router.delete(
    "/lines/{line}/verdict",
    status_code=204,
    responses={409: {"model": Problem, "description": "Somebody else was there"}},
)
def unsay(served: Served, line: Number, verdict: Annotated[int | None, Query(ge=1, le=2**53)] = None) -> Response:
    """Take back the newest verdict on a line. If ``verdict`` is given, it must be the newest."""
    served.take_back(line, verdict)
    return Response(status_code=204)
