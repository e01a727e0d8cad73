"""Crops of pages: a line or a whole page as a picture of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

from indexer.image.strips import laid, strip_of
from indexer.translation import _
from indexer.values import Box
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL.Image import Image

    from indexer.values import Point, StoredLine

_SIDE = 2400
"""The most pixels of the long side of a whole page."""
_QUALITY = 88
"""The quality of JPEG."""
_MARGIN = 0.25
"""Paper around a line, as a part of its height: strokes reach beyond the box."""


def write_picture(image: Image, target: Path) -> None:
    """Write a picture as a PNG; never over an existing file."""
    try:
        with target.open("xb") as stream:
            image.save(stream, format="PNG")
    except FileExistsError as error:
        raise UsageError(_("%(target)s is there already", target=target), _("Give the name of a new file.")) from error
    except OSError as error:
        raise UsageError(
            _("cannot write %(target)s: %(why)s", target=target, why=(error.strerror or str(error)).lower())
        ) from error


def sheet(image: Image, width: int, quality: int = _QUALITY) -> bytes:
    """A page at most so many pixels wide, as JPEG."""
    factor = min(1.0, width / image.width, _SIDE / max(image.size))
    if factor < 1:
        size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
        image = image.resize(size, reducing_gap=2.0)
    return encoded(image, "JPEG", quality)


def encoded(image: Image, form: Literal["JPEG", "PNG"], quality: int = _QUALITY) -> bytes:
    """A picture as a file of it."""
    buffer = io.BytesIO()
    image.save(buffer, form, quality=quality)
    return buffer.getvalue()


def with_margin(box: Box, width: int, height: int) -> Box:
    """A line's box with some paper around it, on a page of this size."""
    margin = round(box.height * _MARGIN)
    left, top = max(0, box.x - margin), max(0, box.y - margin)
    right, bottom = min(width, box.x + box.width + margin), min(height, box.y + box.height + margin)
    return Box(left, top, max(1, right - left), max(1, bottom - top))


def part_of(image: Image, size: tuple[int, int], part: Box | StoredLine) -> Image:
    """A box or a line of a page that was read in this size, with some paper around it."""
    return crop(image, size, part) if isinstance(part, Box) else crop(image, size, part.box, strip_of(part))


def crop(image: Image, size: tuple[int, int], box: Box, strip: Sequence[Point] = ()) -> Image:
    """The picture of a line on a page that was read in this size, with some paper around it: its box, or its strip laid
    straight if it has one (``strips.strip_of``)."""
    if not strip:
        return cut(image, with_margin(box, *size), size[0])
    scale = image.width / size[0]
    return laid(image, [(x * scale, y * scale) for x, y in strip])


def scaled(image: Image, page: tuple[int, int], box: Box, size: tuple[int, int]) -> Image:
    """A box of a page that was read in this size, as a picture of another size. The image may have another one, too."""
    across, down = image.width / page[0], image.height / page[1]
    part = (
        *(box.x * across, box.y * down),
        *(min(image.width, (box.x + box.width) * across), min(image.height, (box.y + box.height) * down)),
    )
    return image.resize(size, box=part, reducing_gap=2.0)


def cut(image: Image, box: Box, width: int) -> Image:
    """The crop of a box on a page that was read ``width`` pixels wide. The image may have another size."""
    scale = image.width / width
    left, top = round(box.x * scale), round(box.y * scale)
    right, bottom = round((box.x + box.width) * scale), round((box.y + box.height) * scale)
    return image.crop((left, top, max(left + 1, min(image.width, right)), max(top + 1, min(image.height, bottom))))
