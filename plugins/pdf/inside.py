"""The files that a PDF holds beside its pages: in a portfolio, attached to it, or attached to a page."""

from __future__ import annotations

import sys
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from indexer.api import PluginError, mupdf, opened_image

from .document import damage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexer.api import SourceOptions

_MOST_BYTES = 256_000_000
"""A larger file inside is not unpacked: it may be made to fill the memory."""
_GROWTH = 1000
"""Times that a file in an old way of packing may be larger unpacked."""
_HEAD = 65_536
"""Bytes that tell what a file is."""
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Inside:
    """A file inside a document: its name for people, and the number of the object that holds it."""

    name: str
    xref: int


def files_inside(document: Any) -> list[Inside]:
    """The files of the document's own list, then those attached to its pages, each once."""
    with mupdf() as pymupdf:
        found = {each.xref: each for each in (*_on_pages(document, pymupdf), *_listed(document, pymupdf)) if each.xref}
        listed = [each.xref for each in _listed(document, pymupdf) if each.xref]
    order = dict.fromkeys((*listed, *found))
    return [found[xref] for xref in order]


def _listed(document: Any, pymupdf: Any) -> Iterator[Inside]:
    with suppress(Exception):  # a damaged list holds nothing
        library = pymupdf.mupdf  # PyMuPDF's own list leaves out what is listed in several parts
        tree = library.pdf_load_name_tree(pymupdf._as_pdf_document(document), library.pdf_new_name("EmbeddedFiles"))
        for at in range(library.pdf_dict_len(tree)):
            spec = library.pdf_dict_get_val(tree, at)
            data = library.pdf_dict_gets(spec, "EF")
            xref = library.pdf_to_num(library.pdf_dict_gets(data, "F")) or library.pdf_to_num(
                library.pdf_dict_gets(data, "UF")
            )
            texts = (library.pdf_to_text_string(library.pdf_dict_gets(spec, key)) for key in ("UF", "F"))
            yield Inside(_named(next(filter(None, texts), "")), xref)


def _on_pages(document: Any, pymupdf: Any) -> Iterator[Inside]:
    for index in range(document.page_count):
        with suppress(Exception):  # a damaged page says so itself
            page = document[index]
            for each in page.annots(types=[pymupdf.PDF_ANNOT_FILE_ATTACHMENT]):
                kind, value = document.xref_get_key(each.xref, "FS/EF/F")
                if kind == "xref":
                    yield Inside(_named(str(each.file_info["filename"])), int(value.split()[0]))


def _named(text: str) -> str:
    """What people call it: its last part, whatever folders it pretends to lie in."""
    return PurePosixPath(text.replace("\\", "/")).name[-_LONGEST_NAME:] or "file"


def content(document: Any, inside: Inside, most: int = _MOST_BYTES) -> bytes:
    """A file unpacked; raises ``PluginError`` when it is damaged or too large."""
    with mupdf(), damage("it is damaged"):
        packed = document.xref_stream_raw(inside.xref)
        way = document.xref_get_key(inside.xref, "Filter")[1].strip("[] ")
        plain = document.xref_get_key(inside.xref, "DecodeParms")[0] == "null"
        if packed is None:
            raise PluginError("it is damaged")
        if way in ("/FlateDecode", "/Fl") and plain:
            return _checked(zlib.decompressobj().decompress(packed, most + 1), most)
        if way not in ("null", ""):
            if len(packed) * _GROWTH > most:
                raise _too_large(most)
            packed = document.xref_stream(inside.xref)
        return _checked(packed, most)


def _checked(data: bytes, most: int) -> bytes:
    if len(data) > most:
        raise _too_large(most)
    return data


def _too_large(most: int) -> PluginError:
    return PluginError(f"it is larger than {most // 1_000_000} MB", "Save it as a file of its own.", kind="too-large")


def is_readable(document: Any, inside: Inside, options: SourceOptions) -> bool:
    """Whether a file is a PDF or an image by how it begins; what cannot be unpacked is asked for, and says why not."""
    try:
        head = _head(document, inside)
    except PluginError:
        return True
    return is_pdf(head) or pictures(head, options, whole=False) > 0


def _head(document: Any, inside: Inside) -> bytes:
    with mupdf(), damage("it is damaged"):
        way = document.xref_get_key(inside.xref, "Filter")[1].strip("[] ")
        if way in ("/FlateDecode", "/Fl"):
            return zlib.decompressobj().decompress(document.xref_stream_raw(inside.xref), _HEAD)
    return content(document, inside)[:_HEAD]


def is_pdf(data: bytes) -> bool:
    """Whether a file is a PDF by what is in it."""
    return b"%PDF-" in data[:1024]


def pictures(data: bytes, options: SourceOptions, *, whole: bool = True) -> int:
    """How many pages an image has, 0 when a file is none; raises ``PluginError`` for a damaged one."""
    try:
        with opened_image(data, replace(options, max_pixels=sys.maxsize)) as image:
            return int(getattr(image, "n_frames", 1)) if whole and image.format == "TIFF" else 1
    except PluginError as error:
        if error.kind == "not-an-image":
            return 0
        if whole:
            raise
        return 1
