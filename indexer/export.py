"""A page as other programs take it: plain text and ALTO XML.

Words stand where the reader saw them. Where a person has said otherwise what a line says, only the line has a place.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from importlib.metadata import version
from typing import TYPE_CHECKING

from indexer.model import Status, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from indexer.catalog import DocumentPage
    from indexer.model import Box, StoredLine

_ALTO = "http://www.loc.gov/standards/alto/ns-v4#"
_WHERE = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"

PageLine = tuple["StoredLine", tuple[Word, ...]]
"""A line of a page, and its words with their places."""


def page_lines(lines: Iterable[StoredLine], words: Mapping[int, tuple[Word, ...]]) -> list[PageLine]:
    """What is text of a page's lines, each with its words, as far as these are still what it says."""
    found = []
    for line in lines:
        if line.status is not Status.REJECTED and line.text:
            own = words.get(line.id, ())
            as_read = " ".join(word.text for word in own) == line.text
            found.append((line, own if as_read else (Word(line.text, line.confidence, line.box),)))
    return found


def plain_text(lines: Iterable[PageLine]) -> str:
    """The text of a page, a line a line."""
    return "".join(f"{line.text}\n" for line, _ in lines)


def alto(page: DocumentPage, lines: Iterable[PageLine]) -> bytes:
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
    for line, words in lines:
        row = _add(block, "TextLine", ID=f"line{line.id}", **_place(line.box))
        if line.polygon:
            points = " ".join(f"{round(x)},{round(y)}" for x, y in line.polygon)
            _add(_add(row, "Shape"), "Polygon", POINTS=points)
        for number, word in enumerate(words):
            if number:
                _add(row, "SP")
            sure = {} if word.confidence is None else {"WC": f"{word.confidence:.2f}"}
            _add(row, "String", CONTENT=word.text, **_place(word.box), **sure)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'.encode()


def _add(parent: ElementTree.Element, name: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, f"{{{_ALTO}}}{name}", attributes)


def _place(box: Box) -> dict[str, str]:
    return {"HPOS": str(box.x), "VPOS": str(box.y), "WIDTH": str(box.width), "HEIGHT": str(box.height)}
