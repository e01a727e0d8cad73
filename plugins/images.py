"""Source plugin: image files, a page a picture; TIFF with all its frames."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from indexer.api import Page, PluginError, Source, decode_image, hookimpl, opened_image, upright

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
    """A TIFF's frames; of everything else, animations included, the first picture."""
    if file.path.suffix.lower() in (".tif", ".tiff"):
        yield from _frames(file.path, options)
        return
    with opened_image(file.path, options):
        pass  # what is no image at all is the file's failure, not its first page's
    yield Page(1, partial(decode_image, file.path, options))


def _frames(path: Path, options: SourceOptions) -> Iterator[Page]:
    number = 0
    for frame in range(_count(path, options)):
        if _is_page(path, options, frame):
            number += 1
            yield Page(number, partial(_frame, path, options, frame))


def _count(path: Path, options: SourceOptions) -> int:
    with opened_image(path, options) as image:
        return int(getattr(image, "n_frames", 1))


def _is_page(path: Path, options: SourceOptions, frame: int) -> bool:
    try:
        with opened_image(path, options) as image:
            image.seek(frame)
            tags = getattr(image, "tag_v2", {})
            return not int(tags.get(_SUBFILE_TYPE, 0)) & _REDUCED
    except PluginError:
        return True  # reading it will say what is wrong


def _frame(path: Path, options: SourceOptions, frame: int) -> Image:
    with opened_image(path, options) as image:
        image.seek(frame)
        width, height = image.size
        if width * height > options.max_pixels:
            raise PluginError(
                f"the image is too large: {width} x {height} pixels, more than {options.max_pixels / 1e6:g} million",
                "Raise max_pixels in the settings if the memory is there.",
                kind="too-large",
            )
        return upright(image)
