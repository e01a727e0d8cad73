"""XML in, its elements out, without harm: no document type, no entities, no endless depth."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DEEP = 200
"""How deep elements may lie in one another."""
MOST = 5_000_000
"""Elements and attributes of one file: so many take less than a gigabyte of memory."""


def parsed(data: bytes) -> Element:
    """The root of an XML file; raises ``ValueError`` if it declares a document type."""
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314 - no document type, so no entities to expand
    return ElementTree.fromstring(data, parser=parser)  # noqa: S314 - as above


class _Builder(ElementTree.TreeBuilder):
    """Refuses a document type as soon as the parser meets it. So no entity is ever expanded, in any encoding."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._many = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > _DEEP:
            raise ValueError(f"its elements lie more than {_DEEP} deep in one another")
        self._many += 1 + len(attrs)
        if self._many > MOST:
            raise ValueError(f"it has more than {MOST:,} elements and attributes")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, *_: object) -> None:
        raise ValueError("it declares a document type, which ground truth has no need of")
