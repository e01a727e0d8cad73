"""Where what a query asks for stands in a line: in its text, and in its ink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.image.geometry import along, around, corners, covered, quadrangle
from indexer.search.matching import matches
from indexer.search.query import wanted
from indexer.values import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indexer.search.query import Node, Phrase, Word
    from indexer.values import Box, Point, StoredLine
    from indexer.values import Word as ReadWord

_SAME = 0.4
"""Part of a read word's box from which it stands where a word of the query does."""


def places(
    node: Node, line: StoredLine, words: Sequence[ReadWord], near: Mapping[Word | Phrase, tuple[float, float]]
) -> tuple[Place, ...]:
    """The places of all words and phrases asked for, in the order of the text: where they were read, or else where
    they are nearest in the ink (``near``, parts of the line's length)."""
    outline = quadrangle(line)
    spans = list(_spans(line.text, words))
    found = []
    for leaf in wanted(node):
        read = matches(leaf, line.text)
        if read:
            found += [_read(line.text, outline, spans, start, end) for start, end in read]
        elif leaf in near:
            found.append(_near(line.text, along(outline, *near[leaf]), spans))
    return tuple(sorted(set(found), key=lambda place: (place.start, place.box.x)))


def _spans(text: str, words: Sequence[ReadWord]) -> Iterator[tuple[int, int, Box]]:
    """Where each of the words stands in the text, as far as it does; the text may be another engine's."""
    at = 0
    for word in words:
        start = text.find(word.text, at)
        if start >= 0:
            at = start + len(word.text)
            yield start, at, word.box


def _read(text: str, outline: Sequence[Point], spans: Sequence[tuple[int, int, Box]], start: int, end: int) -> Place:
    boxes = [_part(box, first, last, start, end) for first, last, box in spans if first < end and last > start]
    box = around(boxes) if boxes else along(outline, start / len(text), end / len(text))
    return Place(text[start:end], box, start, end)


def _part(box: Box, first: int, last: int, start: int, end: int) -> Box:
    """The part of a read word's box in which the letters from ``start`` to ``end`` stand: a whole line without blanks
    may be read as a word."""
    begin, until = (min(max((at - first) / (last - first), 0.0), 1.0) for at in (start, end))
    return box if (begin, until) == (0.0, 1.0) else along(corners(box), begin, until)


def _near(text: str, box: Box, spans: Sequence[tuple[int, int, Box]]) -> Place:
    here = [(start, end) for start, end, word in spans if covered(word, box) >= _SAME]
    start, end = (here[0][0], here[-1][1]) if here else (0, 0)
    return Place(text[start:end], box, start, end)
