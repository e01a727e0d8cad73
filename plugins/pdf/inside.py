"""Finds the files that a PDF holds besides its pages: in a portfolio, attached to it, or attached to a page.

Each is a document of its own. Its name is the name of the PDF and its own name.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from indexer.api import Inside, PluginError, mupdf, opened_image

from .document import damage, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.api import SourceFile, SourceOptions

_MOST_BYTES = 200_000_000
"""The most bytes of inner files in memory at once. A larger file may be made to fill the memory."""
_MOST_IN_ALL = 2_000_000_000
"""The most bytes that are unpacked from one file on the disk while looking for inner files."""
_MOST_FILES = 1000
"""The most files inside one document that are looked at."""
_DEEPEST = 3
"""PDFs inside PDFs are opened to this depth."""
_GROWTH = 1000
"""In an old way of packing, the unpacked file may be at most so many times as large."""
_HEAD = 8192
"""The first bytes by which a kind of file is recognised."""
_BLOCK = 1 << 20
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Attached:
    """A file inside a document: its name, which is unique there, and the number of the object that holds it."""

    name: str
    xref: int


@dataclass(slots=True)
class _Left:
    """The number of bytes that may still be unpacked."""

    bytes: int = _MOST_IN_ALL


def inside(file: SourceFile, options: SourceOptions) -> Iterator[Inside]:
    """The files inside a PDF and inside its inner PDFs, in order: those that can be read and those that cannot."""
    with opened(file.path, options) as document:
        yield from _inside(document, options, (), 0, _Left())


def _inside(document: Any, options: SourceOptions, names: tuple[str, ...], held: int, left: _Left) -> Iterator[Inside]:
    """The same. ``held`` is the size of the documents that are in memory already."""
    for each, is_readable in told_apart(document, options, len(names)):
        own = (*names, each.name)
        if not is_readable:
            yield Inside(own)
            continue
        try:
            data = content(document, each, min(_MOST_BYTES - held, left.bytes))
            left.bytes -= len(data)
            is_ours = is_pdf(data) or _is_picture(data, options)
        except PluginError as error:
            yield Inside(own, trouble=(error.kind, error.whole))
            continue
        yield Inside(own, hashlib.sha256(data).hexdigest(), len(data)) if is_ours else Inside(own)
        if is_pdf(data):
            with suppress(PluginError), opened(data, options) as inner:  # reading its pages will say what is wrong
                yield from _inside(inner, options, own, held + len(data), left)


def told_apart(document: Any, options: SourceOptions, depth: int) -> Iterator[tuple[Attached, bool]]:
    """The files inside a document at this depth. Whether each can be read is decided by its first bytes."""
    for number, each in enumerate(files_inside(document)):
        yield each, depth < _DEEPEST and number < _MOST_FILES and _is_readable(document, each, options)


def held_content(file: SourceFile, options: SourceOptions) -> bytes:
    """The content of an inner file. Raises ``PluginError`` if it is not there any more as it was found."""
    assert file.holder is not None  # noqa: S101 - who asks has looked
    with opened(file.holder.path, options) as document:
        data = _held(document, file.names, options, 0)
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise PluginError("it is not the file any more that was found there", "Index it again.", kind="changed")
    return data


def _held(document: Any, names: Sequence[str], options: SourceOptions, held: int) -> bytes:
    name, *rest = names
    found = next((each for each in files_inside(document) if each.name == name), None)
    if found is None:
        raise PluginError(f"there is no {name} inside it any more", "Index it again.", kind="changed")
    data = content(document, found, _MOST_BYTES - held)
    if not rest:
        return data
    with opened(data, options) as inner:
        return _held(inner, rest, options, held + len(data))


def files_inside(document: Any) -> list[Attached]:
    """The files in the list of the document, then those attached to pages. Each comes once and has a unique name."""
    with mupdf() as pymupdf:
        listed = [each for each in _listed(document, pymupdf) if each.xref]
        found = {each.xref: each for each in (*_on_pages(document, pymupdf), *listed) if each.xref}
    order = dict.fromkeys((*(each.xref for each in listed), *found))
    taken: set[str] = set()
    return [replace(found[xref], name=_unlike(found[xref].name, taken)) for xref in order]


def _unlike(name: str, taken: set[str]) -> str:
    """A name. It gets a number if some system would take it for the same as an earlier one."""
    path = PurePosixPath(name)
    names = (name if number == 1 else f"{path.stem} ({number}){path.suffix}" for number in count(1))
    chosen = next(each for each in names if _key(each) not in taken)
    taken.add(_key(chosen))
    return chosen


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _listed(document: Any, pymupdf: Any) -> Iterator[Attached]:
    with suppress(Exception):  # a damaged list counts as empty
        library = pymupdf.mupdf  # PyMuPDF's own list leaves out lists in several parts
        tree = library.pdf_load_name_tree(pymupdf._as_pdf_document(document), library.pdf_new_name("EmbeddedFiles"))
        for at in range(library.pdf_dict_len(tree)):
            spec = library.pdf_dict_get_val(tree, at)
            data = library.pdf_dict_gets(spec, "EF")
            xref = library.pdf_to_num(library.pdf_dict_gets(data, "F")) or library.pdf_to_num(
                library.pdf_dict_gets(data, "UF")
            )
            texts = (library.pdf_to_text_string(library.pdf_dict_gets(spec, key)) for key in ("UF", "F"))
            yield Attached(_named(next(filter(None, texts), "")), xref)


def _on_pages(document: Any, pymupdf: Any) -> Iterator[Attached]:
    for index in range(document.page_count):
        with suppress(Exception):  # a damaged page is reported when it is read
            page = document[index]
            for each in page.annots(types=[pymupdf.PDF_ANNOT_FILE_ATTACHMENT]):
                kind, value = document.xref_get_key(each.xref, "FS/EF/F")
                if kind == "xref":
                    yield Attached(_named(str(each.file_info["filename"])), int(value.split()[0]))


def _named(text: str) -> str:
    """A name for people: the last part of its path, without characters that no file name can have."""
    last = PurePosixPath(text.replace("\\", "/")).name
    name = "".join(char if char.isprintable() else "_" for char in last)[-_LONGEST_NAME:].strip()
    return "file" if name in ("", ".", "..") else name


def content(document: Any, attached: Attached, most: int) -> bytes:
    """A file, unpacked. Raises ``PluginError`` if it is damaged, or too large before it fills the memory."""
    with mupdf(), damage("it is damaged"):
        packed, way, plain = _packed(document, attached, most)
        if way in ("/FlateDecode", "/Fl") and plain:
            return _unpacked(packed, most)
        if way not in ("null", ""):
            if len(packed) * _GROWTH > most:
                raise _too_large(most)
            packed = document.xref_stream(attached.xref)
        return _checked(packed, most)


def _packed(document: Any, attached: Attached, most: int) -> tuple[bytes, str, bool]:
    """A file as it is packed, the way of packing, and whether that way is a simple one."""
    with mupdf() as pymupdf:
        library = pymupdf.mupdf
        stream = library.pdf_load_object(pymupdf._as_pdf_document(document), attached.xref)
        if library.pdf_to_int64(library.pdf_dict_gets(stream, "Length")) > most:
            raise _too_large(most)
        packed = document.xref_stream_raw(attached.xref)
    if packed is None:
        raise PluginError("it is damaged")
    way = document.xref_get_key(attached.xref, "Filter")[1].strip("[] ")
    return packed, way, document.xref_get_key(attached.xref, "DecodeParms")[0] == "null"


def _unpacked(packed: bytes, most: int) -> bytes:
    parts, size, unpacker = [], 0, zlib.decompressobj()
    while packed and not unpacker.eof:
        parts.append(unpacker.decompress(packed, _BLOCK))
        packed = unpacker.unconsumed_tail
        size += len(parts[-1])
        if size > most:
            raise _too_large(most)
    return _checked(b"".join((*parts, unpacker.flush())), most)


def _checked(data: bytes, most: int) -> bytes:
    if len(data) > most:
        raise _too_large(most)
    return data


def _too_large(most: int) -> PluginError:
    if most < _MOST_BYTES:
        message = "it is too large together with the files that it is in, or with those beside it"
        return PluginError(message, "Save it as a file of its own.", kind="too-large")
    return PluginError(f"it is larger than {most // 1_000_000} MB", "Save it as a file of its own.", kind="too-large")


def _is_readable(document: Any, attached: Attached, options: SourceOptions) -> bool:
    """Whether a file begins like a PDF or an image. A file that cannot be unpacked counts too: reading it says why."""
    try:
        head = _head(document, attached)
    except PluginError:
        return True
    return is_pdf(head) or _is_picture(head, options)


def _head(document: Any, attached: Attached) -> bytes:
    with mupdf() as pymupdf, damage("it is damaged"):
        library = pymupdf.mupdf
        stream = library.pdf_open_stream_number(pymupdf._as_pdf_document(document), attached.xref)
        read = (int(library.fz_read_byte(stream)) for _ in range(_HEAD))  # no more is unpacked, however large it is
        return bytes(byte for byte in read if byte >= 0)  # negative at the end of the file


def is_pdf(data: bytes) -> bool:
    """Whether a file is a PDF by its content."""
    return b"%PDF-" in data[:1024]


def _is_picture(data: bytes, options: SourceOptions) -> bool:
    """Whether the first bytes are those of an image. A damaged image counts too."""
    try:
        with opened_image(data, replace(options, max_pixels=sys.maxsize)):
            return True
    except PluginError as error:
        return error.kind != "not-an-image"
