"""Files of Word (.docx): the text of their paragraphs, with a form feed where somebody began a new page."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

from indexer.formats.markup import name_of
from indexer.text.xml_tree import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What can be wrong with a packed file: it is damaged, cut off or encrypted."""
_MOST = 50_000_000
"""Bytes of text that a file may unpack to."""


def text_of(path: Path) -> str:
    """The paragraphs of a Word file, without notes and what was struck out by tracking.

    Raises ``ValueError`` for one that is too large, and what ``DAMAGE`` and XML have.
    """
    with zipfile.ZipFile(path) as packed:
        part = packed.getinfo("word/document.xml")
        if part.file_size > _MOST:
            raise ValueError("it unpacks to too much")
        root = parsed(packed.read(part))
    return "".join(_typed(root))


def _typed(element: Element) -> Iterator[str]:
    name = name_of(element)
    if name == "t":
        yield element.text or ""
    elif name in ("br", "cr"):
        yield "\f" if "page" in element.attrib.values() else "\n"
    elif name == "tab":
        yield " "
    elif name != "del":
        for part in element:
            yield from _typed(part)
        if name == "p":
            yield "\n"
