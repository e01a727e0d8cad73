"""Leafing through a document. The images of a folder are leafed through as the pages of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.catalog.rows import ADDED
from indexer.text.natural import natural_key

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.catalog import Catalog, DocumentPage
    from indexer.web.service import ServedArchive

_IMAGES = "images"
"""The source that reads pictures of pages."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page among others: the addresses of those beside it, its number and the last one. ``folder`` is the folder that
    is leafed through, ``None`` for a document of several pages."""

    before: str | None
    after: str | None
    number: int
    last: int
    folder: Path | None = None


def leaf_of(served: ServedArchive, catalog: Catalog, page: DocumentPage) -> Leaf:
    """The place of a page among those that one leafs through."""
    folder = page.path.parent
    source = served.registry.source_for(page.path)
    if served.settings.leaf_through_folders and page.number == 1 and source is not None and source.name == _IMAGES:
        found = served.leaves(catalog, folder) if folder != served.settings.index / ADDED else []
        if page.document in found and len(found) > 1:
            at = found.index(page.document)
            before = f"/documents/{found[at - 1]}/1" if at else None
            after = f"/documents/{found[at + 1]}/1" if at + 1 < len(found) else None
            return Leaf(before, after, at + 1, len(found), folder)
    earlier, later, last = catalog.around(page.document, page.number)
    address = f"/documents/{page.document}/"
    beside = [None if each is None else f"{address}{each}" for each in (earlier, later)]
    return Leaf(beside[0], beside[1], page.number, last)


def leaves_in(served: ServedArchive, catalog: Catalog, folder: Path) -> list[int]:
    """The documents of the images in a folder, in the natural order of their names."""
    found = sorted(catalog.singles_in(folder), key=lambda each: natural_key(each.name))
    source = served.registry.sources.get(_IMAGES)
    images = frozenset(source.suffixes if source else ())
    suffix_of = served.registry.suffix_of
    return list(dict.fromkeys(each.document for each in found if suffix_of(folder / each.name) in images))
