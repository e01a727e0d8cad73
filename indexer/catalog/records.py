"""What the catalogue tells of files, pages, verdicts and the whole archive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from indexer.values.thresholds import waiting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from indexer.values import Box, Sidecar, Status


JobState = Literal["waiting", "reading", "read", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """A document that was added in the browser: ``file`` is its name in the folder of what was added. ``error`` is what
    went wrong, ``None`` if nothing did. ``added_at`` is in UTC, ISO 8601."""

    sha256: str
    file: str
    name: str
    state: JobState
    error: str | None
    added_at: str


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the catalogue knows of a content: its number of pages, and the recipe of each read page.

    ``unseen`` pages have verdicts, but it is not noted what they show. ``unopened`` means that it may hold files that
    are not known. ``sidecars`` are the files of text that lay beside its pages, as far as some did.
    """

    pages: int | None
    recipes: dict[int, str]
    unseen: frozenset[int] = frozenset()
    unopened: bool = False
    sidecars: Mapping[int, Sidecar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownPage:
    """Size of a page in pixels as it was read, the seconds that took, and by how many degrees clockwise its image was
    turned before."""

    width: int
    height: int
    seconds: float
    turned: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is: ``documents`` that lie somewhere, ``files`` and ``pages`` that were read, ``lines`` by status,
    ``failures`` of the last run, ``engines`` with the lines that each read.

    ``verdicts`` counts the lines with a verdict, ``orphans`` the verdicts that lie on no line. ``incomplete`` counts
    pages with missing lines, by the reason; ``empty`` counts pages without a line. ``right`` is the expected share
    (0-1) of right words in accepted lines, by their confidences; ``None`` if none has a confidence. ``languages`` are
    shares (0-1) of the lines that an engine read in languages, by the weights of these on each page.
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
    languages: dict[str, float]

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
    """A content with a path and a title: ``pages`` is how many it has (``None`` until counted), ``read`` how many were
    read, ``waiting`` how many of its lines wait for review, ``empty`` how many of its pages have no line. ``modified``
    is in seconds since 1970."""

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
class Forgotten:
    """A document that a person forgot: its content, the number of the deed (0 when what was set aside was deleted for
    good), its name and path, its pages, the lines with a verdict, and when it was forgotten (UTC, ISO 8601)."""

    sha256: str
    deed: int
    name: str
    path: Path
    pages: int
    said: int
    forgotten_at: str


@dataclass(frozen=True, slots=True)
class Sureness:
    """So many ``lines`` of a document, with so many ``words``, are equally sure: their ``confidence`` (0-1, whole
    percent; ``None`` = unknown), or they were ``said`` by a person."""

    confidence: float | None
    said: bool
    lines: int
    words: int


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page of a document, its size in pixels as it was read; ``revision`` counts its changes. ``turned`` says by how
    many degrees clockwise the image in the file is turned to be shown and read."""

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
    turned: int = 0


Kind = Literal["accept", "correct", "reject"]


@dataclass(frozen=True, slots=True)
class ModelUse:
    """How many ``lines``, on how many ``pages`` of a document, have a reading that counts by a recognition ``model``
    (``indexer.api.models.identity``). ``path`` is that of the document."""

    model: str
    path: Path
    pages: int
    lines: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a line.

    ``text`` is the correction, or the text that is accepted; an acceptance without a text accepts what stands there.
    ``seen`` is the revision of the line that was shown, or the number of its verdict alone. ``place`` is where the
    line lies, in pixels of the page, if that is elsewhere than it was shown.
    """

    line: int
    kind: Kind
    text: str | None = None
    seen: str | None = None
    place: Box | None = None


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A line that a person drew on a page: where it lies, in pixels of the page, and what it says.

    It takes the place of the lines ``instead``, each with its revision as it was seen; the first of them keeps its
    number.
    """

    place: Box
    text: str
    instead: tuple[tuple[int, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class PageOrder:
    """Lines of a page that a person puts one after the other: where the first of them stands, or ``before`` or
    ``behind`` another line.

    With ``whole`` the whole block of each line is meant. ``seen`` is the order that the person saw
    (``StandingOrder.id``, 0 for that in which the page was read); with ``None`` it may be any.
    """

    lines: tuple[int, ...]
    before: int | None = None
    behind: int | None = None
    whole: bool = False
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """The order in which a person put the lines of a page, by its number, when (UTC, ISO 8601), and ``who`` it was;
    empty if that is not noted."""

    id: int
    made_at: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class SaidWord:
    """What a person says of a place: whether a word ``stands`` in that ``box`` (pixels of the page) of a line.

    ``seen`` is the revision of the line that was shown, ``relevance`` the probability (0-1) that it stood there.
    """

    line: int
    box: Box
    stands: bool
    seen: str
    relevance: float


@dataclass(frozen=True, slots=True)
class WordsKept:
    """What was kept of places that were looked at together: the number of the ``batch``, how many places were ``kept``,
    and how many were ``left`` since their lines have changed."""

    batch: int
    kept: int
    left: int


@dataclass(frozen=True, slots=True)
class WordBatch:
    """Places that were looked at together for a word: it stands in ``right`` of them, and in ``wrong`` it does not.
    ``expected`` is in how many of all it was expected before. ``wrong_before`` and ``wrong_after`` are how many words
    of their lines are expected to be wrong; ``accepted`` of the lines wait for review no more. ``made_at`` is in UTC,
    ``who`` the person; empty if that is not noted.
    """

    batch: int
    word: str
    right: int
    wrong: int
    expected: float
    wrong_before: float
    wrong_after: float
    accepted: int
    made_at: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """A verdict or the order of a page that stands: its number, the line, what was said of it and what it said before;
    of an order the first of its lines, and no texts. ``path`` is where the file lay then, ``document`` the document if
    it is in the index. ``made_at`` is in UTC, ISO 8601. ``who`` did it; empty if that was not noted."""

    number: int
    line: int
    kind: Kind | Literal["order"]
    text: str
    seen: str
    path: Path | None
    document: int | None
    page: int
    made_at: str
    who: str


@dataclass(frozen=True, slots=True)
class Orphan:
    """A verdict on a line that does not exist any more: ``line`` is the number it had, ``path`` where its file lay.
    ``text`` is what the verdict says or, of a rejected line, what was read. ``said_at`` is when it was said.

    ``is_read`` says whether the page is still in the catalogue.
    """

    line: int
    kind: Kind
    text: str
    path: Path | None
    page: int
    box: Box
    said_at: str
    is_read: bool
