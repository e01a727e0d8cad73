"""What a tool answers, and the pictures in it: bounded in number and size, so that every client takes the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.archive.crops import encoded, part_of
from indexer.values.errors import NotesError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PIL.Image import Image

    from indexer.archive.library import Archive
    from indexer.values import StoredLine

MOST = 8
"""Pictures in an answer."""
_CROP = (1200, 60_000)
"""The most pixels of a side of a picture of a line, and its most bytes: eight of them stay below half a megabyte."""
_SHEET = (1600, 450_000)
"""The same of a picture of a page."""
_STEP = 0.8


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with what it shows; ``line`` is the number of a line, or ``None`` for a page."""

    caption: str
    jpeg: bytes
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in words, the same as data, and pictures of the ink."""

    text: str
    data: Mapping[str, object]
    pictures: tuple[Picture, ...] = ()


def page_picture(image: Image, caption: str) -> Picture:
    """The picture of a page."""
    return Picture(caption, _jpeg(image, *_SHEET))


def crops(archive: Archive, lines: Iterable[StoredLine]) -> tuple[tuple[Picture, ...], list[str]]:
    """The ink of some lines, and why there is none of others. Each page is opened once."""
    wanted = {line.id: line for line in lines}
    pages = archive.catalog.pages_of(list(wanted))
    images: dict[int, Image | NotesError] = {}
    made, missing = [], []
    for line in wanted.values():
        page = pages[line.id]
        if page.id not in images:
            try:
                images[page.id] = archive.picture(page)
            except NotesError as error:
                images[page.id] = error
        image = images[page.id]
        if isinstance(image, NotesError):
            missing.append(f"no picture of [{line.id}]: {image.whole}")
            continue
        crop = part_of(image, (page.width, page.height), line)
        made.append(Picture(f"the ink of [{line.id}]", _jpeg(crop, *_CROP), line.id))
    return tuple(made), missing


def _jpeg(image: Image, side: int, most: int) -> bytes:
    """A picture as JPEG with at most so many pixels a side and so many bytes."""
    factor = min(1.0, side / max(image.size))
    while True:
        size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
        made = encoded(image if size == image.size else image.resize(size, reducing_gap=2.0), "JPEG")
        if len(made) <= most or max(size) == 1:
            return made
        factor *= _STEP
