"""PAGE XML (https://github.com/PRImA-Research-Lab/PAGE-XML): reads schemas of 2009 to 2019, writes that of 2019."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from indexer.formats.document import (
    TextBlock,
    TextDocument,
    TextLine,
    TextPage,
    TextReading,
    TextTable,
    TextWord,
    counted_tables,
    kind_of,
    named,
    sound,
    with_tables,
)
from indexer.formats.markup import (
    all_of,
    children,
    decimals,
    finite,
    fraction,
    hull,
    name_of,
    nfc,
    number,
    our_version,
    points,
    ranked,
    rectangle,
    root_element,
    standing,
    whole,
    written,
)
from indexer.formats.merged_cells import ALONE, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from xml.etree.ElementTree import Element

    from indexer.values import BlockKind, Point

_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_OURS = "notes "
_CELL = "TableCell"
"""What Transkribus writes as a cell of a table."""
_TYPES: dict[BlockKind, str] = {
    "main": "paragraph", "margin": "marginalia", "header": "header", "table": "other", "other": "other",
}  # fmt: skip
"""What PAGE calls each kind of block. A column of a table also stands in a TableRegion."""

_REGIONS = ("TextRegion", _CELL)
_PARTS = {"TextLine": ("Word", " "), "Word": ("Glyph", "")}
"""The parts of an element, and the text between two of them."""
_INSIDE = frozenset(("TextLine", "Word", "Glyph", "TextEquiv", "Unicode", "PlainText", "Coords", "Baseline", "Point"))
"""What stands in lines, and so holds none."""
_LAST = 1_000_000
"""The place of a reading that has no index: after those that have one."""


def read(root: Element) -> TextDocument:
    """The page of a PAGE document. Raises ``ValueError`` if a text belongs to no line, or a number is none."""
    upright = any((each.text or "").startswith(_OURS) for each in all_of(root, "Creator"))
    pages = []
    for at, page in enumerate(all_of(root, "Page"), 1):
        order = ranked(each for orders in children(page, "ReadingOrder") for each in _referred(orders))
        texts = _texts(page)
        rows, regions = standing(page, _REGIONS, "TextLine", order)
        tables = {
            id(inside): at
            for at, table in enumerate(all_of(page, "TableRegion"))
            for inside in table.iter()
            if name_of(inside) in _REGIONS
        }
        lines = tuple(_line(row, block, texts) for row, block in rows)
        blocks = counted_tables(_block(each, tables.get(id(each))) for each in regions)
        size = (number(page.get("imageWidth")), number(page.get("imageHeight")))
        place, image = whole(page.get("custom", "").removeprefix("page:"), at), page.get("imageFilename", "")
        pages.append(TextPage(*size, lines, blocks, place, image=image, upright=upright))
    return sound(TextDocument(tuple(pages)))


def _referred(group: Element) -> Iterator[str | None]:
    """The ids of the regions in a group of the reading order, and in the groups inside it."""
    for each in sorted(group, key=lambda each: whole(each.get("index"), 0)):
        yield each.get("regionRef")
        yield from _referred(each)


def _block(region: Element, table: int | None) -> TextBlock:
    """A region, perhaps in a table. One that has no type, or another one than the kinds of blocks, is text."""
    kind: BlockKind = kind_of(region.get("type", "")) if table is None else "table"
    roles = [cell for roles in children(region, "Roles") for cell in children(roles, "TableCellRole")]
    cell = (whole(roles[0].get("rowIndex"), 0), whole(roles[0].get("columnIndex"), 0)) if roles else None
    told = roles[0] if roles else region
    if name_of(region) == _CELL:
        cell = (whole(region.get("row"), 0), whole(region.get("col"), 0))
    span = span_of(whole(told.get("rowSpan"), 1), whole(told.get("colSpan"), 1)) if cell else ALONE
    polygon = _points(region, "Coords")
    return TextBlock(kind, polygon if len(polygon) > 2 else (), cell, region.get("id", ""), table or 0, span)


def _line(line: Element, block: int | None, texts: Mapping[Element, str]) -> TextLine:
    words = tuple(word for word in map(_word, children(line, "Word")) if word.text)
    text = texts.get(line)
    readings = (TextReading(text),) if text else tuple(_readings(line)) or (TextReading(_text(line)),)
    return TextLine(readings, _outline(line), _points(line, "Baseline"), words, block, id=line.get("id", ""))


def _word(word: Element) -> TextWord:
    said = next(_readings(word), None) or TextReading(_text(word))
    return TextWord(said.text, said.confidence, _outline(word))


def _readings(element: Element) -> Iterator[TextReading]:
    """The texts of an element that are not empty, in the order of their indexes."""
    for each in sorted(children(element, "TextEquiv"), key=lambda each: whole(each.get("index"), _LAST)):
        text = next(filter(None, (_told(each, kind) for kind in ("Unicode", "PlainText"))), "")
        if text:
            yield TextReading(text, fraction(each.get("conf")), each.get("comments", ""))


def _told(reading: Element, kind: str) -> str:
    return nfc("".join(each.text or "" for each in children(reading, kind)))


def _texts(page: Element) -> dict[Element, str]:
    """The texts of lines, from a region that alone has the text, line by line."""
    texts: dict[Element, str] = {}
    for region in page.iter():
        if name_of(region) in _INSIDE:
            continue
        lines = list(children(region, "TextLine"))
        rows = [row for row in map(nfc, _own_text(region).splitlines()) if row]
        nested = any(name_of(each) == "TextRegion" for each in region)
        if not rows or nested or any(map(_text, lines)) or not (lines or name_of(region) == "TextRegion"):
            continue
        if len(rows) != len(lines):
            raise ValueError(
                f"the region {region.get('id', '')!r} has a text of {len(rows)} lines, and {len(lines)} lines without "
                "text"
            )
        texts |= dict(zip(lines, rows, strict=True))
    return texts


def _text(element: Element) -> str:
    """The text of a line or word. If it has none itself, it is joined from its words or letters."""
    own = next((each.text for each in _readings(element)), "")
    if own or name_of(element) not in _PARTS:
        return own
    part, between = _PARTS[name_of(element)]
    return nfc(between.join(filter(None, (_text(each) for each in children(element, part)))))


def _own_text(element: Element) -> str:
    """The first text of an element that is not empty, with its breaks."""
    readings = sorted(children(element, "TextEquiv"), key=lambda each: whole(each.get("index"), _LAST))
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
        return tuple((finite(each.get("x", "nan")), finite(each.get("y", "nan"))) for each in children(place, "Point"))
    return ()


def write(document: TextDocument) -> bytes:
    """A document of one page in the schema of 2019-07-15, with all readings of its lines. Places are whole pixels, none
    lies beyond the edge of the page. Raises ``ValueError`` for more or fewer pages."""
    if len(document.pages) != 1:
        raise ValueError(f"PAGE XML holds one page, not {len(document.pages)}")
    (page,) = named(document).pages
    root = root_element("PcGts", _NAMESPACE, f"{_NAMESPACE}/pagecontent.xsd")
    about, now = _add(root, "Metadata"), datetime.now(timezone.utc).isoformat(timespec="seconds")
    made_by = f"{_OURS}{our_version()}" if page.upright else ""
    for name, text in (("Creator", made_by), ("Created", now), ("LastChange", now)):
        _add(about, name).text = text
    sheet = _Sheet.of(page, root)
    parts = list(with_tables(page))
    _say_order(sheet.element, [block.id for part in parts for block in part.blocks])
    for part in parts:
        if isinstance(part, TextTable):
            sheet.table(part)
        else:
            sheet.region(part.block, part.lines)
    return written(root)


def _say_order(sheet: Element, blocks: list[str]) -> None:
    if blocks:
        group = _add(_add(sheet, "ReadingOrder"), "OrderedGroup", id="order")
        for at, block in enumerate(blocks):
            _add(group, "RegionRefIndexed", index=str(at), regionRef=block)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page that is written, and its element."""

    width: int
    height: int
    element: Element

    @staticmethod
    def of(page: TextPage, root: Element) -> _Sheet:
        """The sheet of a page. Where its size is unknown, it reaches as far as its lines do."""
        boxes = [*(line.box for line in page.lines), *(block.box for block in page.blocks)]
        width = round(page.width) or max((box.x + box.width for box in boxes), default=0)
        height = round(page.height) or max((box.y + box.height for box in boxes), default=0)
        size = {"imageWidth": str(width), "imageHeight": str(height), "custom": f"page:{page.number}"}
        return _Sheet(width, height, _add(root, "Page", imageFilename=page.image, **size))

    def region(self, block: TextBlock | None, lines: Iterable[TextLine]) -> None:
        """The region of a block, in one of a table if it is a column of one. Without blocks it is the whole page."""
        outline = (block.polygon if block else ()) or rectangle(0, 0, self.width, self.height)
        parent = self.element
        if block is not None and block.kind == "table":
            parent = self._table(block.id, outline)
        self._region(parent, {"id": "text"} if block is None else _named(block), outline, block, lines)

    def table(self, table: TextTable) -> None:
        """The region of a table, with one for each cell."""
        size = {"rows": str(len(table.rows)), "columns": str(max(map(len, table.rows)))}
        inside = self._table(table.blocks[0].id, table.polygon, **size)
        for cell in table.cells:
            self._region(inside, _named(cell.block), cell.block.polygon, cell.block, cell.lines)

    def _table(self, name: str, outline: Iterable[Point], **size: str) -> Element:
        table = _add(self.element, "TableRegion", id=f"{name}-table", **size)
        self._place(table, outline)
        return table

    def _region(
        self,
        parent: Element,
        about: dict[str, str],
        outline: Iterable[Point],
        block: TextBlock | None,
        lines: Iterable[TextLine],
    ) -> None:
        region = _add(parent, "TextRegion", **about)
        self._place(region, outline)
        if block is not None and block.cell is not None:
            row, column = map(str, block.cell)
            rows, columns = map(str, block.span)
            several = {} if block.span == ALONE else {"rowSpan": rows, "colSpan": columns}
            _add(_add(region, "Roles"), "TableCellRole", rowIndex=row, columnIndex=column, **several)
        for line in lines:
            self._write_line(region, line)

    def _write_line(self, region: Element, line: TextLine) -> None:
        """Write a line with its words and readings."""
        row = _add(region, "TextLine", id=line.id)
        self._place(row, line.polygon)
        if line.baseline:
            _add(row, "Baseline", points=self._listed(line.baseline))
        for at, word in enumerate(line.words, 1):
            part = _add(row, "Word", id=f"{line.id}word{at}")
            self._place(part, word.polygon)
            _say(part, TextReading(word.text, word.confidence))
        for at, reading in enumerate(line.readings):
            _say(row, reading, **({"index": str(at)} if len(line.readings) > 1 else {}))

    def _place(self, element: Element, polygon: Iterable[Point]) -> None:
        """An outline; the schema wants one of everything, so what has no place gets one without extent."""
        _add(element, "Coords", points=self._listed(polygon) or "0,0 0,0")

    def _listed(self, polygon: Iterable[Point]) -> str:
        """Points in whole pixels, none beyond the edge of the page."""
        across, down = self.width, self.height
        pixels = ((round(x), round(y)) for x, y in polygon)
        return " ".join(
            f"{0 if x < 0 else across if x > across else x},{0 if y < 0 else down if y > down else y}"
            for x, y in pixels
        )


def _named(block: TextBlock) -> dict[str, str]:
    return {"id": block.id, "type": _TYPES[block.kind]}


def _say(element: Element, reading: TextReading, **place: str) -> None:
    sure = {} if reading.confidence is None else {"conf": decimals(reading.confidence)}
    by = {"comments": reading.origin} if reading.origin else {}
    _add(_add(element, "TextEquiv", **place, **sure, **by), "Unicode").text = reading.text


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return ElementTree.SubElement(parent, name, attributes)
