"""What the catalogue says of files, pages and the whole archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexer.values.thresholds import waiting

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.values import Box, Status


JobState = Literal["waiting", "reading", "read", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """A document that was added through the browser: the ``file`` it lies in, how far it is, what went wrong (``None``
    when nothing did), and when it came (UTC, ISO 8601)."""

    sha256: str
    file: str
    name: str
    state: JobState
    error: str | None
    added_at: str


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the catalogue has of a file's content: its number of pages, and each read page's recipe.

    Of the pages ``unseen`` something was said before it was noted what they show. ``unopened`` says that it may hold
    files that are not known.
    """

    pages: int | None
    recipes: dict[int, str]
    unseen: frozenset[int] = frozenset()
    unopened: bool = False


@dataclass(frozen=True, slots=True)
class KnownPage:
    """Size of a page in pixels as it was read, and the seconds that took."""

    width: int
    height: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is: ``documents`` that lie somewhere, ``files`` and ``pages`` that were read, ``lines`` by status,
    ``failures`` left by the last run, ``engines`` by lines they read.

    ``verdicts`` counts the lines on which one stands, ``orphans`` the verdicts that stand and lie on no line.
    ``incomplete`` counts pages of which lines are missing, by the reason; ``empty`` those on which no line was read.
    ``right`` is the share (0-1) of the words of accepted lines that is right by their confidences; ``None`` when none
    of them has one.
    """

    documents: int
    files: int
    pages: int
    empty: int
    incomplete: dict[str, int]
    lines: dict[Status, int]
    verdicts: int
    orphans: int
    failures: int
    engines: dict[str, int]
    right: float | None

    @property
    def unread(self) -> int:
        """How many files and pages could not be read whole."""
        return self.failures + sum(self.incomplete.values())

    @property
    def waiting(self) -> int:
        """How many lines wait for review."""
        return waiting(self.lines)


@dataclass(frozen=True, slots=True)
class Document:
    """A content with a place and a name: ``pages`` is how many it has (``None`` until counted), ``read`` how many of
    them were read, ``waiting`` how many of their lines wait for review, ``empty`` on how many pages no line was read,
    ``modified`` seconds since 1970."""

    id: int
    path: Path
    name: str
    sha256: str
    modified: float
    pages: int | None
    read: int
    waiting: int
    empty: int


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page of a document, its size in pixels as it was read; ``revision`` counts its changes."""

    id: int
    document: int
    path: Path
    name: str
    sha256: str
    number: int
    label: str | None
    width: int
    height: int
    incomplete: str | None
    revision: int


Kind = Literal["accept", "correct", "reject"]


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a line.

    ``text`` is what a correction says, or the text that is accepted; an acceptance without one is of whatever stands
    there. ``seen`` is the revision of the line that was shown, or the number of the verdict on it alone.
    """

    line: int
    kind: Kind
    text: str | None = None
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class Orphan:
    """What a person said of a line that is not there any more: ``line`` is the number it had, ``path`` where its file
    lay, ``text`` what it says, or what was read of a line that was rejected, and ``said_at`` when it was said.

    ``is_read`` says whether its page is in the catalogue, and only the line is not.
    """

    line: int
    kind: Kind
    text: str
    path: Path | None
    page: int
    box: Box
    said_at: str
    is_read: bool
