"""The documents that a query finds by what was said of them as a whole: titles, people, places, tags, notes, dates."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Protocol

from indexer.search.asked_names import Spelt
from indexer.search.fields import Dated, Described, Doc
from indexer.search.nodes import And, Near, Not, Phrase, Word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from indexer.search.nodes import Leaf, Node
    from indexer.values import DescriptionField, SearchOptions

_Found = frozenset[int]


class Descriptions(Protocol):
    """What is asked of the catalogue; documents are given by their numbers."""

    def documents_saying(
        self, words: tuple[str, ...], field: DescriptionField | None = None, *, beginning: bool = False
    ) -> _Found:
        """The documents in which a value has all of these words."""

    def documents_saying_in_a_row(self, words: tuple[str, ...]) -> _Found:
        """The documents in which a value has these words one after the other."""

    def documents_dated(self, first: int, last: int) -> _Found:
        """The documents whose own date may lie between two days."""

    def documents_with(self, pages: Collection[int]) -> _Found:
        """The documents of pages."""

    def page_ids(self, glob: str | None, since: float | None, until: float | None) -> _Found:
        """Pages of matching files."""

    def by_date(self, documents: Iterable[int]) -> list[int]:
        """Documents by their own dates."""


def documents_described(node: Node, catalog: Descriptions, options: SearchOptions) -> tuple[int, ...]:
    """The documents of which all was said that a query asks for, by their dates.

    Words are looked for as they are written, or by their beginning: nothing of it is read in ink.
    """
    found = _found(node, catalog)
    if found and (options.glob is not None or options.since is not None or options.until is not None):
        found &= catalog.documents_with(catalog.page_ids(options.glob, options.since, options.until))
    if found and options.pages is not None:
        found &= catalog.documents_with(options.pages)
    return tuple(catalog.by_date(found)) if found else ()


def _found(node: Node, catalog: Descriptions) -> _Found:
    if isinstance(node, Not):
        return frozenset()
    if isinstance(node, And):
        wanted = [each for each in node.parts if not isinstance(each, Not | Doc)]
        found = _all_of(wanted, catalog)
        for each in node.parts:
            if found and isinstance(each, Doc):
                found &= catalog.documents_with(catalog.page_ids(each.pattern, None, None))
            elif found and isinstance(each, Not):
                found -= _left_out(each.part, catalog)
        return found
    if isinstance(node, Near):
        return _all_of((node.one, node.other), catalog)
    if hasattr(node, "parts") and not isinstance(node, Spelt):
        return frozenset().union(*(_found(each, catalog) for each in node.parts))
    return _of_leaf(node, catalog)


def _left_out(node: Node, catalog: Descriptions) -> _Found:
    if isinstance(node, Doc):
        return catalog.documents_with(catalog.page_ids(node.pattern, None, None))
    return _found(node, catalog)


def _all_of(nodes: Iterable[Node], catalog: Descriptions) -> _Found:
    """The documents that all of the nodes find; after one that finds nothing no other is looked for."""
    found: _Found | None = None
    for each in nodes:
        found = _found(each, catalog) if found is None else found & _found(each, catalog)
        if not found:
            return frozenset()
    return found or frozenset()


def _of_leaf(leaf: Leaf, catalog: Descriptions) -> _Found:
    if isinstance(leaf, Described):
        return catalog.documents_saying(leaf.words, leaf.field, beginning=leaf.beginning)
    if isinstance(leaf, Dated):
        return catalog.documents_dated(*leaf.days)
    if isinstance(leaf, Word) and not (leaf.is_pattern or leaf.edits):
        return catalog.documents_saying((leaf.text,), beginning=leaf.prefix)
    if isinstance(leaf, Phrase) and not any(each.is_pattern or each.edits or each.prefix for each in leaf.words):
        return catalog.documents_saying_in_a_row(tuple(each.text for each in leaf.words))
    if isinstance(leaf, Spelt) and leaf.kind != "like":
        return reduce(frozenset.union, (_of_leaf(each.leaf, catalog) for each in leaf.spellings), frozenset())
    return frozenset()
