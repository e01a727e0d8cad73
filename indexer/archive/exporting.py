"""A page as other programs take it: its lines out of the catalogue, in one of the formats of ``FORMATS``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from indexer.catalog import Catalog, DocumentPage
    from indexer.formats.document import TextDocument
    from indexer.formats.transcription import PageLine

SHEET = 2400
"""The most pixels of the width of the picture in a PDF."""


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format in which a page can be written.

    ``name`` stands in calls and addresses, ``title`` is what people read. ``write`` takes a document and, where the
    format is ``pictured``, the pictures of its pages as JPEG; it gives the bytes of a file.
    """

    name: str
    title: str
    suffix: str
    media_type: str
    write: Callable[[TextDocument, Sequence[bytes]], bytes]
    pictured: bool = False


def export_format(name: str) -> ExportFormat:
    """The format of this name. Raises ``MissingError`` where there is none."""
    if name not in FORMATS:
        raise MissingError(f"a page cannot be exported as {name!r}", f"There are: {', '.join(FORMATS)}.")
    return FORMATS[name]


def matching_pages(catalog: Catalog, pattern: str) -> list[DocumentPage]:
    """The pages whose path matches a pattern, by path and number. Raises ``MissingError`` when there is none."""
    found = catalog.pages_matching(pattern)
    if not found:
        raise MissingError(f"no page of the index matches {pattern}", "It is a file, a folder or a pattern of these.")
    return found


def exported_lines(catalog: Catalog, page: DocumentPage) -> list[PageLine]:
    """The lines of a page that go into an export, each with its words. Rejected lines do not."""
    from indexer.formats.transcription import page_lines

    lines = catalog.page_lines(page.path, page.number)
    return page_lines(lines, catalog.words_read([line.id for line in lines]))


def exported_document(catalog: Catalog, page: DocumentPage) -> TextDocument:
    """A page as a document of its own."""
    from indexer.formats.document import TextDocument
    from indexer.formats.transcription import text_page

    return TextDocument((text_page(page, exported_lines(catalog, page)),), f"{page.name}, page {page.number}")


def exported_page(catalog: Catalog, page: DocumentPage, name: str, picture: Callable[[], Image]) -> bytes:
    """A page in the format of this name. Its picture is asked for only where the format has one."""
    form, sheets = export_format(name), []
    if form.pictured:
        from indexer.archive import crops

        sheets = [crops.sheet(picture(), SHEET)]
    return form.write(exported_document(catalog, page), sheets)


def write_new(target: Path, data: bytes) -> None:
    """Write a file that is not there yet."""
    try:
        with target.open("xb") as stream:
            stream.write(data)
    except FileExistsError as error:
        raise UsageError(f"{target} is there already", "Give it a new name.") from error
    except OSError as error:
        raise UsageError(f"cannot write {target}: {(error.strerror or str(error)).lower()}") from error


def _text(document: TextDocument, _pictures: Sequence[bytes]) -> bytes:
    from indexer.formats import plaintext

    return plaintext.write(document)


def _alto(document: TextDocument, _pictures: Sequence[bytes]) -> bytes:
    from indexer.formats import alto

    return alto.write(document)


def _page(document: TextDocument, _pictures: Sequence[bytes]) -> bytes:
    from indexer.formats import pagexml

    return pagexml.write(document)


def _hocr(document: TextDocument, _pictures: Sequence[bytes]) -> bytes:
    from indexer.formats import hocr

    return hocr.write(document)


def _tei(document: TextDocument, _pictures: Sequence[bytes]) -> bytes:
    from indexer.formats import tei

    return tei.write(document)


def _pdf(document: TextDocument, pictures: Sequence[bytes]) -> bytes:
    from indexer.formats import searchable_pdf

    return searchable_pdf.write(document, pictures)


FORMATS = {
    each.name: each
    for each in (
        ExportFormat("text", "text", "txt", "text/plain; charset=utf-8", _text),
        ExportFormat("alto", "ALTO", "xml", "application/xml", _alto),
        ExportFormat("page", "PAGE XML", "xml", "application/xml", _page),
        ExportFormat("hocr", "hOCR", "hocr", "application/xhtml+xml", _hocr),
        ExportFormat("tei", "TEI", "xml", "application/tei+xml", _tei),
        ExportFormat("pdf", "searchable PDF", "pdf", "application/pdf", _pdf, pictured=True),
    )
}
"""What a page can be written as, by name. The library, the browser and its tests take all of them."""
