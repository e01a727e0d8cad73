"""Typing through a page: its lines one below the other, each with its ink above the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from indexer.catalog import DocumentPage, Kind, Said, revision_of
from indexer.text.folding import clean
from indexer.translation import _
from indexer.values import HUMAN
from indexer.values.errors import DoubtError, UsageError
from indexer.web.answers import REVISION
from indexer.web.leafing import leaf_of
from indexer.web.pages import Number, Served, page
from indexer.web.service import ServedArchive
from indexer.web.views import Ink, confidence_text, lines_shown, page_address, sentence

if TYPE_CHECKING:
    from indexer.values import StoredLine

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_MOST = 5_000
"""Lines of a form."""
Lines = Annotated[list[Annotated[int, Field(ge=1, le=2**53)]], Form(max_length=_MOST)]
Seen = Annotated[list[Annotated[str, Field(pattern=REVISION)]], Form(max_length=_MOST)]
Texts = Annotated[list[Annotated[str, Field(max_length=10_000)]], Form(max_length=_MOST)]


@router.get("/documents/{document}/{number}/write")
def write(request: Request, served: Served, document: Number, number: Number) -> Response:
    """The lines of a page with their ink, to be typed through."""
    return _shown(request, served, document, number)


@router.post("/documents/{document}/{number}/write")
def keep(
    request: Request,
    served: Served,
    document: Number,
    number: Number,
    line: Lines,
    seen: Seen,
    text: Texts,
    deed: Annotated[Literal["changed", "all"], Form()] = "changed",
    sure: Texts | None = None,
) -> Response:
    """Keep what was typed of a page; with ``all`` the other lines are right as they stand.

    An empty field means that there is no text. Lines that have changed since they were shown, and texts that the ink
    speaks against, are shown again. ``sure`` are the texts that the person was asked about, in the order of the lines.
    """
    if not len(line) == len(seen) == len(text) == len(sure or line):
        raise UsageError(_("the form is not whole"), _("Go back and try again."))
    with served.catalog() as catalog:
        before = catalog.lines(line)
    meant = dict(zip(line, sure or [""] * len(line), strict=True))
    typed = dict(zip(line, text, strict=True))
    said = [
        (
            Said(each, kind, typed[each] if kind != "reject" else None, was),
            kind == "accept" or _same(meant[each], typed[each]),
        )
        for each, was in zip(line, seen, strict=True)
        if (kind := _kind(before.get(each), was, typed[each], deed)) is not None
    ]
    refused = served.settle_each(said)
    if not refused:
        with served.catalog() as catalog:
            return RedirectResponse(page_address(catalog.document_page(document, number)), 303)
    own = {each.line: typed[each.line] for each, _ in said if each.kind != "accept"}
    answer = _shown(request, served, document, number, typed=own, refused=refused)
    answer.status_code = 200 if all(isinstance(each, DoubtError) for each in refused.values()) else 409
    return answer


def _same(one: str, other: str) -> bool:
    return bool(clean(one)) and clean(one) == clean(other)


def _kind(before: StoredLine | None, seen: str, text: str, deed: str) -> Kind | None:
    """What is said of a line, also of one that is gone or says something else since it was ``seen``; ``None`` for
    nothing."""
    if before is not None and clean(text) == before.text:
        return "accept" if deed == "all" and before.origin.engine != HUMAN else None
    if revision_of(clean(text), int(seen.partition("-")[0])) == seen:  # nobody typed in its field
        return "accept" if deed == "all" else None
    return "correct" if clean(text) else "reject"


def _shown(request: Request, served: ServedArchive, document: int, number: int, **more: Any) -> Response:
    with served.catalog() as catalog:
        shown = catalog.document_page(document, number)
        lines = lines_shown(catalog, shown)
        verdicts = catalog.verdicts_on([each.id for each in lines])
        leaf = leaf_of(served, catalog, shown)
    typed, refused = more.get("typed", {}), more.get("refused", {})
    rows = [_row(shown, each, verdicts.get(each.id, 0), typed.get(each.id), refused.get(each.id)) for each in lines]
    here = {each.id for each in lines}
    gone = [typed[each] for each in refused if each not in here and typed.get(each)]
    return page(request, "write.html", page=shown, leaf=leaf, rows=rows, refused=len(refused), gone=gone)


def _row(shown: DocumentPage, line: StoredLine, verdict: int, typed: str | None, error: Any) -> dict[str, object]:
    """A line as its row shows it; a text that could not be kept stays in the field, with why."""
    doubted = isinstance(error, DoubtError)
    then = _("It is kept all the same when you keep the page again.") if doubted else _("Nothing of it was kept.")
    return {
        "line": line,
        "ink": Ink.of(line, shown),
        "seen": revision_of(line.text, verdict),
        "text": typed if error is not None and typed is not None else line.text,
        "sure": typed if doubted else "",
        "said": f"{sentence(error.message)} {then}" if error is not None else confidence_text(line),
        "refused": error is not None,
        "kept": verdict > 0,
    }
