"""The view of a folder: its documents, the folders in it, and those above."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from indexer.translation import _
from indexer.values.errors import MissingError

if TYPE_CHECKING:
    from indexer.catalog import Catalog, Document

_MOST = 200
"""Folders of a folder that are named."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of the archive, ``None`` for all of it: how many documents it has in all, the folders in it, each with
    how many it has, and those above it in which documents lie, the uppermost first. ``top`` is the lowest
    folder in which all of the archive lies, if there is one."""

    path: Path | None
    total: int
    inner: tuple[tuple[Path, int], ...] = ()
    above: tuple[Path, ...] = ()
    top: Path | None = None

    @property
    def address(self) -> str:
        """The address of the view of it."""
        return "/documents" if self.path is None else folder_address(self.path)

    def called(self, folder: Path) -> str:
        """A folder as it is called in this view: by its way from the folder that is shown, or from the top."""
        start = self.path or self.top
        inside = start is not None and start != folder and folder.is_relative_to(start)
        return str(folder.relative_to(start) if inside and start else folder)

    def documents(self, catalog: Catalog, limit: int, offset: int) -> list[Document]:
        """Its documents, by path."""
        if self.path is None:
            return catalog.documents(limit, offset)
        return catalog.documents_in(self.path, limit, offset)


def shelf_of(catalog: Catalog, name: str) -> Shelf:
    """The folder of this name; the whole archive without one. Raises ``MissingError`` if no document lies in it."""
    top = _top(catalog)
    if not name:
        return Shelf(None, catalog.counts().documents, _inner(catalog, top) if top else (), (), top)
    path = Path(os.path.abspath(name.replace("\0", "")))  # noqa: PTH100 - links are kept
    total = catalog.count_in(path)
    if not total:
        raise MissingError(
            _("no document lies in %(path)s", path=path), _("The list of documents names the folders that there are.")
        )
    above = [each for each in reversed(path.parents) if top and each.is_relative_to(top)]
    return Shelf(path, total, _inner(catalog, path), tuple(above), top)


def _top(catalog: Catalog) -> Path | None:
    """The lowest folder in which all documents lie that were not added here; ``None`` if there is none."""
    found = Path("/")
    while len(inner := catalog.folders_in(found, 2)) == 1 and not catalog.documents_right_in(found):
        found = inner[0]
    return found if found != Path("/") or inner else None


def _inner(catalog: Catalog, path: Path) -> tuple[tuple[Path, int], ...]:
    return tuple((each, catalog.count_in(each)) for each in catalog.folders_in(path, _MOST))


def folder_address(path: Path) -> str:
    """The address of the view of a folder."""
    return f"/documents?in={quote_from_bytes(os.fsencode(path), safe='/')}"
