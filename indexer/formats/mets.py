"""METS (https://www.loc.gov/standards/mets/): binds the pictures of a document with the text of its pages."""

from __future__ import annotations

import mimetypes
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from indexer.formats.about import dublin_core
from indexer.formats.document import TextDocument
from indexer.formats.markup import all_of, children, nfc, our_version, whole, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from xml.etree.ElementTree import Element

    from indexer.formats.beside import Beside

_NAMESPACE = "http://www.loc.gov/METS/"
_XLINK = "http://www.w3.org/1999/xlink"
_SCHEMA = "http://www.loc.gov/standards/mets/mets.xsd"
_CORE = "http://purl.org/dc/elements/1.1/"
_ABOUT = "about"
_TEXTS = (".xml", ".hocr", ".html")
"""The files of a page that may be its text."""


def write(document: TextDocument, beside: Beside) -> bytes:
    """The METS of a document whose pages are written beside it as ALTO."""
    ElementTree.register_namespace("", _NAMESPACE)
    ElementTree.register_namespace("xlink", _XLINK)
    ElementTree.register_namespace("dc", _CORE)
    root = ElementTree.Element(
        f"{{{_NAMESPACE}}}mets",
        {
            "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation": f"{_NAMESPACE} {_SCHEMA}",
            "LABEL": document.title,
        },
    )
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    agent = _add(_add(root, "metsHdr", CREATEDATE=now), "agent", ROLE="CREATOR", TYPE="OTHER", OTHERTYPE="SOFTWARE")
    _add(agent, "name").text = f"notes {our_version()}"
    if document.about:
        core = _add(_add(_add(root, "dmdSec", ID=_ABOUT), "mdWrap", MDTYPE="DC"), "xmlData")
        for name, value in dublin_core(document.about):
            ElementTree.SubElement(core, f"{{{_CORE}}}{name}").text = value
    files = _add(root, "fileSec")
    pictures = {file: f"image{at}" for at, file in enumerate(dict.fromkeys(page.file for page in document.pages), 1)}
    _group(files, "IMAGE", [(name, _address(file)) for file, name in pictures.items()])
    texts = [(f"text{at}", quote(name, errors="surrogateescape")) for at, name in enumerate(beside.names, 1)]
    _group(files, "FULLTEXT", texts)
    described = {"DMDID": _ABOUT} if document.about else {}
    whole_document = _add(_add(root, "structMap", TYPE="PHYSICAL"), "div", TYPE="physSequence", **described)
    for at, (page, (text, _)) in enumerate(zip(document.pages, texts, strict=True), 1):
        label = {"ORDERLABEL": page.label} if page.label else {}
        sheet = _add(whole_document, "div", TYPE="page", ID=f"page{at}", ORDER=str(page.number), **label)
        for name in (pictures[page.file], text):
            _add(sheet, "fptr", FILEID=name)
    return written(root)


def _address(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(file, errors="surrogateescape")


def _group(files: Element, use: str, inside: list[tuple[str, str]]) -> None:
    group = _add(files, "fileGrp", USE=use)
    for name, address in inside:
        kind = mimetypes.guess_type(address)[0] or "application/octet-stream"
        place = _add(_add(group, "file", ID=name, MIMETYPE=kind), "FLocat", LOCTYPE="URL")
        place.set(f"{{{_XLINK}}}href", address)


def read(root: Element, folder: Path, page: Callable[[Path], TextDocument]) -> TextDocument:
    """The document that a METS binds: the texts of its pages, each in a file in the folder of the METS or below it.

    ``page`` reads such a file. Raises ``ValueError`` if a page has none, or the file lies elsewhere.
    """
    places = {
        each.get("ID", ""): place.get(f"{{{_XLINK}}}href", "")
        for each in all_of(root, "file")
        for place in children(each, "FLocat")
    }
    pages = []
    for at, sheet in enumerate(_sheets(root), 1):
        hrefs = [places.get(each.get("FILEID", ""), "") for each in all_of(sheet, "fptr")]
        texts = [href for href in hrefs if PurePosixPath(urlsplit(href).path).suffix.casefold() in _TEXTS]
        if not texts:
            raise ValueError(f"its page {sheet.get('ORDER', at)} has no text")
        (found,) = page(_inside(folder, texts[0])).pages[:1] or (None,)
        if found is not None:
            pages.append((whole(sheet.get("ORDER"), at), found))
    ordered = tuple(found for _, found in sorted(pages, key=lambda each: each[0]))
    return TextDocument(ordered, nfc(root.get("LABEL", "")))


def _sheets(root: Element) -> Iterator[Element]:
    """The pages of the physical structure."""
    for structure in all_of(root, "structMap"):
        if structure.get("TYPE", "").casefold() == "physical":
            yield from (each for each in all_of(structure, "div") if each.get("TYPE", "").casefold() == "page")


def _inside(folder: Path, href: str) -> Path:
    """The file that a METS names. It may not lie outside of its folder, nor on another machine."""
    told = urlsplit(href)
    path = (folder / unquote(told.path)).resolve()
    if told.scheme or told.netloc or not path.is_relative_to(folder.resolve()):
        raise ValueError(f"it names {href[:80]}, which lies outside of its folder")
    return path


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return ElementTree.SubElement(parent, f"{{{_NAMESPACE}}}{name}", attributes)
