"""What plugins offer: an engine, what it is opened with and what it reads, what a check says, spellings of names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, overload, runtime_checkable

from indexer.values.layout import Line, Point
from indexer.values.renamed import renamed
from indexer.values.trainable import Trainable

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Partial:
    """The lines that an engine could read of a page with more on it; ``reason`` says in a sentence why the rest is
    missing."""

    lines: tuple[Line, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PageLines(Sequence[Line]):
    """The lines of a page, with what the engine chose by itself to read it: how much of it is in which language
    (ISO 639-1 codes, weights that make about 1)."""

    lines: tuple[Line, ...]
    languages: Mapping[str, float] = field(default_factory=dict)

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Line]: ...
    def __getitem__(self, at: int | slice) -> Line | Sequence[Line]:
        return self.lines[at]

    def __len__(self) -> int:
        return len(self.lines)


def lines_of(found: Sequence[Line] | Partial) -> Sequence[Line]:
    """The lines that an engine gave for a page, whether these are all or not."""
    return found.lines if isinstance(found, Partial) else found


class Recogniser(Protocol):
    """An opened engine."""

    def read(self, image: Image) -> Sequence[Line] | Partial:
        """Read the lines of an upright page image (mode ``L`` or ``RGB``); boxes are in its pixels.

        If each line has a block, their order counts. Otherwise blocks and order are found by where the lines lie.

        Lines that were cut off are left out. When lines are missing the result is a ``Partial``.
        """


@runtime_checkable
class LineReader(Protocol):
    """An opened engine that also reads lines again whose place is known, as ``notes review learn`` wants it."""

    def reread(self, image: Image, outlines: Sequence[Sequence[Point]]) -> PageLines:
        """Read the lines in outlines that it gave earlier, with the same or another recognition model: each of them, in
        their order."""


@runtime_checkable
class SecondReader(Protocol):
    """An opened engine that reads a page after another one, as ``first+second`` names them."""

    def read_after(self, image: Image, found: Sequence[Line]) -> Sequence[Line] | Partial:
        """Read a page of which another engine ``found`` these lines; none if no engine gave confidences before."""


@renamed(reader="model", enhance="thorough")
@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine is opened with.

    ``language`` is an ISO 639-1 code or ``None``. ``threads`` is how many it may use. ``settings`` is its own table in
    the settings. With ``thorough`` it takes the time to look again at what is hard to read. ``model`` is the folder of
    the recognition model (``indexer.api.models``) to read with; ``None`` leaves the choice to the engine.
    """

    language: str | None = None
    threads: int = 1
    settings: Mapping[str, object] = field(default_factory=dict)
    thorough: bool = False
    model: Path | None = None


@renamed(reader="model", enhances="looks_again")
@dataclass(frozen=True, slots=True)
class Engine:
    """A way to read page images: chosen by name, opened once in each worker.

    ``version`` changes whenever the same page may read differently. ``languages`` are ISO 639-1 codes; it is empty if
    the engine knows no languages. ``looks_again`` means that a thorough engine looks again itself; for other engines
    the paper of the page is evened out instead. ``secrets`` names options whose values are never written down.
    ``private`` names options that the notes.toml of a folder may not set, since it may be anybody's: those that name
    files to load, or whom to ask.

    ``preferred`` says whether ``engine = auto`` takes this engine rather than the embedded one, and why in a few words.
    It raises ``PluginError`` if the engine would be preferred but cannot be used.

    An engine that reads with recognition models (``indexer.api.models``) has ``model``: it gives the folder of the
    model for a language, or for ``None``, when none is named. The models beside that one ship with the engine too.
    ``training`` opens what it offers to ``notes train``; without it the engine cannot be trained. ``used_to`` gets the
    folder of a model, texts of lines that people corrected, and a new folder, into which it writes a network and a
    language model that expects such texts. It needs a recogniser that is a ``LineReader``, and no PyTorch.
    """

    name: str
    summary: str
    open: Callable[[EngineOptions], AbstractContextManager[Recogniser]]
    version: str = ""
    languages: frozenset[str] = frozenset()
    looks_again: bool = False
    secrets: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    preferred: Callable[[EngineOptions], tuple[bool, str]] | None = None
    model: Callable[[str | None], Path] | None = None
    training: Callable[[], Trainable] | None = None
    used_to: Callable[[Path, Sequence[str], Path], None] | None = None


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
class Variants:
    """More spellings of names, for ``name:`` in a search.

    ``spellings`` gets a forename or family name as it was typed and gives other ways to write it, each with the
    probability (0-1) that the name is meant where that stands. ``languages`` are those it is for (ISO 639-1 codes);
    with none it is for all.
    """

    name: str
    languages: tuple[str, ...]
    spellings: Callable[[str], Iterable[tuple[str, float]]]
