"""The tool that reads a file that is not in the index, and keeps nothing."""

from __future__ import annotations

import os
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.mcp.answer import Answer, page_picture
from indexer.mcp.words import box_text, file_text, sure
from indexer.recognition.unkept import ReadPage
from indexer.system.paths import at_home
from indexer.text.folding import clean
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from indexer.archive.library import Archive
    from indexer.mcp.answer import Picture
    from indexer.mcp.asked import AskedFile
    from indexer.values import Failure

_LINES = 300
"""Lines of a page that are told."""


def read_file(archive: Archive, asked: AskedFile) -> Answer:
    """Read the first pages of an image or PDF of this machine; nothing is kept."""
    path = at_home(Path(asked.file))
    if not path.is_absolute():
        raise UsageError(f"{asked.file} is no path from the root", "Give the whole path of the file.")
    if os.path.isdir(path):  # noqa: PTH112 - a name that is too long is no folder, and no error
        raise UsageError(f"{file_text(path)} is a folder", "Give one file in it; a folder is read by: notes index.")
    said: list[str] = []
    told: list[dict[str, object]] = []
    pictures: list[Picture] = []
    with closing(archive.read(path)) as events:  # pages that nobody waits for are not read
        for event in islice(events, asked.pages):
            if not isinstance(event, ReadPage):
                said.append(_failed(event))
                continue
            said += _page_text(event)
            told.append(_page_json(event))
            name = f"{file_text(event.path)} page {event.reading.number}"
            pictures.append(page_picture(archive.picture_read(event), name))
            if event.pages > asked.pages == event.reading.number:
                said.append(f"the file has {event.pages} pages: notes index reads all of them")
    if not told:
        raise UsageError("; ".join(said) or f"{file_text(path)} has no page", "Give an image or a PDF.")
    return Answer("\n".join(said), {"pages": told}, tuple(pictures))


def _failed(event: Failure) -> str:
    page = "" if event.page is None else f" page {event.page}"
    return f"{file_text(event.path)}{page}: {event.message}"


def _page_text(event: ReadPage) -> list[str]:
    page = event.reading
    lines = [readings[0].line for readings in page.lines]
    said = [f"{file_text(event.path)} page {page.number}, {page.width}x{page.height} pixels, read by {event.engine}"]
    said += [f"{sure(line.confidence)}, box {box_text(line.box)}: {clean(line.text)}" for line in lines[:_LINES]]
    if not lines:
        said.append("nothing was read on this page")
    if len(lines) > _LINES:
        said.append(f"and {len(lines) - _LINES} more lines: notes read {event.path} prints all")
    if page.incomplete:
        said.append(f"lines are missing: {page.incomplete}")
    return said


def _page_json(event: ReadPage) -> dict[str, object]:
    page = event.reading
    lines = [readings[0].line for readings in page.lines]
    return {
        "path": str(event.path),
        "page": page.number,
        "pages": event.pages,
        "size": [page.width, page.height],
        "engine": event.engine,
        "total": len(lines),
        "lines": [
            {"text": clean(line.text), "confidence": line.confidence, "box": line.box.xywh} for line in lines[:_LINES]
        ],
    }
