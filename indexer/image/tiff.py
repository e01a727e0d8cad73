"""Finds the pages of an image file. The frames of a TIFF are found in one pass, and each is opened directly."""

from __future__ import annotations

import io
import struct
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from indexer.image.decoding import decode_image, opened_image
from indexer.translation import _
from indexer.values.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from PIL.Image import Image

    from indexer.values import SourceOptions

MOST_FRAMES = 100_000
"""The most frames of a file that are looked for."""
_SUBFILE_TYPE, _OLD_SUBFILE_TYPE, _WIDTH, _HEIGHT, _PHOTOMETRIC = 254, 255, 256, 257, 262
_REDUCED, _MASK = 1, 4
"""Bits of the TIFF tag NewSubfileType: a smaller copy of another frame, and a transparency mask for one."""
_OLD_REDUCED = 2
"""The value of the older tag SubfileType for a smaller copy."""
_OF_MASKS = 4
"""The photometric interpretation of a transparency mask."""
_NUMBERS = {1: "B", 3: "H", 4: "L", 13: "L", 16: "Q"}
"""Types of tags that hold whole numbers, with their letters in ``struct``."""
_SMALLER, _SHAPE, _ALIKE = 0.75, 0.02, 12.0
"""When a frame counts as a copy of a larger one: its width is at most this share of the other, its aspect ratio differs
at most by this share, and its greys (of 255) differ at most by this much in the mean."""
_LOOKED_AT = 64
"""Two frames are compared at this many pixels a side."""
_NEAR = 8
"""A copy lies at most so many frames from its original."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame and the offset of its directory. Width and height in pixels are 0 if the directory is damaged."""

    at: int
    size: tuple[int, int]
    is_page: bool = True


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a file writes its numbers: its byte order, and whether it is a BigTIFF."""

    order: str
    large: bool

    def number(self, data: bytes, at: int, letter: str) -> int:
        return int(struct.unpack_from(f"{self.order}{letter}", data, at)[0])


def image_pages(data: bytes | Path, options: SourceOptions) -> list[Callable[[], Image]]:
    """A decoder for each page of an image file. A page is a frame of a TIFF or fax, otherwise the primary picture.

    Raises ``PluginError`` if the file is no image.
    """
    # A frame that is too large fails only its own page, so the size is checked when the page is read.
    with opened_image(data, replace(options, max_pixels=sys.maxsize)) as image:
        kind, number = image.format, image.n_frames if image.format == "DCX" else 1  # type: ignore[attr-defined]
    if kind != "TIFF":
        return [partial(decode_image, data, options, frame) for frame in range(number)]
    with _opened(data) as stream:
        found = list(_directories(stream))
    pages: list[Callable[[], Image]] = [partial(_decoded, data, options, each) for each in _pages(data, options, found)]
    return [*pages[:MOST_FRAMES], _refuse] if len(found) > MOST_FRAMES else pages


def _pages(data: bytes | Path, options: SourceOptions, found: Sequence[_Frame]) -> Sequence[_Frame]:
    """The frames that are pages: neither masks nor smaller copies of others. There is always at least the first one."""
    said = [frame for frame in found if frame.is_page]
    small: dict[int, bytes | None] = {}
    return [frame for at, frame in enumerate(said) if not _is_copy(data, options, said, at, small)] or found[:1]


def _refuse() -> Image:
    message = f"it has more than {MOST_FRAMES:,} frames; the rest was not looked at"
    raise PluginError(message, _("Save it in parts."), kind="too-large")


def _decoded(data: bytes | Path, options: SourceOptions, frame: _Frame) -> Image:
    with _opened(data) as stream:
        head = stream.read(16)
    layout = _layout(head)
    place, letter = (8, "Q") if layout.large else (4, "L")
    head = head[:place] + struct.pack(f"{layout.order}{letter}", frame.at)
    if isinstance(data, bytes):
        return decode_image(head + data[len(head) :], options)
    try:
        with _From(io.FileIO(data), head) as file:
            return decode_image(file, options)
    except OSError as error:  # from opening it: decoding raises its own errors
        raise PluginError(_("it cannot be read: %(why)s", why=error.strerror), kind="unreadable") from error


@contextmanager
def _opened(data: bytes | Path) -> Iterator[BinaryIO]:
    with io.BytesIO(data) if isinstance(data, bytes) else data.open("rb") as stream:
        yield stream


class _From(io.BufferedReader):
    """A file with another head. The head names another directory as the first one.

    Libraries that read the file by its descriptor get the place of the directory from the image.
    """

    def __init__(self, file: io.FileIO, head: bytes) -> None:
        super().__init__(file)
        self._head = head

    def read(self, size: int | None = -1, /) -> bytes:
        at = self.tell()
        data = super().read(size)
        head = self._head[at : at + len(data)]
        return head + data[len(head) :]


def _layout(head: bytes) -> _Layout:
    return _Layout("<" if head[:2] == b"II" else ">", b"+" in head[2:4])


def _directories(stream: BinaryIO) -> Iterator[_Frame]:
    """The frames in order. After damage nothing can be found, so a damaged frame is the last."""
    head = stream.read(16)
    layout = _layout(head)
    seen: set[int] = set()
    try:
        at = layout.number(head, 8 if layout.large else 4, "Q" if layout.large else "L")
        while at and at not in seen and len(seen) <= MOST_FRAMES:
            seen.add(at)
            frame, after = _directory(stream, at, layout)
            yield frame
            at = after if min(frame.size) else 0
    except (struct.error, OverflowError, OSError, ValueError):
        yield _Frame(at, (0, 0))


def _directory(stream: BinaryIO, at: int, layout: _Layout) -> tuple[_Frame, int]:
    """A frame, and the offset of the next directory. Raises ``struct.error`` if it is cut short."""
    counted, entry, letter = (8, 20, "Q") if layout.large else (2, 12, "L")
    stream.seek(at)
    number = layout.number(stream.read(counted), 0, "Q" if layout.large else "H")
    if number > 0xFFFF:
        return _Frame(at, (0, 0)), 0
    data = stream.read(number * entry + counted + 8)
    after = layout.number(data, number * entry, letter)
    tags: dict[int, int] = {}
    for start in range(0, number * entry, entry):
        tag, kind = layout.number(data, start, "H"), layout.number(data, start + 2, "H")
        if _SUBFILE_TYPE <= tag <= _PHOTOMETRIC and kind in _NUMBERS:
            tags[tag] = layout.number(data, start + (12 if layout.large else 8), _NUMBERS[kind])
    return _Frame(at, (tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0)), _is_page(tags)), after


def _is_page(tags: dict[int, int]) -> bool:
    """Whether a frame is a page by its tags. Damaged tags count as a page."""
    kind, old = tags.get(_SUBFILE_TYPE, 0), tags.get(_OLD_SUBFILE_TYPE, 0)
    return not kind & (_REDUCED | _MASK) and old != _OLD_REDUCED and tags.get(_PHOTOMETRIC) != _OF_MASKS


def _is_copy(
    data: bytes | Path, options: SourceOptions, found: Sequence[_Frame], at: int, small: dict[int, bytes | None]
) -> bool:
    """Whether a frame is an unmarked smaller copy of a frame near it.

    Frames are decoded only if their sizes allow it, and each only once: ``small`` keeps what is compared.
    """
    near = range(max(0, at - _NEAR), min(len(found), at + _NEAR + 1))
    return any(
        _fits(found[at], found[other]) and _looks_like(data, options, found, (at, other), small) for other in near
    )


def _fits(frame: _Frame, other: _Frame) -> bool:
    (width, height), (wide, high) = frame.size, other.size
    if not 0 < width <= _SMALLER * wide or not height or not high:
        return False
    rounding = 1 / width + 1 / height
    return abs(width * high / (height * wide) - 1) <= _SHAPE + rounding


def _looks_like(
    data: bytes | Path,
    options: SourceOptions,
    found: Sequence[_Frame],
    pair: tuple[int, int],
    small: dict[int, bytes | None],
) -> bool:
    for each in pair:
        if each not in small:
            small[each] = _small(data, options, found[each])
    one, two = (small[each] for each in pair)
    if one is None or two is None:
        return False  # reading the page will report the damage
    differences = [abs(a - b) for a, b in zip(one, two, strict=True)]
    return sum(differences) / len(differences) <= _ALIKE


def _small(data: bytes | Path, options: SourceOptions, frame: _Frame) -> bytes | None:
    try:
        image = _decoded(data, options, frame)
    except PluginError:
        return None
    return image.convert("L").resize((_LOOKED_AT, _LOOKED_AT), reducing_gap=2.0).tobytes()
