"""The pages of a PDF, or of a file inside one, in order."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from indexer.api import Page, TextLayer, image_pages, mupdf

from .document import check_whole, damage, is_form_for_acrobat, opened, page_count, page_of
from .fonts import Fonts
from .inside import held_content, is_pdf, told_apart
from .layer import text_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

    from indexer.api import SourceFile, SourceOptions

_DPI = 300
_MOST_PIXELS = 40_000_000
"""A page is rendered at 300 dpi, or at less if it would have more pixels than this. A2 still fits."""

_SMALL = 20_000
"""Square points of the largest page, some 5 x 5 cm, that is rendered as fine as its picture, if that is finer."""


def pages_of(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The pages of a PDF, or of a file inside one."""
    if file.holder is None:
        yield from _pages(file.path, options, depth=0)
        return
    data = held_content(file, options)
    if is_pdf(data):
        yield from _pages(data, options, depth=len(file.names))
        return
    for number, picture in enumerate(image_pages(data, options), 1):
        yield Page(number, picture)


def _pages(file: Path | bytes, options: SourceOptions, *, depth: int) -> Iterator[Page]:
    """The pages of a PDF at this depth inside others."""
    with opened(file, options) as document:
        number_of_pages = page_count(document)
        missing = _missing(document, _left_out(document, options, depth))
        fonts = Fonts()
        for index in range(number_of_pages):
            yield Page(
                number=index + 1,
                image=partial(_render, document, index, options),
                text=partial(_text, document, index, options, fonts),
                label=_label(document, index),
                missing=missing if index == 0 else None,
            )


def _left_out(document: Any, options: SourceOptions, depth: int) -> Counter[str]:
    """The inner files that cannot be read, counted by suffix."""
    others = (each for each, is_readable in told_apart(document, options, depth) if not is_readable)
    return Counter(PurePosixPath(each.name).suffix.lower() or "without a suffix" for each in others)


def _missing(document: Any, others: Counter[str]) -> str | None:
    """A sentence about what is not read of a document."""
    said = []
    if others:
        number = others.total()
        files = "1 file" if number == 1 else f"{number} files"
        kinds = ", ".join(f"{times} {kind}" if len(others) > 1 else kind for kind, times in sorted(others.items()))
        said.append(f"{files} inside it {'was' if number == 1 else 'were'} not read ({kinds})")
    if is_form_for_acrobat(document):
        said.append("it is a form that only Acrobat shows (XFA): print it into a plain PDF to have it read")
    return "; ".join(said) or None


def _label(document: Any, index: int) -> str | None:
    with mupdf():
        try:
            return document[index].get_label() or None
        except Exception:  # noqa: BLE001 - a page without its label is still a page
            return None


def _matrix(page: Any, options: SourceOptions, pymupdf: Any) -> Any:
    """From points of the upright page to pixels: 300 dpi, or less so that the rounded-up page is within the limit."""
    width, height, most = page.rect.width, page.rect.height, max(2, min(options.max_pixels, _MOST_PIXELS))
    both, area = width + height, width * height
    within = 2 * (most - 1) / (both + math.sqrt(both * both + 4 * area * (most - 1)))  # (ws + 1)(hs + 1) = most
    scale = min(max(_DPI / 72, _pictured(page)), within)
    return pymupdf.Matrix(scale, scale)


def _pictured(page: Any) -> float:
    """How many pixels a point has in the largest picture of a small page: a scan may not say how large it is."""
    if page.rect.width * page.rect.height > _SMALL:
        return 0.0
    found = [each["width"] / (each["bbox"][2] - each["bbox"][0] or 1.0) for each in page.get_image_info()]
    return max(found, default=0.0)


def _render(document: Any, index: int, options: SourceOptions) -> Image:
    from PIL import Image

    with mupdf() as pymupdf:
        page = page_of(document, index)
        check_whole(document, page)
        with damage("the page cannot be rendered"):
            pixels = page.get_pixmap(matrix=_matrix(page, options, pymupdf), alpha=False)
            mode = "L" if pixels.n == 1 else "RGB"
            return Image.frombytes(mode, (pixels.width, pixels.height), pixels.samples_mv)


def _text(document: Any, index: int, options: SourceOptions, fonts: Fonts) -> TextLayer | None:
    if options.pdf_text == "ignore":
        return None
    with mupdf() as pymupdf:
        page = page_of(document, index)
        with damage("the page is damaged"):
            return text_layer(page, _matrix(page, options, pymupdf), fonts)
