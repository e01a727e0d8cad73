"""The text of a page for export: its lines with the words of the transcription, each in its place.

Words stand where they were read. If a person has corrected a line, the words that were also read keep their places. The
other words divide the room between them by their numbers of letters.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from indexer.formats.document import TextBlock, TextLine, TextPage, TextReading, TextWord
from indexer.image.baselines import baselines
from indexer.image.geometry import along, band, corners, outline
from indexer.values import Status, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indexer.catalog import DocumentPage
    from indexer.values import Block, Box, Origin, Point, Reading, StoredLine

PageLine = tuple["StoredLine", tuple[Word, ...]]
"""A line of a page, and its words with their places."""


def page_lines(lines: Iterable[StoredLine], words: Mapping[int, tuple[Word, ...]]) -> list[PageLine]:
    """The lines of a page that are text, each with its words. ``words`` gives the words that were read in a line."""
    return [
        (line, tuple(_placed(line, words.get(line.id, ()))))
        for line in lines
        if line.status is not Status.REJECTED and line.text
    ]


def by_block(lines: Iterable[PageLine]) -> dict[Block | None, list[PageLine]]:
    """The lines of each block of a page, both in reading order. A page without blocks has the one block ``None``."""
    found: dict[Block | None, list[PageLine]] = {}
    for line, words in lines:
        found.setdefault(line.block, []).append((line, words))
    return found


def text_page(
    page: DocumentPage, lines: Sequence[PageLine], others: Mapping[int, Sequence[Reading]] | None = None
) -> TextPage:
    """A page as formats write it, its lines block by block. ``others`` are further readings of lines."""
    blocks = by_block(lines)
    at = {block: number for number, block in enumerate(each for each in blocks if each is not None)}
    stands = {line.id: baseline for (line, _), baseline in zip(lines, baselines(lines), strict=True)}
    return TextPage(
        *(page.width, page.height),
        tuple(
            TextLine(
                (_said(line.text, line.confidence, line.origin), *_readings((others or {}).get(line.id))),
                *(outline(line), stands[line.id].points),
                tuple(TextWord(word.text, word.confidence, corners(word.box)) for word in words),
                None if block is None else at[block],
                id=f"line{line.id}",
            )
            for block, inside in blocks.items()
            for line, words in inside
        ),
        tuple(TextBlock(block.kind, corners(block.box), id=f"block{block.number}") for block in at),
        page.number,
        page.label or "",
        page.name,
        str(page.path),
        upright=True,
    )


def _readings(readings: Sequence[Reading] | None) -> Iterator[TextReading]:
    for each in readings or ():
        yield _said(each.line.text, each.line.confidence, each.origin)


def _said(text: str, confidence: float | None, origin: Origin) -> TextReading:
    return TextReading(text, confidence, origin.engine, origin.person or "")


def _placed(line: StoredLine, read: Sequence[Word]) -> Iterator[Word]:
    """The words of a line with their places, which come from the words that were read."""
    texts, known = line.text.split(), [word.text for word in read]
    for kind, first, last, begin, end in SequenceMatcher(a=known, b=texts, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from read[first:last]
        elif begin < end:
            outline = band(line)
            left = _reaches(outline, read[first - 1].box)[1] if first else 0.0
            right = _reaches(outline, read[last].box)[0] if last < len(read) else 1.0
            yield from _divided(texts[begin:end], line, outline, (left, max(left, right)))


def _divided(
    texts: Sequence[str], line: StoredLine, outline: Sequence[Point], span: tuple[float, float]
) -> Iterator[Word]:
    """Words along a part of a line, each as long as its number of letters asks for."""
    letters = sum(len(text) for text in texts) + len(texts) - 1
    step, at = (span[1] - span[0]) / letters, span[0]
    for text in texts:
        yield Word(text, line.confidence, along(outline, at, at + len(text) * step))
        at += (len(text) + 1) * step


def _reaches(outline: Sequence[Point], box: Box) -> tuple[float, float]:
    """The start and end of a box along a line, as shares of the line's length."""
    (x0, y0), (x1, y1) = outline[0], outline[len(outline) // 2 - 1]
    length = (x1 - x0) ** 2 + (y1 - y0) ** 2 or 1.0
    parts = [((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length for x, y in corners(box)]
    return max(0.0, min(1.0, min(parts))), max(0.0, min(1.0, max(parts)))
