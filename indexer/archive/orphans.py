"""The part of the library that tells of verdicts whose line is gone, and says them of another line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.archive import settling
from indexer.archive.part import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.archive.archive_line import ArchiveLine
    from indexer.catalog import Orphan
    from indexer.values import StoredLine


class Orphans(Part):
    """The part of an open archive that knows verdicts whose line is gone."""

    def orphans(self) -> list[Orphan]:
        """What people said that lies on no line now."""
        return self.catalog.orphans()

    def suggestions(self, orphans: Sequence[Orphan]) -> dict[int, StoredLine]:
        """The lines on which what was said may lie, by the numbers of the orphans."""
        return self.catalog.suggestions(orphans)

    def orphan(self, line: int) -> Orphan:
        """What was said of a line that is not there any more, by the number that it had."""
        return self.catalog.orphan(line)

    def attach(self, orphan: Orphan, line: ArchiveLine, *, sure: bool = False) -> StoredLine:
        """Say of a line what was said of one that is not there any more; raises as ``say`` does."""
        return self._followed([settling.attach(self.catalog, orphan, line.id, line.revision, sure=sure)])[0]
