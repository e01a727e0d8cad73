"""TEI P5 (https://tei-c.org/guidelines/p5/): reads texts with or without a facsimile, and writes both.

A zone of the facsimile has the place of a block, a line or a word, and the text refers to it (``facs``).
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from indexer.formats.document import (
    TextBlock,
    TextDocument,
    TextLine,
    TextPage,
    TextReading,
    TextWord,
    by_block,
    detailed,
    kind_of,
    named,
    origins,
    sound,
)
from indexer.formats.markup import (
    all_of,
    children,
    decimals,
    finite,
    fraction,
    listed,
    name_of,
    nfc,
    our_version,
    points,
    rectangle,
    whole,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from xml.etree.ElementTree import Element

    from indexer.values import Point

_NAMESPACE = "http://www.tei-c.org/ns/1.0"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_OURS = "notes"
_UNSEEN = ("teiHeader", "note", "figDesc", "reg", "corr", "expan", "supplied", "ex", "facsimile", "rdg")
"""Elements for text that does not stand on the page: what the editor says, modernised or completed."""
_BLOCKS = ("p", "ab", "head", "lg", "fw", "opener", "closer", "table", "list")
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
    goes_on: bool = False
    text: list[str] = field(default_factory=list)
    words: list[TextWord] = field(default_factory=list)
    others: list[TextReading] = field(default_factory=list)

    def done(self) -> TextLine:
        first = TextReading(nfc("".join(self.text)), self.confidence, self.origin)
        words = detailed(tuple(self.words))
        return TextLine((first, *self.others), self.polygon, self.baseline, words, self.block, self.goes_on, self.id)


@dataclass(slots=True)
class _Sheet:
    """A page that is being read."""

    surface: Element | None
    label: str
    blocks: list[TextBlock] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)


class _Reader:
    """Walks through a text, and puts together the lines and blocks of its pages."""

    def __init__(self, root: Element) -> None:
        self._places = {each.get(_ID, ""): each for each in root.iter() if each.get(_ID)}
        self._surfaces = list(all_of(root, "surface"))
        self.sheets: list[_Sheet] = []
        self._line: _Line | None = None
        self._block: Element | None = None
        self._block_at: int | None = None

    def walk(self, element: Element) -> None:
        """Read an element and what is in it."""
        name = name_of(element)
        if name in _UNSEEN:
            if name == "rdg" and self._line is not None:
                self._line.others.append(self._reading(element))
            return
        before = self._block
        self._begin(element, name)
        if name == "w" and self._line is not None:
            word = TextWord(nfc("".join(element.itertext())), fraction(element.get("cert")), self._zone(element))
            self._line.words.append(word)
        self._say(element.text)
        for part in element:
            self.walk(part)
            self._say(part.tail)
        if name in _BLOCKS:
            self._block, self._block_at, self._line = before, None, None

    def _begin(self, element: Element, name: str) -> None:
        if name == "pb":
            self.turn(element.get("facs", ""), element.get("n", ""))
        elif name in _BLOCKS:
            self._block, self._block_at, self._line = element, None, None
        elif name in _LINES:
            if name == "cb":
                self._block_at = None
            if element.get("break") == "no" and self._line is not None:
                self._line.goes_on = True
            self._line = None
            if element.get("facs") or element.get(_ID) or name == "line":
                self._next_line(element)

    def turn(self, facs: str, label: str) -> None:
        """Begin a page."""
        surface = self._target(facs)
        if surface is None and len(self.sheets) < len(self._surfaces):
            surface = self._surfaces[len(self.sheets)]
        self.sheets.append(_Sheet(surface, label))
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
            line.id = element.get("facs", "").lstrip("#") or element.get(_ID, "")
            line.polygon, line.baseline = self._zone(element) or _outline(element), _path(zone)
            line.confidence, line.origin = fraction(element.get("cert")), self._resp(element)
        sheet.lines.append(line)
        self._line = line
        return line

    def _read_block(self, element: Element) -> TextBlock:
        kind = "header" if name_of(element) == "fw" else element.get("type", "")
        kind = kind if kind in ("margin", "header", "table", "other") else "main"
        name = element.get("facs", "").lstrip("#") or element.get(_ID, "")
        return TextBlock(kind_of(kind), self._zone(element), id=name)

    def _reading(self, element: Element) -> TextReading:
        return TextReading(nfc("".join(element.itertext())), fraction(element.get("cert")), self._resp(element))

    def _resp(self, element: Element) -> str:
        stated = self._target(element.get("resp", ""))
        return "" if stated is None else next((nfc(each.text or "") for each in children(stated, "name")), "")

    def _target(self, reference: str) -> Element | None:
        return self._places.get(reference.removeprefix("#")) if reference.startswith("#") else None

    def _zone(self, element: Element) -> tuple[Point, ...]:
        zone = self._target(element.get("facs", ""))
        return () if zone is None else _outline(zone)


def read(root: Element) -> TextDocument:
    """The pages of a TEI document, line by line. Raises ``ValueError`` if a number in it is none."""
    reader = _Reader(root)
    for text in [*children(root, "text"), *(each for tei in children(root, "TEI") for each in children(tei, "text"))]:
        reader.walk(text)
    if not any(sheet.lines for sheet in reader.sheets):
        for surface in (each for source in all_of(root, "sourceDoc") for each in all_of(source, "surface")):
            reader.turn(f"#{surface.get(_ID, '')}", surface.get("n", ""))
            reader.walk(surface)
    upright = any(each.get("ident") == _OURS for each in all_of(root, "application"))
    title = next((nfc("".join(each.itertext())) for each in all_of(root, "title")), "")
    return sound(TextDocument(tuple(_page(each, at, upright) for at, each in enumerate(reader.sheets, 1)), title))


def _page(sheet: _Sheet, at: int, upright: bool) -> TextPage:
    lines = tuple(line for line in (each.done() for each in sheet.lines) if line.text or line.polygon or line.id)
    blocks, surface = tuple(sheet.blocks), sheet.surface
    if surface is None:
        return TextPage(0, 0, lines, blocks, at, sheet.label, upright=upright)
    box = _outline(surface)
    width, height = (box[2][0] - box[0][0], box[2][1] - box[0][1]) if box else (0.0, 0.0)
    image = next((unquote(each.get("url", "")) for each in children(surface, "graphic")), "")
    number = whole(surface.get("n"), at)
    return TextPage(width, height, lines, blocks, number, sheet.label, image, upright=upright)


def _outline(zone: Element) -> tuple[Point, ...]:
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


def write(document: TextDocument) -> bytes:
    """A document as TEI P5 with all readings of its lines, in whole pixels."""
    ElementTree.register_namespace("", _NAMESPACE)
    document = named(document)
    root = ElementTree.Element(f"{{{_NAMESPACE}}}TEI")
    by = {origin: f"by{at}" for at, origin in enumerate(origins(document), 1)}
    _write_header(root, document, by)
    facsimile = _add(root, "facsimile")
    body = _add(_add(root, "text"), "body")
    for at, page in enumerate(document.pages, 1):
        _write_surface(facsimile, page, f"page{at}")
        part = _add(body, "div")
        _add(part, "pb", facs=f"#page{at}", **({"n": page.label} if page.label else {}))
        for block, lines in by_block(page):
            _write_block(part, None if block is None else page.blocks[block], lines, by)
    return _unindented(root)


def _unindented(root: Element) -> bytes:
    """The file, with a line for each line of the text. Blanks inside a line are part of it."""
    for each in root.iter():
        if name_of(each) in ("surface", "zone", "path", "graphic", "facsimile", "body", "div", "pb", "ab", "teiHeader"):
            each.tail = "\n"
    return written(root, indented=False)


def _write_header(root: Element, document: TextDocument, by: Mapping[str, str]) -> None:
    header = _add(root, "teiHeader")
    about = _add(header, "fileDesc")
    titles = _add(about, "titleStmt")
    _add(titles, "title").text = document.title
    for origin, name in by.items():
        stated = _add(titles, "respStmt")
        stated.set(_ID, name)
        _add(stated, "resp").text = "transcription"
        _add(stated, "name").text = origin
    _add(_add(about, "publicationStmt"), "p").text = "Not published."
    _add(_add(about, "sourceDesc"), "p").text = ", ".join(dict.fromkeys(page.image for page in document.pages))
    if any(page.upright for page in document.pages):
        software = _add(
            _add(_add(header, "encodingDesc"), "appInfo"), "application", ident=_OURS, version=our_version()
        )
        _add(software, "label").text = _OURS


def _write_surface(facsimile: Element, page: TextPage, name: str) -> None:
    size = {"ulx": "0", "uly": "0", "lrx": f"{page.width:g}", "lry": f"{page.height:g}"} if page.width else {}
    surface = _add(facsimile, "surface", n=str(page.number), **size)
    surface.set(_ID, name)
    if page.image:
        _add(surface, "graphic", url=quote(page.image, errors="surrogateescape"))
    for block in page.blocks:
        _zone(surface, block.polygon, block.id, "block")
    for line in page.lines:
        zone = _zone(surface, line.polygon, line.id, "line", line.baseline)
        for at, word in enumerate(line.words, 1):
            _zone(surface if zone is None else zone, word.polygon, f"{line.id}word{at}", "word")


def _zone(
    parent: Element, polygon: Iterable[Point], name: str, kind: str, baseline: Iterable[Point] = ()
) -> Element | None:
    outline, curve = listed(polygon), listed(baseline)
    if not outline and not curve:
        return None
    zone = _add(parent, "zone", type=kind, **({"points": outline} if outline else {}))
    zone.set(_ID, name)
    if curve:
        _add(zone, "path", type="baseline", points=curve)
    return zone


def _write_block(part: Element, block: TextBlock | None, lines: list[TextLine], by: Mapping[str, str]) -> None:
    inside = _add(part, "ab")
    if block is not None:
        inside.set("type", block.kind)
        _refer(inside, block.id, placed=bool(block.polygon))
    before: TextLine | None = None
    for line in lines:
        _write_line(inside, line, by, joined=before is not None and before.goes_on)
        before = line


def _refer(element: Element, name: str, *, placed: bool) -> None:
    """Let an element refer to its zone; without one it has the name itself."""
    element.set(*(("facs", f"#{name}") if placed else (_ID, name)))


def _write_line(inside: Element, line: TextLine, by: Mapping[str, str], *, joined: bool) -> None:
    first = line.readings[0] if line.readings else TextReading("")
    begin = _add(inside, "lb", **({"break": "no"} if joined else {}), **_said(first, by))
    _refer(begin, line.id, placed=bool(line.polygon or line.baseline))
    if len(line.readings) < 2:
        _write_words(inside, begin, line)
    else:
        several = _add(inside, "app")
        _write_words(_add(several, "lem"), None, line)
        for each in line.readings[1:]:
            _add(several, "rdg", **_said(each, by)).text = each.text
    last = inside[-1]
    last.tail = (last.tail or "") + "\n"


def _write_words(inside: Element, after: Element | None, line: TextLine) -> None:
    """The text of a line, word by word where words have places; ``after`` an element, or as all that is inside."""
    if not line.words:
        if after is None:
            inside.text = line.text
        else:
            after.tail = line.text
    for at, word in enumerate(line.words, 1):
        sure = {} if word.confidence is None else {"cert": decimals(word.confidence)}
        part = _add(inside, "w", **sure)
        if word.polygon:
            part.set("facs", f"#{line.id}word{at}")
        part.text, part.tail = word.text, " " if at < len(line.words) else None


def _said(reading: TextReading, by: Mapping[str, str]) -> dict[str, str]:
    sure = {} if reading.confidence is None else {"cert": decimals(reading.confidence)}
    return {**sure, **({"resp": f"#{by[reading.origin]}"} if reading.origin else {})}


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return ElementTree.SubElement(parent, f"{{{_NAMESPACE}}}{name}", attributes)
