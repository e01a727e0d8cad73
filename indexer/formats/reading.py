"""Reads a file of text into the neutral document, whatever its format; what is wrong with it becomes a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from indexer.formats import alto, hocr, pagexml, plaintext, tei
from indexer.formats.markup import decoded, name_of, parsed_html
from indexer.text.xml_tree import parsed
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from indexer.formats.document import TextDocument

UNREADABLE = (OSError, ParseError, LookupError, ValueError, ArithmeticError, RecursionError)
"""What can be wrong with a file: it cannot be read, is no XML, has an unknown encoding or sizes that are no numbers."""
_MOST = 100_000_000
"""Bytes of the largest file that is read."""
PLACES: dict[str, Callable[[Element], TextDocument]] = {"alto": alto.read, "PcGts": pagexml.read}
"""Formats of XML in which each line has a place, by the name of their root."""
NO_PLACES: dict[str, Callable[[Element], TextDocument]] = {"TEI": tei.read, "TEI.2": tei.read, "teiCorpus": tei.read}
"""Formats of XML whose lines may have none."""
SUFFIXES = (".xml", ".hocr", ".html", ".htm", ".txt")
"""The files that are read."""


def read_document(path: Path) -> TextDocument:
    """The document in a file: ALTO, PAGE XML, hOCR, TEI or plain text, told apart by what is in it.

    Raises ``UsageError`` with a sentence that names the file, whatever is wrong with it.
    """
    try:
        if path.suffix.casefold() == ".txt":
            return plaintext.read(decoded(bytes_of(path)))
        if path.suffix.casefold() != ".xml":
            return hocr.read(parsed_html(decoded(bytes_of(path))))
        root, name = root_of(path)
        return read_xml(root, name)
    except UNREADABLE as error:
        hint = "Save it in another way (text as UTF-8), or move it away."
        raise UsageError(f"the text {path} cannot be read: {error or type(error).__name__}", hint) from error


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
