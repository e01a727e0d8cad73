"""Finding aids in Encoded Archival Description (EAD 2002 and EAD3): their components, and what they say of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from indexer.formats.descriptive import edtf_of
from indexer.formats.markup import all_of, children, name_of, nfc
from indexer.text.xml_tree import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from indexer.values import DescriptionField

_COMPONENT = re.compile(r"c(?:0\d|1[0-2])?|archdesc")
_HARMLESS = re.compile(rb"<!DOCTYPE\s+ead\b[^\[<>]*>")
"""A document type that declares nothing of its own: what it names elsewhere is never looked up."""
_HEAD, _MOST = 4096, 5_000
"""Bytes at the beginning that may declare a type, and most elements that describe a component: they may lie in one
another."""
_ACCESS: dict[str, DescriptionField] = {
    "persname": "person",
    "famname": "person",
    "corpname": "person",
    "geogname": "place",
    "subject": "tag",
    "genreform": "tag",
}
"""The elements that name people, places and topics."""


@dataclass(frozen=True, slots=True)
class Component:
    """A component of a finding aid: its number in the order of the file, its shelfmark, the addresses of its digital
    objects, whether it has no components inside, and what is said of it."""

    number: int
    unit: str
    objects: tuple[str, ...]
    is_last: bool
    said: Mapping[DescriptionField, Sequence[str]]


def is_xml(data: bytes) -> bool:
    """Whether a file is no table: it begins as XML does."""
    return data[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def components(data: bytes) -> list[Component]:
    """The components of a finding aid, the whole first. Raises ``ValueError`` or ``SyntaxError`` for what is none."""
    head = _HARMLESS.sub(b"", data[:_HEAD], count=1)
    root = parsed(head + data[_HEAD:])
    found = [each for each in root.iter() if _COMPONENT.fullmatch(name_of(each))]
    if not found:
        raise ValueError("it has no components")
    return [_component(number, each) for number, each in enumerate(found, 1)]


def _component(number: int, element: Element) -> Component:
    parts = [part for part in element if name_of(part) in ("did", "controlaccess", "dao", "daogrp", "daoset")]
    own = list(islice((each for part in parts for each in part.iter()), _MOST))
    objects = (_address(each) for each in own if name_of(each) in ("dao", "daoloc"))
    values: dict[DescriptionField, dict[str, None]] = {}
    for name, value in _said(element, own):
        if value:
            values.setdefault(name, {})[value] = None
    said = {name: list(each) for name, each in values.items()}
    unit = next(iter(said.get("shelfmark", ())), "")
    is_last = not any(_COMPONENT.fullmatch(name_of(each)) for each in element.iter() if each is not element)
    return Component(number, unit, tuple(dict.fromkeys(filter(None, objects))), is_last, said)


def _said(element: Element, own: Sequence[Element]) -> Iterator[tuple[DescriptionField, str]]:
    for each in own:
        name = name_of(each)
        if name == "unittitle":
            yield "title", _text(each)
        elif name == "unitid":
            yield "shelfmark", _text(each)
        elif name in ("unitdate", "unitdatestructured"):
            yield "date", _date(each)
        elif name == "abstract":
            yield "note", _text(each)
        elif name in _ACCESS:
            yield _ACCESS[name], ", ".join(map(_text, children(each, "part"))) or _text(each)
    yield from (("note", _text(part)) for each in children(element, "scopecontent") for part in children(each, "p"))


def _date(element: Element) -> str:
    """The date of a unit: its normalised form if it has one, or else its text."""
    ends = [*all_of(element, "fromdate"), *all_of(element, "todate"), *all_of(element, "datesingle")]
    normal = element.get("normal") or "/".join(filter(None, (each.get("standarddate") for each in ends)))
    given = [re.sub(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", each.strip()) for each in normal.split("/")]
    date = edtf_of("/".join(dict.fromkeys(given))) if normal else edtf_of(_text(element))
    about = element.get("certainty", "").casefold() in ("approximate", "circa", "ca", "ca.", "about")
    return date + "~" if about and re.fullmatch(r"\d{4}(?:-\d\d){0,2}", date) else date


def _address(element: Element) -> str:
    return next((text for name, text in element.items() if name.endswith("href")), "").strip()


def _text(element: Element) -> str:
    return nfc("".join(element.itertext()))
