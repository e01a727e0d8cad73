"""Reads the text beside a file that says nothing of places: plain text, TEI, or a Word file."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from indexer.formats.groundtruth import PLAIN, parsed
from indexer.formats.markup import name_of
from indexer.system.paths import is_there
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

_MOST = 50_000_000
"""Bytes of text that a file may unpack to."""
_UNSEEN = ("teiHeader", "note", "figDesc", "reg", "corr", "expan", "supplied", "ex")
"""Elements of TEI for text that does not stand on the page: what the editor says, modernised or completed."""
_BREAKS = ("lb", "p", "l", "head", "div", "ab", "pb", "cb", "item", "row", "opener", "closer", "salute", "signed", "fw")
"""Elements of TEI that begin a line."""


def text_for(file: Path) -> str | None:
    """The text of the pages of a file, from NAME.txt, NAME.xml (TEI) or NAME.docx beside it. ``None`` if there is none.

    Raises ``UsageError`` for a file that cannot be read.
    """
    for suffix, read in ((".txt", _plain), (".xml", _tei), (".docx", _word)):
        path = file.with_suffix(suffix)
        if path == file or not is_there(path) or path.is_dir():
            continue
        try:
            return read(path)
        except (OSError, ValueError, KeyError, ParseError, LookupError, RecursionError, zipfile.BadZipFile) as error:
            hint = "Save it in another way (text as UTF-8), or move it away."
            raise UsageError(f"the text {path} cannot be read: {error}", hint) from error
    return None


def _plain(path: Path) -> str:
    data = path.read_bytes()
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")


def _tei(path: Path) -> str | None:
    """The text of a TEI file as it stands on the page; ``None`` for other XML, which has places."""
    root = parsed(path.read_bytes())
    return "".join(_written(root)) if name_of(root) in PLAIN else None


def _written(element: Element) -> Iterator[str]:
    """The text of an element and its parts, a line for each line that it begins."""
    name = name_of(element)
    if name not in _UNSEEN:
        if name in _BREAKS:
            yield "" if element.get("break") == "no" and name == "lb" else "\n"
        yield " ".join((element.text or "").split("\n"))
        for part in element:
            yield from _written(part)
            yield " ".join((part.tail or "").split("\n"))


def _word(path: Path) -> str:
    """The paragraphs of a Word file, without notes and what was struck out by tracking."""
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
        yield "\n"
    elif name == "tab":
        yield " "
    elif name != "del":
        for part in element:
            yield from _typed(part)
        if name == "p":
            yield "\n"
