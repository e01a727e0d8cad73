"""The pages of a PDF in order: its own, then those of the files inside it."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from indexer.api import Page, PluginError, TextLayer, decode_image, mupdf

from .document import damage, is_form_for_acrobat, opened, page_count, page_of
from .fonts import Fonts
from .inside import content, files_inside, is_pdf, is_readable, pictures
from .layer import text_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

    from indexer.api import SourceFile, SourceOptions

    from .inside import Inside

_DPI = 300
_MOST_PIXELS = 40_000_000
"""A page is rendered at 300 dpi or, if that were more pixels than this, at less: A2 still fits."""
_DEEPEST = 3
"""PDFs inside PDFs are opened so many deep."""
_MOST_INSIDE = 1000
"""Files inside one document that are looked at."""
_WITHIN = " › "


def pages_of(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The pages of a document, then those of the files inside it, each labelled with the file's name."""
    yield from _pages(file.path, options, count(1), within="", depth=0)


def _pages(
    file: Path | bytes, options: SourceOptions, numbers: Iterator[int], *, within: str, depth: int
) -> Iterator[Page]:
    with opened(file, options) as document:
        number_of_pages = page_count(document)
        found, left_out = _inside(document, options, depth)
        missing = _missing(document, left_out)
        fonts = Fonts()
        for index in range(number_of_pages):
            yield Page(
                number=next(numbers),
                image=partial(_render, document, index, options),
                text=partial(_text, document, index, options, fonts),
                label=_label(document, index, within, alone=number_of_pages == 1),
                missing=missing if index == 0 else None,
            )
        for inside in found:
            yield from _pages_inside(document, inside, options, numbers, within, depth)


def _pages_inside(
    document: Any, inside: Inside, options: SourceOptions, numbers: Iterator[int], within: str, depth: int
) -> Iterator[Page]:
    """The pages of a file inside; what is wrong with it is what is wrong with a page of its own."""
    name = within + inside.name
    try:
        data = content(document, inside)
        if is_pdf(data):
            yield from _pages(data, options, numbers, within=name + _WITHIN, depth=depth + 1)
            return
        frames = pictures(data, options)
    except PluginError as error:
        yield Page(next(numbers), partial(_refuse, inside.name, error), label=name)
        return
    for frame in range(frames):
        label = name if frames == 1 else f"{name}{_WITHIN}{frame + 1}"
        yield Page(next(numbers), partial(_picture, document, inside, options, frame), label=label)


def _picture(document: Any, inside: Inside, options: SourceOptions, frame: int) -> Image:
    return decode_image(content(document, inside), options, frame)


def _refuse(name: str, error: PluginError) -> Image:
    raise PluginError(f"{name} inside it: {error.message}", error.hint, kind=error.kind)


def _inside(document: Any, options: SourceOptions, depth: int) -> tuple[list[Inside], Counter[str]]:
    """The files inside that can be read, and how many others there are by their suffixes."""
    readable: list[Inside] = []
    others: Counter[str] = Counter()
    for number, each in enumerate(files_inside(document)):
        if number < _MOST_INSIDE and depth < _DEEPEST and is_readable(document, each, options):
            readable.append(each)
        else:
            others[PurePosixPath(each.name).suffix.lower() or "without a suffix"] += 1
    return readable, others


def _missing(document: Any, others: Counter[str]) -> str | None:
    """What of a document is not read, in a sentence."""
    said = []
    if others:
        number = others.total()
        files = "1 file" if number == 1 else f"{number} files"
        kinds = ", ".join(f"{times} {kind}" if len(others) > 1 else kind for kind, times in sorted(others.items()))
        said.append(f"{files} inside it {'was' if number == 1 else 'were'} not read ({kinds})")
    if is_form_for_acrobat(document):
        said.append("it is a form that only Acrobat shows (XFA): print it into a plain PDF to have it read")
    return "; ".join(said) or None


def _label(document: Any, index: int, within: str, *, alone: bool) -> str | None:
    with mupdf():
        try:
            own = document[index].get_label() or None
        except Exception:  # noqa: BLE001 - a page without its label is still a page
            own = None
    if not within:
        return own
    return within.removesuffix(_WITHIN) if alone else within + (own or str(index + 1))


def _matrix(page: Any, options: SourceOptions, pymupdf: Any) -> Any:
    """From points of the upright page to pixels: 300 dpi, or less so that the rounded-up page is within budget."""
    width, height, most = page.rect.width, page.rect.height, max(2, min(options.max_pixels, _MOST_PIXELS))
    both, area = width + height, width * height
    within = 2 * (most - 1) / (both + math.sqrt(both * both + 4 * area * (most - 1)))  # (ws + 1)(hs + 1) = most
    scale = min(_DPI / 72, within)
    return pymupdf.Matrix(scale, scale)


def _render(document: Any, index: int, options: SourceOptions) -> Image:
    from PIL import Image

    with mupdf() as pymupdf:
        page = page_of(document, index)
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
