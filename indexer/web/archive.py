"""The archive as the server holds it: searching on threads of its own, images from the originals, verdicts."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from indexer.catalog import Catalog
from indexer.errors import IndexFolderError, NotesError
from indexer.frames import readable
from indexer.ink import cut, page_image, with_margin
from indexer.model import SourceOptions
from indexer.reviewing import Queue
from indexer.search import Finder, SearchIndex
from indexer.settings import cores
from indexer.web.alike import like

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from PIL.Image import Image

    from indexer.catalog import DocumentPage
    from indexer.frames import Frames
    from indexer.model import Box, SearchOptions, SearchResult, StoredLine, Word
    from indexer.registry import Registry
    from indexer.settings import Settings

_KEPT = 6
"""Page images kept decoded."""
_SIDE = 2400
"""Pixels of the long side of a page image that is sent."""


class ConflictError(NotesError):
    """Somebody else settled a line meanwhile."""


class Archive:
    """An archive that is served. Safe to use from many threads."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.settings = settings
        self.registry = registry
        self._options = SourceOptions((), settings.pdf_text, settings.max_pixels)
        self._finders = threading.local()
        self._searchers = ThreadPoolExecutor(max(2, cores()), "search")
        self._images: OrderedDict[tuple[str, int], Image] = OrderedDict()
        self._imaging = threading.Lock()
        self._writing = threading.Lock()
        self.queue = Queue(self.search)

    def close(self) -> None:
        """Let go of the threads."""
        self._searchers.shutdown()

    def catalog(self) -> Catalog:
        """The catalogue, for the thread that asks; a context manager."""
        return Catalog(self.settings.index)

    def search(self, query: str, options: SearchOptions) -> SearchResult:
        """What a query finds; raises ``UsageError`` when it makes no sense."""
        return self._searchers.submit(self._search, query, options).result()

    def fitting(self, words: Sequence[Word], line: StoredLine, most: int) -> dict[Word, list[str]]:
        """For each word of a line the words of the archive that look like it and fit its ink better than others."""
        with self.catalog() as catalog:
            frames = readable(catalog.frames(line.id))
        if frames is None:
            return {}

        def fitting() -> dict[Word, list[str]]:
            finder = self._finder()
            return {word: finder.fitting(word.text, _ink_of(word, line, frames), most) for word in words}

        found = self._searchers.submit(fitting).result()
        return {word: [like(word.text, each) for each in fitting] for word, fitting in found.items()}

    def _search(self, query: str, options: SearchOptions) -> SearchResult:
        return self._finder().find(query, options)

    def _finder(self) -> Finder:
        """The finder of this thread, which stays open as long as nothing changes."""
        opened: _OpenFinder | None = getattr(self._finders, "opened", None)
        if opened is None or not opened.is_current:
            if opened is not None:
                opened.close()
            opened = self._finders.opened = _OpenFinder(self.settings)
        return opened.finder

    def settle(
        self, line: int, kind: Literal["accept", "reject", "correct"], text: str | None, seen: int | None
    ) -> StoredLine:
        """Keep what a person says of a line. ``seen`` is the verdict on it that they knew of, 0 for none.

        Raises ``ConflictError`` when there is another one by now, ``MissingError`` when there is no such line.
        """
        with self._writing, self.catalog() as catalog:
            catalog.line(line)
            if seen is not None and catalog.verdict_on(line) != seen:
                raise ConflictError("somebody else has settled this line meanwhile", "Look at it again.")
            settled = catalog.say(line, kind, text)
            self._sync(catalog)
        return settled

    def take_back(self, line: int) -> StoredLine | None:
        """Undo the newest verdict on a line; raises ``MissingError`` without one."""
        with self._writing, self.catalog() as catalog:
            left = catalog.take_back(line)
            self._sync(catalog)
        return left

    def _sync(self, catalog: Catalog) -> None:
        """Make what was said searchable; when another process is writing, that process will."""
        with suppress(IndexFolderError):
            SearchIndex(catalog.folder / "search").sync(catalog)

    def page_jpeg(self, page: DocumentPage, width: int) -> bytes:
        """A page at most so many pixels wide, as JPEG."""
        image = self._image(page)
        factor = min(1.0, width / image.width, _SIDE / max(image.size))
        if factor < 1:
            image = image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))))
        return _encoded(image, "JPEG")

    def crop(self, page: DocumentPage, box: Box, form: Literal["JPEG", "PNG"] = "JPEG") -> bytes:
        """The ink in a box of a page (in its pixels as it was read), with some paper around it."""
        image = self._image(page)
        return _encoded(cut(image, with_margin(box, page.width, page.height), page.width), form)

    def _image(self, page: DocumentPage) -> Image:
        """The image of a page, decoded once for the requests that come together; one at a time, they are large."""
        key = (page.sha256, page.number)
        with self._imaging:
            if key not in self._images:
                self._images[key] = page_image(page.path, page.number, self.registry, self._options)
            self._images.move_to_end(key)
            while len(self._images) > _KEPT:
                self._images.popitem(last=False)
            return self._images[key]


def _ink_of(word: Word, line: StoredLine, frames: Frames) -> Frames:
    """The frames of a word; of writing up or down the page those of the line."""
    if line.box.height > line.box.width:
        return frames
    start = (word.box.x - line.box.x) / line.box.width
    return frames.between(start, start + word.box.width / line.box.width)


class _OpenFinder:
    """A finder on the state of the index when it was opened."""

    def __init__(self, settings: Settings) -> None:
        self.catalog = Catalog(settings.index)
        index = SearchIndex(settings.index / "search")
        if not index.agrees(self.catalog):
            with suppress(IndexFolderError):  # another process is writing: what was indexed last is searched
                index.sync(self.catalog)
        self._revision = self.catalog.revision
        self.finder = Finder(index, self.catalog).__enter__()

    @property
    def is_current(self) -> bool:
        return self.catalog.revision == self._revision

    def close(self) -> None:
        self.finder.__exit__()
        self.catalog.__exit__(None, None, None)


def _encoded(image: Image, form: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, quality=88)
    return buffer.getvalue()
