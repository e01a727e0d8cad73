"""What was read of a page, by what, and what could not be read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from indexer.translation import english
from indexer.values.layout import Line, Point
from indexer.values.renamed import renamed

if TYPE_CHECKING:
    from indexer.values.page import SourceFile

TEXT_LAYER = "text-layer"
"""Origin of text that a file brings along, such as the text layer of a PDF."""


HIDDEN_TEXT = "hidden-text"
"""Origin of text in a file that does not show it as text: mostly what a scanner's software read."""


SIDECAR = "sidecar"
"""Origin of text from a file beside the page: somebody's transcription, or what another program read."""


HUMAN = "human"
"""Origin of text that a person accepted or typed."""


Only = Literal["all", "accepted", "human"]
"""Which lines are given out: all that were not rejected, those that are accepted, or those that a person settled."""


@renamed(reader="model")
@dataclass(frozen=True, slots=True)
class Origin:
    """What gave a reading: an engine, ``text-layer`` or ``human``, with its version and its settings (JSON).

    Of ``human`` the version is the name of the person; empty if it was not noted.
    """

    engine: str
    version: str = ""
    settings: str = "{}"

    @property
    def model(self) -> str | None:
        """The recognition model that an engine read with: its name and a digest (``indexer.api.models.identity``)."""
        model = json.loads(self.settings).get("model")
        return None if model is None else str(model)

    @property
    def languages(self) -> dict[str, float]:
        """In which languages (ISO 639-1) an engine read the page, each with its weight; empty when it names none."""
        said = json.loads(self.settings).get("languages")
        weights = said.items() if isinstance(said, dict) else ()  # a catalogue may come from anybody
        return {str(name): float(weight) for name, weight in weights if isinstance(weight, int | float)}

    @property
    def person(self) -> str | None:
        """The name of the person that it is; ``None`` for engines, and if it was not noted."""
        return (self.version or None) if self.engine == HUMAN else None

    @property
    def trusted(self) -> bool:
        """Whether its lines are accepted even without a confidence."""
        return self.engine in (TEXT_LAYER, HUMAN) or self == BELIEVED


COMPARED, BELIEVED = Origin(SIDECAR), Origin(SIDECAR, settings='{"trusted": true}')
"""The origins of text beside a page: compared with the ink line by line, or taken as it stands."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one engine or person made of a line; ``replaced`` if the page was read again since."""

    line: Line
    origin: Origin
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What a page shows (``indexer.image.fingerprint``): a hash, and a coarse ``look``.

    The look is empty if the page was not rendered.
    """

    digest: str
    look: bytes


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A file of text beside the file of a page: ``sha256`` is of its content, and empty if it is no text of pages.
    ``modified`` is in seconds since 1970. It may be inside another file, its ``holder``."""

    path: Path
    sha256: str
    size: int
    modified: float
    holder: SourceFile | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PageReading:
    """Everything that was read of a page: its size in pixels, and its lines in reading order.

    Each line is a tuple of readings, the one that counts first. ``incomplete`` says why lines are missing, if some are.
    ``turned`` says by how many degrees clockwise the image that the source gave was turned to be read: 0, 90, 180 or
    270. Size and places are those of the turned page.
    ``rulings`` are the two ends of each ruling, upright or level, that was found on the page. ``sidecar`` is the
    file of text that lay beside the page, even if nothing could be taken from it.
    """

    number: int
    width: int
    height: int
    lines: tuple[tuple[Reading, ...], ...]
    seconds: float
    label: str | None = None
    incomplete: str | None = None
    picture: Picture | None = None
    turned: int = 0
    rulings: tuple[tuple[Point, Point], ...] = ()
    sidecar: Sidecar | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or page that could not be read. ``page`` is ``None`` for a whole file; ``kind`` is a stable slug."""

    path: Path
    page: int | None
    kind: str
    message: str

    def __post_init__(self) -> None:
        """What is kept is in English, and said again in the language of who reads it."""
        object.__setattr__(self, "message", english(self.message))
