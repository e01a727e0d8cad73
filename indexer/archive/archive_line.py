"""A line of an open archive as somebody saw it, and the verdicts on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexer.catalog import Said

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from indexer.archive.library import Archive
    from indexer.catalog import Kind
    from indexer.values import Box, Reading, Status, StoredLine, Word


@dataclass(frozen=True, slots=True)
class ArchiveLine:
    """A line as it was when it was asked for. Each verdict gives the line as it is then.

    A verdict is kept only if the line is still what was seen here. Else ``ConflictError`` is raised.
    """

    _archive: Archive = field(repr=False)
    seen: StoredLine
    revision: str = field(repr=False)

    @property
    def id(self) -> int:
        """Its number, the one in brackets on the command line."""
        return self.seen.id

    @property
    def text(self) -> str:
        """What it says."""
        return self.seen.text

    @property
    def confidence(self) -> float | None:
        """How sure that is, 0–1; ``None`` is unknown, not low."""
        return self.seen.confidence

    @property
    def status(self) -> Status:
        """Whether it is accepted, waits for review, or was rejected."""
        return self.seen.status

    @property
    def box(self) -> Box:
        """Where it stands on its page."""
        return self.seen.box

    @property
    def path(self) -> Path:
        """The file it is in."""
        return self.seen.path

    @property
    def page(self) -> int:
        """The number of its page in the file."""
        return self.seen.page

    def words(self) -> tuple[Word, ...]:
        """Its words, with their places as far as the engine gave any."""
        return self._archive.catalog.words([self.id]).get(self.id, ())

    def readings(self) -> list[Reading]:
        """Everything that was read of it and said of it, what counts first."""
        return self._archive.catalog.readings(self.id)

    def picture(self) -> Image:
        """Its ink with some paper around it, laid straight, from the file; see ``Archive.picture``."""
        return self._archive.picture(self._archive.catalog.page_of(self.id), self.seen)

    def accept(self) -> ArchiveLine:
        """Say that it was read right."""
        return self._say("accept", self.text)

    def correct(self, text: str, *, sure: bool = False) -> ArchiveLine:
        """Say what it says; raises ``DoubtError`` when the ink speaks against it and they are not ``sure``."""
        return self._say("correct", text, sure=sure)

    def reject(self) -> ArchiveLine:
        """Say that it is no text: it is not found any more."""
        return self._say("reject", None)

    def undo(self) -> ArchiveLine | None:
        """Take back what was said of it; ``None`` when it was there by that alone."""
        left = self._archive.undo(self.id, int(self.revision.partition("-")[0]))
        return None if left is None else self._archive.line(left)

    def said(self, kind: Kind, text: str | None = None) -> Said:
        """A verdict on it that is not kept yet: ``Archive.say`` keeps several, all or none."""
        return Said(self.id, kind, text, self.revision)

    def _say(self, kind: Kind, text: str | None, *, sure: bool = False) -> ArchiveLine:
        (settled,) = self._archive.say([self.said(kind, text)], sure=sure)
        return self._archive.line(settled)
