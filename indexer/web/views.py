"""Prepares what the templates show: texts, addresses and places of hits, lines and pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from indexer.archive.crops import with_margin
from indexer.image.strips import on_strip, size_of, strip_of
from indexer.search.summary import likelihood, near_reading, pieces, remark, spelt, where
from indexer.translation import _, _n, again
from indexer.translation.figures import percent
from indexer.translation.kept import said_again
from indexer.values import HUMAN, SIDECAR, TEXT_LAYER, Box, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from indexer.catalog import Catalog, Document, DocumentPage
    from indexer.values import Block, Failure, FoundIn, SearchResult, StoredLine, Word
    from indexer.values.errors import NotesError

DOUBTFUL = 0.5
"""Confidence below which a word is marked as doubtful."""
_PICTURE = 320
"""Pixels across of a small picture of a page."""
_HIGH = 132
"""How high the ink of a hit is shown at most, in pixels of a page."""
_ROW, _AGAIN = 7, 0.04
"""How many times as wide as high a row of a line is at most, where there is little room; and the share of it that is
shown again in the next."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A rectangle on an image, in percent of its width and height."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def on(cls, box: Box, whole: Box) -> Mark:
        """The place of a box on the image of another box."""
        return cls(
            round(100 * (box.x - whole.x) / whole.width, 3),
            round(100 * (box.y - whole.y) / whole.height, 3),
            round(100 * box.width / whole.width, 3),
            round(100 * box.height / whole.height, 3),
        )


@dataclass(frozen=True, slots=True)
class Ink:
    """The picture of a line: its address and its size. ``rows`` are the parts in which it is shown, one below the
    other, where there is little room: each begins at an x, has a width, and repeats a little of the one before."""

    address: str
    width: int
    height: int
    rows: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, line: StoredLine, page: DocumentPage) -> Ink:
        """The picture of a line on its page."""
        strip = strip_of(line)
        whole = Box(0, 0, *size_of(strip)) if strip else with_margin(line.box, page.width, page.height)
        many = max(1, -(-whole.width // (_ROW * whole.height)))
        part = whole.width / many
        more = round(_AGAIN * part) if many > 1 else 0
        starts = [max(0, round(at * part) - more) for at in range(many)]
        ends = [min(whole.width, round((at + 1) * part) + more) for at in range(many)]
        rows = tuple((start, end - start) for start, end in zip(starts, ends, strict=True))
        return cls(crop_address(page, line), whole.width, whole.height, rows)


@dataclass(frozen=True, slots=True)
class Near:
    """A doubtful word of a line, by its place among the words, and what else the ink may say."""

    at: int
    word: str
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """The number of the page of a list that is shown, of how many. ``address`` is the address of the list."""

    address: str
    number: int
    last: int


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A line of a hit: its ink with marks over the words, and its text in pieces."""

    line: StoredLine
    ink: str
    size: tuple[int, int]
    marks: tuple[Mark, ...]
    pieces: tuple[tuple[str, bool], ...]

    @property
    def shown(self) -> tuple[int, int]:
        """The size in which the ink is shown where there is room. A browser that knows it keeps the place."""
        width, height = self.size
        return (width, height) if height <= _HIGH else (round(width * _HIGH / height), _HIGH)

    @classmethod
    def of(cls, part: FoundIn, page: DocumentPage) -> ShownPart:
        """A line of a hit on its page."""
        strip, boxes = strip_of(part.line), [place.box for place in part.places]
        whole = Box(0, 0, *size_of(strip)) if strip else with_margin(part.line.box, page.width, page.height)
        marked = [on_strip(box, strip) for box in boxes] if strip else boxes
        return cls(
            *(part.line, crop_address(page, part.line), (whole.width, whole.height)),
            tuple(Mark.on(box, whole) for box in marked),
            tuple(pieces(part)),
        )


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit: its lines, and its relevance and confidence in words."""

    page: DocumentPage
    parts: tuple[ShownPart, ...]
    percent: int
    relevance: str
    confidence: str
    state: str
    near: str
    """What was read instead of what was asked for, and how probable that is by the ink; empty where it was read."""

    where: str

    address: str
    """The address of the line on its page, with the query marked."""
    further: tuple[tuple[DocumentPage, str], ...]
    """The other pages on which it has lines, each with the address of the first of them."""


def shown_hits(
    result: SearchResult, pages: Mapping[int, DocumentPage], query: str, word: str = ""
) -> Iterator[ShownHit]:
    """The hits of a result whose page is still there. ``word`` is what was asked for, if it was a single one."""
    for hit in result.hits:
        page = pages.get(hit.line.id)
        if page is not None:
            parts = [(part, pages[part.line.id]) for part in hit.parts if part.line.id in pages]
            firsts = {each.number: (each, part.line) for part, each in reversed(parts) if each.number != page.number}
            yield ShownHit(
                page,
                tuple(ShownPart.of(part, each) for part, each in parts),
                round(100 * hit.relevance),
                likelihood(hit),
                confidence_text(hit.line),
                remark(hit),
                near_reading(hit, word),
                " · ".join(filter(None, (spelt(hit), where(hit)))),
                line_address(page, hit.line.id, query),
                tuple((each, line_address(each, line.id, query)) for each, line in reversed(firsts.values())),
            )


def lines_shown(catalog: Catalog, page: DocumentPage) -> list[StoredLine]:
    """The lines of a page but those that people rejected."""
    return [line for line in catalog.page_lines(page.path, page.number) if line.status is not Status.REJECTED]


def confidence_text(line: StoredLine) -> str:
    """How sure a line's text is, in words."""
    if line.confidence is not None:
        return _("%(percent)s sure", percent=percent(line.confidence))
    told = {
        HUMAN: _("checked by %(who)s", who=line.origin.person or _("a person")),
        TEXT_LAYER: _("text of the file"),
        SIDECAR: _("text beside the file"),
    }
    return told.get(line.origin.engine, _("not known how sure"))


def is_doubtful(word: Word) -> bool:
    """Whether a word is shown as doubtful."""
    return word.confidence is None or word.confidence < DOUBTFUL


def failures_by_path(failures: Sequence[Failure]) -> dict[Path, str]:
    """For each file what went wrong, in words: the first failure, and how many more there are."""
    said: dict[Path, list[str]] = {}
    for each in sorted(failures, key=lambda failure: failure.page or 0):
        why = said_again(each.message)
        where = _("page %(page)s: %(why)s", page=each.page, why=why) if each.page else why
        said.setdefault(each.path, []).append(where)
    return {path: _first_of(words) for path, words in said.items()}


def _first_of(words: Sequence[str]) -> str:
    more = len(words) - 1
    return _n("%(first)s (and %(n)s more)", "%(first)s (and %(n)s more)", more, first=words[0]) if more else words[0]


def at_page(page: DocumentPage) -> str:
    """The name of a document and which of its pages it is."""
    named = {"name": page.name, "page": page.number, "label": page.label}
    return _("%(name)s, page %(page)s (%(label)s)", **named) if page.label else _("%(name)s, page %(page)s", **named)


def kind_of(block: Block) -> str:
    """What a block is, in words."""
    kinds = {"main": _("text"), "margin": _("margin"), "header": _("header"), "table": _("table")}
    return kinds.get(block.kind, _("other"))


def sentence(text: str) -> str:
    """A text as a sentence of its own."""
    said = again(text)
    return f"{said[:1].upper()}{said[1:]}."


def explained(error: NotesError) -> str:
    """What went wrong and the next step, as sentences."""
    return f"{sentence(error.message)} {again(error.hint)}"


def crop_address(page: DocumentPage, line: StoredLine) -> str:
    """The address of the crop of a line. What it shows never changes: it says where on the page that is."""
    place = ",".join(map(str, line.box.xywh))
    strip = "_".join(f"{x:.0f},{y:.0f}" for x, y in strip_of(line))
    turned, along = (f"turned={page.turned}" if page.turned else ""), (f"along={strip}" if strip else "")
    asked = "&".join(each for each in (turned, along) if each)
    return f"/ink/{page.sha256}/{page.number}/{place}.jpg{'?' if asked else ''}{asked}"


def place_address(page: DocumentPage, place: Box) -> str:
    """The address of the crop of a box on a page."""
    return f"/ink/{page.sha256}/{page.number}/{','.join(map(str, place.xywh))}.jpg{as_turned(page)}"


def scan_address(page: DocumentPage, width: int) -> str:
    """The address of the picture of a page, so many pixels wide."""
    return f"/scan/{page.sha256}/{page.number}/{width}.jpg{as_turned(page)}"


def pictures_of(catalog: Catalog, documents: Iterable[Document]) -> dict[int, str]:
    """The address of a small picture of the first page of each document, as far as one was read."""
    firsts = catalog.first_pages(each.id for each in documents)
    return {document: scan_address(page, _PICTURE) for document, page in firsts.items()}


def image_name(page: DocumentPage) -> str:
    """The name of the image of a page in IIIF. What it shows never changes."""
    return f"{page.sha256}-{page.number}-{page.turned}"


def image_address(page: DocumentPage) -> str:
    """The address of the image of a page in IIIF, of which parts are had in any size."""
    return f"/iiif/image/{image_name(page)}"


def as_turned(page: DocumentPage) -> str:
    """What makes the addresses of pictures of a page others when it is turned: browsers keep pictures for ever."""
    return f"?turned={page.turned}" if page.turned else ""


def page_address(page: DocumentPage) -> str:
    """The address of a page."""
    return f"/documents/{page.document}/{page.number}"


def line_address(page: DocumentPage, line: int, query: str) -> str:
    """The address of a line on its page."""
    return f"{page_address(page)}?q={quote(query)}#line-{line}"


def whole_page(page: DocumentPage) -> Box:
    """A page as a box."""
    return Box(0, 0, page.width, page.height)
