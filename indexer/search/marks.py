"""Where in a line, and in those it goes on in, the words of a query stand: in the text, and on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.image.geometry import along, around, band, corners, covered
from indexer.search.asked_names import Spelt
from indexer.search.fields import Dated
from indexer.search.matching import Row, dates, matches
from indexer.search.nodes import wanted
from indexer.values import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indexer.search.nodes import Leaf, Node
    from indexer.values import Box, Point, StoredLine
    from indexer.values import Word as ReadWord

_SAME = 0.4
"""Share of the box of a read word from which it stands where a word of the query was found."""


@dataclass(frozen=True, slots=True)
class Written:
    """A line, its words as they were read, and where words and phrases of a query fit its ink best (``near``, fractions
    of the length of the line)."""

    line: StoredLine
    words: Sequence[ReadWord]
    near: Mapping[Leaf, tuple[float, float]]


def places(node: Node, lines: Sequence[Written]) -> list[tuple[Place, ...]]:
    """The places of all words and phrases of the query in a line, and in those after it, in the order of the text.

    That is where they were read. What was not read is marked where it fits best.
    """
    texts = [each.line.text for each in lines]
    row = Row.of(texts)
    spans = [list(_spans(each.line.text, each.words)) for each in lines]
    found: list[set[Place]] = [set() for _ in lines]
    for leaf in (each for each in wanted(node) if not isinstance(each, Spelt)):  # of a name a spelling stands there
        read = dates(leaf, texts) if isinstance(leaf, Dated) else matches(leaf, row)
        for at, (each, here) in enumerate(zip(lines, read, strict=True)):
            outline = band(each.line)
            if any(read):
                found[at].update(_read(each.line.text, outline, spans[at], start, end) for start, end in here)
            elif leaf in each.near:
                found[at].add(_near(each.line.text, along(outline, *each.near[leaf]), spans[at]))
    return [tuple(sorted(each, key=lambda place: (place.start, place.box.x))) for each in found]


def _spans(text: str, words: Sequence[ReadWord]) -> Iterator[tuple[int, int, Box]]:
    """Where each of the words stands in the text. Some may not: the text may come from another engine."""
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
    """The part of the box of a read word that has the letters from ``start`` to ``end``. In a script without blanks a
    whole line may be one word."""
    begin, until = (min(max((at - first) / (last - first), 0.0), 1.0) for at in (start, end))
    return box if (begin, until) == (0.0, 1.0) else along(corners(box), begin, until)


def _near(text: str, box: Box, spans: Sequence[tuple[int, int, Box]]) -> Place:
    here = [(start, end) for start, end, word in spans if covered(word, box) >= _SAME]
    start, end = (here[0][0], here[-1][1]) if here else (0, 0)
    return Place(text[start:end], box, start, end)
