"""The pages of review: one line after another, with its ink, what was read, and a form for the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from indexer.archive.lookalikes import changed_word, rewritten, same_readings
from indexer.archive.review_order import expected
from indexer.archive.word_walls import WallAsked
from indexer.catalog import Kind, Said, SaidWord, revision_of
from indexer.text.folding import clean, search_words
from indexer.translation import _, _n
from indexer.values import ReviewOrder, SearchOptions
from indexer.values.errors import ConflictError, DoubtError, MissingError, UsageError
from indexer.web.answers import REVISION
from indexer.web.pages import Number, Served, page
from indexer.web.service import ServedArchive
from indexer.web.views import DOUBTFUL, Ink, Turn, confidence_text, crop_address, is_doubtful, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.values import Box, StoredLine

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
NEXT = 50
"""The page says how many lines reviewing the next so many will probably settle."""
DONE = 50
"""Verdicts on one page of their list."""
ALIKE = 60
"""The most lines that are offered the same change."""
Seen = Annotated[str, Form(pattern=REVISION)]
Ticked = Annotated[str, Field(pattern="^[0-9]{1,16}:" + REVISION[1:])]
"""A line and its revision."""
Order = Annotated[ReviewOrder, Query()]
OrderForm = Annotated[ReviewOrder, Form()]
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
    left: Annotated[int, Query(ge=0, le=ALIKE)] = 0,
) -> Response:
    """Show the next line that waits for review, or the line that is named. The last verdict can be undone."""
    notice = _n(
        "%(n)s of the lines was left as it is: it has changed since it was shown.",
        "%(n)s of the lines were left as they are: they have changed since they were shown.",
        left,
    )
    return _shown(request, served, (order, skip), line, undo=undo, notice=notice if left else "")


def orders() -> dict[ReviewOrder, str]:
    """Every order, with what people are told of it."""
    return {"value": _("what helps most first"), "confidence": _("least sure first")}


def _shown(request: Request, served: ServedArchive, place: tuple[ReviewOrder, int], line: int, **more: Any) -> Response:
    """The page for a line. 0 means the next line that waits. ``place`` is the order and how many lines to skip."""
    order, skip = place
    with served.catalog() as catalog:
        waiting = served.queue.next(catalog, order, skip, NEXT)
        lines = [catalog.line(line), *(each for each in waiting if each.id != line)] if line else waiting
        pages = catalog.pages_with(lines[:2])
        words = catalog.words([each.id for each in lines])
        seen = catalog.revision_on(lines[0]) if lines else ""
        undone = catalog.verdict_on(more.get("undo", 0))
        counts = catalog.counts()
    shown = lines[0] if lines else None
    own = words.get(shown.id, ()) if shown else ()
    doubtful = [word for word in own if is_doubtful(word)]
    return page(
        *(request, "review.html"),
        total=counts.waiting,
        skip=skip,
        order=order,
        orders=orders(),
        line=shown,
        where=pages.get(shown.id) if shown else None,
        sure=confidence_text(shown) if shown else "",
        inks=[Ink.of(each, pages[each.id]) for each in lines[:2] if each.id in pages],
        counts=counts,
        words=own,
        doubtful=DOUBTFUL,
        near=served.fitting(doubtful, shown, 3) if shown else {},
        next_lines=len(lines),
        right=round(expected(words.values())),
        undone=undone,
        **{"seen": seen, **more},
    )


@router.get("/review/done")
def done(request: Request, served: Served, p: Annotated[int, Query(ge=1, le=1_000_000)] = 1) -> Response:
    """What people said of lines and how they put them in order, the last first. Each can be taken back."""
    with served.catalog() as catalog:
        counts, ordered = catalog.counts(), catalog.ordered_pages()
        found = catalog.deeds(DONE, (p - 1) * DONE)
        names = catalog.names(each.path for each in found if each.path is not None)
    turn = Turn("/review/done", p, -(-(counts.verdicts + counts.orphans + ordered) // DONE))
    return page(request, "done.html", deeds=found, names=names, turn=turn)


@router.get("/review/{line}")
def again(line: Number) -> Response:
    """Show the line: a form of it was sent to this address."""
    return RedirectResponse(f"/review?line={line}", 303)


@router.post("/review/{line}")
def settle(
    request: Request,
    served: Served,
    line: Number,
    kind: Annotated[Kind, Form()],
    seen: Seen,
    text: Annotated[str, Form(max_length=10_000)] = "",
    sure: Annotated[str, Form(max_length=10_000)] = "",
    skip: SkipForm = 0,
    order: OrderForm = "value",
) -> Response:
    """Keep a verdict on a line. Go on to the next line, or to lines that were misread in the same way.

    If the ink looks quite different from a correction, the person is asked first. ``sure`` is the text that they were
    asked about. A line that has changed since it was shown is shown again.
    """
    with served.catalog() as catalog:
        before = catalog.line(line)
    said = _said(before, kind, text, seen)
    try:
        served.settle(said, sure=bool(sure) and clean(sure) == clean(text))
    except (ConflictError, DoubtError) as error:
        shown = {"typed": text, "notice": sentence(error.message)}
        asked = {"asked": True, "seen": seen} if isinstance(error, DoubtError) else {}
        answer = _shown(request, served, (order, skip), line, **shown, **asked)
        answer.status_code = 200 if asked else 409  # to ask is no conflict
        return answer
    onward = urlencode({"order": order, "skip": skip, "undo": line})
    change = changed_word(before.text, said.text or "") if said.kind == "correct" else None
    if change and _alike(served, change[0], line):
        return RedirectResponse(f"/review/{line}/alike?{urlencode({'was': change[0], 'now': change[1]})}&{onward}", 303)
    return RedirectResponse(f"/review?{onward}", 303)


def _alike(served: ServedArchive, was: str, settled: int) -> list[StoredLine]:
    """Lines in which a word was read that was corrected elsewhere."""
    if not search_words(was):
        return []
    asked = " ".join(search_words(was))  # the text may hold signs that mean something in a query
    result = served.search(f'"{asked}"', SearchOptions(reach=None, all_states=True, limit=ALIKE))
    return same_readings((hit.line for hit in result.hits), was, settled)


@router.get("/review/{line}/alike")
def alike(
    request: Request,
    served: Served,
    line: Number,
    was: Annotated[str, Query(min_length=1, max_length=200)],
    now: Annotated[str, Query(min_length=1, max_length=200)],
    order: Order = "value",
    skip: Skip = 0,
) -> Response:
    """Show lines with the word that was corrected elsewhere. The person ticks those where it is wrong too."""
    lines = _alike(served, was, line)
    with served.catalog() as catalog:
        pages = catalog.pages_with(lines)
        verdicts = catalog.verdicts_on([each.id for each in lines])
    rows = [
        {
            "line": each,
            "ink": crop_address(pages[each.id], each),
            "page": pages[each.id],
            "made": rewritten(each.text, was, now),
            "seen": revision_of(each.text, verdicts.get(each.id, 0)),
        }
        for each in lines
        if each.id in pages
    ]
    return page(*(request, "alike.html"), rows=rows, was=was, now=now, order=order, skip=skip, settled=line)


@router.post("/review/{line}/alike")
def change_alike(
    served: Served,
    line: Number,
    was: Annotated[str, Form(min_length=1, max_length=200)],
    now: Annotated[str, Form(min_length=1, max_length=200)],
    ticked: Annotated[list[Ticked] | None, Form(max_length=ALIKE)] = None,
    order: OrderForm = "value",
    skip: SkipForm = 0,
) -> Response:
    """Correct the lines that were ticked. A line that has changed since it was shown is left alone and counted."""
    left = _left(served, ticked or (), was, now)
    return RedirectResponse(f"/review?{urlencode({'order': order, 'skip': skip, 'undo': line, 'left': left})}", 303)


def _left(served: ServedArchive, ticked: Sequence[str], was: str, now: str) -> int:
    """Say of each place where one word was read in the ticked lines that it is another one; the rest of these lines
    stays as it is. Gives how many lines were left, since they have changed since they were shown."""
    seen = {int(line): revision for line, _, revision in (each.partition(":") for each in ticked)}
    places = _places(served, list(seen), was) if len(search_words(now)) == 1 else []
    placed = {line for line, _ in places}
    # Without places of words, as in scripts without blanks, it is the line that is settled.
    left = sum(not _changed(served, line, seen[line], was, now) for line in seen if line not in placed)
    if not places:
        return left
    sightings = served.wall(WallAsked(now, reading=" ".join(search_words(was)), reach="high"), None).sightings
    sure = {(each.line.id, each.box): each.relevance for each in sightings}
    said = [SaidWord(line, box, True, seen[line], sure.get((line, box), 0.0)) for line, box in places]
    try:
        return left + served.say_words(now, said).left
    except UsageError:  # none of them is as it was shown
        return left + len(placed)


def _places(served: ServedArchive, lines: Sequence[int], was: str) -> list[tuple[int, Box]]:
    """The places in lines where a word was read."""
    wanted = search_words(was)
    with served.catalog() as catalog:
        words = catalog.words(lines)
    return [(line, each.box) for line in lines for each in words.get(line, ()) if search_words(each.text) == wanted]


def _changed(served: ServedArchive, line: int, seen: str, was: str, now: str) -> bool:
    """Change a word of a line, unless the line has changed since it was shown."""
    try:
        with served.catalog() as catalog:
            text = rewritten(catalog.line(line).text, was, now)
        served.settle(Said(line, "correct", text, seen), sure=True)
    except (ConflictError, MissingError):
        return False
    return True


def _said(before: StoredLine, kind: Kind, text: str, seen: str) -> Said:
    """The verdict in a form. A correction that changes nothing is an acceptance."""
    if kind == "correct" and clean(text) == before.text:
        kind = "accept"
    return Said(before.id, kind, text if kind != "reject" else None, seen)


@router.post("/review/{line}/undo")
def undo(
    served: Served,
    line: Number,
    verdict: Annotated[int | None, Form(ge=1, le=2**53)] = None,
    skip: SkipForm = 0,
    order: OrderForm = "value",
    back: Annotated[Literal["", "done"], Form()] = "",
) -> Response:
    """Take back the newest verdict on a line, and show the line if it is still there, or the list of all verdicts."""
    left = served.take_back(line, verdict)
    if back:
        return RedirectResponse("/review/done", 303)
    shown = {"line": line} if left else {}
    return RedirectResponse(f"/review?{urlencode({'order': order, 'skip': skip, **shown})}", 303)
