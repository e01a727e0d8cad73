"""The part of the library that keeps what people say of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.archive import settling
from indexer.archive.part import Part
from indexer.archive.review_order import in_order, ranked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.catalog import Said
    from indexer.values import ReviewOrder, StoredLine


class SayingLines(Part):
    """The part of an open archive that knows what waits for review, and what was said of it."""

    def waiting(self, limit: int = 20, order: ReviewOrder = "value") -> list[StoredLine]:
        """Lines that wait for review; raises ``UsageError`` for an order that there is not."""
        return in_order(self.catalog, order, lambda: ranked(self.catalog, self._find), 0, limit).lines

    def say(self, said: Sequence[Said], *, sure: bool = False) -> list[StoredLine]:
        """Keep what a person says of lines, all of it or nothing; the lines as they are then.

        Raises ``ConflictError`` when a line is not what was seen any more, and ``DoubtError`` when the ink speaks
        against a correction of which they are not ``sure``.
        """
        return self._followed(settling.settle(self.catalog, said, sure=sure))

    def undo(self, line: int, verdict: int | None = None) -> StoredLine | None:
        """Take back what was said last of a line, if it is the ``verdict`` that is meant; the line, if there is one."""
        left = self.catalog.take_back(line, verdict)
        self._followed([])
        return left
