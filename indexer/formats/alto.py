"""ALTO (https://www.loc.gov/standards/alto/): reads ground truth in versions 2 to 4, and writes pages in 4.4."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
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
    rectangle,
    standing,
)
from indexer.formats.transcription import by_block
from indexer.image.baselines import baselines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from xml.etree.ElementTree import Element

    from indexer.catalog import DocumentPage
    from indexer.formats.transcription import PageLine
    from indexer.image.baselines import Baseline
    from indexer.values import Block, Box, Point, StoredLine, Word

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"
_PIXEL = "pixel"
_UNITS = (_PIXEL, "mm10", "inch1200")
_OURS = "notes"
_AROUND = 16
"""Points by which an ellipse is drawn."""
_SPACES = ("PrintSpace", "TopMargin", "LeftMargin", "RightMargin", "BottomMargin")


def read(root: Element) -> Iterator[TruthPage]:
    """The pages of an ALTO document. Raises ``ValueError`` if a text has no place or its unit cannot be used."""
    unit = next((nfc(each.text or "") for each in all_of(root, "MeasurementUnit")), _PIXEL) or _PIXEL
    if unit not in _UNITS:
        raise ValueError(f"it measures in {unit!r}, and ALTO knows {', '.join(_UNITS)}")
    upright = any(each.text == _OURS for each in all_of(root, "softwareName"))
    order = ranked(each.get("REF") for orders in all_of(root, "ReadingOrder") for each in all_of(orders, "ElementRef"))
    for page in all_of(root, "Page"):
        lines = placed([_line(*each) for each in standing(page, "TextBlock", "TextLine", order)])
        width, height = _size(page)
        if lines and unit != _PIXEL and not (width and height):
            raise ValueError(f"it measures in {unit}, and does not say how large its page is")
        yield TruthPage(width, height, lines, upright)


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


def _line(line: Element, region: int | None) -> Written:
    strings = list(children(line, "String"))
    outline = _outline(line) or hull(filter(None, map(_outline, strings)))
    return Written(_text(line), outline, _baseline(line), region)


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
    x, y, width, height = (float(side or "") for side in sides)
    return rectangle(x, y, width, height)


def _polygon(shape: Element) -> tuple[Point, ...]:
    return points(shape.get("POINTS", ""))


def _ellipse(shape: Element) -> tuple[Point, ...]:
    x, y = float(shape.get("HPOS", "nan")), float(shape.get("VPOS", "nan"))
    across = float(shape.get("HLENGTH", shape.get("RADIUS", "nan")))
    down = float(shape.get("VLENGTH", shape.get("RADIUS", "nan")))
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
    return ((float(x), y), (float(x) + float(width), y)) if x is not None and width is not None else ()


def write(page: DocumentPage, lines: Sequence[PageLine]) -> bytes:
    """A page in ALTO 4.4. Boxes are in pixels of the page as it was read. Confidences are written if they are known."""
    ElementTree.register_namespace("", _NAMESPACE)
    root = ElementTree.Element(
        f"{{{_NAMESPACE}}}alto",
        {"{http://www.w3.org/2001/XMLSchema-instance}schemaLocation": f"{_NAMESPACE} {_SCHEMA}"},
    )
    about = _add(root, "Description")
    _add(about, "MeasurementUnit").text = "pixel"
    _add(_add(about, "sourceImageInformation"), "fileName").text = page.name
    software = _add(_add(about, "Processing", ID="notes"), "processingSoftware")
    _add(software, "softwareName").text = "notes"
    _add(software, "softwareVersion").text = version("notes")
    blocks = by_block(lines)
    _say_order(root, [block for block in blocks if block is not None])
    size = {"WIDTH": str(page.width), "HEIGHT": str(page.height)}
    sheet = _add(_add(root, "Layout"), "Page", ID=f"page{page.number}", PHYSICAL_IMG_NR=str(page.number), **size)
    space = _add(sheet, "PrintSpace", HPOS="0", VPOS="0", **size)
    stands = {line.id: baseline for (line, _), baseline in zip(lines, baselines(lines), strict=True)}
    for block, inside in (blocks or {None: []}).items():
        place = {"ID": "text", "HPOS": "0", "VPOS": "0", **size} if block is None else _block(block)
        part = _add(space, "TextBlock", **place)
        for line, words in inside:
            _write_line(part, line, words, stands[line.id])
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _say_order(root: Element, blocks: Sequence[Block]) -> None:
    """The kinds of the blocks, and their order."""
    if not blocks:
        return
    tags = _add(root, "Tags")
    for kind in sorted({block.kind for block in blocks}):
        _add(tags, "LayoutTag", ID=kind, LABEL=kind)
    group = _add(_add(root, "ReadingOrder"), "OrderedGroup", ID="order")
    for block in blocks:
        _add(group, "ElementRef", ID=f"order{block.number}", REF=_block(block)["ID"])


def _block(block: Block) -> dict[str, str]:
    return {"ID": f"block{block.number}", "TAGREFS": block.kind, **_sized(block.box)}


def _write_line(block: Element, line: StoredLine, words: Sequence[Word], baseline: Baseline) -> None:
    stands = _listed(baseline.points)
    row = _add(block, "TextLine", ID=f"line{line.id}", **_sized(line.box), BASELINE=stands)
    if line.polygon:
        _add(_add(row, "Shape"), "Polygon", POINTS=_listed(line.polygon))
    for at, word in enumerate(words):
        if at:
            _add(row, "SP")
        sure = {} if word.confidence is None else {"WC": f"{word.confidence:.2f}"}
        _add(row, "String", CONTENT=word.text, **_sized(word.box), **sure)


def _add(parent: ElementTree.Element, name: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, f"{{{_NAMESPACE}}}{name}", attributes)


def _listed(points: Iterable[Point]) -> str:
    return " ".join(f"{round(x)},{round(y)}" for x, y in points)


def _sized(box: Box) -> dict[str, str]:
    return {"HPOS": str(box.x), "VPOS": str(box.y), "WIDTH": str(box.width), "HEIGHT": str(box.height)}
