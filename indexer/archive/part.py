"""What the parts of an open archive may ask of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from indexer.api.registry import Registry
    from indexer.archive.archive_line import ArchiveLine
    from indexer.archive.opening import Voice
    from indexer.catalog import Catalog, DocumentPage
    from indexer.recognition.choice import Decision
    from indexer.recognition.page_drawer import PageDrawer
    from indexer.system.settings import Settings
    from indexer.values import Box, SearchOptions, SearchResult, StoredLine


class Part:
    """A part of an open archive: its methods are those of the whole, which has all that is named here."""

    settings: Settings
    _voice: Voice
    if TYPE_CHECKING:

        @property
        def registry(self) -> Registry:
            """The plugins."""

        @property
        def catalog(self) -> Catalog:
            """The open catalogue."""

        @property
        def engines(self) -> Decision:
            """The engines that read."""

        def line(self, line: int | StoredLine, seen: str | None = None) -> ArchiveLine:
            """A line as it is now."""

        @property
        def _drawer(self) -> PageDrawer:
            """What opens pages to show them."""

        def picture(
            self, page: DocumentPage, part: Box | StoredLine | None = None, passwords: Sequence[str] = ()
        ) -> Image:
            """The image of a page from its file."""

        def _let_go(self) -> None: ...

        def _find(self, query: str, options: SearchOptions) -> SearchResult: ...

        def _followed(self, lines: list[StoredLine]) -> list[StoredLine]: ...
