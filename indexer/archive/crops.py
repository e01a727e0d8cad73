"""The ink of a line or a page, cut from the original and written as a picture of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.system.originals import is_still, original, replaced
from indexer.values import Box
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL.Image import Image

    from indexer.api.registry import Registry
    from indexer.values import SourceFile, SourceOptions

_MARGIN = 0.25
"""Paper left around a line, as a part of its height: strokes reach beyond the box."""


def write_ink(
    files: Sequence[SourceFile],
    page: int,
    registry: Registry,
    options: SourceOptions,
    target: Path,
    *,
    box: Box | None,
    page_size: tuple[int, int] | None,
) -> None:
    """Write the ink in a box of a page (or the whole page) of a content as a PNG; never over an existing file."""
    image = page_image(files, page, registry, options)
    if box is not None:
        width, height = page_size or image.size
        image = cut(image, with_margin(box, width, height), width)
    try:
        with target.open("xb") as stream:
            image.save(stream, format="PNG")
    except FileExistsError as error:
        raise UsageError(f"{target} is there already", "Give --crop the name of a new file.") from error
    except OSError as error:
        raise UsageError(f"cannot write {target}: {(error.strerror or str(error)).lower()}") from error


def with_margin(box: Box, width: int, height: int) -> Box:
    """A line's box with some paper around it, on a page of this size."""
    margin = round(box.height * _MARGIN)
    left, top = max(0, box.x - margin), max(0, box.y - margin)
    right, bottom = min(width, box.x + box.width + margin), min(height, box.y + box.height + margin)
    return Box(left, top, max(1, right - left), max(1, bottom - top))


def cut(image: Image, box: Box, width: int) -> Image:
    """What lies in a box on a page so many pixels wide: it may render at another size than it was read at."""
    scale = image.width / width
    left, top = round(box.x * scale), round(box.y * scale)
    right, bottom = round((box.x + box.width) * scale), round((box.y + box.height) * scale)
    return image.crop((left, top, max(left + 1, min(image.width, right)), max(top + 1, min(image.height, bottom))))


def page_image(files: Sequence[SourceFile], number: int, registry: Registry, options: SourceOptions) -> Image:
    """The image of a page of a content, from the first of the files with it that still has it.

    Raises ``MissingError`` when none has: no other picture is ever shown for the one that was read.
    """
    file = original(files)
    source = registry.source_of(file)
    if source is None:
        raise UsageError(f"no plugin reads {file.path} any more", "See notes plugins.")
    for page in source.pages(file, options):
        if page.number == number:
            image = page.image()
            if not is_still(file):
                raise replaced(file.path)
            return image
    raise MissingError(f"{file.path} has no page {number} any more", "notes index reads it again.")
