"""The pictures of pages and lines, from the files of an archive. Another process opens these."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from indexer.archive.opening import source_options
from indexer.archive.part import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from indexer.catalog import DocumentPage
    from indexer.recognition.page_drawer import Opening, Wanted
    from indexer.recognition.unkept import ReadPage
    from indexer.values import Box, SourceFile, StoredLine


class Picturing(Part):
    """The part of an open archive that shows pages and lines."""

    def picture(self, page: DocumentPage, part: Box | StoredLine | None = None, passwords: Sequence[str] = ()) -> Image:
        """The image of a page from its file, or what is in a box or a line of it, which is laid straight.

        Raises ``MissingError`` when the file is not the one that was read: no other picture is shown for it, and
        ``PluginError`` for a page that cannot be opened within the setting ``page_timeout``.
        """
        wanted = self._wanted(self.catalog.originals(page.sha256), page.number, page.turned, passwords)
        if part is None:
            return self._drawer.image(wanted)
        return self._drawer.made(wanted, partial(_part, (page.width, page.height), part))

    def picture_read(self, page: ReadPage, passwords: Sequence[str] = ()) -> Image:
        """The image of a page that ``read`` gave, as ``picture`` gives it."""
        return self._drawer.image(self._wanted([page.file], page.reading.number, page.reading.turned, passwords))

    def overlay(self, page: DocumentPage, passwords: Sequence[str] = ()) -> Image:
        """The image of a page with what was found on it: baselines, numbered in reading order, and blocks."""
        from indexer.archive.exporting import exported_lines
        from indexer.archive.overlay import drawn

        return drawn(self.picture(page, passwords=passwords), page.width, exported_lines(self.catalog, page))

    def orientation(self, page: DocumentPage, passwords: Sequence[str] = ()) -> int:
        """How the file with the image of a page says that it is turned (EXIF, 1-8). Raises as ``picture``. Not part of
        what is promised."""
        wanted = self._wanted(self.catalog.originals(page.sha256), page.number, page.turned, passwords)
        return self._drawer.made(wanted, _orientation)

    def _wanted(self, files: Sequence[SourceFile], number: int, turned: int, passwords: Sequence[str]) -> Wanted:
        from indexer.recognition.page_drawer import Wanted

        return Wanted(tuple(files), number, turned, source_options(self.settings, tuple(passwords)))


def _orientation(page: Opening) -> int:
    return page.orientation()


def _part(size: tuple[int, int], part: Box | StoredLine, page: Opening) -> Image:
    from indexer.archive.crops import part_of

    return part_of(page.image(), size, part)
