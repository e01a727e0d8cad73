"""Tropy (https://tropy.org): the JSON-LD that it imports, an item for each document with its photos and their text."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from typing import Any

from indexer.formats import alto
from indexer.formats.about import dublin_core
from indexer.formats.document import TextDocument, TextLine, TextPage, TextReading, by_block
from indexer.formats.markup import nfc, number, whole
from indexer.text.xml_tree import parsed

_VOCABULARY = "https://tropy.org/v1/tropy#"
_LISTS = {name: {"@id": f"{_VOCABULARY}{name}", "@container": "@list"} for name in ("note", "transcription")}
_CONTEXT = {
    "@version": 1.1,
    "@vocab": _VOCABULARY,
    "title": "http://purl.org/dc/elements/1.1/title",
    "template": {"@type": "@id"},
    "photo": {"@id": f"{_VOCABULARY}photo", "@container": "@list", "@context": _LISTS},
}
_CORE = "http://purl.org/dc/elements/1.1/"
_TEMPLATE = "https://tropy.org/v1/templates/generic"


def write(document: TextDocument) -> bytes:
    """A document as one item. The text of each photo is a note, and a transcription with ALTO."""
    photos = [_photo(document.title, page) for page in document.pages]
    known: dict[str, list[str]] = {}
    for name, value in dublin_core(document.about):
        known.setdefault(f"{_CORE}{name}", []).append(value)
    about = {name: "; ".join(values) for name, values in known.items() if name != f"{_CORE}title"}
    item = {"@type": "Item", "template": _TEMPLATE, "title": document.title, **about, "photo": photos}
    if document.about.tags:
        item["tag"] = list(document.about.tags)
    return (json.dumps({"@context": _CONTEXT, "@graph": [item]}, indent=1) + "\n").encode()


def _photo(title: str, page: TextPage) -> dict[str, Any]:
    blocks = [[line.text for line in lines if line.text] for _, lines in by_block(page)]
    text = "\n\n".join("\n".join(lines) for lines in blocks)
    paragraphs = "".join(f"<p>{'<br>'.join(map(html.escape, lines))}</p>" for lines in blocks if lines)
    photo = {
        "@type": "Photo",
        "title": page.label or title,
        "path": page.file,
        "page": page.number - 1,
        "width": round(page.width),
        "height": round(page.height),
    }
    if not text:  # Tropy before transcriptions takes an item with an empty list of them for damaged
        return photo
    written = alto.write(TextDocument((page,))).decode()
    return photo | {
        "note": [{"@type": "Note", "text": text, "html": paragraphs}],
        "transcription": [{"@type": "Transcription", "text": text, "alto": written}],
    }


def read(text: str) -> TextDocument:
    """The text of the photos of the first item. Raises ``ValueError`` if it is no JSON-LD of Tropy."""
    told = json.loads(text)
    try:
        item = told["@graph"][0]
        photos = item.get("photo", ())
        pages = tuple(_page(each, at) for at, each in enumerate(photos, 1))
        return TextDocument(pages, nfc(str(item.get("title", ""))))
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise ValueError(f"it is no JSON-LD of Tropy: {error}") from error


def _page(told: dict[str, Any], at: int) -> TextPage:
    transcriptions = [each["alto"] for each in told.get("transcription", ()) if each.get("alto")]
    if transcriptions:
        (page,) = alto.read(parsed(str(transcriptions[0]).encode())).pages
        return replace(page, file=str(told.get("path", "")))
    notes = (nfc(row) for each in told.get("note", ()) for row in str(each.get("text", "")).splitlines())
    lines = tuple(TextLine((TextReading(row),)) for row in notes if row)
    size = (number(str(told.get("width", ""))), number(str(told.get("height", ""))))
    return TextPage(*size, lines, number=whole(str(told.get("page", "")), at - 1) + 1, file=str(told.get("path", "")))
