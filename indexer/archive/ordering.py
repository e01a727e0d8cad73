"""The part of the library that puts lines of a page into another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.archive.part import Part
from indexer.catalog import PageOrder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexer.catalog import DocumentPage


class OrderingLines(Part):
    """The part of an open archive that knows in which order the lines of a page stand."""

    def order(
        self,
        page: DocumentPage,
        lines: Iterable[int],
        *,
        before: int | None = None,
        behind: int | None = None,
        whole: bool = False,
        seen: int | None = None,
    ) -> bool:
        """Put lines of a page, by their numbers, one after the other; whether they stand otherwise then.

        They stand where the first of them stood, or ``before`` or ``behind`` another line; with ``whole``, the whole
        block of each. ``seen`` is the number of the order that was seen. Raises ``ConflictError`` if another one stands
        by now or a line is not there any more, and ``UsageError`` for an order that makes no sense.
        """
        changed = self.catalog.order(page, PageOrder(tuple(lines), before, behind, whole, seen))
        self._followed([])
        return changed

    def undo_order(self, page: DocumentPage, order: int | None = None) -> None:
        """Take back the order in which a page was put last. Raises ``MissingError`` if there is none, and
        ``ConflictError`` if the last one is not ``order``."""
        self.catalog.take_back_order(page, order)
        self._followed([])
