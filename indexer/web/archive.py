"""The archive as the server holds it: searching on threads of its own, images from the originals, verdicts."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from indexer.catalog import Catalog
from indexer.frames import readable
from indexer.ink import cut, page_image, with_margin
from indexer.model import SourceOptions
from indexer.reviewing import Queue
from indexer.settings import cores
from indexer.web.alike import like
from indexer.web.finders import Finders

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


class Archive:
    """An archive that is served. Safe to use from many threads."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.settings = settings
        self.registry = registry
        self._options = SourceOptions((), settings.pdf_text, settings.max_pixels)
        self._finders = Finders(settings.index)
        self._searchers = ThreadPoolExecutor(max(2, cores()), "search")
        self._images: OrderedDict[tuple[str, int], Image] = OrderedDict()
        self._imaging = threading.Lock()
        self._writing = threading.Lock()
        self.queue = Queue(self.search)

    def close(self) -> None:
        """Let go of the threads."""
        self._searchers.shutdown(wait=False, cancel_futures=True)
        self._finders.close()

    def catalog(self) -> Catalog:
        """The catalogue, for the thread that asks; a context manager."""
        return Catalog(self.settings.index)

    def search(self, query: str, options: SearchOptions) -> SearchResult:
        """What a query finds; raises ``UsageError`` when it makes no sense."""
        with self._finders.lent() as finder:
            return self._searchers.submit(finder.find, query, options).result()

    def fitting(self, words: Sequence[Word], line: StoredLine, most: int) -> dict[Word, list[str]]:
        """For each word of a line the words of the archive that look like it and fit its ink better than others."""
        with self.catalog() as catalog:
            frames = readable(catalog.frames(line.id))
        if frames is None:
            return {}

        with self._finders.lent() as finder:

            def fitting() -> dict[Word, list[str]]:
                return {word: finder.fitting(word.text, _ink_of(word, line, frames), most) for word in words}

            found = self._searchers.submit(fitting).result()
        return {word: [like(word.text, each) for each in fitting] for word, fitting in found.items()}

    def settle(
        self, line: int, kind: Literal["accept", "reject", "correct"], text: str | None, seen: int | None
    ) -> StoredLine:
        """Keep what a person says of a line. ``seen`` is the verdict on it that they knew of, 0 for none.

        Raises ``ConflictError`` when there is another one by now, ``MissingError`` when there is no such line.
        """
        with self._writing, self.catalog() as catalog:
            settled = catalog.say(line, kind, text, None if seen is None else str(seen))
        self._finders.follow()
        return settled

    def take_back(self, line: int) -> StoredLine | None:
        """Undo the newest verdict on a line; raises ``MissingError`` without one."""
        with self._writing, self.catalog() as catalog:
            left = catalog.take_back(line)
        self._finders.follow()
        return left

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
                with self.catalog() as catalog:
                    files = catalog.originals(page.sha256)
                self._images[key] = page_image(files, page.number, self.registry, self._options)
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


def _encoded(image: Image, form: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, quality=88)
    return buffer.getvalue()
