"""Source plugin: METS packages. The images that a METS file names are the pages of one document, in its order.

It is chosen by the suffix ``.xml``, which other files have too: so it looks at a file before it claims it. The images
are its pages, and are not read by themselves when the folder is. Text that it binds to a page becomes readings of its
lines, and what its metadata say of the whole describes the document.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from indexer.api import (
    IMAGE_SUFFIXES,
    Page,
    PluginError,
    Source,
    decode_image,
    descriptive_metadata,
    hookimpl,
    parse_xml,
    whole_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from PIL.Image import Image

    from indexer.api import DescriptionField, SourceFile, SourceOptions

_ROOT = re.compile(rb"<(?:\w+:)?mets[\s>]", re.IGNORECASE)
_NAMESPACE = b"http://www.loc.gov/METS/"
_HEAD = 8192
_MOST_BYTES = 100_000_000
_MOST_PAGES = 20_000
_SMALL = ("thumb", "min", "preview")
"""What the use of files is called that show the same page smaller."""
_TEXTS = (".xml", ".hocr", ".html", ".htm", ".txt")
_TRUTH = re.compile(r"\bGT\b|ground.?truth", re.IGNORECASE)
"""What the use of files is called that people transcribed."""


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a METS names: where it lies, or why it cannot be had."""

    path: Path | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: its image and, if the METS binds one to it, its text."""

    image: Named
    label: str | None = None
    text: Named | None = None


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a METS: its place among all, and the use of its group."""

    number: int
    element: Element
    use: str


@hookimpl
def notes_sources() -> Iterable[Source]:
    """METS packages."""
    yield Source("mets", (".xml", ".mets"), pages, recognises=is_mets, beside=beside, texts=texts, describe=describe)


def is_mets(path: Path) -> bool:
    """Whether a file is METS by its first bytes."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return _NAMESPACE in head and _ROOT.search(head) is not None


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The pages of the physical structure, or the images of the first group without one."""
    found = sheets(file.path)
    if not found:
        raise PluginError("it names no images", kind="empty")
    for number, each in enumerate(found, 1):
        missing = each.text.trouble if each.text and options.sidecar_text != "ignore" else ""
        picture = partial(_image, each.image, options)
        yield Page(number, picture, label=each.label, missing=missing or None, file=each.image.path)


def beside(path: Path) -> Iterator[Path]:
    """All images that it names, those too that show its pages otherwise."""
    try:
        files = list(_files(_root(path)))
    except PluginError:  # said when it is read
        return
    found = (_image_at(each.element, path.parent).path for each in files if _is_image(each.element))
    yield from (each for each in found if each is not None)


def texts(path: Path) -> Mapping[int, Path]:
    """The file of text that it binds to each page, by number, as far as it is there."""
    try:
        found = enumerate(sheets(path), 1)
    except PluginError:  # said when it is read
        return {}
    return {number: each.text.path for number, each in found if each.text and each.text.path}


def describe(path: Path) -> Mapping[DescriptionField, Sequence[str]]:
    """What its metadata (MODS, Dublin Core) say of the document as a whole."""
    root = _root(path)
    sections = {each.get("ID", ""): each for each in root if _is(each, "dmdSec")}
    maps = [each for each in root if _is(each, "structMap")]  # none inside another: each element is looked at once
    maps.sort(key=lambda each: each.get("TYPE", "").lower() != "logical")
    divisions = (each for structure in maps for each in structure.iter() if _is(each, "div"))
    names = (dict.fromkeys(each.get("DMDID", "").split()) for each in divisions)
    named = ([sections[name] for name in each if name in sections] for each in names)
    whole = next(filter(None, named), list(sections.values())[:1])
    return descriptive_metadata(whole)


def _image(picture: Named, options: SourceOptions) -> Image:
    if picture.path is None:
        raise PluginError(picture.trouble, kind="missing")
    return decode_image(picture.path, options)


def sheets(path: Path) -> list[Sheet]:
    """The pages in order. Raises ``PluginError`` for what is no METS."""
    root, folder = _root(path), path.parent
    files = {each.element.get("ID", ""): each for each in _files(root)}
    found = []
    for each in _divisions(root):
        own = _of(each, files)
        image = _best([file.element for file in own], folder)
        if image is not None:
            found.append(Sheet(_image_at(image, folder), _label(each), _text(own, folder)))
    if not found:
        group = next((images for each in root.iter() if _is(each, "fileGrp") and (images := _images(each))), [])
        found = [Sheet(_image_at(each, folder)) for each in group]
    if len(found) > _MOST_PAGES:
        raise PluginError(f"it has more than {_MOST_PAGES:,} pages", kind="too-large")
    return found


def _root(path: Path) -> Element:
    data = whole_file(path, _MOST_BYTES)
    try:
        return parse_xml(data)
    except (ValueError, SyntaxError, LookupError) as error:  # of XML, of its encoding
        raise PluginError(f"it is no XML that can be read ({error})") from error


def _files(root: Element) -> Iterator[_File]:
    """The files in the order of their groups, those that show a page smaller last."""
    groups = [each for each in root.iter() if _is(each, "fileGrp")]
    groups.sort(key=lambda each: any(word in each.get("USE", "").lower() for word in _SMALL))
    found = ((each, group.get("USE", "")) for group in groups for each in group if _is(each, "file"))
    yield from (_File(number, element, use) for number, (element, use) in enumerate(found))


def _divisions(root: Element) -> list[Element]:
    """The divisions of the physical structure that have files, by their order."""
    maps = [each for each in root.iter() if _is(each, "structMap")]
    physical = next((each for each in maps if each.get("TYPE", "").lower() == "physical"), maps[0] if maps else None)
    found = [] if physical is None else [each for each in physical.iter() if any(_is(part, "fptr") for part in each)]
    orders = [each.get("ORDER", "") for each in found]
    if found and all(order.isdecimal() and len(order) < 10 for order in orders):
        return sorted(found, key=lambda each: int(each.get("ORDER", "")))
    return found


def _of(division: Element, files: dict[str, _File]) -> list[_File]:
    """The files of a division, the best first."""
    pointers = (each for part in division if _is(part, "fptr") for each in part.iter())
    found = [files[name] for each in pointers if (name := each.get("FILEID", "")) in files]
    return sorted(found, key=lambda each: each.number)


def _text(files: Iterable[_File], folder: Path) -> Named | None:
    """The text of a page: what people transcribed, or else of several steps of work the last; the first that is there.
    ``None`` if nothing is named."""
    named = [each for each in files if not _is_image(each.element) and _suffix(each.element) in _TEXTS]
    named.sort(key=lambda each: (not _TRUTH.search(each.use), -each.number))
    found = [_found(folder, _address(each.element), "its text") for each in named]
    return next((each for each in found if each.path), found[0] if found else None)


def _best(files: Iterable[Element], folder: Path) -> Element | None:
    """The first image that is there, or else the first one."""
    images = [each for each in files if _is_image(each)]
    there = (each for each in images if _image_at(each, folder).path is not None)
    return next(there, images[0] if images else None)


def _images(group: Element) -> list[Element]:
    return [each for each in group if _is(each, "file") and _is_image(each)]


def _is_image(file: Element) -> bool:
    return file.get("MIMETYPE", "").startswith("image/") or _suffix(file) in IMAGE_SUFFIXES


def _suffix(file: Element) -> str:
    return os.path.splitext(_address(file).partition("?")[0])[1].lower()  # noqa: PTH122 - an address is no path


def _address(file: Element) -> str:
    place = next((each for each in file if _is(each, "FLocat")), None)
    return "" if place is None else next((text for name, text in place.items() if name.endswith("href")), "").strip()


def _image_at(file: Element, folder: Path) -> Named:
    return _found(folder, _address(file), "its image")


def _found(folder: Path, address: str, what: str) -> Named:
    """Where an address leads: only to files in the folder of the METS file, and in folders below."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return Named(None, f"{what} has no address that makes sense ({address[:200]!r})")
    if parts.scheme.lower() not in ("", "file"):
        return Named(None, f"{what} lies on {parts.netloc or parts.scheme!r} and is not fetched")
    for name in (unquote(parts.path), address):
        path = Path(os.path.normpath(folder / name))
        if not path.is_relative_to(folder):
            return Named(None, f"{what} lies outside the folder of the METS file ({address[:200]!r})")
        if "\0" not in name and path.is_file():
            return Named(path)
    return Named(None, f"{what} is not there ({address[:200]!r})")


def _label(division: Element) -> str | None:
    return division.get("ORDERLABEL", "").strip() or division.get("LABEL", "").strip() or None


def _is(element: Element, name: str) -> bool:
    return str(element.tag).rpartition("}")[2] == name
