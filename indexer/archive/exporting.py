"""A page as other programs take it: its lines out of the catalogue into plain text, ALTO XML or a searchable PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.catalog import Catalog, DocumentPage
    from indexer.formats.transcription import PageLine

ExportForm = Literal["text", "alto", "pdf"]
FORMS: dict[ExportForm, str] = {"text": "txt", "alto": "xml", "pdf": "pdf"}
"""What a page can be exported as, with the suffix of such a file."""
SHEET = 2400
"""Pixels of the width, at most, of the picture in a PDF."""


def text_of(catalog: Catalog, page: DocumentPage) -> list[PageLine]:
    """The lines of a page that are text, each with its words."""
    from indexer.formats.transcription import page_lines

    lines = catalog.page_lines(page.path, page.number)
    return page_lines(lines, catalog.words_read([line.id for line in lines]))


def exported(page: DocumentPage, lines: Sequence[PageLine], form: ExportForm, picture: bytes = b"") -> bytes:
    """A page in one of the forms; a PDF needs its ``picture`` (JPEG)."""
    from indexer.formats import alto, plaintext

    if form == "text":
        return plaintext.write(lines).encode("utf-8", "backslashreplace")
    if form == "alto":
        return alto.write(page, lines)
    if form == "pdf":
        from indexer.formats.searchable_pdf import searchable_pdf

        return searchable_pdf(page, picture, lines)
    raise UsageError(f"a page cannot be exported as {form}", f"There are {', '.join(FORMS)}.")


def write_new(target: Path, data: bytes) -> None:
    """Write a file that is not there yet."""
    try:
        with target.open("xb") as stream:
            stream.write(data)
    except FileExistsError as error:
        raise UsageError(f"{target} is there already", "Give it a new name.") from error
    except OSError as error:
        raise UsageError(f"cannot write {target}: {(error.strerror or str(error)).lower()}") from error
