"""The answers of the API, as its OpenAPI document describes them. A box is x, y, width, height in page pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from indexer.catalog import revision_of
from indexer.values import BlockKind, Within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.catalog import Document, DocumentPage, Job
    from indexer.values import Hit, Place, SearchResult, StoredLine

REVISION = "^[0-9]{1,16}(-[0-9a-f]{12})?$"
"""The revision of a line, or only the number of its newest verdict."""
Boxed = Annotated[tuple[int, ...], Field(min_length=4, max_length=4)]
Placed = Annotated[tuple[float, ...], Field(min_length=2, max_length=2)]
"""A place, x and y. A tuple of two would be described in a way that not every reader of the document understands."""


class Answer(BaseModel):
    """What is sent or taken as JSON; it cannot be changed."""

    model_config = ConfigDict(frozen=True)


class LineItem(Answer):
    """A line. ``confidence`` is 0-1 or null. ``verdict`` is the number of the newest verdict on it, 0 for none.
    ``person`` says who checked it, if that was noted."""

    id: int
    document: int
    page: int
    line: int
    text: str
    confidence: float | None
    status: Literal["accepted", "review", "unknown", "rejected"]
    origin: str
    person: str | None
    box: Boxed
    baseline: list[Placed]
    block: int | None


class FoundWord(Answer):
    """The word that was read at a place where a word of the query stands."""

    text: str
    box: Boxed


class FurtherItem(LineItem):
    """A line in which a hit goes on."""

    words: list[FoundWord]


class HitItem(LineItem):
    """A line that was found. ``relevance`` (0-1) is the probability that it has what was asked for. ``further`` are the
    lines in which a phrase goes on, or a word that a line end cuts in two.

    A hit ``within`` a page or a document has all words there, and no line of it has. This is the first line with one of
    them, and ``further`` are the others. ``spelling`` is how a name is spelt there, where that is not what was asked
    for."""

    relevance: float
    read: bool
    within: Within
    spelling: str | None
    words: list[FoundWord]
    further: list[FurtherItem]


class SearchAnswer(Answer):
    """What a query found. Of the ``total``, ``pages`` and ``documents`` have all words together on several lines. About
    ``expected_missed`` more have it, among ``doubtful_lines`` and ``doubtful_groups`` (pages and documents). ``whole``
    is false while the search index is being built: then a part of the archive was not searched. ``described`` are the
    documents of which people said what was asked for, by their dates: at most 200."""

    query: str
    total: int
    pages: int
    documents: int
    expected_missed: float
    doubtful_lines: int
    doubtful_groups: int
    unreadable_lines: int
    searched_lines: int
    stopped_after: float | None
    shards: int
    silent_shards: tuple[int, ...]
    whole: bool
    described: list[int]
    hits: list[HitItem]


class CompletionItem(Answer):
    """A query whose last word is completed. ``lines`` is the number of lines in which that ``word`` is expected."""

    query: str
    word: str
    lines: float


class DocumentItem(Answer):
    """A document. ``pages`` is null until they are counted."""

    id: int
    name: str
    sha256: str
    pages: int | None
    read: int
    waiting: int


class AddedItem(Answer):
    """A document that came. ``known`` says that its content was here before."""

    sha256: str
    name: str
    known: bool


class AddedAnswer(Answer):
    """What became of the files of a request. A file that was refused has the reason."""

    added: list[AddedItem]
    refused: list[str]


class ReadingAnswer(Answer):
    """How far reading is: the documents that wait and that failed, the pages that were read in all, whether something
    is read now, and the trouble that stops it. After trouble it is tried again, less and less often."""

    waiting: int
    pages: int
    reading: bool
    failed: int
    trouble: str | None


class JobItem(Answer):
    """A document that was added here. ``error`` says what went wrong or what it waits for. ``added_at`` is in UTC."""

    sha256: str
    name: str
    state: Literal["waiting", "reading", "read", "failed"]
    error: str | None
    added_at: str


class JobsAnswer(Answer):
    """Some of the documents that were added here, the newest first, and how many there are in all."""

    total: int
    jobs: list[JobItem]


class FailureItem(Answer):
    """What could not be read. ``page`` is null for the whole document. ``kind`` is a fixed word for programs."""

    name: str
    page: int | None
    kind: str
    message: str


class BlockItem(Answer):
    """A part of a page that is read by itself, by its number on the page, and the box around it."""

    block: int
    kind: BlockKind
    box: Boxed


class PageItem(Answer):
    """A page as it was read."""

    document: int
    page: int
    label: str | None
    width: int
    height: int
    incomplete: str | None
    turned: int
    """Degrees clockwise by which the image in the file is turned to be shown and read."""


class Turned(Answer):
    """How a page is to stand: degrees clockwise from how its file has it."""

    turned: Literal[0, 90, 180, 270]


class PageAnswer(PageItem):
    """A page with its blocks and lines in reading order. Pages that earlier versions read have no blocks."""

    blocks: list[BlockItem]
    lines: list[LineItem]


class LineAnswer(LineItem):
    """A line with its ``revision`` and the number of the newest verdict on it, 0 for none. The revision changes with
    the text and with each verdict. Programs send it back as ``seen``."""

    verdict: int
    revision: str


class NearItem(Answer):
    """A doubtful word of a line, by its place among the words (from 0), and what else the ink may say."""

    at: int
    word: str
    near: list[str]


class Verdict(Answer):
    """What a person says of a line. ``text`` is the text that they accept, or their correction.

    ``seen`` is the revision of the line that they saw, or at least the number of the newest verdict that they know of.
    ``sure`` says that a correction is meant although the ink looks different.
    """

    kind: Literal["accept", "correct", "reject"]
    text: str | None = Field(None, max_length=10_000)
    seen: Annotated[int, Field(ge=0, le=2**53)] | Annotated[str, Field(pattern=REVISION)] | None = None
    sure: bool = False


class EstimateItem(Answer):
    """Shares (0-1) of what stands on the pages, estimated from so many ``lines``: letters and words that are read
    wrong, and words to be searched for that are found as they were read, and with the ink."""

    lines: int
    letters_wrong: float
    words_wrong: float
    found_read: float
    found_ink: float


class ModelUseItem(Answer):
    """A recognition model that was made here, of lines of the archive or of transcribed pages, with ``how``, in words:
    so many ``lines`` on so many ``pages`` were read with it."""

    model: str
    how: str
    lines: int
    pages: int


class StatusAnswer(Answer):
    """How much there is. ``estimate`` is ``None`` while no line has a confidence."""

    files: int
    pages: int
    lines: dict[str, int]
    verdicts: int
    orphans: int
    failures: int
    estimate: EstimateItem | None
    models: list[ModelUseItem]


class Problem(Answer):
    """What went wrong and what to do."""

    detail: str
    hint: str = ""


def hit_item(hit: Hit, pages: dict[int, DocumentPage]) -> HitItem:
    """A hit for the API."""
    there = [part for part in hit.parts if part.line.id in pages]
    first, *further = ({**_line(part.line, pages[part.line.id]), "words": _words(part.places)} for part in there)
    own = {"relevance": round(hit.relevance, 6), "read": hit.read, "within": hit.within, "further": further}
    return HitItem.model_validate({**first, **own, "spelling": hit.spelling or None})


def search_answer(query: str, result: SearchResult, pages: dict[int, DocumentPage], *, whole: bool) -> SearchAnswer:
    """What was found, for the API."""
    return SearchAnswer(
        query=query,
        total=result.total,
        pages=result.pages,
        documents=result.documents,
        expected_missed=round(result.missed, 3),
        doubtful_lines=result.doubtful,
        doubtful_groups=result.doubtful_groups,
        unreadable_lines=result.unreadable,
        searched_lines=result.searched,
        stopped_after=result.stopped_after,
        shards=result.shards,
        silent_shards=result.silent_shards,
        described=list(result.described[:200]),
        whole=whole,
        hits=[hit_item(hit, pages) for hit in result.hits if hit.line.id in pages],
    )


def document_item(document: Document) -> DocumentItem:
    """A document for the API."""
    return DocumentItem(
        id=document.id,
        name=document.name,
        sha256=document.sha256,
        pages=document.pages,
        read=document.read,
        waiting=document.waiting,
    )


def job_item(job: Job) -> JobItem:
    """A job for the API."""
    return JobItem(sha256=job.sha256, name=job.name, state=job.state, error=job.error, added_at=job.added_at)


def page_item(page: DocumentPage) -> PageItem:
    """A page for the API."""
    return PageItem.model_validate(_page(page))


def page_answer(page: DocumentPage, lines: list[StoredLine]) -> PageAnswer:
    """A page with its lines for the API."""
    blocks = dict.fromkeys(line.block for line in lines if line.block is not None)
    told = [{"block": each.number, "kind": each.kind, "box": each.box.xywh} for each in blocks]
    return PageAnswer.model_validate({**_page(page), "blocks": told, "lines": [_line(line, page) for line in lines]})


def line_answer(line: StoredLine, page: DocumentPage, verdict: int) -> LineAnswer:
    """A line with the verdict on it for the API."""
    own = {"verdict": verdict, "revision": revision_of(line.text, verdict)}
    return LineAnswer.model_validate({**_line(line, page), **own})


def _line(line: StoredLine, page: DocumentPage) -> dict[str, object]:
    return {
        "id": line.id,
        "document": page.document,
        "page": line.page,
        "line": line.number,
        "text": line.text,
        "confidence": line.confidence,
        "status": line.status.value,
        "origin": line.origin.engine,
        "person": line.origin.person,
        "box": line.box.xywh,
        "baseline": line.baseline,
        "block": None if line.block is None else line.block.number,
    }


def _words(places: Sequence[Place]) -> list[dict[str, object]]:
    return [{"text": place.text, "box": place.box.xywh} for place in places]


def _page(page: DocumentPage) -> dict[str, object]:
    return {
        "document": page.document,
        "page": page.number,
        "label": page.label,
        "width": page.width,
        "height": page.height,
        "incomplete": page.incomplete,
        "turned": page.turned,
    }
