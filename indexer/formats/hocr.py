"""hOCR (https://kba.github.io/hocr-spec/1.2/): reads pages of it, and writes version 1.2 as XHTML."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.formats.document import (
    TextBlock,
    TextDocument,
    TextLine,
    TextPage,
    TextReading,
    TextTable,
    TextWord,
    detailed,
    kind_of,
    named,
    sound,
    with_tables,
)
from indexer.formats.markup import (
    all_of,
    finite,
    fraction,
    hull,
    is_level,
    is_upright,
    name_of,
    nfc,
    our_version,
    points,
    rectangle,
    whole,
    written,
)
from indexer.formats.merged_cells import Taken, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from indexer.values import Point

_OURS = "notes "
_PROPERTY = re.compile(r'\s*([A-Za-z_]\w*)((?:"(?:[^"\\]|\\.)*"|[^;"])*);?')
_LINES = frozenset(("ocr_line", "ocrx_line"))
_ALSO_LINES = frozenset(("ocr_header", "ocr_footer", "ocr_caption", "ocr_textfloat"))
"""What Tesseract calls lines that are headings or captions. With lines inside it is a block."""
_BLOCKS = frozenset(("ocr_carea", "ocrx_block"))
_TABLE = "ocr_table"
_GROUPS = ("thead", "tbody", "tfoot")
_PARAGRAPH = "ocr_par"
_WORD = "ocrx_word"
_ALONE = ("meta", "title", "div", "head", "body", "table", "tr", "td")
"""Elements that stand on lines of their own."""
_KIND = "notes-"
"""What stands before the kind of a block in its class."""
_CAPABILITIES = "ocr_page ocr_carea ocr_table ocr_line ocrx_word ocrp_wconf ocrp_poly ocrp_nlp"


def read(root: Element) -> TextDocument:
    """The pages of an hOCR document. Raises ``ValueError`` if it has none, or a number is none."""
    upright = any(
        each.get("name") == "ocr-system" and each.get("content", "").startswith(_OURS) for each in all_of(root, "meta")
    )
    title = next((nfc("".join(each.itertext())) for each in all_of(root, "title")), "")
    found = [each for each in root.iter() if "ocr_page" in _classes(each)]
    if not found:
        raise ValueError("it is HTML without a page of hOCR (class ocr_page)")
    pages = tuple(_page(each, at, upright=upright) for at, each in enumerate(found, 1))
    return sound(TextDocument(pages, title))


def _classes(element: Element) -> list[str]:
    return element.get("class", "").split()


def _properties(element: Element) -> dict[str, str]:
    """What the title of an element says, by name."""
    return {name: value.strip() for name, value in _PROPERTY.findall(element.get("title", ""))}


def _page(page: Element, at: int, *, upright: bool) -> TextPage:
    told = _properties(page)
    box = _box(told)
    width, height = (box[2][0], box[2][1]) if box else (0.0, 0.0)
    blocks: list[TextBlock] = []
    lines = list(_lines(page, None, blocks))
    number = whole(told.get("ppageno"), at - 1) + 1
    return TextPage(
        *(width, height, tuple(lines), tuple(blocks), number),
        image=_unquoted(told.get("image", "")),
        label=_unquoted(told.get("lpageno", "")),
        upright=upright,
    )


def _lines(element: Iterable[Element], block: int | None, blocks: list[TextBlock]) -> Iterator[TextLine]:
    """The lines in an element, in the order of the document. The blocks that are met are added to ``blocks``."""
    for each in element:
        classes = _classes(each)
        if not _LINES.isdisjoint(classes) or (not _ALSO_LINES.isdisjoint(classes) and not _has_lines(each)):
            yield _line(each, block)
        elif not _BLOCKS.isdisjoint(classes) or (_PARAGRAPH in classes and block is None):
            blocks.append(_block(each))
            yield from _lines(each, len(blocks) - 1, blocks)
        elif _TABLE in classes and any(name_of(part) == "tr" for part in each.iter()):
            yield from _table(each, block, blocks)
        elif _WORD in classes:
            yield _line(each, block)  # a word that stands in no line
        else:
            yield from _lines(each, block, blocks)


def _table(table: Element, block: int | None, blocks: list[TextBlock]) -> Iterator[TextLine]:
    """The lines in a table of HTML. A cell is a block, if it is one of hOCR or has lines."""
    number = len({each.table for each in blocks if each.cell is not None})
    taken = Taken()
    parts = [inside for part in table for inside in (part if name_of(part) in _GROUPS else [part])]
    for part in parts:
        if name_of(part) != "tr":
            yield from _lines([part], block, blocks)
    for row, part in enumerate(part for part in parts if name_of(part) == "tr"):
        column = 0
        for each in part:
            column = taken.free(row, column)
            span = span_of(whole(each.get("rowspan"), 1), whole(each.get("colspan"), 1))
            taken.take((row, column), span)
            if not _BLOCKS.isdisjoint(_classes(each)) or _has_lines(each):
                blocks.append(replace(_block(each), kind="table", cell=(row, column), table=number, span=span))
                yield from _lines(each, len(blocks) - 1, blocks)


def _has_lines(element: Element) -> bool:
    return any(not _LINES.isdisjoint(_classes(each)) for each in element.iter())


def _block(element: Element) -> TextBlock:
    kinds = [each.removeprefix(_KIND) for each in _classes(element) if each.startswith(_KIND)]
    return TextBlock(kind_of(kinds[0] if kinds else ""), _outline(_properties(element)), id=element.get("id", ""))


def _line(line: Element, block: int | None) -> TextLine:
    told = _properties(line)
    kept = next((each for each in line.iter() if name_of(each) == "ins"), line)
    words = tuple(map(_word, (each for each in kept.iter() if _WORD in _classes(each))))
    polygon = _outline(told) or hull(word.polygon for word in words)
    text = nfc(" ".join(word.text for word in words) if words else _text(kept))
    others = (each for each in line.iter() if name_of(each) == "del")
    readings = [TextReading(nfc(_text(each)), _sure(_properties(each))) for each in others]
    return TextLine(
        *((TextReading(text, _sure(told)), *readings), polygon, _baseline(told), detailed(words), block),
        id=line.get("id", ""),
    )


def _word(word: Element) -> TextWord:
    told = _properties(word)
    return TextWord(nfc(_text(word)), _sure(told), _outline(told))


def _text(element: Element) -> str:
    return "".join(element.itertext())


def _sure(told: Mapping[str, str]) -> float | None:
    return fraction(told.get("x_wconf"), 100)


def _outline(told: Mapping[str, str]) -> tuple[Point, ...]:
    polygon = points(told.get("poly", ""))
    return polygon if len(polygon) > 2 else _box(told)


def _box(told: Mapping[str, str]) -> tuple[Point, ...]:
    sides = [finite(each) for each in told.get("bbox", "").split()]
    return rectangle(sides[0], sides[1], sides[2] - sides[0], sides[3] - sides[1]) if len(sides) == 4 else ()


def _baseline(told: Mapping[str, str]) -> tuple[Point, ...]:
    """A baseline from its slope and its height above the lower left corner of the box. Other curves are left out."""
    terms, box = [finite(each) for each in told.get("baseline", "").split()], _box(told)
    if not box or not 1 <= len(terms) <= 2:
        return ()
    (left, bottom), right = box[3], box[2][0]
    slope, height = (terms[0], terms[1]) if len(terms) == 2 else (0.0, terms[0])
    return ((left, bottom + height), (right, round(bottom + height + slope * (right - left), 1)))


def _unquoted(text: str) -> str:
    quoted = text.startswith('"') and text.endswith('"') and len(text) > 1
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if quoted else text


def write(document: TextDocument) -> bytes:
    """A document as hOCR 1.2. It holds no origins, and of a baseline the straight line through its ends."""
    document = named(document)
    root = ElementTree.Element("html", xmlns="http://www.w3.org/1999/xhtml")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = document.title
    system = f"{_OURS}{our_version()}" if any(page.upright for page in document.pages) else "unknown"
    for name, content in (("ocr-system", system), ("ocr-capabilities", _CAPABILITIES)):
        ElementTree.SubElement(head, "meta", name=name, content=content)
    body = ElementTree.SubElement(root, "body")
    for at, page in enumerate(document.pages, 1):
        _write_page(body, page, f"page{at}")
    _no_blanks(root)
    return written(root, indented=False)


def _no_blanks(root: Element) -> None:
    """Set elements down to lines on lines of their own; what is in a line keeps its blanks."""
    for each in root.iter():
        if not _LINES.isdisjoint(_classes(each)) or name_of(each) in _ALONE:
            each.tail = "\n"


def _write_page(body: Element, page: TextPage, name: str) -> None:
    size = f"bbox 0 0 {round(page.width)} {round(page.height)}" if page.width and page.height else ""
    label = f"lpageno {_quoted(page.label)}" if page.label else ""
    about = (f"image {_quoted(page.image)}" if page.image else "", size, f"ppageno {page.number - 1}", label)
    sheet = _add(body, "div", "ocr_page", name, about)
    for part in with_tables(page):
        if isinstance(part, TextTable):
            _write_table(sheet, part)
        elif part.block is None:
            _write_lines(sheet, part.lines)
        else:
            _write_block(sheet, "div", part.block, part.lines)


def _write_table(sheet: Element, table: TextTable) -> None:
    made = _add(sheet, "table", _TABLE, f"{table.blocks[0].id}-table", _place(table.polygon))
    for row in table.uncovered():
        across = ElementTree.SubElement(made, "tr")
        for cell in row:
            if cell is None:
                ElementTree.SubElement(across, "td")
            else:
                part = _write_block(across, "td", cell.block, cell.lines)
                for name, many in zip(("rowspan", "colspan"), cell.block.span, strict=True):
                    if many > 1:
                        part.set(name, str(many))


def _write_block(inside: Element, tag: str, block: TextBlock, lines: Iterable[TextLine]) -> Element:
    part = _add(inside, tag, f"ocr_carea {_KIND}{block.kind}", block.id, _place(block.polygon))
    _write_lines(part, lines)
    return part


def _write_lines(inside: Element, lines: Iterable[TextLine]) -> None:
    for line in lines:
        _write_line(inside, line)


def _write_line(inside: Element, line: TextLine) -> None:
    about = (*_place(line.polygon), _straight(line), _confident(line.confidence))
    row = _add(inside, "span", "ocr_line", line.id, about)
    others = line.readings[1:]
    kept = row
    if others:
        several = ElementTree.SubElement(row, "span", {"class": "alternatives"})
        kept = ElementTree.SubElement(several, "ins", {"class": "alt"})
        for each in others:
            other = ElementTree.SubElement(several, "del", {"class": "alt"})
            other.text = each.text
            _title(other, [_confident(each.confidence)])
    if not line.words:
        kept.text = line.text
    for at, word in enumerate(line.words, 1):
        about = (*_place(word.polygon), _confident(word.confidence))
        part = _add(kept, "span", _WORD, f"{line.id}word{at}", about)
        part.text, part.tail = word.text, " " if at < len(line.words) else None


def _place(polygon: Sequence[Point]) -> tuple[str, ...]:
    if not polygon:
        return ()
    box = TextBlock(polygon=tuple(polygon)).box
    bbox = f"bbox {box.x} {box.y} {box.x + box.width} {box.y + box.height}"
    along = " ".join(f"{round(x)} {round(y)}" for x, y in polygon)
    return (bbox,) if is_upright(polygon, box) else (bbox, f"poly {along}")


def _straight(line: TextLine) -> str:
    """The baseline as a slope and a height, from the left of the line's box to its right."""
    if not is_level(line.baseline) or not line.polygon:
        return ""
    (x0, y0), (x1, y1) = line.baseline[0], line.baseline[-1]
    slope, box = (y1 - y0) / (x1 - x0), line.box
    return f"baseline {slope:.6g} {y0 + slope * (box.x - x0) - box.y - box.height:.6g}"


def _confident(confidence: float | None) -> str:
    return "" if confidence is None else f"x_wconf {100 * confidence:.1f}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _add(parent: Element, tag: str, kind: str, name: str, about: Iterable[str]) -> Element:
    made = ElementTree.SubElement(parent, tag, {"class": kind, "id": name})
    _title(made, about)
    return made


def _title(element: Element, about: Iterable[str]) -> None:
    said = "; ".join(filter(None, about))
    if said:
        element.set("title", said)
