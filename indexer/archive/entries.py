"""The entries of many pages as one text, and what is not in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.formats.entries import write_csv, write_json
from indexer.translation import _
from indexer.values import TablePage
from indexer.values.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexer.archive.tables import Tables
    from indexer.catalog import DocumentPage

FORMATS: dict[str, Callable[[Sequence[TablePage]], str]] = {"csv": write_csv, "json": write_json}
"""What entries can be written as, by name."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The entries of pages as a text: how many there are, and the pages with a table. ``without`` are pages that have
    none. ``own`` of the tables have other columns than their volume. ``outside`` lines of the pages with a table stand
    in no row of it."""

    text: str
    entries: int
    pages: int
    without: tuple[DocumentPage, ...]
    own: tuple[TablePage, ...]
    outside: int


def exported(tables: Tables, pattern: str, name: str) -> Exported:
    """The entries of all pages whose path matches a pattern.

    Raises ``MissingError`` for a format that there is not, and when no page matches.
    """
    if name not in FORMATS:
        raise MissingError(
            _("entries cannot be exported as %(name)s", name=repr(name)),
            _("There are: %(formats)s.", formats=", ".join(FORMATS)),
        )
    found = list(tables.pages(pattern))
    pages = [page for page in found if isinstance(page, TablePage)]
    without = tuple(page for page in found if not isinstance(page, TablePage))
    entries, outside = sum(len(page.entries) for page in pages), sum(page.outside for page in pages)
    own = tuple(page for page in pages if not page.fits)
    return Exported(FORMATS[name](pages), entries, len(pages), without, own, outside)
