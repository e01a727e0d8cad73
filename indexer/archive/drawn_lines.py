"""Lines that people draw where none was found, or in the place of lines that lie wrong."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from indexer.archive.archive_line import ArchiveLine
from indexer.archive.part import Part
from indexer.catalog import DrawnLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.catalog import DocumentPage
    from indexer.values import Box, Line


class DrawnLines(Part):
    """The part of an open archive that takes lines which people draw."""

    def draw(self, page: DocumentPage, place: Box, text: str, instead: Sequence[ArchiveLine] = ()) -> ArchiveLine:
        """Keep a line that was not found on a page: its box in pixels of the page, and what it says.

        It takes the place of the lines ``instead``, whose first keeps its number: so a line is moved, and several are
        joined. Raises ``ConflictError`` when one of them is not what was seen, and ``UsageError`` for a place that is
        not on the page.
        """
        was = tuple((each.id, each.revision) for each in instead)
        (line,) = self._followed([self.catalog.draw(page, DrawnLine(place, text, was))])
        return self.line(line)

    def read_place(self, page: DocumentPage, place: Box, passwords: Sequence[str] = ()) -> Line | None:
        """What the engine reads in a place of a page; ``None`` for nothing. Nothing is kept.

        Raises ``UnavailableError`` when the engine does not read a line whose place is known.
        """
        from indexer.recognition import place as reading  # what reads is not loaded to search

        image = self.picture(page, passwords=passwords)
        engines = [(each.engine.name, each.options) for each in self.engines.engines]
        with ExitStack() as stack:
            recogniser = reading.line_reader(self.registry, engines, stack)
            return reading.read_place(recogniser, image, (page.width, page.height), place)
