"""Source plugin: image files, a page a picture; TIFF with all its frames."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from indexer.api import Page, Source, decode_image, hookimpl, opened_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from PIL.Image import Image

    from indexer.api import SourceFile, SourceOptions

SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".gif", ".webp"),
    *(".tif", ".tiff", ".heic", ".heif", ".hif"),
)
_SUBFILE_TYPE = 254
_REDUCED = 1
"""Bit of the TIFF tag NewSubfileType: the frame is a smaller copy of another one."""


@hookimpl
def notes_sources() -> Iterable[Source]:
    """Images of all usual kinds."""
    yield Source("images", SUFFIXES, pages)


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """A TIFF's frames; of everything else, animations included, the first or primary picture."""
    for number, frame in enumerate(_frames(file.path, options), 1):
        yield Page(number, partial(decode_image, file.path, options, frame))


def _frames(path: Path, options: SourceOptions) -> list[int]:
    """The frames that are pages, from their headers alone."""
    # One frame too large is that page's failure and leaves the others: the size is checked when it is read.
    with opened_image(path, replace(options, max_pixels=sys.maxsize)) as image:
        if image.format != "TIFF":
            return [0]
        return list(_tiff_frames(image)) or [0]


def _tiff_frames(image: Image) -> Iterator[int]:
    for frame in count():
        try:
            image.seek(frame)
            reduced = int(getattr(image, "tag_v2", {}).get(_SUBFILE_TYPE, 0)) & _REDUCED
        except EOFError:
            return
        except Exception:  # noqa: BLE001 - damaged headers raise anything, and hide what comes after them
            yield frame  # reading it will say what is wrong
            return
        if not reduced:
            yield frame
