"""Reduces what a page shows to a few bytes, so that it is recognised when the bytes of its file have changed."""

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
"""Cells in a row and in a column of a page."""
_ROWS = 512
"""Rows of pixels hashed at a time."""
_SAME_TONE = 2
"""How much the tone of a cell (0-255) may change when a picture is encoded anew. A new comma in it makes about ten."""
_SHARE = 0.8
"""The least share of equal cells on two pictures of one sheet, if one has a mark or stamp more."""


def picture_of(image: Image) -> Picture:
    """A hash of the pixels of an image, and the tones of a coarse grid of cells over it."""
    from PIL import Image as Images

    digest = hashlib.sha256(f"{image.mode} {image.width} {image.height}".encode())
    for top in range(0, image.height, _ROWS):
        digest.update(image.crop((0, top, image.width, min(image.height, top + _ROWS))).tobytes())
    tones = image.resize((_SIDE, _SIDE), Images.Resampling.BOX).convert("L").tobytes()
    return Picture(digest.hexdigest(), zlib.compress(tones))


def text_picture(reading: PageReading) -> Picture:
    """The same for a page that is not rendered: made from the words in its file and their places."""
    lines = [(line.line.text, line.line.box.xywh) for line, *_ in reading.lines]
    said = repr((reading.width, reading.height, lines)).encode("utf-8", "surrogatepass")
    return Picture(f"text-{hashlib.sha256(said).hexdigest()}", b"")


def same_cells(one: bytes, other: bytes) -> frozenset[tuple[int, int]] | None:
    """The cells (column, row) that look the same on two pages. ``None`` if the pages are two different sheets."""
    if not one or not other:
        return None
    pairs = zip(zlib.decompress(one), zlib.decompress(other), strict=True)
    same = frozenset(
        divmod(at, _SIDE)[::-1] for at, (here, there) in enumerate(pairs) if abs(here - there) <= _SAME_TONE
    )
    return same if len(same) >= _SHARE * _SIDE * _SIDE else None


def cells_of(box: Box, size: tuple[int, int]) -> Iterable[tuple[int, int]]:
    """The cells that a box on a page of this size lies in. Parts beyond the page are left out."""
    columns, rows = (
        range(max(0, start * _SIDE // side), min(_SIDE - 1, (start + length) * _SIDE // side) + 1)
        for start, length, side in ((box.x, box.width, size[0]), (box.y, box.height, size[1]))
    )
    return ((column, row) for column in columns for row in rows)
