"""What was read of a page, by whom, and what could not be read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from indexer.values.layout import Line
from indexer.values.renamed import renamed

TEXT_LAYER = "text-layer"
"""Origin of lines that a file brought along as text, such as a PDF's text layer."""


HIDDEN_TEXT = "hidden-text"
"""Origin of lines that a file brought along as text, but that it does not show as text: what a scanner read, mostly."""


HUMAN = "human"
"""Origin of lines that a person confirmed or typed."""


@renamed(reader="model")
@dataclass(frozen=True, slots=True)
class Origin:
    """Who gave a reading: an engine, ``text-layer`` or ``human``, its version, and the settings it ran with (JSON)."""

    engine: str
    version: str = ""
    settings: str = "{}"

    @property
    def model(self) -> str | None:
        """The recognition model that an engine read with: its name and a digest (``indexer.api.models.identity``)."""
        model = json.loads(self.settings).get("model")
        return None if model is None else str(model)

    @property
    def trusted(self) -> bool:
        """Whether its lines count as accepted although it gives no confidence."""
        return self.engine in (TEXT_LAYER, HUMAN)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one engine or person made of a line; ``replaced`` when the page was read anew since."""

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
