"""An archive that several may ask at once: it is opened, asked and closed by one thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.archive.library import Archive

T = TypeVar("T")


class Desk:
    """Takes questions in turn. What asks too often waits; it holds up nobody who asks at another desk."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._thread = ThreadPoolExecutor(1, "desk")

    async def ask(self, question: Callable[[Archive], T]) -> T:
        """What the archive answers."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, self._archive)

    def close(self) -> None:
        """Close the archive when the question in hand is answered."""
        self._thread.submit(self._archive.close).result()
        self._thread.shutdown()
