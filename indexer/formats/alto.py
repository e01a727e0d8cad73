"""ALTO (https://www.loc.gov/standards/alto/): reads versions 2 to 4, and writes 4.4."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from itertools import count
from typing import TYPE_CHECKING

from indexer.formats.document import (
    TextBlock,
    TextDocument,
    TextLine,
    TextPage,
    TextPart,
    TextReading,
    TextTable,
    TextWord,
    box_of,
    by_block,
    counted_tables,
    in_blocks,
    kind_of,
    named,
    origins,
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
    is_upright,
    listed,
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
from indexer.formats.merged_cells import span_of
from indexer.values import HUMAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from indexer.values import Point

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"
_PIXEL = "pixel"
_UNITS = (_PIXEL, "mm10", "inch1200")
_OURS = "notes"
_TABLE = "table"
"""The type of a block that is a table; its cells are blocks, whose tags name the row and column, from 1."""
_PLACES = _ROW, _COLUMN = ("row", "column")
_SPANS = ("rows", "columns")
"""The types of tags that name over how many rows and columns a cell goes, if these are several."""
_AROUND = 16
"""Points by which an ellipse is drawn."""
_SPACES = ("PrintSpace", "TopMargin", "LeftMargin", "RightMargin", "BottomMargin")


def read(root: Element) -> TextDocument:
    """The pages of an ALTO document. Raises ``ValueError`` if its unit cannot be used, or a number is none."""
    unit = next((nfc(each.text or "") for each in all_of(root, "MeasurementUnit")), _PIXEL) or _PIXEL
    if unit not in _UNITS:
        raise ValueError(f"it measures in {unit!r}, and ALTO knows {', '.join(_UNITS)}")
    upright = any(each.text == _OURS for each in all_of(root, "softwareName"))
    order = ranked(
        ref
        for orders in all_of(root, "ReadingOrder")
        for each in all_of(orders, "ElementRef")
        for ref in each.get("REF", "").split()
    )
    image = next((nfc(each.text or "") for each in all_of(root, "fileName")), "")
    tags = {each.get("ID", ""): each for tags in all_of(root, "Tags") for each in tags}
    steps = {each.get("ID", ""): _software(each) for each in all_of(root, "Processing")}
    pages = []
    for at, page in enumerate(all_of(root, "Page"), 1):
        rows, regions = standing(page, ("TextBlock",), "TextLine", order)
        lines = tuple(_line(row, block, steps) for row, block in rows)
        width, height = _size(page)
        if any(line.text for line in lines) and unit != _PIXEL and not (width and height):
            raise ValueError(f"it measures in {unit}, and does not say how large its page is")
        tables = [each for each in all_of(page, "ComposedBlock") if each.get("TYPE") == _TABLE]
        at_table = {id(each): at for at, table in enumerate(tables) for each in all_of(table, "TextBlock")}
        blocks = counted_tables(_read_block(each, tags, at_table.get(id(each))) for each in regions)
        place, label = whole(page.get("PHYSICAL_IMG_NR"), at), page.get("PRINTED_IMG_NR", "")
        pages.append(TextPage(width, height, lines, blocks, place, label, image, upright=upright))
    return sound(TextDocument(tuple(pages)))


def _software(step: Element) -> str:
    return next((nfc(each.text or "") for each in all_of(step, "softwareName")), "")


def _size(page: Element) -> tuple[float, float]:
    """The size of a page. If it names none, it is the size of its parts: together they cover the page."""
    width, height = number(page.get("WIDTH")), number(page.get("HEIGHT"))
    if width and height:
        return width, height
    parts = [each for each in page if name_of(each) in _SPACES]
    boxes = [[number(part.get(key)) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT")] for part in parts]
    wide = max((x + across for x, _, across, _ in boxes if across), default=0.0)
    high = max((y + down for _, y, _, down in boxes if down), default=0.0)
    return width or wide, height or high


def _read_block(block: Element, tags: Mapping[str, Element], table: int | None) -> TextBlock:
    told = [tags[ref] for ref in block.get("TAGREFS", "").split() if ref in tags]
    places = {each.get("TYPE", ""): whole(each.get("LABEL"), 0) - 1 for each in told}
    labels = [each.get("LABEL", "") for each in told if each.get("TYPE") not in (*_PLACES, *_SPANS)]
    place = (places.get(_ROW, -1), places.get(_COLUMN, -1))
    cell = None if table is None or min(place) < 0 else place
    kind = kind_of(labels[0] if labels else "")
    if cell is None:
        return TextBlock(kind, _outline(block), None, block.get("ID", ""))
    rows, columns = (places.get(name, 0) + 1 for name in _SPANS)
    return TextBlock(kind, _outline(block), cell, block.get("ID", ""), table or 0, span_of(rows, columns))


def _line(line: Element, block: int | None, steps: Mapping[str, str]) -> TextLine:
    strings = list(children(line, "String"))
    polygon = _outline(line) or hull(filter(None, map(_outline, strings)))
    words = tuple(TextWord(nfc(each.get("CONTENT", "")), fraction(each.get("WC")), _outline(each)) for each in strings)
    by = [steps[ref] for ref in line.get("PROCESSINGREFS", "").split() if ref in steps]
    origin = HUMAN if line.get("CS") in ("true", "1") else by[0] if by else ""
    told = words if any(word.polygon or word.confidence is not None for word in words) else ()
    reading = TextReading(_text(line), None, origin)
    return TextLine((reading,), polygon, _baseline(line), told, block, id=line.get("ID", ""))


def _text(line: Element) -> str:
    """The words of a line. If the line marks its blanks, there are no others."""
    spaced = any(name_of(each) == "SP" for each in line)
    text = ""
    for each in line:
        if name_of(each) == "SP":
            text += " "
        elif name_of(each) == "String":
            text += each.get("CONTENT", "") + ("" if spaced else " ")
        elif name_of(each) == "HYP":
            text = text.rstrip() + each.get("CONTENT", "")
    return nfc(text)


def _outline(element: Element) -> tuple[Point, ...]:
    """The shape of an element, otherwise its rectangle, otherwise nothing."""
    for shape in children(element, "Shape"):  # only its own: a word has a shape too, which is a child of the word
        for part in shape:
            found = _SHAPES.get(name_of(part), _no_shape)(part)
            if len(found) > 2:
                return found
    sides = [element.get(key) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]
    if any(side is None for side in sides):
        return ()
    x, y, width, height = (finite(side or "") for side in sides)
    return rectangle(x, y, width, height)


def _polygon(shape: Element) -> tuple[Point, ...]:
    return points(shape.get("POINTS", ""))


def _ellipse(shape: Element) -> tuple[Point, ...]:
    x, y = finite(shape.get("HPOS", "nan")), finite(shape.get("VPOS", "nan"))
    across = finite(shape.get("HLENGTH", shape.get("RADIUS", "nan")))
    down = finite(shape.get("VLENGTH", shape.get("RADIUS", "nan")))
    turns = [2 * math.pi * step / _AROUND for step in range(_AROUND)]
    return tuple((x + across * math.cos(turn), y + down * math.sin(turn)) for turn in turns)


def _no_shape(_shape: Element) -> tuple[Point, ...]:
    return ()


_SHAPES = {"Polygon": _polygon, "Ellipse": _ellipse, "Circle": _ellipse}


def _baseline(line: Element) -> tuple[Point, ...]:
    """The points of a baseline. Until ALTO 3 it may be a single height."""
    text = line.get("BASELINE", "").strip()
    if not text:
        return ()
    try:
        y = float(text)
    except ValueError:
        return points(text)
    x, width = line.get("HPOS"), line.get("WIDTH")
    return ((finite(x), y), (finite(x) + finite(width), y)) if x is not None and width is not None else ()


def write(document: TextDocument) -> bytes:
    """A document in ALTO 4.4, in whole pixels. Of a line it holds one reading, and the confidences of words."""
    document = named(document)
    root = root_element("alto", _NAMESPACE, _SCHEMA)
    steps = {origin: f"reading{at}" for at, origin in enumerate(_engines(document), 1)}
    _describe(root, document, steps)
    _say_order(root, document)
    layout, numbers = _add(root, "Layout"), count(1)
    for page in document.pages:
        size = {"WIDTH": f"{page.width:g}", "HEIGHT": f"{page.height:g}"} if page.width and page.height else {}
        about = {"PHYSICAL_IMG_NR": str(page.number), **({"PRINTED_IMG_NR": page.label} if page.label else {})}
        sheet = _add(layout, "Page", ID=f"page{next(numbers)}", **about, **size)
        space = _add(sheet, "PrintSpace", **({"HPOS": "0", "VPOS": "0", **size} if size else {}))
        for part in list(with_tables(page)) or [TextPart(None, ())]:
            if isinstance(part, TextTable):
                _write_table(space, part, steps)
            elif part.block is not None:
                _write_block(space, part.block, part.lines, steps)
            else:
                name = "text" if len(document.pages) == 1 else f"{sheet.get('ID')}-text"
                whole_page = {"HPOS": "0", "VPOS": "0", **size} if size else {}
                _write_lines(_add(space, "TextBlock", ID=name, **whole_page), part.lines, steps)
    return written(root)


def _engines(document: TextDocument) -> list[str]:
    return [origin for origin in origins(document) if origin != HUMAN]


def _describe(root: Element, document: TextDocument, steps: Mapping[str, str]) -> None:
    """What the file measures in, of which image it is, and what wrote and read it."""
    about = _add(root, "Description")
    _add(about, "MeasurementUnit").text = _PIXEL
    image = next((page.image for page in document.pages), "")
    if image:
        _add(_add(about, "sourceImageInformation"), "fileName").text = image
    if any(page.upright for page in document.pages):
        software = _add(_add(about, "Processing", ID="notes"), "processingSoftware")
        _add(software, "softwareName").text = _OURS
        _add(software, "softwareVersion").text = our_version()
    for origin, name in steps.items():
        step = _add(about, "Processing", ID=name)
        _add(step, "processingCategory").text = "contentGeneration"
        _add(_add(step, "processingSoftware"), "softwareName").text = origin


def _say_order(root: Element, document: TextDocument) -> None:
    """The kinds of the blocks, and their order; that of lines where those of several blocks take turns."""
    blocks = [block for page in document.pages for block in page.blocks]
    if not blocks:
        return
    tags = _add(root, "Tags")
    for kind in sorted({block.kind for block in blocks}):
        _add(tags, "LayoutTag", ID=kind, LABEL=kind)
    for name, many in sorted({told for block in blocks for told in _told(block)}):
        _add(tags, "LayoutTag", ID=f"{name}-{many}", TYPE=name, LABEL=str(many))
    group = _add(_add(root, "ReadingOrder"), "OrderedGroup", ID="order")
    numbers = count(1)
    for page in document.pages:
        whole_blocks = in_blocks(page)
        ids = [page.blocks[at].id for at, _ in by_block(page) if at is not None]
        for name in ids if whole_blocks else [line.id for line in page.lines]:
            _add(group, "ElementRef", ID=f"order{next(numbers)}", REF=name)


def _write_table(space: Element, table: TextTable, steps: Mapping[str, str]) -> None:
    """A table as one block of others."""
    name = f"{table.blocks[0].id}-table"
    inside = _add(space, "ComposedBlock", ID=name, TYPE=_TABLE, **_place(table.polygon))
    for cell in table.cells:
        _write_block(inside, cell.block, cell.lines, steps)


def _told(block: TextBlock) -> list[tuple[str, int]]:
    """What tags say of a cell, by their types: its row and column, from 1, and over how many it goes."""
    if block.cell is None:
        return []
    places = [(name, at + 1) for name, at in zip(_PLACES, block.cell, strict=True)]
    return places + [(name, many) for name, many in zip(_SPANS, block.span, strict=True) if many > 1]


def _write_block(space: Element, block: TextBlock, lines: Sequence[TextLine], steps: Mapping[str, str]) -> None:
    tags = " ".join((block.kind, *(f"{name}-{many}" for name, many in _told(block))))
    part = _add(space, "TextBlock", ID=block.id, TAGREFS=tags, **_place(block.polygon))
    _shape(part, block.polygon)
    _write_lines(part, lines, steps)


def _write_lines(part: Element, lines: Iterable[TextLine], steps: Mapping[str, str]) -> None:
    for line in lines:
        _write_line(part, line, steps)


def _write_line(block: Element, line: TextLine, steps: Mapping[str, str]) -> None:
    origin = line.readings[0].origin if line.readings else ""
    said = {"CS": "true"} if origin == HUMAN else {"PROCESSINGREFS": steps[origin]} if origin else {}
    stands = {"BASELINE": listed(line.baseline)} if line.baseline else {}
    row = _add(block, "TextLine", ID=line.id, **_place(line.polygon), **stands, **said)
    _shape(row, line.polygon)
    words = line.words or [TextWord(text) for text in line.text.split()] or [TextWord("")]
    for at, word in enumerate(words):
        if at:
            _add(row, "SP")
        sure = {} if word.confidence is None else {"WC": decimals(word.confidence)}
        _shape(_add(row, "String", CONTENT=word.text, **_place(word.polygon), **sure), word.polygon)


def _shape(element: Element, polygon: Sequence[Point]) -> None:
    """The outline of an element, where it is more than the box that its attributes have."""
    if polygon and not is_upright(polygon, box_of(polygon)):
        _add(_add(element, "Shape"), "Polygon", POINTS=listed(polygon))


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return ElementTree.SubElement(parent, name, attributes)


def _place(polygon: Sequence[Point]) -> dict[str, str]:
    if not polygon:
        return {}
    box = box_of(polygon)
    return {"HPOS": str(box.x), "VPOS": str(box.y), "WIDTH": str(box.width), "HEIGHT": str(box.height)}
