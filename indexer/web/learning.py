"""Learns from corrected lines by ``notes review learn`` in a process of its own, while people go on reviewing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from indexer.catalog import Catalog
from indexer.values.errors import NotesError
from indexer.web.background import Background

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.web.running import Ending

_QUIET = 3.0
"""Seconds after a verdict in which others are waited for: they are learned from together."""
_log = logging.getLogger(__name__)


class LearningInBackground:
    """Learns from the volumes of an index as soon as enough of their lines are corrected."""

    def __init__(self, index: Path, ending: Ending) -> None:
        self._index = index
        self._ending = ending
        self._tried: dict[Path, int] = {}
        self._background = Background("learning", ending, self._learn, quiet=_QUIET)

    def begin(self) -> None:
        """Somebody said something of a line: see whether there is something to learn."""
        self._background.wake()

    def close(self) -> None:
        """Stop learning. What is not finished is begun anew after the next verdict."""
        self._background.close(at_once=True)  # nothing is lost: a model takes its place whole, a page is stored whole

    def _learn(self) -> None:
        try:
            for volume, number in self._due().items():
                if not self._ending.asked.is_set():
                    self._run(volume)
                    self._tried[volume] = number
        except (NotesError, OSError) as error:
            _log.warning("corrected lines cannot be learned from: %s", error)

    def _due(self) -> dict[Path, int]:
        """The volumes with enough that is new, also since they were last tried."""
        from indexer.archive import few_lines  # what reads is not loaded to serve

        with Catalog(self._index) as catalog:
            found = few_lines.due(catalog, self._index)
        return {each: number for each, number in found.items() if few_lines.is_more(number, self._tried.get(each, 0))}

    def _run(self, volume: Path) -> None:
        """Learn from a volume, and read its waiting lines again."""
        command = ("review", "learn", "--as-child", "--index", str(self._index), str(volume))
        code, said = self._background.child.run(*command)
        _log.info("learning from %s ended with %d: %s", volume, code, said)
