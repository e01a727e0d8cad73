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
    from indexer.formats.transcription import PageLine

SHEET = 2400
"""The most pixels of the width of the picture in a PDF."""


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format in which a page can be written.

    ``name`` stands in calls and addresses, ``title`` is what people read. ``write`` takes the page, its lines and its
    picture, and gives the bytes of a file. The picture is a JPEG where the format is ``pictured``, else empty.
    """

    name: str
    title: str
    suffix: str
    media_type: str
    write: Callable[[DocumentPage, Sequence[PageLine], bytes], bytes]
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


def exported_page(catalog: Catalog, page: DocumentPage, name: str, picture: Callable[[], Image]) -> bytes:
    """A page in the format of this name. Its picture is asked for only where the format has one."""
    form, sheet = export_format(name), b""
    if form.pictured:
        from indexer.archive import crops

        sheet = crops.sheet(picture(), SHEET)
    return form.write(page, exported_lines(catalog, page), sheet)


def write_new(target: Path, data: bytes) -> None:
    """Write a file that is not there yet."""
    try:
        with target.open("xb") as stream:
            stream.write(data)
    except FileExistsError as error:
        raise UsageError(f"{target} is there already", "Give it a new name.") from error
    except OSError as error:
        raise UsageError(f"cannot write {target}: {(error.strerror or str(error)).lower()}") from error


def _text(_page: DocumentPage, lines: Sequence[PageLine], _picture: bytes) -> bytes:
    from indexer.formats import plaintext

    return plaintext.write(lines).encode("utf-8", "backslashreplace")


def _alto(page: DocumentPage, lines: Sequence[PageLine], _picture: bytes) -> bytes:
    from indexer.formats import alto

    return alto.write(page, lines)


def _page(page: DocumentPage, lines: Sequence[PageLine], _picture: bytes) -> bytes:
    from indexer.formats import pagexml

    return pagexml.write(page, lines)


def _pdf(page: DocumentPage, lines: Sequence[PageLine], picture: bytes) -> bytes:
    from indexer.formats.searchable_pdf import searchable_pdf

    return searchable_pdf(page, picture, lines)


FORMATS = {
    each.name: each
    for each in (
        ExportFormat("text", "text", "txt", "text/plain; charset=utf-8", _text),
        ExportFormat("alto", "ALTO", "xml", "application/xml", _alto),
        ExportFormat("page", "PAGE XML", "xml", "application/xml", _page),
        ExportFormat("pdf", "searchable PDF", "pdf", "application/pdf", _pdf, pictured=True),
    )
}
"""What a page can be written as, by name. The library, the browser and its tests take all of them."""
