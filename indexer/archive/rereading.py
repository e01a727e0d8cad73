"""Lines that are known are read again: their pages, and an engine opened for it."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexer.image.tones import legible
from indexer.recognition.page_drawer import Wanted
from indexer.translation import _
from indexer.values import Failure, LineReader
from indexer.values.errors import NotesError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from PIL.Image import Image

    from indexer.catalog import Catalog, DocumentPage
    from indexer.recognition.page_drawer import PageDrawer
    from indexer.values import EngineChoice, Line, SourceOptions, StoredLine


@dataclass(frozen=True, slots=True)
class Pages:
    """Gives the images of pages; a page that cannot be had is told."""

    catalog: Catalog
    drawer: PageDrawer
    options: SourceOptions
    hear: Callable[[Failure], None]

    def of(self, lines: Iterable[StoredLine]) -> Iterator[tuple[DocumentPage, Image, list[StoredLine]]]:
        """The pages of lines with their images as engines read them, each with its lines."""
        by_page: dict[tuple[Path, int], list[StoredLine]] = defaultdict(list)
        for line in lines:
            by_page[line.path, line.page].append(line)
        for (path, number), some in by_page.items():
            try:
                page = self.catalog.page_of(some[0].id)
                files = tuple(self.catalog.originals(page.sha256))
                image = legible(self.drawer.image(Wanted(files, number, page.turned, self.options)))
            except NotesError as error:
                self.hear(Failure(path, number, "unreadable", error.message))
                continue
            size = (page.width, page.height)
            yield page, image if image.size == size else image.resize(size), some


@contextmanager
def opened(choice: EngineChoice, model: Path | None) -> Iterator[LineReader]:
    """The engine opened with a model, to read lines again."""
    with choice.engine.open(replace(choice.options, model=model)) as recogniser:
        if not isinstance(recogniser, LineReader):
            raise UnavailableError(
                _("the engine %(name)s does not read lines again", name=choice.engine.name), _("Tell its author.")
            )
        yield recogniser


def is_surer(new: Line, line: StoredLine) -> bool:
    """Whether a new reading of a line is surer than the one it has."""
    return new.confidence is None or line.confidence is None or new.confidence > line.confidence
