"""The ink of a line or a page, cut from the original and written as a picture of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.errors import NotesError, UsageError
from indexer.walk import source_file

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from indexer.model import Box, SourceOptions, StoredLine
    from indexer.registry import Registry

_MARGIN = 0.25
"""Paper left around a line, as a part of its height: strokes reach beyond the box."""


def write_ink(
    line: StoredLine,
    registry: Registry,
    options: SourceOptions,
    target: Path,
    *,
    box: Box | None,
    page_size: tuple[int, int] | None,
) -> None:
    """Write the ink in a box of the line's page (or the whole page) as a PNG; never over an existing file."""
    image = page_image(line, registry, options)
    if box is not None:
        # A page may render at another size than it was read at, for example under other settings.
        scale = image.width / page_size[0] if page_size else 1.0
        margin = round(box.height * _MARGIN)
        image = image.crop(
            (
                max(0, round((box.x - margin) * scale)),
                max(0, round((box.y - margin) * scale)),
                min(image.width, round((box.x + box.width + margin) * scale)),
                min(image.height, round((box.y + box.height + margin) * scale)),
            )
        )
    try:
        with target.open("xb") as stream:
            image.save(stream, format="PNG")
    except FileExistsError as error:
        raise UsageError(f"{target} is there already", "Give --crop the name of a new file.") from error
    except OSError as error:
        raise UsageError(f"cannot write {target}: {(error.strerror or str(error)).lower()}") from error


def page_image(line: StoredLine, registry: Registry, options: SourceOptions) -> Image:
    """The image of the page a line is on, from the original file."""
    source = registry.source_for(line.path)
    if source is None:
        raise UsageError(f"no plugin reads {line.path} any more", "See notes plugins.")
    try:
        file = source_file(line.path, None)
    except OSError as error:
        raise UsageError(
            f"{line.path} cannot be opened: {(error.strerror or str(error)).lower()}",
            "Was it moved? notes index its folder, or attach the drive it is on.",
        ) from error
    for page in source.pages(file, options):
        if page.number == line.page:
            return page.image()
    raise NotesError(f"{line.path} has no page {line.page} any more", "notes index reads it again.")
