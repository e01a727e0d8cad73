"""Reads the notebooks of a Supernote with the library supernotelib: the ink of each page, without its ruling."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from indexer.api import Page, PluginError

from .strokes import toned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL.Image import Image

    from indexer.api import SourceFile, SourceOptions

_MOST_BYTES = 500_000_000
_MOST_PAGES = 10_000
_MOST_TIMES = 4
"""The library unpacks a layer into memory, however large: one of more than so many times the page is refused before."""
_LONGEST, _LONG = 0xFF, 0x80
"""Lengths of runs that stand for 16,384 pixels, and from which on for 128 pixels each."""


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The pages of a notebook in order."""
    library = _library()
    notebook = _notebook(file.path, library)
    count = notebook.get_total_pages()
    if not 0 < count <= _MOST_PAGES:
        raise PluginError(f"the notebook has {count:,} pages")
    for number in range(count):
        yield Page(number + 1, partial(_image, notebook, number, library, options))


def _library() -> Any:
    """The library, or what to do without it."""
    try:
        import supernotelib
    except ImportError as error:
        message = "notebooks of a Supernote are read with the library supernotelib, which is not installed"
        raise PluginError(message, 'pip install ".[pen]"', kind="unavailable") from error
    return supernotelib


def _notebook(path: Path, library: Any) -> Any:
    try:
        with path.open("rb") as stream:
            if path.stat().st_size > _MOST_BYTES:
                raise PluginError(f"it is larger than {_MOST_BYTES // 1_000_000} MB", kind="too-large")
            with _damage():
                return library.load(stream, policy="loose")
    except OSError as error:
        raise PluginError(f"it cannot be read: {error.strerror}", kind="unreadable") from error


def _image(notebook: Any, number: int, library: Any, options: SourceOptions) -> Image:
    """The ink of a page on white. What the tablet shows below it, such as lines to write on, is left out."""
    from PIL import Image as Images

    with _damage():
        size = notebook.get_width(), notebook.get_height()
        if size[0] * size[1] > options.max_pixels:
            raise PluginError(f"the page is too large: {size[0]} x {size[1]} pixels", kind="too-large")
        page = notebook.get_page(number)
        for layer in page.get_layers() if page.is_layer_supported() else [page]:
            _check(layer, size[0] * size[1])
        converter = library.converter
        hidden = converter.build_visibility_overlay(background=converter.VisibilityOverlay.INVISIBLE)
        drawn = converter.ImageConverter(notebook).convert(number, hidden).convert("RGBA")
        white = Images.new("RGBA", drawn.size, "white")
        return toned(Images.alpha_composite(white, drawn))


def _check(layer: Any, pixels: int) -> None:
    """Raise ``PluginError`` for a layer that would be far larger than a page."""
    data = layer.get_content() or b""
    if layer.get_protocol() == "RATTA_RLE":
        runs = bytes(data[1::2])
        long = sum((number - _LONG + 1 << 7) * runs.count(number) for number in range(_LONG, _LONGEST))
        size = long + 0x4000 * runs.count(_LONGEST) + len(runs)
    else:
        unpacker = zlib.decompressobj()
        size = len(unpacker.decompress(data, 2 * _MOST_TIMES * pixels)) // 2 + len(unpacker.unconsumed_tail)
    if size > _MOST_TIMES * pixels:
        raise PluginError("the page is damaged: it would be far larger than a page", kind="too-large")


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except PluginError:
        raise
    except MemoryError as error:
        raise PluginError("there is not enough memory for the page", kind="too-large") from error
    except Exception as error:  # the library raises whatever damage leads to
        raise PluginError(f"the notebook is damaged ({str(error)[:200] or type(error).__name__})") from error
