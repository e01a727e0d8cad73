"""What an engine is, what it is opened with, and what it says of a page or of its own state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from indexer.values.layout import Line
from indexer.values.renamed import renamed
from indexer.values.trainable import Trainable

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Partial:
    """What an engine could read of a page that has more on it; ``reason`` says in a sentence why that is missing."""

    lines: tuple[Line, ...]
    reason: str


class Recogniser(Protocol):
    """An opened engine."""

    def read(self, image: Image) -> Sequence[Line] | Partial:
        """Read the lines of an upright page image (mode ``L`` or ``RGB``), boxes in its pixels.

        Their order counts only when each has a block; else both are found by where the lines lie.

        Lines that were cut are left out: what comes is whole, and a ``Partial`` when it is not all.
        """


@renamed(reader="model")
@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine is opened with: an ISO 639-1 language or ``None``, a number of threads it may use, its own table
    from the settings, whether it is to take a second look at what is hard to read, and the folder of the recognition
    model (``indexer.api.models``) that it is to read with; ``None`` leaves that to the engine."""

    language: str | None = None
    threads: int = 1
    settings: Mapping[str, object] = field(default_factory=dict)
    enhance: bool = False
    model: Path | None = None


@renamed(reader="model")
@dataclass(frozen=True, slots=True)
class Engine:
    """A way to read page images: chosen by name, opened once in each worker.

    ``version`` changes whenever the same page may read differently. ``languages`` are ISO 639-1 codes; empty
    when the engine has no notion of them. ``enhances`` says that it takes a second look itself when it is asked to; for
    others the paper of the page is evened out instead. ``secrets`` names options that are never written down. An engine
    that reads with recognition models (``indexer.api.models``) has ``model``: it gives the folder of the model for a
    language, or for ``None``, when none is named. The models beside that one ship with the engine too.
    ``private`` names options that the notes.toml of a folder may not set, since it may be anybody's: what names files
    to load, or has somebody else asked. ``preferred`` says whether ``engine = auto`` takes it rather than the embedded
    one, and why in a few words; it raises ``PluginError`` when it would be preferred but cannot be used. ``training``
    opens what it offers to ``notes train``; without it the engine cannot be trained.
    """

    name: str
    summary: str
    open: Callable[[EngineOptions], AbstractContextManager[Recogniser]]
    version: str = ""
    languages: frozenset[str] = frozenset()
    enhances: bool = False
    secrets: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    preferred: Callable[[EngineOptions], tuple[bool, str]] | None = None
    model: Callable[[str | None], Path] | None = None
    training: Callable[[], Trainable] | None = None


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
