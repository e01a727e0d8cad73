"""What a worker is told, and what it says of each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.recognition.sidecars import Beside
from indexer.system.logs import Log
from indexer.text.folding import clean
from indexer.values import EngineChoice, EngineOptions, Inside, PageReading, SourceFile, SourceOptions

NO_PAGES = ("empty", "it has no pages")
"""Kind and message of the failure of a file that lacks pages."""
_LABEL, _SENTENCE = 200, 1000
"""The most letters of a label, and of a sentence."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker is told once; ``engines`` are names, each with what it is opened with."""

    plugin_folder: Path
    engines: tuple[tuple[str, EngineOptions], ...]
    source_options: SourceOptions
    log: Log | None = None

    @classmethod
    def of(
        cls, plugin_folder: Path, engines: Sequence[EngineChoice], source_options: SourceOptions, log: Log | None
    ) -> Setup:
        """The same with engines that are open here: workers open them by their names."""
        named = tuple((each.engine.name, each.options) for each in engines)
        return cls(plugin_folder, named, source_options, log)


@dataclass(frozen=True, slots=True)
class Task:
    """The pages of a file to read; with ``pages`` None they are to be counted. ``turns`` are what a person said: by how
    many degrees clockwise a page is to be turned. ``beside`` are the files of text beside it, ``kept`` pages as they
    were read with other text."""

    file: SourceFile
    pages: tuple[int, ...] | None = None
    turns: Mapping[int, int] = field(default_factory=dict)
    beside: Beside = field(default_factory=Beside)
    kept: Mapping[int, PageReading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Began:
    """A page is begun, in a source or in an engine: if the worker dies or hangs, it was there."""

    page: int
    engine: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The numbers of the pages of a file, and the files inside it; ``None`` if nobody looked for these."""

    pages: tuple[int, ...]
    inside: tuple[Inside, ...] | None = ()
    is_container: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether pages are missing. A container has none, and a letter without a scan lacks nothing."""
        return not self.pages and not self.is_container


@dataclass(frozen=True, slots=True)
class Read:
    """A page was read; or it stays as it was read, and only the text beside it is another one (``is_kept``)."""

    reading: PageReading
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A page that cannot be read; with ``page`` None it is the rest of the file."""

    page: int | None
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Text beside a page that is not taken, and why; with ``page`` None the whole file of it, which lies at ``path``.
    The page is read."""

    page: int | None
    message: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The task is over. Pages that were neither read nor failed were left because of a stop."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """The engine cannot be opened: no page can be read with it."""

    message: str
    hint: str


Message = Began | Counted | Read | Failed | Refused | Finished | Unusable


def as_text(message: Message) -> Message:
    """The message with labels and sentences that a catalogue and a terminal can hold: they may quote what a file says.

    Halves of letters are left out, lines are joined, and what is too long is cut.
    """
    if isinstance(message, Read):
        page = message.reading
        label, incomplete = _short(page.label, _LABEL), _short(page.incomplete, _SENTENCE)
        return Read(replace(page, label=label, incomplete=incomplete))
    if isinstance(message, Failed | Refused | Unusable):
        return replace(message, message=_short(message.message, _SENTENCE) or "")
    if isinstance(message, Counted) and message.inside:
        return replace(message, inside=tuple(map(_named, message.inside)))
    return message


def _named(inside: Inside) -> Inside:
    if inside.trouble is None:
        return inside
    kind, sentence = inside.trouble
    return replace(inside, trouble=(kind, _short(sentence, _SENTENCE) or ""))


def _short(text: str | None, most: int) -> str | None:
    if text is None:
        return None
    cleaned = clean(text[: 4 * most])
    return cleaned if len(cleaned) <= most else f"{cleaned[: most - 1]}…"
