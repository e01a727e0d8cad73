"""Reads a file of text into the neutral document, whatever its format; what is wrong with it becomes a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from indexer.formats import (
    alto,
    hocr,
    iiif,
    json_lines,
    line_table,
    markdown,
    mets,
    pagexml,
    plaintext,
    tei,
    tropy,
    word,
)
from indexer.formats.document import TextDocument, sound
from indexer.formats.markup import decoded, name_of, parsed_html
from indexer.text.xml_tree import parsed
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from indexer.formats.added import Format

UNREADABLE = (OSError, ParseError, LookupError, ValueError, ArithmeticError, RecursionError)
"""What can be wrong with a file: it cannot be read, is no XML, has an unknown encoding or sizes that are no numbers."""
_MOST = 100_000_000
"""Bytes of the largest file that is read."""
PLACES: dict[str, Callable[[Element], TextDocument]] = {"alto": alto.read, "PcGts": pagexml.read}
"""Formats of XML in which each line has a place, by the name of their root."""
NO_PLACES: dict[str, Callable[[Element], TextDocument]] = {"TEI": tei.read, "TEI.2": tei.read, "teiCorpus": tei.read}
"""Formats of XML whose lines may have none."""
SUFFIXES = (".xml", ".hocr", ".html", ".htm", ".txt", ".docx")
"""The files that may be the text of a picture beside them."""
_HTML = (".hocr", ".html", ".htm", ".xhtml")
_TEXTS: dict[str, Callable[[str], TextDocument]] = {
    ".txt": plaintext.read,
    ".md": markdown.read,
    ".csv": line_table.read,
    ".jsonl": json_lines.read,
}
"""Formats that are not told apart by what is in a file."""


def read_document(path: Path, named: Path | None = None, form: Format | None = None) -> TextDocument:
    """The document in a file: ALTO, PAGE XML, hOCR, TEI or METS, IIIF or JSON-LD of Tropy, told apart by what is in it;
    plain text, Word, Markdown, CSV or JSON Lines by its suffix.

    Raises ``UsageError`` with a sentence that names the file, whatever is wrong with it: by the path ``named``, if
    people know it by another one. The ``form`` is the format of a plugin that reads it.
    """
    try:
        if form is not None and form.read is not None:
            return _added(form.read, bytes_of(path))
        suffix = path.suffix.casefold()
        if suffix in _TEXTS:
            return _TEXTS[suffix](decoded(bytes_of(path)))
        if suffix == ".docx":
            return plaintext.read(word.text_of(path))
        if suffix == ".json":
            return _read_json(decoded(bytes_of(path)))
        if suffix in _HTML:
            return hocr.read(parsed_html(decoded(bytes_of(path))))
        root, name = root_of(path)
        return mets.read(root, path.parent, _page) if name == "mets" else read_xml(root, name)
    except (*UNREADABLE, *word.DAMAGE) as error:
        hint = _("Save it in another way (text as UTF-8), or move it away.")
        raise UsageError(
            _("the text %(named)s cannot be read: %(why)s", named=named or path, why=error or type(error).__name__),
            hint,
        ) from error


def _added(read: Callable[[bytes], TextDocument], data: bytes) -> TextDocument:
    """What a plugin reads. Raises ``ValueError`` whatever the plugin raises."""
    try:
        document = read(data)
        if not isinstance(document, TextDocument):
            raise TypeError(f"its plugin gives {type(document).__name__} where a TextDocument belongs")
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"its plugin failed ({type(error).__name__}: {error})") from error
    return sound(document)


def _read_json(text: str) -> TextDocument:
    return tropy.read(text) if '"@graph"' in text[:5000] else iiif.read(text)


def _page(path: Path) -> TextDocument:
    """The text of a page that a METS names; it may not name another METS."""
    return read_xml(*root_of(path))


def read_xml(root: Element, name: str) -> TextDocument:
    """The document in XML by the name of its root. Raises ``ValueError`` for a name that is unknown."""
    if name == "html":
        return hocr.read(root)
    if name not in {**PLACES, **NO_PLACES}:
        raise ValueError(f"<{name[:40]}> is the root of no format that is read (ALTO, PAGE XML, hOCR, TEI)")
    return {**PLACES, **NO_PLACES}[name](root)


def root_of(path: Path) -> tuple[Element, str]:
    """The root of a file of XML or XHTML, and its name; raises what ``UNREADABLE`` has."""
    data = bytes_of(path)
    if b"<html" in data[:2000].lower():
        root = parsed_html(decoded(data))
        return root, "html"
    root = parsed(data)
    return root, name_of(root)


def bytes_of(path: Path) -> bytes:
    """What is in a file. Raises ``ValueError`` if that is too much."""
    with path.open("rb") as stream:
        data = stream.read(_MOST + 1)
    if len(data) > _MOST:
        raise ValueError(f"it is larger than {_MOST // 1_000_000} MB")
    return data
