"""Pages as searchable PDFs hold them: the page of the PDF itself, or the picture as it lies in its file.

Nothing is drawn anew and no picture is compressed again. Hidden text that a page brought along is left out: what stands
in the index takes its place.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from indexer.formats.searchable_pdf import POINTS
from indexer.image.decoding import opened_image, orientation_of
from indexer.image.mupdf import mupdf
from indexer.system.originals import source_file
from indexer.values import SourceOptions
from indexer.values.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.catalog import DocumentPage
    from indexer.values import SourceFile

_PICTURES = (".jpg", ".jpeg", ".png", ".jp2", ".tif", ".tiff")
_MODES = ("1", "L", "RGB", "P")
"""Pictures with other colours, as those of print, are shown in other ways by some programs."""
_MOST_BYTES = 100_000_000
"""A larger picture is not taken as it is: it lies in memory several times."""
_LARGER = 1.2
"""The most that a sheet may be larger than the picture in it: some have to be packed in another way."""
_TURNS = {1: 0, 3: 180, 6: 90, 8: 270}
"""The degrees clockwise by EXIF orientation; mirrored pictures have others."""
_SHAPE = 0.01
"""The most by which the shape of a sheet may differ from that of the page as it was read."""
_HIDDEN = 3
"""The kind of text that is not drawn."""
_COARSE = 50
"""Dots per inch at which a page is compared before and after its hidden text is taken away."""


def page_sheet(files: Sequence[SourceFile], page: DocumentPage) -> bytes:
    """A PDF of a page alone, with what its file has of it; empty where it cannot be had from the file so."""
    for file in files:
        suffix = file.path.suffix.casefold()
        if file.holder is None and suffix in (".pdf", *_PICTURES) and _is_still(file):
            with mupdf() as pymupdf, pymupdf.open() as made:
                try:
                    done = _copied(made, file.path, page) if suffix == ".pdf" else _pictured(made, file, page)
                except (PluginError, RuntimeError, ValueError, OSError):  # MuPDF cannot read what another library could
                    continue
                if done and _has_shape(made[0], page):
                    data: bytes = made.tobytes(garbage=3, deflate=True, use_objstms=1)
                    if suffix == ".pdf" or len(data) <= _LARGER * file.size:
                        return data
    return b""


def _is_still(file: SourceFile) -> bool:
    try:
        return source_file(file.path, file).sha256 == file.sha256
    except OSError:
        return False


def _has_shape(sheet: Any, page: DocumentPage) -> bool:
    if not (page.width and page.height and sheet.rect.width and sheet.rect.height):
        return False
    return bool(abs(sheet.rect.width / sheet.rect.height * page.height / page.width - 1) <= _SHAPE)


def _copied(made: Any, path: Path, page: DocumentPage) -> bool:
    """Copy a page of a PDF that needs no password."""
    import pymupdf

    with pymupdf.open(str(path), filetype="pdf") as document:
        if document.needs_pass or page.number > document.page_count:
            return False
        made.insert_pdf(document, from_page=page.number - 1, to_page=page.number - 1)
    sheet = made[0]
    sheet.set_rotation((sheet.rotation + page.turned) % 360)
    return _without_hidden_text(sheet)


def _without_hidden_text(sheet: Any) -> bool:
    """Take the hidden text away. Returns whether the page still looks as it did."""
    import pymupdf

    if all(span["type"] != _HIDDEN for span in sheet.get_texttrace()):
        return True
    before, made = sheet.get_pixmap(dpi=_COARSE).samples, sheet.parent
    notes = made.xref_get_key(sheet.xref, "Annots")[1]  # links and notes would be taken away as well
    made.xref_set_key(sheet.xref, "Annots", "null")
    sheet = made.reload_page(sheet)
    turned = sheet.rotation
    sheet.set_rotation(0)
    sheet.add_redact_annot(sheet.rect, fill=False, cross_out=False)
    sheet.apply_redactions(
        images=pymupdf.PDF_REDACT_IMAGE_NONE,
        graphics=pymupdf.PDF_REDACT_LINE_ART_NONE,
        text=pymupdf.mupdf.PDF_REDACT_TEXT_REMOVE_INVISIBLE,
    )
    sheet.set_rotation(turned)
    made.xref_set_key(sheet.xref, "Annots", notes)
    return bool(made.reload_page(sheet).get_pixmap(dpi=_COARSE).samples == before)


def _pictured(made: Any, file: SourceFile, page: DocumentPage) -> bool:
    """Lay a picture on a page as large as it, and turn that as people see it."""
    turn = _TURNS.get(orientation_of(file.path))
    with opened_image(file.path, SourceOptions(max_pixels=sys.maxsize)) as image:
        size, alone = image.size, image.format == "MPO" or getattr(image, "n_frames", 1) == 1
        plain = alone and image.mode in _MODES
    if turn is None or not plain or file.size > _MOST_BYTES:
        return False
    sheet = made.new_page(width=size[0] * POINTS, height=size[1] * POINTS)
    sheet.insert_image(sheet.rect, stream=file.path.read_bytes())
    sheet.set_rotation((turn + page.turned) % 360)
    return True
