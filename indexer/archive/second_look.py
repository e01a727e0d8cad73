"""Lines that wait for review are looked at again in other ways, while there is time: first the pages that lack least.

What is read more surely then counts. A line that was looked at is not looked at again. In this order each second of the
processor put .9 words more right on pages of three hands, and .3 with the most doubtful pages first.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from statistics import fmean
from time import monotonic
from typing import TYPE_CHECKING

from indexer.archive.opening import source_options
from indexer.archive.rereading import Pages, is_surer, opened
from indexer.image.geometry import band
from indexer.recognition.choice import decide
from indexer.recognition.engine_settings import settings_text
from indexer.recognition.page_drawer import PageDrawer
from indexer.system.paths import named
from indexer.translation import _
from indexer.values import Origin
from indexer.values.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from PIL.Image import Image

    from indexer.api.registry import Registry
    from indexer.catalog import Catalog, DocumentPage
    from indexer.system.settings import Settings
    from indexer.values import EngineChoice, Failure, LineReader, StoredLine


@dataclass(frozen=True, slots=True)
class SecondLook:
    """How many waiting lines were looked at again, how many of them are read more surely now, how many are left that
    were not looked at, and the seconds that it took."""

    lines: int
    surer: int
    left: int
    seconds: float


def look_again(
    settings: Settings,
    registry: Registry,
    catalog: Catalog,
    paths: Sequence[Path],
    *,
    seconds: float,
    passwords: tuple[str, ...],
    hear: Callable[[Failure], None],
    stopping: Callable[[], bool],
) -> SecondLook:
    """Look again at waiting lines of the files under paths, for so many seconds.

    A page is not begun that would probably take longer than what is left; the first one always is. Raises
    ``UnavailableError`` for an engine that cannot look again at lines.
    """
    began, done, surer = monotonic(), 0, 0
    choice = _choice(settings, registry)
    waiting = _waiting(catalog, choice, [named(path) for path in paths])
    drawer = PageDrawer(settings.plugin_folder, settings.page_timeout)
    pages = Pages(catalog, drawer, replace(source_options(settings, passwords), pdf_text="ignore"), hear)
    with drawer, opened(choice, choice.options.model) as recogniser:
        for page, image, lines in pages.of(waiting):
            expected = (monotonic() - began) / done * len(lines) if done else 0.0
            if stopping() or monotonic() - began + expected > seconds:
                break
            surer += _looked(catalog, choice, recogniser, page, image, lines)
            done += len(lines)
    return SecondLook(done, surer, len(waiting) - done, monotonic() - began)


def _choice(settings: Settings, registry: Registry) -> EngineChoice:
    """The engine that looks again."""
    choices = decide(replace(settings, thorough=True), registry).engines
    for choice in choices:
        if choice.engine.looks_again:
            return choice
    names = ", ".join(choice.engine.name for choice in choices)
    raise UnavailableError(_("the engine %(names)s cannot look again at lines", names=names), _("Leave --minutes out."))


def _waiting(catalog: Catalog, choice: EngineChoice, paths: Sequence[Path]) -> list[StoredLine]:
    """The waiting lines under paths that the engine read and did not look at again, those of a page together."""
    by_page: dict[tuple[Path, int], list[StoredLine]] = defaultdict(list)
    for line in catalog.waiting(None)[1]:
        own = line.origin.engine == choice.engine.name and not json.loads(line.origin.settings).get("thorough")
        if own and any(line.path.is_relative_to(path) for path in paths):
            by_page[line.path, line.page].append(line)
    return [line for lines in sorted(by_page.values(), key=_sureness, reverse=True) for line in lines]


def _sureness(lines: Sequence[StoredLine]) -> float:
    return fmean(line.confidence or 0.0 for line in lines)


def _looked(
    catalog: Catalog,
    choice: EngineChoice,
    recogniser: LineReader,
    page: DocumentPage,
    image: Image,
    wanted: Sequence[StoredLine],
) -> int:
    """Look again at lines of a page; how many are read more surely.

    All lines of the page are read, since together they tell the language.
    """
    lines = catalog.page_lines(page.path, page.number)
    found = recogniser.reread(image, [band(line) for line in lines])
    read = {line.id: new for line, new in zip(lines, found, strict=True)}
    engine = choice.engine
    origin = Origin(engine.name, engine.version, settings_text(engine, choice.options, found.languages))
    again = {
        line.id: (line.text, new if new.text.strip() and is_surer(new, line) else None)
        for line in wanted
        if (new := read.get(line.id)) is not None
    }
    return catalog.reread(page.id, again, origin)
