"""Reads notebooks of Xournal++ and of Xournal: XML, mostly packed with gzip, with the strokes of each page."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from indexer.api import Page, PluginError, decode_image, parse_xml, whole_file

from .strokes import MOST_POINTS, Stroke, drawn, placed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from PIL.Image import Image

    from indexer.api import Point, SourceFile, SourceOptions

_SCALE = 200 / 72
"""Pixels of a unit, which is a point: pages are drawn with 200 dots an inch."""
_MOST_BYTES = 300_000_000
_MOST_PAGES = 10_000
_PARTS = re.compile(r"\S+")
_GZIP = b"\x1f\x8b"


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The pages in order."""
    found = list(_root(file.path).iter("page"))
    if not found:
        raise PluginError("the notebook has no pages", kind="empty")
    if len(found) > _MOST_PAGES:
        raise PluginError(f"the notebook has more than {_MOST_PAGES:,} pages", kind="too-large")
    for number, page in enumerate(found, 1):
        strokes = partial(_strokes, page, options)
        yield Page(number, partial(_image, page, options), missing=_missing(page), strokes=strokes)


def _root(path: Path) -> Element:
    data = whole_file(path, _MOST_BYTES)
    try:
        if data.startswith(_GZIP):
            unpacker = zlib.decompressobj(wbits=31)
            data = unpacker.decompress(data, _MOST_BYTES)
            if unpacker.unconsumed_tail:
                raise PluginError(f"it is larger than {_MOST_BYTES // 1_000_000} MB unpacked", kind="too-large")
            if not unpacker.eof:
                raise PluginError("the notebook is cut short", "Restore it from a backup.", kind="truncated")
        return parse_xml(data)
    except (zlib.error, ValueError, SyntaxError, LookupError) as error:
        raise PluginError(f"it is no notebook of Xournal++ ({error})") from error


def _image(page: Element, options: SourceOptions) -> Image:
    size = _size(page)
    image = drawn(size, map(_stroke, _inked(page)), _SCALE, options)
    for each in page.iter("image"):
        _paste(image, each, image.width / size[0], options)
    return image


def _strokes(page: Element, options: SourceOptions) -> list[tuple[Point, ...]]:
    """The strokes of a page; those of a layer stand in the file as they were drawn."""
    return placed(_size(page), map(_stroke, _inked(page)), _SCALE, options)


def _size(page: Element) -> tuple[float, float]:
    return _number(page.get("width")), _number(page.get("height"))


def _inked(page: Element) -> Iterator[Element]:
    return (each for each in page.iter("stroke") if each.get("tool", "pen") == "pen")


def _stroke(element: Element) -> Stroke:
    """A stroke. Its width is the mean of those that the pressure gave it, if there are some."""
    numbers = _numbers(element.text or "")
    widths = _numbers(element.get("width", "")) or [1.0]
    pressed = widths[1:] or widths
    return Stroke(list(zip(numbers[::2], numbers[1::2], strict=False)), sum(pressed) / len(pressed))


def _numbers(text: str) -> list[float]:
    """The numbers in a text, one by one: as many as points may have, and one more."""
    found = islice(_PARTS.finditer(text), 2 * MOST_POINTS + 2)
    return [_number(each[0]) for each in found]


def _paste(image: Image, element: Element, scale: float, options: SourceOptions) -> None:
    """Put a picture where it stands on the page, below the strokes: the darker of both stays."""
    from PIL import ImageChops

    left, top, right, bottom = (
        round(_number(element.get(side)) * scale) for side in ("left", "top", "right", "bottom")
    )
    left, top, right, bottom = max(0, left), max(0, top), min(image.width, right), min(image.height, bottom)
    if right <= left or bottom <= top:
        return
    try:
        data = base64.b64decode("".join((element.text or "").split()), validate=True)
    except binascii.Error as error:
        raise PluginError("a picture on the page is damaged") from error
    picture = decode_image(data, options).convert("L").resize((right - left, bottom - top))
    box = (left, top, right, bottom)
    image.paste(ImageChops.darker(image.crop(box), picture), box)


def _missing(page: Element) -> str | None:
    """What of a page is not drawn."""
    said = []
    background = next(iter(page.iter("background")), None)
    if background is not None and background.get("type") in ("pdf", "pixmap"):
        said.append(f"what lies below the ink ({background.get('type')}) was not read: index that file itself")
    if next(iter(page.iter("text")), None) is not None:
        said.append("typed text on it was not read")
    if next(iter(page.iter("teximage")), None) is not None:
        said.append("formulas on it were not read")
    return "; ".join(said) or None


def _number(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError as error:
        raise PluginError(f"there is {(text or '')[:20]!r} where a number belongs") from error
