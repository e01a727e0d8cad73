"""What the parts of an open archive may ask of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.api.registry import Registry
    from indexer.archive.opening import Voice
    from indexer.catalog import Catalog
    from indexer.recognition.choice import Decision
    from indexer.system.settings import Settings
    from indexer.values import StoredLine


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

        def _let_go(self) -> None: ...

        def _followed(self, lines: list[StoredLine]) -> list[StoredLine]: ...
