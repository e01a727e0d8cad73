"""Source plugin: METS packages. The images that a METS file names are the pages of one document, in its order.

It is chosen by the suffix ``.xml``, which other files have too: so it looks at a file before it claims it. The images
are its pages, and are not read by themselves when the folder is.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from indexer.api import IMAGE_SUFFIXES, Page, PluginError, Source, decode_image, hookimpl, parse_xml, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

    from PIL.Image import Image

    from indexer.api import SourceFile, SourceOptions

_ROOT = re.compile(rb"<(?:\w+:)?mets[\s>]", re.IGNORECASE)
_NAMESPACE = b"http://www.loc.gov/METS/"
_HEAD = 8192
_MOST_BYTES = 100_000_000
_MOST_PAGES = 20_000
_SMALL = ("thumb", "min", "preview")
"""What the use of files is called that show the same page smaller."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The image of a page: where it lies, or why it cannot be had."""

    path: Path | None
    label: str | None = None
    trouble: str = ""


@hookimpl
def notes_sources() -> Iterable[Source]:
    """METS packages."""
    yield Source("mets", (".xml", ".mets"), pages, recognises=is_mets, beside=beside)


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
    found = pictures(file.path)
    if not found:
        raise PluginError("it names no images", kind="empty")
    for number, each in enumerate(found, 1):
        yield Page(number, partial(_image, each, options), label=each.label)


def beside(path: Path) -> Iterator[Path]:
    """All images that it names, those too that show its pages otherwise."""
    try:
        files = list(_files(_root(path)))
    except PluginError:  # said when it is read
        return
    found = (_picture(path.parent, _address(each), None).path for each in files if _is_image(each))
    yield from (each for each in found if each is not None)


def _image(picture: Picture, options: SourceOptions) -> Image:
    if picture.path is None:
        raise PluginError(picture.trouble, kind="missing")
    return decode_image(picture.path, options)


def pictures(path: Path) -> list[Picture]:
    """The image of each page, in order. Raises ``PluginError`` for what is no METS."""
    root = _root(path)
    files = {each.get("ID", ""): (number, each) for number, each in enumerate(_files(root))}
    divisions = _divisions(root)
    chosen = [(_best(_of(each, files), path.parent), _label(each)) for each in divisions]
    named = [(element, label) for element, label in chosen if element is not None]
    if not named:
        group = next((found for each in root.iter() if _is(each, "fileGrp") and (found := _images(each))), [])
        named = [(element, None) for element in group]
    if len(named) > _MOST_PAGES:
        raise PluginError(f"it has more than {_MOST_PAGES:,} pages", kind="too-large")
    return [_picture(path.parent, _address(element), label) for element, label in named]


def _root(path: Path) -> Element:
    data = whole_file(path, _MOST_BYTES)
    try:
        return parse_xml(data)
    except (ValueError, SyntaxError, LookupError) as error:  # of XML, of its encoding
        raise PluginError(f"it is no XML that can be read ({error})") from error


def _files(root: Element) -> Iterator[Element]:
    """The files in the order of their groups, those that show a page smaller last."""
    groups = [each for each in root.iter() if _is(each, "fileGrp")]
    for group in sorted(groups, key=lambda each: any(word in each.get("USE", "").lower() for word in _SMALL)):
        yield from (each for each in group if _is(each, "file"))


def _divisions(root: Element) -> list[Element]:
    """The divisions of the physical structure that have files, by their order."""
    maps = [each for each in root.iter() if _is(each, "structMap")]
    physical = next((each for each in maps if each.get("TYPE", "").lower() == "physical"), maps[0] if maps else None)
    found = [] if physical is None else [each for each in physical.iter() if any(_is(part, "fptr") for part in each)]
    orders = [each.get("ORDER", "") for each in found]
    if found and all(order.isdecimal() and len(order) < 10 for order in orders):
        return sorted(found, key=lambda each: int(each.get("ORDER", "")))
    return found


def _of(division: Element, files: dict[str, tuple[int, Element]]) -> list[Element]:
    """The files of a division, the best first."""
    pointers = (each for part in division if _is(part, "fptr") for each in part.iter())
    found = [files[name] for each in pointers if (name := each.get("FILEID", "")) in files]
    return [element for _, element in sorted(found, key=lambda pair: pair[0])]


def _best(files: Iterable[Element], folder: Path) -> Element | None:
    """The first image that is there, or else the first one."""
    images = [each for each in files if _is_image(each)]
    there = (each for each in images if _picture(folder, _address(each), None).path is not None)
    return next(there, images[0] if images else None)


def _images(group: Element) -> list[Element]:
    return [each for each in group if _is(each, "file") and _is_image(each)]


def _is_image(file: Element) -> bool:
    suffix = os.path.splitext(_address(file).partition("?")[0])[1].lower()  # noqa: PTH122 - an address is no path
    return file.get("MIMETYPE", "").startswith("image/") or suffix in IMAGE_SUFFIXES


def _address(file: Element) -> str:
    place = next((each for each in file if _is(each, "FLocat")), None)
    return "" if place is None else next((text for name, text in place.items() if name.endswith("href")), "").strip()


def _picture(folder: Path, address: str, label: str | None) -> Picture:
    """Where an address leads: only to files in the folder of the METS file, and in folders below."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return Picture(None, label, f"its image has no address that makes sense ({address[:200]!r})")
    if parts.scheme.lower() not in ("", "file"):
        return Picture(None, label, f"its image lies on {parts.netloc or parts.scheme!r} and is not fetched")
    for name in (unquote(parts.path), address):
        path = Path(os.path.normpath(folder / name))
        if not path.is_relative_to(folder):
            return Picture(None, label, f"its image lies outside the folder of the METS file ({address[:200]!r})")
        if "\0" not in name and path.is_file():
            return Picture(path, label)
    return Picture(None, label, f"its image is not there ({address[:200]!r})")


def _label(division: Element) -> str | None:
    return division.get("ORDERLABEL", "").strip() or division.get("LABEL", "").strip() or None


def _is(element: Element, name: str) -> bool:
    return str(element.tag).rpartition("}")[2] == name
