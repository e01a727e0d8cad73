"""What documents are, by descriptive metadata in XML: MODS and Dublin Core."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from indexer.formats.markup import all_of, children, name_of, nfc
from indexer.text.edtf import DateError, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

    from indexer.values import DescriptionField

    Said = tuple[DescriptionField, str]

_CORE: dict[str, DescriptionField] = {
    "title": "title",
    "created": "date",
    "date": "date",
    "issued": "date",
    "spatial": "place",
    "coverage": "place",
    "creator": "person",
    "contributor": "person",
    "identifier": "shelfmark",
    "subject": "tag",
    "abstract": "note",
    "description": "note",
}
"""Elements of Dublin Core, the better ones first where two say the same."""
_CORE_SPACES = ("http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/")
_DATES = ("dateCreated", "dateIssued", "dateOther", "copyrightDate")
_CODE = re.compile("[a-z]{2,3}")
"""Codes of countries."""
_ADDRESS = re.compile(r"(?:https?|urn|doi|info|oai|ark|hdl|purl)[:/]", re.IGNORECASE)
"""How identifiers begin that are no shelfmarks."""
_SHELFMARKS = frozenset(("", "local", "shelfmark", "signature", "signatur", "callnumber", "shelf mark", "call number"))
"""Types of identifiers that are shelfmarks."""
_MOST, _VALUES = 1_000, 500
"""Most letters of a value that is no note, and most values of a field."""


def descriptive_metadata(elements: Iterable[Element]) -> dict[DescriptionField, list[str]]:
    """The fields of a document in elements that hold MODS or Dublin Core; the first that has a field counts.

    Dates are in EDTF as far as they can be. Addresses, and values that are too long, are left out.
    """
    found: dict[DescriptionField, list[str]] = {}
    for element in elements:
        held = list(all_of(element, "mods"))
        own: dict[DescriptionField, list[str]] = {}
        for name, value in _of_mods(held[0]) if held else _of_core(element):
            values = own.setdefault(name, [])
            if value and value not in values and (name == "note" or len(value) <= _MOST) and len(values) < _VALUES:
                values.append(value)
        found = {**{name: values for name, values in own.items() if values}, **found}
    return {name: found[name] for name in _CORE.values() if name in found}


def edtf_of(text: str) -> str:
    """A date as catalogues write it, in EDTF; as it stands if that cannot be told."""
    return _edtf(text) or nfc(text)


def _edtf(text: str) -> str:
    tidy = nfc(text).strip("[] ") if not re.search(r"\.\.|,", text) else nfc(text)
    try:
        return parsed(tidy).text
    except DateError as error:
        return error.meant


def _of_core(element: Element) -> Iterator[Said]:
    elements = [each for each in element.iter() if str(each.tag).startswith(tuple(f"{{{one}" for one in _CORE_SPACES))]
    for name, field in _CORE.items():
        for text in (nfc("".join(each.itertext())) for each in elements if name_of(each) == name):
            if field == "date":
                yield field, edtf_of(text)
            elif not (field == "shelfmark" and _ADDRESS.match(text)) and not (name == "coverage" and _edtf(text)):
                yield field, text


def _of_mods(mods: Element) -> Iterator[Said]:
    for name in children(mods, "titleInfo"):
        if not name.get("type"):
            yield "title", _title(name)
    for origin in children(mods, "originInfo"):
        yield "date", _date(origin)
        yield from (("place", each) for each in _texts(origin, "place", "placeTerm") if not _CODE.fullmatch(each))
    subjects = list(children(mods, "subject"))
    for named in (mods, *subjects):
        yield from (("person", _person(each)) for each in children(named, "name"))
    for subject in subjects:
        yield from (("place", each) for each in _texts(subject, "geographic"))
        yield from (("tag", each) for each in _texts(subject, "topic"))
    yield from (("tag", each) for each in _texts(mods, "genre"))
    yield from (("shelfmark", each) for each in _shelfmarks(mods))
    yield from (("note", each) for each in _texts(mods, "abstract"))


def _texts(element: Element, *names: str) -> Iterator[str]:
    """The texts of the children with a name, or of their children with the next."""
    for each in children(element, names[0]):
        if names[1:]:
            yield from _texts(each, *names[1:])
        else:
            yield nfc("".join(each.itertext()))


def _title(info: Element) -> str:
    first = nfc(" ".join((*_texts(info, "nonSort"), *_texts(info, "title"))))
    whole = ": ".join(filter(None, (first, *_texts(info, "subTitle"))))
    return ". ".join(filter(None, (whole, *_texts(info, "partNumber"))))


def _person(name: Element) -> str:
    parts = {kind: " ".join(_texts_of(name, kind)) for kind in ("family", "given", "")}
    if parts["family"]:
        return ", ".join(filter(None, (parts["family"], parts["given"])))
    return parts[""] or parts["given"] or next(_texts(name, "displayForm"), "")


def _texts_of(name: Element, kind: str) -> Iterator[str]:
    return (nfc(each.text or "") for each in children(name, "namePart") if each.get("type", "") == kind)


def _shelfmarks(mods: Element) -> Iterator[str]:
    for place in children(mods, "location"):
        yield from _texts(place, "shelfLocator")
        for held in children(place, "holdingSimple"):
            yield from _texts(held, "copyInformation", "shelfLocator")
    for each in children(mods, "identifier"):
        text = nfc(each.text or "")
        if each.get("type", "").casefold() in _SHELFMARKS and not _ADDRESS.match(text):
            yield text


def _date(origin: Element) -> str:
    """The best date of an origin: the first kind that has one; a beginning and an end are a span."""
    for name in _DATES:
        given = sorted(children(origin, name), key=lambda each: each.get("keyDate") != "yes")
        points = {each.get("point", ""): edtf_of(each.text or "") for each in reversed(given)}
        span = "/".join((points.get("start") or "..", points.get("end") or ".."))
        date = points.get("") or (span if points.get("start") and points.get("end") else points.get("start", ""))
        if date:
            unsure = any(each.get("qualifier") == "questionable" for each in given)
            about = any(each.get("qualifier") == "approximate" for each in given)
            sign = "" if date[-1] in "?~%]}" or "/" in date else "%" if unsure and about else "?" * unsure + "~" * about
            return date + sign
    return ""
