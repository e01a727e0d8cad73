"""Ground truth in PAGE XML, schemas of 2009 to 2019 (https://github.com/PRImA-Research-Lab/PAGE-XML)."""

from __future__ import annotations

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
    standing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from indexer.values import Point

_PARTS = {"TextLine": ("Word", " "), "Word": ("Glyph", "")}
"""The parts of an element, and the text between two of them."""


def read(root: Element) -> Iterator[TruthPage]:
    """The pages of a PAGE document. Raises ``ValueError`` if a text belongs to no line."""
    for page in all_of(root, "Page"):
        order = ranked(each for orders in children(page, "ReadingOrder") for each in _referred(orders))
        texts = _texts(page)
        lines = [
            Written(texts.get(line) or _text(line), _outline(line), _points(line, "Baseline"), region)
            for line, region in standing(page, "TextRegion", "TextLine", order)
        ]
        yield TruthPage(number(page.get("imageWidth")), number(page.get("imageHeight")), placed(lines))


def _referred(group: Element) -> Iterator[str | None]:
    """The ids of the regions in a group of the reading order, and in the groups inside it."""
    for each in sorted(group, key=lambda each: int(each.get("index") or 0)):
        yield each.get("regionRef")
        yield from _referred(each)


def _texts(page: Element) -> dict[Element, str]:
    """The texts of lines, from a region that alone has the text, line by line."""
    texts: dict[Element, str] = {}
    for region in page.iter():
        lines = list(children(region, "TextLine"))
        whole = [row for row in map(nfc, _own_text(region).splitlines()) if row]
        nested = any(name_of(each) == "TextRegion" for each in region)
        if not whole or nested or any(map(_text, lines)) or not (lines or name_of(region) == "TextRegion"):
            continue
        if len(whole) != len(lines):
            raise ValueError(
                f"the region {region.get('id', '')!r} has a text of {len(whole)} lines, and {len(lines)} lines without "
                "text"
            )
        texts |= dict(zip(lines, whole, strict=True))
    return texts


def _text(element: Element) -> str:
    """The text of a line or word. If it has none itself, it is joined from its words or letters."""
    own = nfc(_own_text(element))
    if own or name_of(element) not in _PARTS:
        return own
    part, between = _PARTS[name_of(element)]
    return nfc(between.join(filter(None, (_text(each) for each in children(element, part)))))


def _own_text(element: Element) -> str:
    """The first text of an element that is not empty, in the order of their indexes."""
    readings = sorted(children(element, "TextEquiv"), key=lambda each: int(each.get("index") or 0))
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
        return tuple((float(each.get("x", "nan")), float(each.get("y", "nan"))) for each in children(place, "Point"))
    return ()
