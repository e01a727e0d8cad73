"""Source plugin: image files, a page a picture; TIFF with all its frames."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from indexer.api import IMAGE_SUFFIXES, Page, PluginError, Source, decode_image, hookimpl, opened_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from PIL.Image import Image

    from indexer.api import SourceFile, SourceOptions

_OF_PAGES = ("TIFF", "DCX")
"""Formats whose frames are pages; those of all others are moments or sizes of one picture."""
_SUBFILE_TYPE, _OLD_SUBFILE_TYPE, _PHOTOMETRIC = 254, 255, 262
_REDUCED, _MASK = 1, 4
"""Bits of the TIFF tag NewSubfileType: a smaller copy of another frame, and one that says what of it is transparent."""
_OLD_REDUCED = 2
"""Value of the older tag SubfileType for a smaller copy."""
_OF_MASKS = 4
"""Photometric interpretation of a frame that says what of another one is transparent."""
_SMALLER, _SHAPE, _ALIKE = 0.75, 0.02, 12.0
"""Of a copy: the largest part of the other's width that it has, how far the proportion of its sides may be another, and
by how many greys (of 255) it may differ in the mean."""
_LOOKED_AT = 64
"""Pixels of a side at which two frames are compared."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame of a file, and its width and height in pixels (0, 0 where they cannot be had)."""

    number: int
    size: tuple[int, int]


@hookimpl
def notes_sources() -> Iterable[Source]:
    """Images of all kinds that can be decoded."""
    yield Source("images", IMAGE_SUFFIXES, pages)


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """A TIFF's and a fax's frames; of everything else, animations included, the first or primary picture."""
    for number, frame in enumerate(_frames(file.path, options), 1):
        yield Page(number, partial(decode_image, file.path, options, frame))


def _frames(path: Path, options: SourceOptions) -> list[int]:
    """The frames that are pages, from their headers alone."""
    # One frame too large is that page's failure and leaves the others: the size is checked when it is read.
    with opened_image(path, replace(options, max_pixels=sys.maxsize)) as image:
        if image.format not in _OF_PAGES:
            return [0]
        found = list(_tiff_frames(image))
    return [frame.number for frame in found if not _is_copy(path, options, frame, found)] or [0]


def _tiff_frames(image: Image) -> Iterator[_Frame]:
    """The frames whose headers do not say that they are no pages."""
    unknown = False
    for number in count():
        try:
            image.seek(number)
            unknown, size = False, image.size
        except EOFError:
            return
        except Exception:  # noqa: BLE001 - damaged headers raise anything, and hide what comes after them
            if unknown or _is_page(image):
                yield _Frame(number, (0, 0))  # reading it will say what is wrong
                return
            unknown = True  # such as a mask, of which Pillow knows no mode
            continue
        if _is_page(image):
            yield _Frame(number, size)


def _is_page(image: Image) -> bool:
    """Whether the tags of the frame at which the image is do not say otherwise; damaged ones say nothing."""
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    try:
        kind, old = int(tags.get(_SUBFILE_TYPE, 0)), int(tags.get(_OLD_SUBFILE_TYPE, 0))
    except (TypeError, ValueError):
        return True
    return not kind & (_REDUCED | _MASK) and old != _OLD_REDUCED and tags.get(_PHOTOMETRIC) != _OF_MASKS


def _is_copy(path: Path, options: SourceOptions, frame: _Frame, others: Sequence[_Frame]) -> bool:
    """Whether a frame is a smaller copy of another one that does not say so: decoded only where the sizes allow it."""
    return any(_fits(frame, other) and _looks_like(path, options, frame, other) for other in others)


def _fits(frame: _Frame, other: _Frame) -> bool:
    (width, height), (wide, high) = frame.size, other.size
    if not 0 < width <= _SMALLER * wide or not height:
        return False
    rounding = 1 / width + 1 / height
    return abs(width * high / (height * wide) - 1) <= _SHAPE + rounding


def _looks_like(path: Path, options: SourceOptions, frame: _Frame, other: _Frame) -> bool:
    try:
        one, two = (_small(path, options, each.number) for each in (frame, other))
    except PluginError:
        return False  # it is a page that cannot be read, and reading it will say so
    differences = [abs(a - b) for a, b in zip(one, two, strict=True)]
    return sum(differences) / len(differences) <= _ALIKE


def _small(path: Path, options: SourceOptions, frame: int) -> bytes:
    image = decode_image(path, options, frame)
    return image.convert("L").resize((_LOOKED_AT, _LOOKED_AT), reducing_gap=2.0).tobytes()
