"""Runs in a process that makes pictures: it opens originals and cuts crops out of their pages.

Source plugins run here, away from the server, one page at a time.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexer.api.registry import load_registry
from indexer.archive.crops import crop, encoded, scaled, sheet
from indexer.recognition.page_images import page_image
from indexer.translation import _
from indexer.values.errors import NotesError, PluginError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from PIL.Image import Image

    from indexer.api.registry import Registry
    from indexer.values import Box, Point, SourceFile, SourceOptions

Format = Literal["JPEG", "PNG"]
PageKey = tuple[str, int, int]
"""A page: the hash of its file's content, its number, and by how many degrees clockwise its image is turned."""
_KEPT = 256_000_000
"""Bytes of decoded pages that are kept. The newest page is kept even if it is larger."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A wanted crop: a box on a page of this size, with some paper around it, or in its place a strip laid straight."""

    box: Box
    width: int
    height: int
    form: Format = "JPEG"
    strip: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A wanted picture of a whole page, at most so many pixels wide."""

    width: int


@dataclass(frozen=True, slots=True)
class Tile:
    """A wanted part of a page of this size, ``size`` in pixels of the picture: width and height."""

    box: Box
    width: int
    height: int
    size: tuple[int, int]


Wanted = Crop | Sheet | Tile


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """A picture that is wanted, and the files that hold the page. Any of them will do."""

    page: PageKey
    what: Wanted
    files: tuple[SourceFile, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that was made, and the pages that this process now keeps decoded."""

    picture: bytes
    at_hand: frozenset[PageKey]


def draw(connection: Connection, plugin_folder: Path, options: SourceOptions) -> None:
    """Answer orders from the connection, each with ``Drawn`` or a ``NotesError``, until it closes."""
    os.dup2(2, 1)  # what a plugin prints must not mix with data
    pages = _Pages(load_registry(plugin_folder), options)
    while True:
        try:
            request: PictureRequest = connection.recv()
        except EOFError:
            return
        connection.send(_answer(request, pages))


class _Pages:
    """The decoded pages that this process keeps."""

    def __init__(self, registry: Registry, options: SourceOptions) -> None:
        self._registry = registry
        self._options = options
        self._images: OrderedDict[PageKey, Image] = OrderedDict()

    @property
    def keys(self) -> frozenset[PageKey]:
        return frozenset(self._images)

    def image(self, request: PictureRequest) -> Image:
        """The image of a page. It is decoded if it is not kept."""
        key = request.page
        if key not in self._images:
            self._images[key] = page_image(request.files, key[1], self._registry, self._options, key[2])
            while len(self._images) > 1 and sum(map(_size, self._images.values())) > _KEPT:
                self._images.popitem(last=False)
        self._images.move_to_end(key)
        return self._images[key]


def _size(image: Image) -> int:
    return image.width * image.height * len(image.getbands())


def _answer(request: PictureRequest, pages: _Pages) -> Drawn | NotesError:
    try:
        image = pages.image(request)
        return Drawn(_drawn(image, request.what), pages.keys)
    except NotesError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it only loses its picture
        return PluginError(
            _("the page cannot be shown: %(name)s: %(why)s", name=type(error).__name__, why=error), kind="source"
        )


def _drawn(image: Image, what: Wanted) -> bytes:
    if isinstance(what, Tile):
        return encoded(scaled(image, (what.width, what.height), what.box, what.size), "JPEG")
    if isinstance(what, Crop):
        return encoded(crop(image, (what.width, what.height), what.box, what.strip), what.form)
    return sheet(image, what.width)
