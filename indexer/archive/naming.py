"""Finds a page by the name that a person gives it: its file, or its file and number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.system.paths import place_among
from indexer.text.folding import display
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    from indexer.catalog import Catalog, DocumentPage

_DIGITS = 19
"""Most digits of the number of a page."""


def page_named(catalog: Catalog, name: str) -> DocumentPage:
    """The page ``FILE:PAGE``, or the first page of ``FILE``.

    Raises ``UsageError`` for a file that is not in the index, and ``MissingError`` for a page that was not read.
    """
    places = catalog.places(inside=True)
    path, number = place_among(Path(name), places), 1
    file, _, digits = name.rpartition(":")
    if path is None and file and digits.isascii() and digits.isdigit() and len(digits) < _DIGITS:
        path, number = place_among(Path(file), places), int(digits)
    if path is None:
        raise UsageError(
            f"{display(Path(name))} is neither the id of a line nor a file in the index",
            "Give the number in brackets of a hit, or FILE, or FILE:PAGE.",
        )
    seen = catalog.seen(path)
    document = None if seen is None else catalog.document_of(seen.sha256)
    try:
        page = None if document is None else catalog.document_page(document.id, number)
    except (MissingError, OverflowError):
        page = None
    if page is None:
        raise MissingError(f"page {number} of {path} is not in the index", "notes status lists what is.")
    return replace(page, path=path, name=catalog.names([path])[path])
