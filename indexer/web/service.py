"""The archive as the server uses it: searches on threads of its own, pictures from the originals, verdicts."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from indexer.archive.describing import checked
from indexer.archive.expecting import estimated
from indexer.archive.exporting import with_added
from indexer.archive.forgetting import forget
from indexer.archive.lookalikes import like
from indexer.archive.made_models import read_with
from indexer.archive.opening import source_options
from indexer.archive.searching import found, limited, speller
from indexer.archive.settling import attach, settle
from indexer.archive.tables import Tables
from indexer.archive.word_walls import wall
from indexer.catalog import Catalog
from indexer.catalog.rows import ADDED
from indexer.image.strips import along
from indexer.posteriors.posteriorgram import readable
from indexer.system.machine import cores
from indexer.system.originals import original
from indexer.translation import _, language
from indexer.values.errors import ConflictError, DoubtError, MissingError
from indexer.web.drawing import Crop, PictureRequest, Sheet, Tile
from indexer.web.finders import Finders
from indexer.web.home import cards_of
from indexer.web.leafing import leaves_in
from indexer.web.learning import LearningInBackground
from indexer.web.pictures import Pictures
from indexer.web.place_reader import PlaceReader, Wanted
from indexer.web.queue import Queue
from indexer.web.views import Near, is_doubtful

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from indexer.api.registry import Registry
    from indexer.archive.made_models import ReadWith
    from indexer.archive.word_walls import Wall, WallAsked
    from indexer.catalog import DocumentPage, DrawnLine, PageOrder, Said, SaidWord, WordBatch, WordsKept
    from indexer.posteriors.estimation import Estimate
    from indexer.posteriors.posteriorgram import Posteriorgram
    from indexer.system.settings import Settings
    from indexer.values import Box, Change, Completion, Line, Point, SearchOptions, SearchResult, StoredLine, Word
    from indexer.values.errors import NotesError
    from indexer.web.doors import Visitor
    from indexer.web.drawing import Format
    from indexer.web.home import Card
    from indexer.web.running import Ending

_Made = TypeVar("_Made")
_OFFERS = 3
"""Words that are offered for a doubtful one."""
_KEPT = 32
"""Things about the archive that are remembered."""
_TOLD = 3
"""Letters from which a word is offered: ink that may be *l* may be *e*, *le* and *lu* as well."""


class ServedArchive:
    """An archive that is served. It is safe to use from many threads."""

    def __init__(self, settings: Settings, registry: Registry, ending: Ending) -> None:
        self.settings = settings
        self.registry = registry
        self.formats = with_added(registry.formats.values())
        self._pictures = Pictures(settings, source_options(settings))
        self._finders = Finders(settings.index, partial(speller, settings, lambda: registry), settings.shards)
        self._searchers = ThreadPoolExecutor(max(2, cores()), "search")
        self._writing = threading.Lock()
        self._known: dict[tuple[Hashable, tuple[bytes, ...] | None], tuple[int, Any]] = {}
        self._keeping = threading.Lock()
        self._who = settings.person or ""
        self._folders: tuple[bytes, ...] | None = None
        self.queue = Queue(settings.index, self.search)
        self._learning = LearningInBackground(settings.index, ending)
        self._places = PlaceReader(settings, registry)

    def for_visitor(self, visitor: Visitor) -> ServedArchive:
        """The archive as somebody sees it; what they say is noted as theirs. Only the whole one is closed."""
        theirs = copy(self)
        theirs._who, theirs._folders = visitor.name, visitor.folders
        return theirs

    def close(self) -> None:
        """End the threads and processes."""
        self._learning.close()
        self._searchers.shutdown(wait=False, cancel_futures=True)
        self._finders.close()
        self._pictures.close()
        self._places.close()

    def catalog(self) -> Catalog:
        """The catalogue as far as the visitor sees it, for the thread that asks. It is a context manager."""
        return Catalog(self.settings.index, who=self._who, folders=self._folders)

    def saving(self) -> Catalog:
        """The catalogue in which the visitor keeps searches, which tell of no document. It is a context manager."""
        return self._whole()

    def _whole(self) -> Catalog:
        """The catalogue in which the visitor says something, after ``_check_seen``. It is a context manager."""
        return Catalog(self.settings.index, who=self._who)

    def _check_seen(self, lines: Sequence[int] = (), documents: Sequence[int] = ()) -> None:
        """Raise ``MissingError`` if there are lines, lines that are gone, or documents that the visitor does not
        see."""
        if self._folders is None:
            return
        with self.catalog() as seen:
            there = seen.lines(lines)
            for each in lines:
                if each not in there:
                    seen.orphan(each)
            for each in documents:
                seen.document(each)

    def estimate(self, catalog: Catalog) -> Estimate | None:
        """How much is read wrong and how much is found, estimated anew when something was changed."""
        return self._remembered("estimate", catalog.revision, lambda: estimated(catalog))

    def years(self, catalog: Catalog) -> dict[int, int]:
        """The years of all documents, each with how many are of it, looked up anew when something was changed."""
        return self._remembered("years", catalog.revision, lambda: catalog.years(None))

    def newest(self, catalog: Catalog) -> list[Card]:
        """What came last, looked up anew when something was changed."""
        return self._remembered(
            ("newest", language()), catalog.revision, lambda: cards_of(catalog, self.settings.index / ADDED)
        )

    def read_with(self, catalog: Catalog) -> list[ReadWith]:
        """What was read with models that were made here, looked up anew when something was changed."""
        return self._remembered("read with", catalog.revision, lambda: read_with(self.settings, catalog))

    def search(self, query: str, options: SearchOptions) -> SearchResult:
        """The result of a query. Raises ``UsageError`` if the query makes no sense."""
        options = limited(options, self.settings.search_timeout)
        with self._finders.lent() as finder:
            if self._folders is None:
                return self._searchers.submit(found, finder, query, options, self._lines_in).result()
        return self._searchers.submit(self._found_of_theirs, self._folders, query, options).result()

    def _found_of_theirs(self, folders: tuple[bytes, ...], query: str, options: SearchOptions) -> SearchResult:
        """What is found by somebody who sees a part of the archive: their own finder looks up nothing else."""
        with self.catalog() as catalog:
            seen = frozenset(catalog.page_order())
        pages = seen if options.pages is None else seen & options.pages
        with self._finders.own(folders, seen) as finder:
            result = found(finder, query, replace(options, pages=pages), self._lines_in)
        return replace(result, suggestions=())  # they are words of the whole archive

    def completions(self, query: str, most: int) -> list[Completion]:
        """What the last word of a query may become; the commonest first. It waits for no search: somebody types."""
        if self._folders is not None:
            return []  # they are words of the whole archive
        with self._finders.lent() as finder:
            return finder.completions(query, most)

    def _lines_in(self, column: str, pages: frozenset[int]) -> frozenset[int]:
        with self.catalog() as catalog:
            return Tables(catalog).lines_in(column, pages)

    @property
    def behind(self) -> bool:
        """Whether a large part of the archive cannot be searched yet: its index is being built."""
        return self._finders.behind

    def fitting(self, words: Sequence[Word], line: StoredLine, most: int) -> dict[Word, list[str]]:
        """For each word of a line: words of the archive that look similar and fit the ink better."""
        with self.catalog() as catalog:
            posteriorgram = readable(catalog.posteriorgram(line.id))
        if posteriorgram is None or self._folders is not None:  # what is offered are words of the whole archive
            return {}

        with self._finders.lent() as finder:

            def fitting() -> dict[Word, list[str]]:
                return {word: finder.fitting(word.text, _part_of(word, line, posteriorgram), most) for word in words}

            found = self._searchers.submit(fitting).result()
        offers = {word: [each for each in fitting if _is_offered(word.text, each)] for word, fitting in found.items()}
        return {word: [like(word.text, each) for each in fitting] for word, fitting in offers.items()}

    def settle(self, said: Said, *, sure: bool = False) -> StoredLine:
        """Keep a verdict on a line. Raises what ``indexer.archive.settling.settle`` raises."""
        self._check_seen([said.line])
        with self._writing, self._whole() as catalog:
            (settled,) = settle(catalog, [said], sure=sure)
        self._finders.follow()
        self._learning.begin()
        return settled

    def settle_each(self, said: Sequence[tuple[Said, bool]]) -> dict[int, NotesError]:
        """Keep verdicts one by one, each with whether it is meant although the ink speaks against it; those that cannot
        be kept are given by their lines, with why."""
        refused: dict[int, NotesError] = {}
        with self._writing, self._whole() as catalog:
            for each, sure in said:
                try:
                    self._check_seen([each.line])
                    settle(catalog, [each], sure=sure)
                except (ConflictError, DoubtError, MissingError) as error:
                    refused[each.line] = error
        self._finders.follow()
        self._learning.begin()
        return refused

    def wall(self, asked: WallAsked, most: int | None) -> Wall:
        """The places in which a word may stand and that nobody settled. Raises ``UsageError`` for what is no word."""
        with self.catalog() as catalog:
            return wall(self.search, catalog, asked, most)

    def say_words(self, word: str, said: Sequence[SaidWord]) -> WordsKept:
        """Keep a batch. Raises what ``Catalog.say_words`` raises."""
        self._check_seen([each.line for each in said])
        with self._writing, self._whole() as catalog:
            kept = catalog.say_words(word, said)
        self._finders.follow()
        return kept

    def undo_words(self, batch: int) -> WordBatch:
        """Take a batch back. Raises ``MissingError`` if there is none."""
        with self._writing, self.catalog() as catalog:
            found = catalog.undo_words(batch)
        self._finders.follow()
        return found

    def near(self, line: int) -> list[Near]:
        """The doubtful words of a line, with what else the ink may say."""
        with self.catalog() as catalog:
            found, words = catalog.line(line), catalog.words([line]).get(line, ())
        doubtful = [word for word in words if is_doubtful(word)]
        fitting = self.fitting(doubtful, found, _OFFERS)
        return [Near(at, word.text, tuple(fitting[word])) for at, word in enumerate(words) if fitting.get(word)]

    def attach(self, orphan: int, line: int, seen: str | None, *, sure: bool = False) -> StoredLine:
        """Give a line the verdict of a line that is gone. Raises what ``indexer.archive.settling.attach`` raises."""
        self._check_seen([orphan, line])
        with self._writing, self._whole() as catalog:
            attached = attach(catalog, catalog.orphan(orphan), line, seen, sure=sure)
        self._finders.follow()
        return attached

    def draw(self, page: DocumentPage, drawn: DrawnLine) -> StoredLine:
        """Keep a line that somebody drew on a page. Raises what ``Catalog.draw`` raises."""
        self._check_seen(documents=[page.document])
        with self._writing, self._whole() as catalog:
            line = catalog.draw(page, drawn)
        self._finders.follow()
        self._learning.begin()
        return line

    def order(self, page: DocumentPage, order: PageOrder) -> None:
        """Put lines of a page into another order. Raises what ``Catalog.order`` raises."""
        self._check_seen(documents=[page.document])
        with self._writing, self._whole() as catalog:
            catalog.order(page, order)
        self._finders.follow()

    def take_back_order(self, page: DocumentPage, order: int | None = None) -> None:
        """Take back the order in which a page was put last. Raises what ``Catalog.take_back_order`` raises."""
        self._check_seen(documents=[page.document])
        with self._writing, self._whole() as catalog:
            catalog.take_back_order(page, order)
        self._finders.follow()

    def read_place(self, page: DocumentPage, place: Box) -> Line | None:
        """What the engine reads in a box on a page, ``None`` for nothing. Raises a ``NotesError`` if it cannot."""
        with self.catalog() as catalog:
            files = tuple(catalog.originals(page.sha256))
        return self._places.read(Wanted(files, page.number, page.turned, (page.width, page.height), place))

    def take_back(self, line: int, verdict: int | None = None) -> StoredLine | None:
        """Undo the newest verdict on a line. Raises ``MissingError`` if there is none, and ``ConflictError`` if another
        verdict is meant."""
        self._check_seen([line])
        with self._writing, self._whole() as catalog:
            left = catalog.take_back(line, verdict)
        self._finders.follow()
        return left

    def leaves(self, catalog: Catalog, folder: Path) -> list[int]:
        """The documents of the images in a folder in their order, looked up anew when something was changed."""
        return self._remembered(("leaves", folder), catalog.revision, lambda: leaves_in(self, catalog, folder))

    def facets(self, catalog: Catalog, documents: Sequence[int] | None, most: int) -> dict[str, list[tuple[str, int]]]:
        """What some documents, or all, are: ``Catalog.facets``, looked up anew when something was changed."""
        what = ("facets", None if documents is None else tuple(documents), most)
        return self._remembered(what, catalog.revision, lambda: catalog.facets(documents, most))

    def _remembered(self, what: Hashable, state: int, make: Callable[[], _Made]) -> _Made:
        """What was made of a state of the archive, as long as that is the state; all who see the same share it. What
        was made first is forgotten when there is too much of it."""
        key = (what, self._folders)
        kept = self._known.get(key)
        if kept is None or kept[0] != state:
            kept = (state, make())
            with self._keeping:
                self._known.pop(key, None)
                self._known[key] = kept
                for old in list(self._known)[:-_KEPT]:
                    del self._known[old]
        made: _Made = kept[1]
        return made

    def describe(self, documents: Sequence[int], changes: Sequence[Change], seen: int | None = None) -> None:
        """Say something of documents. ``seen`` is the revision of the description of each that a person saw.

        Raises ``ConflictError`` if it is another by now, and ``UsageError`` for a value that makes no sense.
        """
        wanted = [checked(each) for each in changes]
        self._check_seen(documents=documents)
        with self._writing, self._whole() as catalog:
            contents = [catalog.document(each).sha256 for each in documents]
            revisions = None if seen is None else dict.fromkeys(contents, seen)
            catalog.describe(dict.fromkeys(contents, wanted), seen=revisions)
        self._finders.follow()

    def undo_description(self, document: int) -> None:
        """Take back what was said last of a document. Raises ``MissingError`` if there is nothing."""
        self._check_seen(documents=[document])
        with self._writing, self._whole() as catalog:
            if not catalog.undo_description([catalog.document(document).sha256]):
                raise MissingError(
                    _("nothing was said of it that could be taken back"), _("It may be taken back already.")
                )
        self._finders.follow()

    def forget(self, document: int) -> None:
        """Forget a document. Raises ``MissingError`` if there is none."""
        self._check_seen(documents=[document])
        with self._writing, self._whole() as catalog:
            forget(catalog, [catalog.document(document)])
        self._finders.follow()

    def bring_back(self, sha256: str) -> None:
        """Bring back a document that is forgotten. Raises ``MissingError`` if it is not."""
        with self._writing, self._whole() as catalog:
            found = [each for each in catalog.forgotten() if each.sha256 == sha256]
            if not found:
                raise MissingError(_("no document with this content is forgotten"), _("It may have been brought back."))
            catalog.bring_back(found[0], catalog.thresholds)
        self._finders.follow()

    def turn(self, document: int, number: int, degrees: int) -> DocumentPage:
        """Keep how a page stands, in degrees clockwise from how its file has it. It has to be read again then.

        Raises ``MissingError`` if the file is not there any more as it was read.
        """
        with self.catalog() as seen:  # where it lies elsewhere is not told
            page = seen.document_page(document, number)
            original(seen.originals(page.sha256))
        with self._writing, self._whole() as catalog:
            catalog.turn(page, degrees)
        return page

    def sheet(self, page: DocumentPage, width: int) -> Future[bytes]:
        """A page as JPEG, at most so many pixels wide."""
        return self._picture(page, Sheet(width))

    def crop(self, page: DocumentPage, box: Box, strip: tuple[Point, ...] = (), form: Format = "JPEG") -> Future[bytes]:
        """The crop of a line: its box in the pixels of the page as it was read, or its strip laid straight."""
        return self._picture(page, Crop(box, page.width, page.height, form, strip))

    def tile(self, page: DocumentPage, tile: Tile) -> Future[bytes]:
        """A part of a page in a size, as JPEG."""
        return self._picture(page, tile)

    def _picture(self, page: DocumentPage, what: Crop | Sheet | Tile) -> Future[bytes]:
        with self.catalog() as catalog:
            files = tuple(catalog.originals(page.sha256))
        source = self.registry.source_of(files[0]) if files else None
        request = PictureRequest((page.sha256, page.number, page.turned), what, files)
        return self._pictures.ask(source.name if source else "", request)


def _is_offered(word: str, other: str) -> bool:
    """Whether another word is worth a key: it has letters enough to be told by its ink, and is about as long."""
    few = min(sum(map(str.isalpha, each)) for each in (word, other))
    return few >= _TOLD and abs(len(word) - len(other)) <= max(1, len(word) // 3)


def _part_of(word: Word, line: StoredLine, posteriorgram: Posteriorgram) -> Posteriorgram:
    """The part of a line's posteriorgram that a word covers."""
    return posteriorgram.between(*along(word.box, line))
