"""What is text of a page: its lines with the words of the transcription, each in its place.

Words stand where they were read. Where a person has said otherwise what a line says, the words that were read as well
keep their places, and the others lie between them as their letters divide what is left.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from indexer.image.geometry import along, corners
from indexer.values import Status, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indexer.values import Box, Point, StoredLine

PageLine = tuple["StoredLine", tuple[Word, ...]]
"""A line of a page, and its words with their places."""


def page_lines(lines: Iterable[StoredLine], words: Mapping[int, tuple[Word, ...]]) -> list[PageLine]:
    """What is text of a page's lines, each with the words of what it says; ``words`` are those that were read of it."""
    return [
        (line, tuple(_placed(line, words.get(line.id, ()))))
        for line in lines
        if line.status is not Status.REJECTED and line.text
    ]


def _placed(line: StoredLine, read: Sequence[Word]) -> Iterator[Word]:
    """The words of a line with their places, found by those that were read of it."""
    texts, known = line.text.split(), [word.text for word in read]
    for kind, first, last, begin, end in SequenceMatcher(a=known, b=texts, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from read[first:last]
        elif begin < end:
            outline = line.polygon if len(line.polygon) == 4 else corners(line.box)
            left = _reaches(outline, read[first - 1].box)[1] if first else 0.0
            right = _reaches(outline, read[last].box)[0] if last < len(read) else 1.0
            yield from _divided(texts[begin:end], line, outline, (left, max(left, right)))


def _divided(
    texts: Sequence[str], line: StoredLine, outline: Sequence[Point], span: tuple[float, float]
) -> Iterator[Word]:
    """Words along a part of a line, each as long as its letters make it."""
    letters = sum(len(text) for text in texts) + len(texts) - 1
    step, at = (span[1] - span[0]) / letters, span[0]
    for text in texts:
        yield Word(text, line.confidence, along(outline, at, at + len(text) * step))
        at += (len(text) + 1) * step


def _reaches(outline: Sequence[Point], box: Box) -> tuple[float, float]:
    """From where to where along a line a box reaches, as parts of the line's length."""
    (x0, y0), (x1, y1) = outline[0], outline[1]
    length = (x1 - x0) ** 2 + (y1 - y0) ** 2 or 1.0
    parts = [((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length for x, y in corners(box)]
    return max(0.0, min(1.0, min(parts))), max(0.0, min(1.0, max(parts)))
