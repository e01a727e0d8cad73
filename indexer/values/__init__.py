"""All value types of the project: what a source yields, an engine reads, the catalogue keeps and a search returns.

Coordinates are pixels of the upright page image, origin at the top left. Confidences are fractions from
0 to 1, or ``None`` when nobody gave one: unknown is not low. Imports nothing of ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image

Point = tuple[float, float]

TEXT_LAYER = "text-layer"
"""Origin of lines that a file brought along as text, such as a PDF's text layer."""
HIDDEN_TEXT = "hidden-text"
"""Origin of lines that a file brought along as text, but that it does not show as text: what a scanner read, mostly."""
HUMAN = "human"
"""Origin of lines that a person confirmed or typed."""


class Status(str, Enum):
    """Where a line stands: found by default, waiting for review, or put aside by a person."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    UNKNOWN = "unknown"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in page pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> Point:
        """The point halfway in both directions."""
        return (self.x + self.width / 2, self.y + self.height / 2)

    @property
    def area(self) -> int:
        """Its size in square pixels."""
        return self.width * self.height

    @property
    def xywh(self) -> tuple[int, int, int, int]:
        """x, y, width, height, as other programs take them."""
        return (self.x, self.y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line as it was read."""

    text: str
    confidence: float | None
    box: Box


@dataclass(frozen=True, slots=True)
class Line:
    """One line of writing as one reader read it.

    ``polygon`` outlines the ink more closely than ``box`` where the reader knows it; ``frames`` is room for
    the compact frame probabilities of readers that keep them. Raises ``ValueError`` for a confidence
    outside 0–1.
    """

    text: str
    confidence: float | None
    box: Box
    polygon: tuple[Point, ...] = ()
    words: tuple[Word, ...] = ()
    frames: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise ValueError(f"a confidence is a fraction from 0 to 1 or None, not {self.confidence!r}")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: ``modified`` in seconds since 1970, ``sha256`` of its content in hex.

    ``stamp`` is what the system said of the file when its content was hashed; ``None`` when it was not hashed just now.
    A file inside another one has a ``holder``: the file that lies on the disk, whose path its own goes on from.
    """

    path: Path
    sha256: str
    size: int
    modified: float
    stamp: tuple[int, int, int] | None = field(default=None, compare=False, repr=False)
    holder: SourceFile | None = field(default=None, compare=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names it has inside its holder, from the outermost on; none for a file that lies on the disk."""
        return () if self.holder is None else self.path.relative_to(self.holder.path).parts


@dataclass(frozen=True, slots=True)
class Inside:
    """A file that another one holds, as an attachment of a PDF, with its ``names`` there from the outermost on.

    A document of its own has the hash of its content. Without one it is passed over or, with a ``trouble`` (a kind and
    a sentence), cannot be had. Raises ``ValueError`` for names that no path can go on with.
    """

    names: tuple[str, ...]
    sha256: str = ""
    size: int = 0
    trouble: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        for name in self.names or ("",):
            name.encode()
            if name in ("", ".", "..") or set(name) & {"/", "\\", "\0"}:
                raise ValueError(f"a file inside another one cannot be named {name!r}")


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a source may need to know to open a file.

    ``passwords`` are tried in turn on an encrypted file. ``pdf_text`` says what becomes of text that a page brings
    along: taken alone where it is all the ink there is (``auto``), or wherever there is some (``use``), or always
    checked against the ink, or ignored. A page of more than ``max_pixels`` is refused or rendered smaller.
    """

    passwords: tuple[str, ...] = field(default=(), repr=False)
    pdf_text: Literal["auto", "use", "check", "ignore"] = "auto"
    max_pixels: int = 150_000_000


@dataclass(frozen=True, slots=True)
class TextLayer:
    """Text that a page brings along, its boxes in pixels of the image the page would render to.

    ``lines`` are text that the page shows, ``unproven`` ones are said to be there by the file alone: hidden, or drawn
    as other letters. ``complete`` says that the lines are all the ink the page shows.
    """

    width: int
    height: int
    lines: tuple[Line, ...]
    unproven: tuple[Line, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a file, decoded only when asked.

    ``number`` counts from 1 within the file. ``image`` renders the page upright, in mode ``L`` or ``RGB``; it
    is called at most until the next page is taken from the source. ``text`` gives the text the page brings
    along, or ``None`` when it has to be read from the image. ``missing`` says what of the file is not read, in a
    sentence, where that is to be known.
    """

    number: int
    image: Callable[[], Image]
    text: Callable[[], TextLayer | None] | None = None
    label: str | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A way to get pages out of files: chosen by suffix, named for people.

    ``suffixes`` are lower case with the dot. ``pages`` yields the pages of a file in order and cheaply: it is
    iterated to count them too. It raises ``PluginError`` where a file or a page cannot be had.
    ``inside`` yields the files that a file holds, each by names of its own that are the same every time. Those that can
    be read are documents of their own: ``pages`` is given each with its ``holder``.
    """

    name: str
    suffixes: tuple[str, ...]
    pages: Callable[[SourceFile, SourceOptions], Iterator[Page]]
    inside: Callable[[SourceFile, SourceOptions], Iterator[Inside]] | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """What an engine could read of a page that has more on it; ``reason`` says in a sentence why that is missing."""

    lines: tuple[Line, ...]
    reason: str


class Reader(Protocol):
    """An opened engine."""

    def read(self, image: Image) -> Sequence[Line] | Partial:
        """Read the lines of an upright page image (mode ``L`` or ``RGB``), in reading order, boxes in its pixels.

        Lines that were cut are left out: what comes is whole, and a ``Partial`` when it is not all.
        """


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine is opened with: an ISO 639-1 language or ``None``, a number of threads it may use, its own table
    from the settings, whether it is to take a second look at what is hard to read, and the folder of the reader
    (``indexer.api.models``) that it is to read with; ``None`` leaves that to the engine."""

    language: str | None = None
    threads: int = 1
    settings: Mapping[str, object] = field(default_factory=dict)
    enhance: bool = False
    reader: Path | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """A way to read page images: chosen by name, opened once in each worker.

    ``version`` changes whenever the same page may read differently. ``languages`` are ISO 639-1 codes; empty
    when the engine has no notion of them. ``enhances`` says that it takes a second look itself when it is asked to; for
    others the paper of the page is evened out instead. ``secrets`` names options that are never written down. An engine
    that reads with readers of ``indexer.api.models`` gives with ``reader`` the folder of the one for a language, or for
    ``None``, unless another is asked for; those beside it ship with it too.
    ``private`` names options that the notes.toml of a folder may not set, since it may be anybody's: what names files
    to load, or has somebody else asked. ``preferred`` says whether ``engine = auto`` takes it rather than the embedded
    one, and why in a few words; it raises ``PluginError`` when it would be preferred but cannot be used.
    """

    name: str
    summary: str
    open: Callable[[EngineOptions], AbstractContextManager[Reader]]
    version: str = ""
    languages: frozenset[str] = frozenset()
    enhances: bool = False
    secrets: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    preferred: Callable[[EngineOptions], tuple[bool, str]] | None = None
    reader: Callable[[str | None], Path] | None = None


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """An engine and what it is opened with."""

    engine: Engine
    options: EngineOptions


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found; ``hint`` says what to do about it."""

    state: Literal["ok", "warning", "broken"]
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A row of ``notes doctor``."""

    name: str
    run: Callable[[], CheckResult]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who gave a reading: an engine, ``text-layer`` or ``human``, its version, and the settings it ran with (JSON)."""

    engine: str
    version: str = ""
    settings: str = "{}"

    @property
    def reader(self) -> str | None:
        """The reader (``indexer.api.models``) that an engine read with: its name and a digest of its files."""
        reader = json.loads(self.settings).get("reader")
        return None if reader is None else str(reader)

    @property
    def trusted(self) -> bool:
        """Whether its lines count as accepted although it gives no confidence."""
        return self.engine in (TEXT_LAYER, HUMAN)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader made of a line; ``replaced`` when the page was read anew since, by a newer one or another."""

    line: Line
    origin: Origin
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What a page shows (``indexer.image.fingerprint``): a hash of it, and a coarse ``look``.

    The look is empty when the page was not rendered.
    """

    digest: str
    look: bytes


@dataclass(frozen=True, slots=True)
class PageReading:
    """Everything that was read of a page: its size in pixels and the lines in reading order.

    Each line has its readings, the one that counts first. ``incomplete`` says why lines are missing, if some are.
    """

    number: int
    width: int
    height: int
    lines: tuple[tuple[Reading, ...], ...]
    seconds: float
    label: str | None = None
    incomplete: str | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be read. ``page`` is ``None`` when the whole file is meant, ``kind`` a stable slug."""

    path: Path
    page: int | None
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line as the catalogue knows it; ``number`` counts from 1 within the page."""

    id: int
    path: Path
    page: int
    number: int
    text: str
    confidence: float | None
    status: Status
    origin: Origin
    box: Box
    polygon: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherReading:
    """What stands in a line by a reading that does not count, and how sure that one is."""

    text: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class IndexLine:
    """What the search index needs of a line: the text that counts, not yet folded, and what others read there.

    ``frames`` are its frame probabilities (``indexer.posteriors.posteriorgram``), unless a person has settled what the
    line says; ``own_frames`` says whether the text is a reading of just these.
    """

    id: int
    text: str
    confidence: float | None
    status: Status
    others: tuple[OtherReading, ...] = ()
    frames: bytes | None = field(default=None, repr=False)
    own_frames: bool = True


@dataclass(frozen=True, slots=True)
class IndexPage:
    """A page whose lines the search index has to take over, in reading order."""

    id: int
    revision: int
    lines: tuple[IndexLine, ...]


class Feed(Protocol):
    """What the search index is made from: the catalogue."""

    uuid: str

    @property
    def revision(self) -> int:
        """The newest change."""

    def changed_pages(self, since: int) -> Iterator[IndexPage]:
        """Pages changed after a revision, oldest first."""

    def removed_pages(self, since: int) -> Iterator[int]:
        """Ids of pages removed after a revision."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word of a query stands in a line: ``text`` is what was read there, ``start`` and ``end`` its place in the
    line's text, both the same where nothing was read."""

    text: str
    box: Box
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A found line: ``relevance`` is the probability (0-1) that it has what was asked for, ``read`` whether that was
    read there or only nearly, and ``places`` where it stands in the ink."""

    line: StoredLine
    relevance: float
    read: bool
    places: tuple[Place, ...] = ()


Reach = Literal["low", "normal", "high"]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Which lines may be found and how they are ordered.

    ``reach`` says how unsure a hit may be; with ``None`` only what was read is searched. ``all_states`` adds the lines
    that wait for review although what was read there matches; ``pages`` are the only pages looked on, by their ids;
    ``since`` and ``until`` are seconds since 1970, the latter excluded; ``limit`` None means all.
    """

    reach: Reach | None = "normal"
    all_states: bool = False
    min_confidence: float | None = None
    glob: str | None = None
    pages: frozenset[int] | None = None
    since: float | None = None
    until: float | None = None
    sort: Literal["relevance", "confidence", "page"] = "relevance"
    limit: int | None = 20
    offset: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a query found: ``hits`` is a part of ``total``; ``more_in_review`` lines match but wait for review.

    About ``missed`` more lines have what was asked for, by the relevances of the lines that are not shown: ``doubtful``
    of these have one worth naming, ``unreadable`` ones were read too badly to tell. A wider reach shows ``weaker`` hits
    worth naming more, the most probable of these at ``best``. ``searched`` is the number of lines that were looked
    through.
    """

    total: int
    more_in_review: int
    hits: tuple[Hit, ...]
    missed: float = 0.0
    doubtful: int = 0
    unreadable: int = 0
    weaker: int = 0
    best: float = 0.0
    searched: int = 0
    suggestions: tuple[str, ...] = ()
