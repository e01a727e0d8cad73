"""Source plugin: PDF pages, rendered with PyMuPDF, with their own text, and the files inside a PDF.

``document`` opens a PDF and ``source`` goes through it. ``layer`` takes the text of a page. With ``drawn`` and
``fonts`` it decides whether the page shows that text and nothing else. ``inside`` finds the files that the PDF holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.api import Source, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indexer.api import Inside, Page, SourceFile, SourceOptions


@hookimpl
def notes_sources() -> Iterable[Source]:
    """PDF documents."""
    yield Source("pdf", (".pdf",), pages, held)


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The pages of a document, which may lie inside another."""
    from .source import pages_of

    yield from pages_of(file, options)


def held(file: SourceFile, options: SourceOptions) -> Iterator[Inside]:
    """The files inside a document."""
    from .inside import inside as files

    yield from files(file, options)
