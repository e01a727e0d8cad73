"""The pictures of pages as exports hold them: the file itself where it is a JPEG that lies as people see it."""

from __future__ import annotations

import hashlib
import io
import mimetypes
from typing import TYPE_CHECKING

from indexer.archive import crops
from indexer.image.decoding import orientation_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from indexer.catalog import DocumentPage
    from indexer.recognition.page_drawer import Opening
    from indexer.values import SourceFile

SHEET = 2400
"""The most pixels of the width of a picture that is made."""
_QUALITIES = (88, 80, 72)
"""JPEG is made coarser as long as it is larger than the file that it shows."""
_JPEG = (".jpg", ".jpeg")


def drawn(page: DocumentPage, pages: int | None, sheet: bool, opening: Opening) -> bytes:
    """The picture of a page as JPEG or, if a ``sheet`` is wanted and its file holds it so, a PDF of it. Of ``pages`` in
    a file each has an equal share of its size."""
    files = opening.wanted.files
    return kept(files, page, sheet=sheet) or page_jpeg(files, pages, opening.image())


def kept(files: Sequence[SourceFile], page: DocumentPage, *, sheet: bool) -> bytes:
    """A page as it lies in its file, as far as a format can hold that so; empty if it cannot."""
    from indexer.archive.export_sheets import page_sheet

    return (page_sheet(files, page) if sheet else b"") or original_jpeg(files, page)


def page_jpeg(files: Sequence[SourceFile], pages: int | None, image: Image) -> bytes:
    """The picture of a page as JPEG, of its ``image``. Of ``pages`` in a file each has an equal share of its size."""
    share = _share(files, pages)
    made = crops.sheet(image, SHEET, _QUALITIES[0])
    for quality in _QUALITIES[1:]:
        if share is not None and len(made) > share:
            made = crops.sheet(image, SHEET, quality)
    return made


def _share(files: Sequence[SourceFile], pages: int | None) -> float | None:
    """The bytes of a page in a file of pictures; ``None`` where these lie elsewhere, or are drawn from strokes."""
    kind = (mimetypes.guess_type(files[0].path.name)[0] or "") if files else ""
    return files[0].size / (pages or 1) if kind.startswith("image/") or kind == "application/pdf" else None


def original_jpeg(files: Sequence[SourceFile], page: DocumentPage) -> bytes:
    """The file of a page that is a JPEG of it, unchanged since it was read; empty if there is none."""
    for file in files:
        if file.path.suffix.casefold() in _JPEG and file.holder is None and not page.turned:
            data = file.path.read_bytes() if file.path.is_file() and orientation_of(file.path) == 1 else b""
            if hashlib.sha256(data).hexdigest() == page.sha256 and _is_plain(data):
                return data
    return b""


def _is_plain(data: bytes) -> bool:
    """Whether a JPEG is grey or has three colours. The four of print are turned around by some programs."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return image.format in ("JPEG", "MPO") and image.mode in ("L", "RGB")
