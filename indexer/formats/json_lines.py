"""JSON Lines: all that is known of a document, a page a line. Nothing is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from indexer.formats.about import facts
from indexer.formats.document import (
    TextBlock,
    TextDocument,
    TextLine,
    TextPage,
    TextReading,
    TextWord,
    sound,
)
from indexer.formats.merged_cells import ALONE, span_of
from indexer.values import BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexer.values import Point

_SCHEMA = 1
_FIELDS = ("number", "label", "image", "file", "width", "height", "upright")
_OF_BLOCK = ("id", "kind", "polygon", "cell", "table", "span")
"""What is kept of a page and of a block by the names of their fields."""


def write(document: TextDocument) -> bytes:
    """A document, a page a line. ASCII only, as every ``--json``."""
    return "".join(f"{json.dumps(_page_json(document, page))}\n" for page in document.pages).encode()


def _page_json(document: TextDocument, page: TextPage) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "title": document.title,
        "about": facts(document.about),
        **{name: getattr(page, name) for name in _FIELDS},
        "blocks": [{name: getattr(block, name) for name in _OF_BLOCK} for block in page.blocks],
        "lines": [_line_json(line) for line in page.lines],
    }


def _line_json(line: TextLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "block": line.block,
        "goes_on": line.goes_on,
        "polygon": line.polygon,
        "baseline": line.baseline,
        "readings": [
            {"text": each.text, "confidence": each.confidence, "origin": each.origin, **_person(each)}
            for each in line.readings
        ],
        "words": [{"text": each.text, "confidence": each.confidence, "polygon": each.polygon} for each in line.words],
    }


def _person(reading: TextReading) -> dict[str, str]:
    return {"person": reading.person} if reading.person else {}


def read(text: str) -> TextDocument:
    """The document in a text. Raises ``ValueError`` with the number of a line that is not one of it."""
    title, pages = "", []
    for number, row in enumerate(text.split("\n"), 1):
        if not row.strip():
            continue
        try:
            told = json.loads(row)
            if told["schema"] != _SCHEMA:
                raise ValueError(f"its schema is {told['schema']!r}, and {_SCHEMA} is read")
            title = title or _text(told["title"])
            pages.append(_page(told))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number}: {type(error).__name__}: {error}") from error
    return sound(TextDocument(tuple(pages), title))


def _page(told: dict[str, Any]) -> TextPage:
    return TextPage(
        _number(told["width"]),
        _number(told["height"]),
        tuple(map(_line, told["lines"])),
        tuple(map(_block, told["blocks"])),
        int(_number(told["number"])),
        _text(told["label"]),
        _text(told["image"]),
        _text(told["file"]),
        upright=bool(told["upright"]),
    )


def _block(told: dict[str, Any]) -> TextBlock:
    if told["kind"] not in get_args(BlockKind):
        raise ValueError(f"there is no kind of block {told['kind']!r}")
    cell = None if told["cell"] is None else (int(told["cell"][0]), int(told["cell"][1]))
    table = int(_number(told.get("table", 0)))  # earlier versions wrote none
    span = span_of(*(int(_number(each)) for each in told.get("span", ALONE)))
    return TextBlock(told["kind"], _points(told["polygon"]), cell, _text(told["id"]), table, span)


def _line(told: dict[str, Any]) -> TextLine:
    words = (
        TextWord(_text(each["text"]), _fraction(each["confidence"]), _points(each["polygon"])) for each in told["words"]
    )
    readings = (
        TextReading(
            _text(each["text"]), _fraction(each["confidence"]), _text(each["origin"]), _text(each.get("person", ""))
        )
        for each in told["readings"]
    )
    block = None if told["block"] is None else int(_number(told["block"]))
    places = (_points(told["polygon"]), _points(told["baseline"]))
    return TextLine(tuple(readings), *places, tuple(words), block, bool(told["goes_on"]), _text(told["id"]))


def _points(told: Iterable[Any]) -> tuple[Point, ...]:
    return tuple((_number(x), _number(y)) for x, y in told)


def _number(told: object) -> float:
    if not isinstance(told, int | float):
        raise TypeError(f"{told!r} is no number")
    return float(told)


def _fraction(told: object) -> float | None:
    if told is not None and not 0 <= _number(told) <= 1:
        raise ValueError(f"a confidence is a fraction from 0 to 1, not {told!r}")
    return None if told is None else _number(told)


def _text(told: object) -> str:
    if not isinstance(told, str):
        raise TypeError(f"{told!r} is no text")
    return told
