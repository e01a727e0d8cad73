"""Finds a page by the name that a person gives it: its file, or its file and number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.system.paths import place_among
from indexer.text.folding import display, printable
from indexer.translation import _
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.catalog import Catalog, Document, DocumentPage

_DIGITS = 19
"""Most digits of the number of a page."""
_NAMED = 5
"""Files that are named when several may be meant."""


def page_named(catalog: Catalog, name: str) -> DocumentPage:
    """The page ``FILE:PAGE``, or the first page of ``FILE``. The end of a path is enough if only one ends so.

    Raises ``UsageError`` for a file that is not in the index, and ``MissingError`` for a page that was not read.
    """
    places = catalog.places(inside=True)
    path, number = _place_named(catalog, name, places), 1
    file, __, digits = name.rpartition(":")
    if path is None and file and digits.isascii() and digits.isdigit() and len(digits) < _DIGITS:
        path, number = _place_named(catalog, file, places), int(digits)
    if path is None:
        raise UsageError(
            _("%(display)s is neither the id of a line nor a file in the index", display=display(Path(name))),
            _("Give the number in brackets of a hit, or FILE, or FILE:PAGE; notes documents lists the files."),
        )
    seen = catalog.seen(path)
    document = None if seen is None else catalog.document_of(seen.sha256)
    try:
        page = None if document is None else catalog.document_page(document.id, number)
    except (MissingError, OverflowError):
        page = None
    if page is None:
        raise MissingError(
            _("page %(number)s of %(path)s is not in the index", number=number, path=path),
            _("notes documents lists what is."),
        )
    return replace(page, path=path, name=catalog.names([path])[path])


def _place_named(catalog: Catalog, name: str, places: Sequence[Path]) -> Path | None:
    """The place that a path names or, if none lies there, what was added under this name, or the file whose path ends
    so.

    Raises ``UsageError`` when there are several.
    """
    path = place_among(Path(name), places)
    if path is not None:
        return path
    called = catalog.places_called(name)
    if not called:
        parts = Path(name).parts
        called = [each for each in places if parts and each.parts[-len(parts) :] == parts]
    if len(called) > 1:
        first = ", ".join(display(each) for each in called[:_NAMED])
        raise UsageError(
            _("%(called)s documents are called %(display)s", called=len(called), display=display(Path(name))),
            _("Give one of: %(first)s.", first=first + (" …" if len(called) > _NAMED else "")),
        )
    return called[0] if called else None


def documents_named(catalog: Catalog, pattern: str) -> list[Document]:
    """The documents that a pattern means, by path. Raises ``MissingError`` when there is none."""
    found = catalog.documents_matching(pattern)
    if not found:
        from indexer.search.near_files import near as near_names

        near = near_names(pattern, [*catalog.places(), *catalog.entitled_places()])
        like = f"Did you mean {' or '.join(near)}?" if near else "notes documents lists what there is."
        raise MissingError(
            _("no folder or file in the index matches %(printable)s", printable=printable(pattern)), like
        )
    return found
