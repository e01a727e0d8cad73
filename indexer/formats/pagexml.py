"""PAGE XML (https://github.com/PRImA-Research-Lab/PAGE-XML): reads schemas of 2009 to 2019, writes that of 2019."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING

from indexer.formats.markup import (
    TruthPage,
    Written,
    all_of,
    children,
    hull,
    name_of,
    nfc,
    number,
    placed,
    points,
    ranked,
    standing,
)
from indexer.formats.transcription import by_block
from indexer.image.baselines import baselines
from indexer.image.geometry import corners, outline
from indexer.values import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from xml.etree.ElementTree import Element

    from indexer.catalog import DocumentPage
    from indexer.formats.transcription import PageLine
    from indexer.image.baselines import Baseline
    from indexer.values import Block, BlockKind, Point, StoredLine, Word

_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_OURS = "notes "
_TYPES: dict[BlockKind, str] = {
    "main": "paragraph", "margin": "marginalia", "header": "header", "table": "other", "other": "other",
}  # fmt: skip
"""What PAGE calls each kind of block. A column of a table also stands in a TableRegion."""

_PARTS = {"TextLine": ("Word", " "), "Word": ("Glyph", "")}
"""The parts of an element, and the text between two of them."""


def read(root: Element) -> Iterator[TruthPage]:
    """The pages of a PAGE document. Raises ``ValueError`` if a text belongs to no line."""
    upright = any((each.text or "").startswith(_OURS) for each in all_of(root, "Creator"))
    for page in all_of(root, "Page"):
        order = ranked(each for orders in children(page, "ReadingOrder") for each in _referred(orders))
        texts = _texts(page)
        lines = [
            Written(texts.get(line) or _text(line), _outline(line), _points(line, "Baseline"), region)
            for line, region in standing(page, "TextRegion", "TextLine", order)
        ]
        yield TruthPage(number(page.get("imageWidth")), number(page.get("imageHeight")), placed(lines), upright)


def _referred(group: Element) -> Iterator[str | None]:
    """The ids of the regions in a group of the reading order, and in the groups inside it."""
    for each in sorted(group, key=lambda each: int(each.get("index") or 0)):
        yield each.get("regionRef")
        yield from _referred(each)


def _texts(page: Element) -> dict[Element, str]:
    """The texts of lines, from a region that alone has the text, line by line."""
    texts: dict[Element, str] = {}
    for region in page.iter():
        lines = list(children(region, "TextLine"))
        whole = [row for row in map(nfc, _own_text(region).splitlines()) if row]
        nested = any(name_of(each) == "TextRegion" for each in region)
        if not whole or nested or any(map(_text, lines)) or not (lines or name_of(region) == "TextRegion"):
            continue
        if len(whole) != len(lines):
            raise ValueError(
                f"the region {region.get('id', '')!r} has a text of {len(whole)} lines, and {len(lines)} lines without "
                "text"
            )
        texts |= dict(zip(lines, whole, strict=True))
    return texts


def _text(element: Element) -> str:
    """The text of a line or word. If it has none itself, it is joined from its words or letters."""
    own = nfc(_own_text(element))
    if own or name_of(element) not in _PARTS:
        return own
    part, between = _PARTS[name_of(element)]
    return nfc(between.join(filter(None, (_text(each) for each in children(element, part)))))


def _own_text(element: Element) -> str:
    """The first text of an element that is not empty, in the order of their indexes."""
    readings = sorted(children(element, "TextEquiv"), key=lambda each: int(each.get("index") or 0))
    for kind in ("Unicode", "PlainText"):
        for reading in readings:
            text = "".join(each.text or "" for each in children(reading, kind))
            if text.strip():
                return text
    return ""


def _outline(element: Element) -> tuple[Point, ...]:
    """The outline of a line. If it has none, the box around its words or letters."""
    own = _points(element, "Coords")
    if len(own) > 2 or name_of(element) not in _PARTS:
        return own if len(own) > 2 else ()
    return hull(filter(None, (_outline(each) for each in children(element, _PARTS[name_of(element)][0]))))


def _points(element: Element, name: str) -> tuple[Point, ...]:
    """Points from an attribute. Until 2010 each point was an element."""
    for place in children(element, name):
        if place.get("points"):
            return points(place.get("points", ""))
        return tuple((float(each.get("x", "nan")), float(each.get("y", "nan"))) for each in children(place, "Point"))
    return ()


def write(page: DocumentPage, lines: Sequence[PageLine]) -> bytes:
    """A page in the schema of 2019-07-15. Places are in pixels of the page as it was read, none lies beyond its edge.
    Confidences are written if they are known."""
    ElementTree.register_namespace("", _NAMESPACE)
    root = ElementTree.Element(
        f"{{{_NAMESPACE}}}PcGts",
        {"{http://www.w3.org/2001/XMLSchema-instance}schemaLocation": f"{_NAMESPACE} {_NAMESPACE}/pagecontent.xsd"},
    )
    about, now = _add(root, "Metadata"), datetime.now(timezone.utc).isoformat(timespec="seconds")
    for name, text in (("Creator", f"{_OURS}{version('notes')}"), ("Created", now), ("LastChange", now)):
        _add(about, name).text = text
    size = {"imageWidth": str(page.width), "imageHeight": str(page.height)}
    sheet = _Sheet(page, _add(root, "Page", imageFilename=page.name, **size))
    blocks = by_block(lines)
    _say_order(sheet.element, [block for block in blocks if block is not None])
    stands = {line.id: baseline for (line, _), baseline in zip(lines, baselines(lines), strict=True)}
    for block, inside in blocks.items():
        region = sheet.region(block)
        for line, words in inside:
            sheet.write_line(region, line, words, stands[line.id])
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _say_order(sheet: Element, blocks: Sequence[Block]) -> None:
    if blocks:
        group = _add(_add(sheet, "ReadingOrder"), "OrderedGroup", id="order")
        for at, block in enumerate(blocks):
            _add(group, "RegionRefIndexed", index=str(at), regionRef=_name(block))


def _name(block: Block) -> str:
    return f"block{block.number}"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page that is written, and its element."""

    page: DocumentPage
    element: Element

    def region(self, block: Block | None) -> Element:
        """The region of a block, in one of a table if it is a column of one. Without blocks it is the whole page."""
        parent = self.element
        box = Box(0, 0, self.page.width, self.page.height) if block is None else block.box
        if block is not None and block.kind == "table":
            parent = _add(parent, "TableRegion", id=f"table{block.number}")
            self._place(parent, corners(box))
        named = {"id": "text"} if block is None else {"id": _name(block), "type": _TYPES[block.kind]}
        region = _add(parent, "TextRegion", **named)
        self._place(region, corners(box))
        return region

    def write_line(self, region: Element, line: StoredLine, words: Sequence[Word], baseline: Baseline) -> None:
        """Write a line with its words."""
        row = _add(region, "TextLine", id=f"line{line.id}")
        self._place(row, outline(line))
        _add(row, "Baseline", points=self._listed(baseline.points))
        for at, word in enumerate(words, 1):
            part = _add(row, "Word", id=f"line{line.id}word{at}")
            self._place(part, corners(word.box))
            _say(part, word.text, word.confidence)
        _say(row, line.text, line.confidence)

    def _place(self, element: Element, points: Iterable[Point]) -> None:
        _add(element, "Coords", points=self._listed(points))

    def _listed(self, points: Iterable[Point]) -> str:
        width, height = self.page.width, self.page.height
        return " ".join(f"{min(max(round(x), 0), width)},{min(max(round(y), 0), height)}" for x, y in points)


def _say(element: Element, text: str, confidence: float | None) -> None:
    sure = {} if confidence is None else {"conf": f"{confidence:.3f}"}
    _add(_add(element, "TextEquiv", **sure), "Unicode").text = text


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return ElementTree.SubElement(parent, f"{{{_NAMESPACE}}}{name}", attributes)
