"""IIIF Presentation 3: a manifest with a canvas for each page, and an annotation for each line.

A canvas has the pixel size of the page as it was read, so boxes need no scaling.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from indexer.formats.about import LABELS
from indexer.formats.document import TextDocument, TextLine, TextPage, TextReading, sound
from indexer.formats.markup import finite, nfc, number, rectangle

if TYPE_CHECKING:
    from indexer.formats.beside import Beside
    from indexer.values import Box, Description, Point

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
_PLACE = re.compile(r"#xywh=(?:pixel:)?([^#&]*)")


def write(document: TextDocument, beside: Beside) -> bytes:
    """A manifest. It holds what lines say, and their boxes."""
    canvases = [
        canvas(page.number, page.label, (page.width, page.height), f"{beside.address}/canvas/{page.number}", shown)
        | {"annotations": [line_notes(page, f"{beside.address}/canvas/{page.number}")]}
        for page, shown in zip(document.pages, beside.shown, strict=True)
    ]
    made = {"@context": CONTEXT, **manifest(document.title, beside.address, canvases, document.about)}
    return (json.dumps(made, indent=1) + "\n").encode()


def manifest(title: str, address: str, canvases: list[dict[str, Any]], about: Description) -> dict[str, Any]:
    """The manifest of a document, without its context; viewers show what the document is."""
    metadata = [
        {"label": {"en": [label]}, "value": {"none": list(about.of(name))}}
        for name, label in LABELS.items()
        if about.of(name) and name != "note"
    ]
    return {
        "id": f"{address}/manifest",
        "type": "Manifest",
        "label": {"none": [title]},
        **({"metadata": metadata} if metadata else {}),
        **({"summary": {"none": [about.note]}} if about.note else {}),
        "items": canvases,
    }


def canvas(count: int, label: str | None, size: tuple[float, float], address: str, image: str) -> dict[str, Any]:
    """The canvas of a page with its picture, of which an address of the Image API (3, level 1) gives any part."""
    painted = {
        "id": f"{address}/image",
        "type": "Annotation",
        "motivation": "painting",
        "body": {
            "id": f"{image}/full/max/0/default.jpg",
            "type": "Image",
            "format": "image/jpeg",
            "width": round(size[0]),
            "height": round(size[1]),
            "service": [{"id": image, "type": "ImageService3", "profile": "level1"}],
        },
        "target": address,
    }
    return {
        "id": address,
        "type": "Canvas",
        "label": {"none": [label or str(count)]},
        "width": round(size[0]),
        "height": round(size[1]),
        "items": [{"id": f"{address}/page", "type": "AnnotationPage", "items": [painted]}],
    }


def line_notes(page: TextPage, address: str) -> dict[str, Any]:
    """The lines of a page as annotations of its canvas."""
    return {
        "id": f"{address}/lines",
        "type": "AnnotationPage",
        "items": [
            {
                "id": f"{address}/{line.id or f'line{at}'}",
                "type": "Annotation",
                "motivation": "supplementing",
                "body": {"type": "TextualBody", "value": line.text, "format": "text/plain"},
                "target": part(address, line.box) if line.polygon else address,
            }
            for at, line in enumerate(page.lines, 1)
        ],
    }


def part(address: str, box: Box) -> str:
    """The part of a canvas in a box."""
    return f"{address}#xywh={box.x},{box.y},{box.width},{box.height}"


def read(text: str) -> TextDocument:
    """The lines that a manifest has as annotations. Raises ``ValueError`` if it is none of Presentation 3."""
    told = json.loads(text)
    if not isinstance(told, dict) or told.get("type") != "Manifest":
        raise ValueError("it is no manifest of IIIF Presentation 3")
    try:
        pages = tuple(_page(each, at) for at, each in enumerate(told.get("items", ()), 1))
        return sound(TextDocument(pages, _label(told)))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"it is no manifest as Presentation 3 has it: {error}") from error


def _label(told: dict[str, Any]) -> str:
    return next((nfc(str(text)) for texts in told.get("label", {}).values() for text in texts), "")


def _page(told: dict[str, Any], at: int) -> TextPage:
    found = [each for page in told.get("annotations", ()) for each in page.get("items", ())]
    lines = tuple(_line(each) for each in found if "supplementing" in each.get("motivation", ()))
    size = (number(str(told.get("width", ""))), number(str(told.get("height", ""))))
    return TextPage(*size, lines, number=at, label=_label(told))


def _line(told: dict[str, Any]) -> TextLine:
    name = str(told.get("id", "")).rpartition("/")[2]
    return TextLine((TextReading(nfc(str(told["body"]["value"]))),), _place(str(told["target"])), id=name)


def _place(target: str) -> tuple[Point, ...]:
    found = _PLACE.search(target)
    sides = [finite(side) for side in found[1].split(",")] if found else []
    return rectangle(sides[0], sides[1], sides[2], sides[3]) if len(sides) == 4 else ()
