"""The queue of lines to review: the ink, what was read, and what a person makes of it, one after the other."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from indexer.errors import ConflictError, UsageError
from indexer.model import SearchOptions
from indexer.reviewing import expected
from indexer.spotting.reading import contradicts
from indexer.text import clean
from indexer.web.alike import changed_word, rewritten, same_readings
from indexer.web.archive import Archive
from indexer.web.pages import Served, page
from indexer.web.views import confidence_text, ink_address

if TYPE_CHECKING:
    from indexer.model import StoredLine

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
NEXT = 50
"""Lines of which is said what reviewing them will bring."""
DOUBTFUL = 0.5
"""Confidence below which a word is marked as doubtful."""
ALIKE = 60
"""Lines at most that are offered the change of another one."""
Order = Annotated[Literal["value", "confidence"], Query()]
OrderForm = Annotated[Literal["value", "confidence"], Form()]
Skip = Annotated[int, Query(ge=0, le=1_000_000)]
SkipForm = Annotated[int, Form(ge=0, le=1_000_000)]


@router.get("/review")
def review(
    request: Request,
    served: Served,
    order: Order = "value",
    skip: Skip = 0,
    line: Annotated[int, Query(ge=0, le=2**53)] = 0,
    undo: Annotated[int, Query(ge=0, le=2**53)] = 0,
    doubt: Annotated[bool, Query()] = False,
) -> Response:
    """The next line that waits for review, or the one that is named; what was settled last can be undone, above all
    when there is doubt about it."""
    with served.catalog() as catalog:
        waiting = served.queue.next(catalog, skip, NEXT) if order == "value" else catalog.waiting(NEXT, skip)[1]
        lines = [catalog.line(line), *(each for each in waiting if each.id != line)] if line else waiting
        pages = catalog.pages_of([each.id for each in lines[:2]])
        words = catalog.words([each.id for each in lines])
        seen = catalog.verdict_on(lines[0].id) if lines else 0
        counts = catalog.counts()
        doubted = catalog.line(undo).text if doubt and undo else ""
    shown = lines[0] if lines else None
    own = words.get(shown.id, ()) if shown else ()
    doubtful = [word for word in own if word.confidence is None or word.confidence < DOUBTFUL]
    return page(
        *(request, "review.html"),
        total=counts.waiting,
        skip=skip,
        order=order,
        line=shown,
        where=pages.get(shown.id) if shown else None,
        sure=confidence_text(shown) if shown else "",
        inks=[ink_address(pages[each.id], each.box) for each in lines[:2] if each.id in pages],
        seen=seen,
        counts=counts,
        words=own,
        doubtful=DOUBTFUL,
        near=served.fitting(doubtful, shown, 3) if shown else {},
        next_lines=len(lines),
        right=round(expected(words.values())),
        undo=undo,
        doubted=doubted,
    )


@router.post("/review/{line}")
def settle(
    served: Served,
    line: int,
    kind: Annotated[Literal["accept", "correct", "reject"], Form()],
    seen: Annotated[int, Form(ge=0)],
    text: Annotated[str, Form(max_length=10_000)] = "",
    skip: SkipForm = 0,
    order: OrderForm = "value",
) -> Response:
    """Keep what a person says of a line, and go on to the next, or to others that were read in the same wrong way."""
    with served.catalog() as catalog:
        before, frames = catalog.line(line), catalog.frames(line)
    said, kept_text = _said(before, kind, text)
    served.settle(line, said, kept_text, seen)
    doubt = kept_text is not None and frames is not None and contradicts(frames, kept_text)
    onward = urlencode({"order": order, "skip": skip, "undo": line, "doubt": int(doubt)})
    change = changed_word(before.text, kept_text) if kept_text else None
    if change and _alike(served, change[0], line):
        return RedirectResponse(f"/review/{line}/alike?{urlencode({'was': change[0], 'now': change[1]})}&{onward}", 303)
    return RedirectResponse(f"/review?{onward}", 303)


def _alike(served: Archive, was: str, settled: int) -> list[StoredLine]:
    """The lines that were read with a word that turned out to be wrong elsewhere."""
    result = served.search(f'"{was}"', SearchOptions(reach=None, all_states=True, limit=ALIKE))
    return same_readings((hit.line for hit in result.hits), was, settled)


@router.get("/review/{line}/alike")
def alike(
    request: Request,
    served: Served,
    line: int,
    was: Annotated[str, Query(min_length=1, max_length=200)],
    now: Annotated[str, Query(min_length=1, max_length=200)],
    order: Order = "value",
    skip: Skip = 0,
) -> Response:
    """Lines in which the same was read as in one that was corrected, to be ticked where it is as wrong."""
    lines = _alike(served, was, line)
    with served.catalog() as catalog:
        pages = catalog.pages_of([each.id for each in lines])
        seen = {each.id: catalog.verdict_on(each.id) for each in lines}
    rows = [
        {
            "line": each,
            "ink": ink_address(pages[each.id], each.box),
            "page": pages[each.id],
            "made": rewritten(each.text, was, now),
            "seen": seen[each.id],
        }
        for each in lines
        if each.id in pages
    ]
    return page(*(request, "alike.html"), rows=rows, was=was, now=now, order=order, skip=skip, settled=line)


@router.post("/review/{line}/alike")
def change_alike(
    served: Served,
    line: int,
    was: Annotated[str, Form(min_length=1, max_length=200)],
    now: Annotated[str, Form(min_length=1, max_length=200)],
    ticked: Annotated[list[str] | None, Form(max_length=ALIKE)] = None,
    order: OrderForm = "value",
    skip: SkipForm = 0,
) -> Response:
    """Correct the lines that were ticked, each as it was seen; what somebody settled meanwhile stays."""
    for each in ticked or ():
        number, _, seen = each.partition(":")
        if number.isdigit() and seen.isdigit():
            with served.catalog() as catalog:
                text = rewritten(catalog.line(int(number)).text, was, now)
            with suppress(ConflictError):
                served.settle(int(number), "correct", text, int(seen))
    return RedirectResponse(f"/review?{urlencode({'order': order, 'skip': skip, 'undo': line})}", 303)


def _said(
    before: StoredLine, kind: Literal["accept", "correct", "reject"], text: str
) -> tuple[Literal["accept", "correct", "reject"], str | None]:
    """A correction that changes nothing is an acceptance."""
    if kind != "correct":
        return kind, None
    if not clean(text):
        raise UsageError("a correction needs some text", "A line that is no text can be set aside as such.")
    return ("accept", None) if clean(text) == before.text else ("correct", clean(text))


@router.post("/review/{line}/undo")
def undo(served: Served, line: int, skip: SkipForm = 0, order: OrderForm = "value") -> Response:
    """Take back what was said of a line, and show it again."""
    served.take_back(line)
    return RedirectResponse(f"/review?{urlencode({'order': order, 'skip': skip, 'line': line})}", 303)
