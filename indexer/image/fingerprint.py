"""What a page shows, in a few bytes: to know it again when the bytes of its file are others."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

from indexer.values import Picture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.Image import Image

    from indexer.values import Box, PageReading

_SIDE = 64
"""Cells of a page in a row, and in a column."""
_ROWS = 512
"""Rows of pixels hashed at a time."""
_SAME_TONE = 2
"""How far the tone of a cell (0-255) may be off that was encoded anew; a comma more in it makes about ten."""
_SHARE = 0.8
"""Least share of cells that are the same on two pictures of one sheet of which one has a mark or a stamp more."""


def picture_of(image: Image) -> Picture:
    """What an image shows: a hash of its pixels, and the tones of the cells of a coarse grid over it."""
    from PIL import Image as Images

    digest = hashlib.sha256(f"{image.mode} {image.width} {image.height}".encode())
    for top in range(0, image.height, _ROWS):
        digest.update(image.crop((0, top, image.width, min(image.height, top + _ROWS))).tobytes())
    tones = image.resize((_SIDE, _SIDE), Images.Resampling.BOX).convert("L").tobytes()
    return Picture(digest.hexdigest(), zlib.compress(tones))


def text_picture(reading: PageReading) -> Picture:
    """What a page shows that was not rendered, by the words it brings along and their places."""
    lines = [(line.line.text, line.line.box.xywh) for line, *_ in reading.lines]
    said = repr((reading.width, reading.height, lines)).encode("utf-8", "surrogatepass")
    return Picture(f"text-{hashlib.sha256(said).hexdigest()}", b"")


def same_cells(one: bytes, other: bytes) -> frozenset[tuple[int, int]] | None:
    """The cells (column, row) that look the same in the tones of two pages; ``None`` when these are two sheets."""
    if not one or not other:
        return None
    pairs = zip(zlib.decompress(one), zlib.decompress(other), strict=True)
    same = frozenset(
        divmod(at, _SIDE)[::-1] for at, (here, there) in enumerate(pairs) if abs(here - there) <= _SAME_TONE
    )
    return same if len(same) >= _SHARE * _SIDE * _SIDE else None


def cells_of(box: Box, size: tuple[int, int]) -> Iterable[tuple[int, int]]:
    """The cells that a box on a page of this size lies in, as far as it lies on the page."""
    columns, rows = (
        range(max(0, start * _SIDE // side), min(_SIDE - 1, (start + length) * _SIDE // side) + 1)
        for start, length, side in ((box.x, box.width, size[0]), (box.y, box.height, size[1]))
    )
    return ((column, row) for column in columns for row in rows)
