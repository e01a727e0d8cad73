"""TEI P5 (https://tei-c.org/guidelines/p5/): reads texts with or without a facsimile, and writes both.

A zone of the facsimile has the place of a block, a line or a word, and the text refers to it (``facs``).
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, unquote

from indexer.formats.about import LABELS
from indexer.formats.document import (
    TextBlock,
    TextDocument,
    TextLine,
    TextPage,
    TextReading,
    TextTable,
    counted_tables,
    named,
    sayers,
    sound,
    with_tables,
)
from indexer.formats.markup import (
    all_of,
    children,
    decimals,
    listed,
    name_of,
    nfc,
    our_version,
    whole,
    written,
)
from indexer.formats.tei_text import ID, PERSON, Reader, Sheet, outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from indexer.values import Point

_NAMESPACE = "http://www.tei-c.org/ns/1.0"
_OURS = "notes"
Sayers: TypeAlias = "Mapping[tuple[str, str], str]"
"""The name by which what gave a reading, with the person if there was one, is referred to."""


def read(root: Element) -> TextDocument:
    """The pages of a TEI document, line by line. Raises ``ValueError`` if a number in it is none."""
    reader = Reader(root)
    for text in [*children(root, "text"), *(each for tei in children(root, "TEI") for each in children(tei, "text"))]:
        reader.walk(text)
    if not any(sheet.lines for sheet in reader.sheets):
        for surface in (each for source in all_of(root, "sourceDoc") for each in all_of(source, "surface")):
            reader.turn(f"#{surface.get(ID, '')}", surface.get("n", ""))
            reader.walk(surface)
    upright = any(each.get("ident") == _OURS for each in all_of(root, "application"))
    title = next((nfc("".join(each.itertext())) for each in all_of(root, "title")), "")
    return sound(TextDocument(tuple(_page(each, at, upright) for at, each in enumerate(reader.sheets, 1)), title))


def _page(sheet: Sheet, at: int, upright: bool) -> TextPage:
    lines = tuple(line for line in (each.done() for each in sheet.lines) if line.text or line.polygon or line.id)
    blocks, surface = counted_tables(sheet.blocks), sheet.surface
    if surface is None:
        return TextPage(0, 0, lines, blocks, at, sheet.label, upright=upright)
    box = outline(surface)
    width, height = (box[2][0] - box[0][0], box[2][1] - box[0][1]) if box else (0.0, 0.0)
    image = next((unquote(each.get("url", "")) for each in children(surface, "graphic")), "")
    number = whole(surface.get("n"), at)
    return TextPage(width, height, lines, blocks, number, sheet.label, image, upright=upright)


def write(document: TextDocument) -> bytes:
    """A document as TEI P5 with all readings of its lines, in whole pixels."""
    ElementTree.register_namespace("", _NAMESPACE)
    document = named(document)
    root = ElementTree.Element(f"{{{_NAMESPACE}}}TEI")
    by = {each: f"by{at}" for at, each in enumerate(sayers(document), 1)}
    _write_header(root, document, by)
    facsimile = _add(root, "facsimile")
    body = _add(_add(root, "text"), "body")
    for at, page in enumerate(document.pages, 1):
        _write_surface(facsimile, page, f"page{at}")
        part = _add(body, "div")
        _add(part, "pb", facs=f"#page{at}", **({"n": page.label} if page.label else {}))
        for inside in with_tables(page):
            if isinstance(inside, TextTable):
                _write_table(part, inside, by)
            else:
                _write_block(part, inside.block, inside.lines, by)
    return _unindented(root)


def _unindented(root: Element) -> bytes:
    """The file, with a line for each line of the text. Blanks inside a line are part of it."""
    for each in root.iter():
        if name_of(each) in (
            "surface",
            "zone",
            "path",
            "graphic",
            "facsimile",
            "body",
            "div",
            "pb",
            "ab",
            "teiHeader",
            "table",
            "row",
        ):
            each.tail = "\n"
    return written(root, indented=False)


def _write_header(root: Element, document: TextDocument, by: Sayers) -> None:
    header = _add(root, "teiHeader")
    about = _add(header, "fileDesc")
    titles = _add(about, "titleStmt")
    _add(titles, "title").text = document.title
    for (origin, person), name in by.items():
        stated = _add(titles, "respStmt")
        stated.set(ID, name)
        _add(stated, "resp").text = "transcription"
        _add(stated, "name").text = origin
        if person:
            _add(stated, "name", type=PERSON).text = person
    _add(_add(about, "publicationStmt"), "p").text = "Not published."
    source = _add(about, "sourceDesc")
    _add(source, "p").text = ", ".join(dict.fromkeys(page.image for page in document.pages))
    for name, label in LABELS.items():
        for value in document.about.of(name):
            _add(source, "p").text = f"{label}: {value}"
    if any(page.upright for page in document.pages):
        software = _add(
            _add(_add(header, "encodingDesc"), "appInfo"), "application", ident=_OURS, version=our_version()
        )
        _add(software, "label").text = _OURS


def _write_surface(facsimile: Element, page: TextPage, name: str) -> None:
    size = {"ulx": "0", "uly": "0", "lrx": f"{page.width:g}", "lry": f"{page.height:g}"} if page.width else {}
    surface = _add(facsimile, "surface", n=str(page.number), **size)
    surface.set(ID, name)
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
    zone.set(ID, name)
    if curve:
        _add(zone, "path", type="baseline", points=curve)
    return zone


def _write_block(part: Element, block: TextBlock | None, lines: Sequence[TextLine], by: Sayers) -> None:
    inside = _add(part, "ab")
    if block is not None:
        inside.set("type", block.kind)
        _refer(inside, block.id, placed=bool(block.polygon))
    _write_lines(inside, lines, by)


def _write_table(part: Element, table: TextTable, by: Sayers) -> None:
    made = _add(part, "table")
    for row in table.uncovered():
        across = _add(made, "row")
        for each in row or (None,):
            cell = _add(across, "cell")
            if each is not None:
                for name, many in zip(("rows", "cols"), each.block.span, strict=True):
                    if many > 1:
                        cell.set(name, str(many))
                _refer(cell, each.block.id, placed=bool(each.block.polygon))
                _write_lines(cell, each.lines, by)


def _write_lines(inside: Element, lines: Sequence[TextLine], by: Sayers) -> None:
    before: TextLine | None = None
    for line in lines:
        _write_line(inside, line, by, joined=before is not None and before.goes_on)
        before = line


def _refer(element: Element, name: str, *, placed: bool) -> None:
    """Let an element refer to its zone; without one it has the name itself."""
    element.set(*(("facs", f"#{name}") if placed else (ID, name)))


def _write_line(inside: Element, line: TextLine, by: Sayers, *, joined: bool) -> None:
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


def _said(reading: TextReading, by: Sayers) -> dict[str, str]:
    sure = {} if reading.confidence is None else {"cert": decimals(reading.confidence)}
    return {**sure, **({"resp": f"#{by[reading.origin, reading.person]}"} if reading.origin else {})}


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return ElementTree.SubElement(parent, f"{{{_NAMESPACE}}}{name}", attributes)
