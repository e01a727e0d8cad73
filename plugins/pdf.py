"""Source plugin: PDF pages, rendered with PyMuPDF, or their text where they already have some."""

from __future__ import annotations

import math
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from indexer.api import Box, Line, Page, PluginError, Source, TextLayer, Word, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

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
        for index in range(_page_count(document)):
            yield Page(
                number=index + 1,
                image=partial(_render, document, index, options),
                text=partial(_text_layer, document, index, options),
                label=_label(document, index),
            )


@contextmanager
def _document(file: SourceFile, options: SourceOptions) -> Iterator[Any]:
    with _opened(file.path) as document:
        if document.needs_pass and not any(document.authenticate(password) for password in options.passwords):
            tried = "none of the passwords opens it" if options.passwords else "it needs a password"
            raise PluginError(
                f"the PDF is encrypted; {tried}", "Give a file with its password: --password-file.", kind="encrypted"
            )
        yield document


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The document, its cross-references mended where they are broken and MuPDF can."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        with path.open("rb") as stream:
            data = None if _is_utf8(path) else stream.read()
    except OSError as error:
        raise PluginError(f"it cannot be read: {error.strerror}", kind="unreadable") from error
    with _damage("the PDF cannot be opened", "Restore it from a backup."):
        document = pymupdf.open(None if data else str(path), data, filetype="pdf")
    try:
        yield document
    finally:
        document.close()


@contextmanager
def _damage(message: str, hint: str = "") -> Iterator[None]:
    """Turns what MuPDF raises into a ``PluginError``."""
    try:
        yield
    except Exception as error:  # MuPDF's own classes have no base in common but this
        raise PluginError(f"{message} ({_short(error)})", hint) from error


def _is_utf8(path: Path) -> bool:
    """Whether MuPDF can be told the name."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _page_count(document: Any) -> int:
    with _damage("the list of pages is damaged"):
        count = int(document.page_count)
        mended = bool(document.is_repaired)
    if count == 0 and mended:
        raise PluginError("the PDF is so damaged that no page of it is left", "Restore it from a backup.")
    if count == 0:
        raise PluginError("the PDF has no pages", kind="empty")
    return count


def _label(document: Any, index: int) -> str | None:
    try:
        return document[index].get_label() or None
    except Exception:  # noqa: BLE001 - a page without its label is still a page
        return None


def _page(document: Any, index: int) -> Any:
    with _damage("the page is damaged"):
        return document[index]


def _matrix(page: Any, options: SourceOptions) -> Any:
    """From points of the upright page to pixels: 300 dpi, or less so that the rounded-up page is within budget."""
    import pymupdf

    width, height, most = page.rect.width, page.rect.height, max(2, min(options.max_pixels, _MOST_PIXELS))
    both, area = width + height, width * height
    within = 2 * (most - 1) / (both + math.sqrt(both * both + 4 * area * (most - 1)))  # (ws + 1)(hs + 1) = most
    scale = min(_DPI / 72, within)
    return pymupdf.Matrix(scale, scale)


def _render(document: Any, index: int, options: SourceOptions) -> Image:
    from PIL import Image

    page = _page(document, index)
    with _damage("the page cannot be rendered"):
        pixels = page.get_pixmap(matrix=_matrix(page, options), alpha=False)
        mode = "L" if pixels.n == 1 else "RGB"
        return Image.frombytes(mode, (pixels.width, pixels.height), pixels.samples_mv)


def _text_layer(document: Any, index: int, options: SourceOptions) -> TextLayer | None:
    """The text of a page with at least 20 letters and digits, unless it is to be ignored."""
    import pymupdf

    if options.pdf_text == "ignore":
        return None
    page = _page(document, index)
    try:
        words = page.get_text("words")
    except Exception:  # noqa: BLE001 - the ink can still be read
        return None
    if sum(char.isalnum() for word in words for char in word[4]) < _LEAST_LETTERS:
        return None
    matrix = _matrix(page, options)
    paper = (page.rect * matrix).irect
    lines: dict[tuple[int, int], list[Word]] = {}
    for x0, y0, x1, y1, text, block, line, _ in words:
        ink = ((pymupdf.Rect(x0, y0, x1, y1) * page.rotation_matrix) * matrix).irect & paper
        if ink.width > 0 and ink.height > 0:  # else it lies beyond the edge
            box = Box(ink.x0, ink.y0, ink.width, ink.height)
            lines.setdefault((block, line), []).append(Word(text, None, box))
    return TextLayer(paper.width, paper.height, tuple(_line(each) for each in lines.values()))


def _line(words: list[Word]) -> Line:
    left, top = min(word.box.x for word in words), min(word.box.y for word in words)
    right = max(word.box.x + word.box.width for word in words)
    bottom = max(word.box.y + word.box.height for word in words)
    text = " ".join(word.text for word in words)
    return Line(text, None, Box(left, top, right - left, bottom - top), words=tuple(words))


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
