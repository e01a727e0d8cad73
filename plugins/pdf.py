"""Source plugin: PDF pages, rendered with PyMuPDF, or their text where they already have some."""

from __future__ import annotations

import math
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from indexer.api import Box, Line, Page, PluginError, Source, TextLayer, Word, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from PIL.Image import Image

    from indexer.api import SourceFile, SourceOptions

_DPI = 300
_MOST_PIXELS = 40_000_000
"""A page is rendered at 300 dpi or, if that were more pixels than this, at less: A2 still fits."""
_LEAST_LETTERS = 20
"""Fewer letters are a page number or a stamp of the scanner, not the text of the page."""


@hookimpl
def notes_sources() -> Iterable[Source]:
    """PDF documents."""
    yield Source("pdf", (".pdf",), pages)


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The pages of a document, each rendered or its text taken when asked."""
    with _document(file, options) as document:
        if document.page_count == 0:
            raise PluginError("the PDF has no pages", kind="empty")
        for index in range(document.page_count):
            yield Page(
                number=index + 1,
                image=partial(_render, document, index, options),
                text=partial(_text_layer, document, index, options),
                label=_label(document, index),
            )


@contextmanager
def _document(file: SourceFile, options: SourceOptions) -> Iterator[Any]:
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(str(file.path), filetype="pdf")
    except (RuntimeError, ValueError, OSError) as error:
        raise PluginError(f"the PDF cannot be opened ({_short(error)})", "Restore it from a backup.") from error
    try:
        if document.needs_pass and not any(document.authenticate(password) for password in options.passwords):
            tried = "none of the passwords opens it" if options.passwords else "it needs a password"
            raise PluginError(
                f"the PDF is encrypted; {tried}", "Give a file with its password: --password-file.", kind="encrypted"
            )
        yield document
    finally:
        document.close()


def _label(document: Any, index: int) -> str | None:
    try:
        return document[index].get_label() or None
    except (RuntimeError, ValueError, IndexError):
        return None


def _page(document: Any, index: int) -> Any:
    try:
        return document[index]
    except (RuntimeError, ValueError, IndexError) as error:
        raise PluginError(f"the page is damaged ({_short(error)})") from error


def _scale(page: Any, options: SourceOptions) -> float:
    """Pixels a point."""
    area = max(1.0, page.rect.width * page.rect.height)
    return min(_DPI / 72, math.sqrt(min(options.max_pixels, _MOST_PIXELS) / area))


def _render(document: Any, index: int, options: SourceOptions) -> Image:
    import pymupdf
    from PIL import Image

    page = _page(document, index)
    scale = _scale(page, options)
    try:
        pixels = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False)
    except (RuntimeError, ValueError) as error:
        raise PluginError(f"the page cannot be rendered ({_short(error)})") from error
    mode = "L" if pixels.n == 1 else "RGB"
    return Image.frombytes(mode, (pixels.width, pixels.height), pixels.samples)


def _text_layer(document: Any, index: int, options: SourceOptions) -> TextLayer | None:
    """The text of a page with at least 20 letters and digits, unless it is to be ignored."""
    if options.pdf_text == "ignore":
        return None
    page = _page(document, index)
    try:
        words = page.get_text("words")
    except (RuntimeError, ValueError):
        return None  # the ink can still be read
    if sum(char.isalnum() for word in words for char in word[4]) < _LEAST_LETTERS:
        return None
    scale = _scale(page, options)
    to_pixels = page.rotation_matrix
    lines: dict[tuple[int, int], list[Word]] = {}
    for x0, y0, x1, y1, text, block, line, _ in words:
        box = _box((x0, y0, x1, y1), to_pixels, scale)
        lines.setdefault((block, line), []).append(Word(text, None, box))
    width, height = math.ceil(page.rect.width * scale), math.ceil(page.rect.height * scale)
    return TextLayer(width, height, tuple(_line(each) for each in lines.values()))


def _box(corners: tuple[float, float, float, float], to_page: Any, scale: float) -> Box:
    import pymupdf

    rectangle = pymupdf.Rect(corners) * to_page
    left, top = math.floor(rectangle.x0 * scale), math.floor(rectangle.y0 * scale)
    return Box(left, top, math.ceil(rectangle.x1 * scale) - left, math.ceil(rectangle.y1 * scale) - top)


def _line(words: list[Word]) -> Line:
    left, top = min(word.box.x for word in words), min(word.box.y for word in words)
    right = max(word.box.x + word.box.width for word in words)
    bottom = max(word.box.y + word.box.height for word in words)
    text = " ".join(word.text for word in words)
    return Line(text, None, Box(left, top, right - left, bottom - top), words=tuple(words))


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
