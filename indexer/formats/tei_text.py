"""The text of TEI as it stands on pages: its lines, blocks and cells of tables, with the zones that they refer to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexer.formats.document import TextBlock, TextLine, TextReading, TextWord, detailed, kind_of
from indexer.formats.markup import all_of, children, finite, fraction, name_of, nfc, points, rectangle, whole
from indexer.formats.merged_cells import ALONE, Taken, span_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from indexer.values import Point

ID = "{http://www.w3.org/XML/1998/namespace}id"
PERSON = "person"
"""What kind of name the second one is that stands for a reading: the first is that of an engine, or says that a person
read it."""
_UNSEEN = ("teiHeader", "note", "figDesc", "reg", "corr", "expan", "supplied", "ex", "facsimile", "rdg")
"""Elements for text that does not stand on the page: what the editor says, modernised or completed."""
_BLOCKS = ("p", "ab", "head", "lg", "fw", "opener", "closer", "table", "cell", "list")
"""Elements that are a block."""
_LINES = ("lb", "l", "line", "div", "item", "row", "salute", "signed", "cb")
"""Elements that begin a line."""


@dataclass(slots=True)
class _Line:
    """A line that is being read."""

    block: int | None
    id: str = ""
    polygon: tuple[Point, ...] = ()
    baseline: tuple[Point, ...] = ()
    confidence: float | None = None
    origin: str = ""
    person: str = ""
    goes_on: bool = False
    text: list[str] = field(default_factory=list)
    words: list[TextWord] = field(default_factory=list)
    others: list[TextReading] = field(default_factory=list)

    def done(self) -> TextLine:
        first = TextReading(nfc("".join(self.text)), self.confidence, self.origin, self.person)
        words = detailed(tuple(self.words))
        return TextLine((first, *self.others), self.polygon, self.baseline, words, self.block, self.goes_on, self.id)


@dataclass(slots=True)
class Sheet:
    """A page that is being read."""

    surface: Element | None
    label: str
    blocks: list[TextBlock] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)


class Reader:
    """Walks through a text, and puts together the lines and blocks of its pages."""

    def __init__(self, root: Element) -> None:
        self._places = {each.get(ID, ""): each for each in root.iter() if each.get(ID)}
        self._surfaces = list(all_of(root, "surface"))
        self.sheets: list[Sheet] = []
        self._line: _Line | None = None
        self._block: Element | None = None
        self._block_at: int | None = None
        self._cell: tuple[int, int] | None = None
        self._table = self._row = self._column = self._first_row = 0
        self._span, self._taken = ALONE, Taken()

    def walk(self, element: Element) -> None:
        """Read an element and what is in it."""
        name = name_of(element)
        if name in _UNSEEN:
            if name == "rdg" and self._line is not None:
                self._line.others.append(self._reading(element))
            return
        before, within = self._block, self._cell is not None
        self._begin(element, name)
        if name == "w" and self._line is not None:
            word = TextWord(nfc("".join(element.itertext())), fraction(element.get("cert")), self._zone(element))
            self._line.words.append(word)
        self._say(element.text)
        for part in element:
            self.walk(part)
            self._say(part.tail)
        if name in _BLOCKS:
            self._line = None
            if not within:
                self._block, self._block_at, self._cell = before, None, None

    def _begin(self, element: Element, name: str) -> None:
        if name == "pb":
            self.turn(element.get("facs", ""), element.get("n", ""))
        elif name in _BLOCKS:
            self._line = None
            if self._cell is None:  # what is in a cell is all one block
                self._block, self._block_at = element, None
                self._enter(element, name)
        elif name in _LINES:
            if name == "cb":
                self._block_at = None
            if name == "row" and self._cell is None:
                self._row, self._column = self._row + 1, 0
            if element.get("break") == "no" and self._line is not None:
                self._line.goes_on = True
            self._line = None
            if element.get("facs") or element.get(ID) or name == "line":
                self._next_line(element)

    def _enter(self, element: Element, name: str) -> None:
        """Begin a table, or a cell of one. Rows are counted anew on each page."""
        if name == "table":
            self._table, self._row, self._first_row, self._taken = self._table + 1, -1, 0, Taken()
        elif name == "cell":
            row = max(0, self._row)
            column = self._taken.free(row, self._column)
            self._span = span_of(whole(element.get("rows"), 1), whole(element.get("cols"), 1))
            self._taken.take((row, column), self._span)
            self._cell, self._column = (max(0, self._row - self._first_row), column), column

    def turn(self, facs: str, label: str) -> None:
        """Begin a page."""
        surface = self._target(facs)
        if surface is None and len(self.sheets) < len(self._surfaces):
            surface = self._surfaces[len(self.sheets)]
        self.sheets.append(Sheet(surface, label))
        self._first_row = self._row + (self._cell is None)
        self._line = self._block_at = None

    def _say(self, text: str | None) -> None:
        if text and (text.strip() or self._line is not None):
            line = self._line or self._next_line(None)
            line.text.append(" ".join(text.split("\n")))

    def _next_line(self, element: Element | None) -> _Line:
        if not self.sheets:
            self.turn("", "")
        sheet = self.sheets[-1]
        if (
            self._block is not None
            and self._block_at is None
            and self._block.attrib | {"": name_of(self._block)} != {"": "ab"}
        ):
            sheet.blocks.append(self._read_block(self._block))
            self._block_at = len(sheet.blocks) - 1
        line = _Line(self._block_at)
        if element is not None:
            zone = self._target(element.get("facs", ""))
            line.id = element.get("facs", "").lstrip("#") or element.get(ID, "")
            line.polygon, line.baseline = self._zone(element) or outline(element), _path(zone)
            line.confidence = fraction(element.get("cert"))
            line.origin, line.person = self._resp(element)
        sheet.lines.append(line)
        self._line = line
        return line

    def _read_block(self, element: Element) -> TextBlock:
        kind = "header" if name_of(element) == "fw" else element.get("type", "")
        kind = kind if kind in ("margin", "header", "table", "other") else "main"
        name = element.get("facs", "").lstrip("#") or element.get(ID, "")
        if self._cell is not None:
            return TextBlock("table", self._zone(element), self._cell, name, self._table, self._span)
        return TextBlock(kind_of(kind), self._zone(element), id=name)

    def _reading(self, element: Element) -> TextReading:
        return TextReading(nfc("".join(element.itertext())), fraction(element.get("cert")), *self._resp(element))

    def _resp(self, element: Element) -> tuple[str, str]:
        """Who or what an element is from, and the name of the person if there is one."""
        stated = self._target(element.get("resp", ""))
        names = [] if stated is None else list(children(stated, "name"))
        by = [next((nfc(each.text or "") for each in names if (each.get("type") == PERSON) == it), "") for it in (0, 1)]
        return by[0], by[1]

    def _target(self, reference: str) -> Element | None:
        return self._places.get(reference.removeprefix("#")) if reference.startswith("#") else None

    def _zone(self, element: Element) -> tuple[Point, ...]:
        zone = self._target(element.get("facs", ""))
        return () if zone is None else outline(zone)


def outline(zone: Element) -> tuple[Point, ...]:
    """The place of a zone or surface: its points, or the corners of its rectangle."""
    polygon = points(zone.get("points", ""))
    if len(polygon) > 2:
        return polygon
    sides = [zone.get(each) for each in ("ulx", "uly", "lrx", "lry")]
    if any(side is None for side in sides):
        return ()
    left, top, right, bottom = (finite(side or "") for side in sides)
    return rectangle(left, top, right - left, bottom - top)


def _path(zone: Element | None) -> tuple[Point, ...]:
    found = [] if zone is None else [each for each in children(zone, "path") if each.get("type") == "baseline"]
    return points(found[0].get("points", "")) if found else ()
