"""Lines, hits and pages in the words that an assistant reads: number, file, page, box, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.search.summary import likelihood, pieces, remark, spelt, where
from indexer.text.folding import printable
from indexer.values import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from indexer.catalog import DocumentPage
    from indexer.values import Box, FoundIn, Hit, Reading, StoredLine


def sure(confidence: float | None) -> str:
    """A confidence; an unknown one is never a number."""
    return "confidence unknown" if confidence is None else f"confidence {confidence * 100:.0f} %"


def file_text(path: Path) -> str:
    """A file by its whole path: an assistant stands in no folder."""
    return printable(str(path))


def place(page: DocumentPage) -> str:
    """A page as a person names it, with the size that boxes are in."""
    label = f" ({page.label})" if page.label else ""
    return f"{file_text(page.path)} page {page.number}{label}, {page.width}x{page.height} pixels"


def box_text(box: Box) -> str:
    """Where something stands on its page."""
    return f"x {box.x} y {box.y} width {box.width} height {box.height}"


def hit_text(hit: Hit, pages: Mapping[int, DocumentPage]) -> str:
    """A hit: what is to be said of it, and each of its lines."""
    said = ", ".join(filter(None, (f"relevance {likelihood(hit)}", remark(hit), spelt(hit), where(hit))))
    return "\n".join([f"{said}:", *(_part_text(part, pages[part.line.id]) for part in hit.parts)])


def _part_text(part: FoundIn, page: DocumentPage) -> str:
    marked = "".join(f"**{text}**" if found else text for text, found in pieces(part))
    return f"  [{part.line.id}] {place(page)}, line {part.line.number}, box {box_text(part.line.box)}: {marked}"


def line_text(line: StoredLine) -> str:
    """A line of a page that was named before."""
    state = {Status.ACCEPTED: "", Status.REJECTED: ", rejected"}.get(line.status, ", waits for review")
    return f"[{line.id}] line {line.number}, {sure(line.confidence)}{state}, box {box_text(line.box)}: {line.text}"


def reading_text(reading: Reading) -> str:
    """A reading of a line: by whom, and how sure it was."""
    before = ", before the page was read anew" if reading.replaced else ""
    return f"{reading.origin.engine} read ({sure(reading.line.confidence)}{before}): {reading.line.text}"


def further(told: int, total: int, first: int, what: str, ask: str) -> Sequence[str]:
    """That there are more than were told, and how to ask for them."""
    last = first + told - 1
    return [f"{what} {first} to {last} of {total}; ask again with {ask}={last + 1}"] if last < total else []
