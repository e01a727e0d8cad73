"""Ground truth beside a file: what stands on its pages, from ALTO or PAGE XML."""

from __future__ import annotations

import math
import unicodedata
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexer.model import Point


@dataclass(frozen=True, slots=True)
class TruthLine:
    """A transcribed line (NFC) and the region it fills, in pixels of the transcribed image."""

    text: str
    polygon: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class TruthPage:
    """A transcribed page; lines without text are left out."""

    width: int
    height: int
    lines: tuple[TruthLine, ...]


def truth_for(file: Path) -> tuple[TruthPage, ...] | None:
    """The ground truth of a file's pages from the XML of the same stem beside it, or ``None`` without one.

    An ALTO file may hold several pages. Raises ``UsageError`` when the XML is neither ALTO nor PAGE, cannot be read,
    declares a document type, or has a line with text and no region.
    """
    path = file.with_suffix(".xml")
    if not path.is_file():
        return None
    try:
        parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314 - no document type, so no entities to expand
        root = ElementTree.fromstring(path.read_bytes(), parser=parser)  # noqa: S314 - as above
        if _name(root) == "alto":
            return tuple(_alto_page(page) for page in _all(root, "Page"))
        if _name(root) == "PcGts":
            return tuple(_page_page(page) for page in _all(root, "Page"))
    # What a file can do wrong: not be readable, not be XML, in no known encoding, with sizes that are no numbers.
    except (OSError, ElementTree.ParseError, LookupError, ValueError, ArithmeticError) as error:
        raise UsageError(f"the ground truth {path} cannot be read: {error}", "Mend it, or move it away.") from error
    raise UsageError(f"{path} is neither ALTO nor PAGE XML", "Move it away if it is no transcription.")


def scaled(page: TruthPage, width: int, height: int) -> TruthPage:
    """The page in the pixels of an image of another size; one without a size is taken as it is."""
    if not page.width or not page.height or (page.width, page.height) == (width, height):
        return page
    across, down = width / page.width, height / page.height
    lines = tuple(replace(line, polygon=tuple((x * across, y * down) for x, y in line.polygon)) for line in page.lines)
    return TruthPage(width, height, lines)


class _Builder(ElementTree.TreeBuilder):
    """Refuses document types as the parser meets them, so that no entity is ever expanded, in any encoding."""

    def doctype(self, *_: object) -> None:
        raise ValueError("it declares a document type, which ground truth has no need of")


def _alto_page(page: ElementTree.Element) -> TruthPage:
    lines = []
    for line in _all(page, "TextLine"):
        parts = [each.get("CONTENT", "") for each in line if _name(each) == "String"]
        text = " ".join(parts) + "".join(each.get("CONTENT", "") for each in line if _name(each) == "HYP")
        # Words have shapes too: the line's own is a child of it.
        shape = next((each for each in line if _name(each) == "Shape"), None)
        polygon = next(_all(shape, "Polygon"), None) if shape is not None else None
        points = _points(polygon.get("POINTS", "")) if polygon is not None else ()
        lines.append(TruthLine(_nfc(text), points if len(points) > 2 else _rectangle(line)))
    return TruthPage(_whole(page.get("WIDTH")), _whole(page.get("HEIGHT")), _with_text(lines))


def _page_page(page: ElementTree.Element) -> TruthPage:
    lines = []
    for line in _all(page, "TextLine"):
        readings = [each for each in line if _name(each) == "TextEquiv"]
        readings.sort(key=lambda each: int(each.get("index", "0")))
        unicode = next(_all(readings[0], "Unicode"), None) if readings else None
        coords = next((each for each in line if _name(each) == "Coords"), None)
        points = _points(coords.get("points", "")) if coords is not None else ()
        lines.append(TruthLine(_nfc((unicode.text if unicode is not None else None) or ""), points))
    return TruthPage(_whole(page.get("imageWidth")), _whole(page.get("imageHeight")), _with_text(lines))


def _with_text(lines: list[TruthLine]) -> tuple[TruthLine, ...]:
    """The lines that have text; raises ``ValueError`` where one of them is nowhere."""
    kept = tuple(line for line in lines if line.text)
    for line in kept:
        if len(line.polygon) < 3 or not all(math.isfinite(number) for point in line.polygon for number in point):
            raise ValueError(f"the line “{line.text}” has no region")
    return kept


def _points(text: str) -> tuple[Point, ...]:
    """``x,y x,y`` or ``x y x y``."""
    numbers = [float(number) for number in text.replace(",", " ").split()]
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _rectangle(line: ElementTree.Element) -> tuple[Point, ...]:
    sides = [line.get(key) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]
    if None in sides:
        return ()
    x, y, width, height = (float(side or "") for side in sides)
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def _whole(text: str | None) -> int:
    return round(float(text)) if text else 0


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _all(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (each for each in element.iter() if _name(each) == name)


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
