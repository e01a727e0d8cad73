"""What formats of XML and HTML share: safe parsers, and numbers, points and texts in elements."""

from __future__ import annotations

import math
import re
import time
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from importlib.metadata import version
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from indexer.image.geometry import around, bounding_box, corners
from indexer.text.xml_tree import MOST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from indexer.values import Box, Point

_SEPARATORS = re.compile(r"[\s,;]+")
_ENCODING = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""")
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))
"""Elements of HTML that have no end."""
_DIGITS = 9
"""Most digits of a whole number."""
_DEEP = 200
"""How deep elements may lie in one another."""
_PIECE = 1 << 16
"""Letters that the parser of HTML gets at once. The time that it takes for one piece may grow with the square."""
_SECONDS = 20
"""Seconds of the processor in which the elements of HTML have to be made out: a book of hOCR takes less."""


def parsed_html(text: str) -> Element:
    """The root of an HTML file. What is not well-formed is put right as far as it goes; entities stand for letters."""
    parser, begun = _Html(), time.process_time()
    for at in range(0, len(text), _PIECE):
        parser.feed(text[at : at + _PIECE])
        if time.process_time() - begun > _SECONDS:
            raise ValueError(f"it takes longer than {_SECONDS} s to make out its elements")
    if len(parser.rawdata) > _PIECE:
        raise ValueError("it ends within an element")
    parser.close()
    return parser.root


class _Html(HTMLParser):
    """Builds elements without namespaces. It keeps no document type."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = ElementTree.Element("root")
        self._open = [self.root]
        self._names: Counter[str] = Counter()
        self._many = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            if len(self._open) > _DEEP:
                raise ValueError(f"its elements lie more than {_DEEP} deep in one another")
            self._open.append(self._open[-1][-1])
            self._names[tag] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._many += 1 + len(attrs)
        if self._many > MOST:
            raise ValueError(f"it has more than {MOST:,} elements and attributes")
        ElementTree.SubElement(self._open[-1], tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        while self._names[tag]:
            name = str(self._open.pop().tag)
            self._names[name] -= 1
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        inside = self._open[-1]
        if len(inside):
            inside[-1].tail = (inside[-1].tail or "") + data
        else:
            inside.text = (inside.text or "") + data


def decoded(data: bytes) -> str:
    """The text of a file by its byte order mark, by the encoding that it names, else as UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    told = None if data.startswith(b"\xef\xbb\xbf") else _ENCODING.search(data[:1000])
    return data.decode(told[1].decode() if told else "utf-8-sig")


def root_element(name: str, namespace: str, schema: str) -> Element:
    """The root of a file in a namespace. Its elements are made without one: the file says it once for all."""
    instance = "http://www.w3.org/2001/XMLSchema-instance"
    about = {"xmlns": namespace, "xmlns:xsi": instance, "xsi:schemaLocation": f"{namespace} {schema}"}
    return ElementTree.Element(name, about)


def written(root: Element, *, indented: bool = True) -> bytes:
    """An XML file of an element. It is encoded as a whole: bit by bit, as ElementTree does it, takes twice the time."""
    if indented:
        ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{text}".encode("utf-8", "xmlcharrefreplace")


@cache
def our_version() -> str:
    """The version of the program, as files name it."""
    return version("notes")


def rectangle(x: float, y: float, width: float, height: float) -> tuple[Point, ...]:
    """The corners of a rectangle, clockwise from the top left."""
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def is_upright(polygon: Sequence[Point], box: Box) -> bool:
    """Whether an outline is just this box."""
    return tuple(polygon) == corners(box)


def hull(regions: Iterable[Sequence[Point]]) -> tuple[Point, ...]:
    """The upright box around outlines, nothing if there are none."""
    boxes = [bounding_box(region) for region in regions if region]
    return corners(around(boxes)) if boxes else ()


def points(text: str) -> tuple[Point, ...]:
    """Points as ``x,y x,y`` or ``x y x y``. Raises ``ValueError`` if they are no pairs of numbers."""
    numbers = [finite(number) for number in _SEPARATORS.split(text.strip()) if number]
    if len(numbers) % 2:
        raise ValueError(f"the points “{text[:60]}” are no pairs")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def listed(polygon: Iterable[Point]) -> str:
    """Points as ``x,y x,y``, in whole pixels."""
    return " ".join(f"{round(x)},{round(y)}" for x, y in polygon)


def finite(text: str) -> float:
    """A number. Raises ``ValueError`` if it is none, or infinite."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"there is a point at infinity: {text[:20]}")
    return number


def number(text: str | None) -> float:
    """A size, 0 if none is given. Raises ``ValueError`` if it is no number."""
    size = float(text) if text and text.strip() else 0.0
    if not math.isfinite(size) or size < 0:
        raise ValueError(f"{text} is no size")
    return size


def whole(text: str | None, otherwise: int) -> int:
    """A whole number, or another where none is given."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else otherwise


def fraction(text: str | None, of: float = 1.0) -> float | None:
    """A confidence as a fraction; ``None`` where none is given, or what is given cannot be one."""
    try:
        given = float(text or "") if of == 1 else round(float(text or "") / of, 6)
    except ValueError:
        return None
    return given if 0 <= given <= 1 else None


def decimals(share: float, digits: int = 3) -> str:
    """A fraction with so many decimals."""
    return f"{share:.{digits}f}"


def nfc(text: str) -> str:
    """A text in the composed form (NFC), its white space collapsed."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def standing(
    page: Element, region: Collection[str], line: str, ranks: Mapping[str, int]
) -> tuple[list[tuple[Element, int | None]], list[Element]]:
    """The elements named ``line`` of a page in reading order, each with the number of its innermost region; and the
    regions, which have one of the names ``region``.

    ``ranks`` gives places in the reading order by the ids of lines or of what holds them. Lines without a place come
    last, in the order of the document. The lines of a region come before those of regions inside it.
    """
    found: list[tuple[int, Element, int | None]] = []
    regions: list[Element] = []

    def walk(element: Element, rank: int, inside: int | None) -> None:
        rank = ranks.get(element.get("ID") or element.get("id") or "", rank)
        if name_of(element) in region:
            inside = len(regions)
            regions.append(element)
        if name_of(element) == line:
            found.append((rank, element, inside))
            return
        for each in sorted(element, key=lambda each: name_of(each) != line):
            walk(each, rank, inside)

    walk(page, len(ranks), None)
    return [(each, inside) for _, each, inside in sorted(found, key=itemgetter(0))], regions


def ranked(references: Iterable[str | None]) -> dict[str, int]:
    """The place of each id in a reading order. An id that is named twice gets its first place."""
    return {each: at for at, each in reversed([*enumerate(filter(None, references))])}


def is_level(baseline: Sequence[Point]) -> bool:
    """Whether a baseline runs from left to right, so that each place across has one height."""
    return len(baseline) > 1 and all(x1 < x2 for (x1, _), (x2, _) in pairwise(baseline))


def children(element: Element, name: str) -> Iterator[Element]:
    """The children with a name, in any namespace."""
    return (each for each in element if name_of(each) == name)


def all_of(element: Element, name: str) -> Iterator[Element]:
    """The descendants with a name, in any namespace."""
    return (each for each in element.iter() if name_of(each) == name)


def name_of(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]
