"""A page as other programs take it: plain text and ALTO XML.

Words stand where the reader saw them. Where a person has said otherwise what a line says, the words that were read as
well keep their places, and the others lie between them as their letters divide what is left.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from difflib import SequenceMatcher
from importlib.metadata import version
from typing import TYPE_CHECKING

from indexer.image.baselines import baselines
from indexer.image.geometry import along, corners
from indexer.values import Status, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indexer.catalog import DocumentPage
    from indexer.values import Box, Point, StoredLine

_ALTO = "http://www.loc.gov/standards/alto/ns-v4#"
_WHERE = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"

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


def plain_text(lines: Iterable[PageLine]) -> str:
    """The text of a page, a line a line."""
    return "".join(f"{line.text}\n" for line, _ in lines)


def alto(page: DocumentPage, lines: Sequence[PageLine]) -> bytes:
    """A page in ALTO 4.4, boxes in pixels of the page as it was read; confidences where there are any."""
    ElementTree.register_namespace("", _ALTO)
    root = ElementTree.Element(
        f"{{{_ALTO}}}alto",
        {"{http://www.w3.org/2001/XMLSchema-instance}schemaLocation": f"{_ALTO} {_WHERE}"},
    )
    about = _add(root, "Description")
    _add(about, "MeasurementUnit").text = "pixel"
    _add(_add(about, "sourceImageInformation"), "fileName").text = page.name
    software = _add(_add(about, "Processing", ID="notes"), "processingSoftware")
    _add(software, "softwareName").text = "notes"
    _add(software, "softwareVersion").text = version("notes")
    size = {"WIDTH": str(page.width), "HEIGHT": str(page.height)}
    sheet = _add(_add(root, "Layout"), "Page", ID=f"page{page.number}", PHYSICAL_IMG_NR=str(page.number), **size)
    space = _add(sheet, "PrintSpace", HPOS="0", VPOS="0", **size)
    block = _add(space, "TextBlock", ID="text", HPOS="0", VPOS="0", **size)
    for (line, words), baseline in zip(lines, baselines(lines), strict=True):
        stands = _points((baseline.start, baseline.end))
        row = _add(block, "TextLine", ID=f"line{line.id}", **_place(line.box), BASELINE=stands)
        if line.polygon:
            _add(_add(row, "Shape"), "Polygon", POINTS=_points(line.polygon))
        for number, word in enumerate(words):
            if number:
                _add(row, "SP")
            sure = {} if word.confidence is None else {"WC": f"{word.confidence:.2f}"}
            _add(row, "String", CONTENT=word.text, **_place(word.box), **sure)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'.encode()


def _add(parent: ElementTree.Element, name: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, f"{{{_ALTO}}}{name}", attributes)


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{round(x)},{round(y)}" for x, y in points)


def _place(box: Box) -> dict[str, str]:
    return {"HPOS": str(box.x), "VPOS": str(box.y), "WIDTH": str(box.width), "HEIGHT": str(box.height)}
