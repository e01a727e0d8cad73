"""Shares one finder between all threads of the server, and replaces it when the archive changes."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexer.archive.searching import bring_up, tidy
from indexer.catalog import Catalog
from indexer.search import Finder, SearchIndex
from indexer.translation import _
from indexer.values.errors import IndexFolderError, NotesError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from indexer.search.variants import Speller
    from indexer.values import DescriptionField, StoredLine, Word

_PATIENCE = 3.0
"""Seconds that a search waits for the newest state. After that it uses the state before."""
_BRIEF = 0.2
"""Seconds that the thread gets to end. It holds nothing that could be lost."""
_FIRST = 10.0
"""Seconds that a search waits when there is no state before."""
_LOCKED = 15.0
"""Seconds to wait for another process that writes the index. Usually it takes a moment."""
_MOMENT, _ROUND, _AGAIN = 2.0, 20.0, 1.0
"""Seconds. The first is for bringing the index up to date before a search. An index that is far behind
is brought up to date in rounds of the second length, and searched after each. The third is the pause between rounds."""
_log = logging.getLogger(__name__)


class Lookup:
    """The catalogue for a finder that many threads use. It is opened for each question; with ``folders`` what
    lies in these alone is seen."""

    def __init__(self, folder: Path, folders: tuple[bytes, ...] | None = None) -> None:
        self._folder = folder
        self._folders = folders

    def _catalog(self) -> Catalog:
        return Catalog(self._folder, folders=self._folders)

    def lines(self, ids: Sequence[int]) -> dict[int, StoredLine]:
        """The lines with these ids."""
        with self._catalog() as catalog:
            return catalog.lines(ids)

    def lines_at(
        self, ids: Sequence[int], glob: str | None = None, since: float | None = None, until: float | None = None
    ) -> dict[int, StoredLine]:
        """The lines with these ids. The path of each fits the filters."""
        with self._catalog() as catalog:
            return catalog.lines_at(ids, glob, since, until)

    def words(self, ids: Sequence[int]) -> dict[int, tuple[Word, ...]]:
        """The words of the lines with these ids, as they were read."""
        with self._catalog() as catalog:
            return catalog.words(ids)

    def posteriorgram(self, line_id: int) -> bytes | None:
        """The packed posteriorgram of a line, if one is kept."""
        with self._catalog() as catalog:
            return catalog.posteriorgram(line_id)

    def page_ids(self, glob: str | None, since: float | None, until: float | None) -> frozenset[int]:
        """Pages of matching files."""
        with self._catalog() as catalog:
            return catalog.page_ids(glob, since, until)

    def documents_saying(
        self, words: tuple[str, ...], field: DescriptionField | None = None, *, beginning: bool = False
    ) -> frozenset[int]:
        """The documents in which a value has all of these words."""
        with self._catalog() as catalog:
            return catalog.documents_saying(words, field, beginning=beginning)

    def documents_saying_in_a_row(self, words: tuple[str, ...]) -> frozenset[int]:
        """The documents in which a value has these words one after the other."""
        with self._catalog() as catalog:
            return catalog.documents_saying_in_a_row(words)

    def documents_dated(self, first: int, last: int) -> frozenset[int]:
        """The documents whose own date may lie between two days."""
        with self._catalog() as catalog:
            return catalog.documents_dated(first, last)

    def documents_with(self, pages: Collection[int]) -> frozenset[int]:
        """The documents of pages."""
        with self._catalog() as catalog:
            return catalog.documents_with(pages)

    def by_date(self, documents: Iterable[int]) -> list[int]:
        """Documents by their own dates."""
        with self._catalog() as catalog:
            return catalog.by_date(documents)

    def pages_in(self, documents: Collection[int]) -> frozenset[int]:
        """The pages of documents."""
        with self._catalog() as catalog:
            return catalog.pages_in(documents)

    def said_of_word(self, word: str) -> dict[int, bool]:
        """The lines of which people said that a word stands in them, or that it does not."""
        with self._catalog() as catalog:
            return catalog.said_of_word(word)

    def pages_dated(self, first: int, last: int) -> tuple[frozenset[int], frozenset[int]]:
        """The pages of documents whose own date may lie between two days, and those of all that have a date."""
        with self._catalog() as catalog:
            return catalog.pages_dated(first, last)

    def days_of_pages(self) -> dict[int, int]:
        """The first day that the own date of its document may mean, for the pages of those that have one."""
        with self._catalog() as catalog:
            return catalog.days_of_pages()

    def documents_of_pages(self) -> dict[int, int]:
        """For the id of every page that of its document."""
        with self._catalog() as catalog:
            return catalog.documents_of_pages()

    def page_order(self) -> list[int]:
        """The ids of all pages, by path and number."""
        with self._catalog() as catalog:
            return catalog.page_order()

    def in_page_order(self, ids: Sequence[int]) -> list[int]:
        """The ids by path, page and line."""
        with self._catalog() as catalog:
            return catalog.in_page_order(ids)


@dataclass(slots=True)
class _Opened:
    """A finder, the state of the catalogue that it shows, whether it shows all of it, and how many use it."""

    finder: Finder
    uuid: str
    revision: int
    whole: bool
    users: int = field(default=0)
    replaced: bool = field(default=False)


class Finders:
    """Lends the finder on the newest state of an index. Safe to use from many threads.

    A background thread opens the new finder first. The old one stays open until its last user is done. If the new one
    cannot be opened, the old one stays in use, and the next search tries again.
    """

    def __init__(self, folder: Path, speller: Callable[[], Speller], shards: str = "1") -> None:
        self._folder = folder
        self._speller = speller
        self._index = SearchIndex(folder / "search", shards)
        """All finders share it, so that segments that did not change are not opened again."""
        self._changed = threading.Condition()
        self._current: _Opened | None = None
        self._trouble: NotesError | None = None
        self._asked = self._made = 0
        self._behind = False
        """Whether the index is far behind the catalogue and is being brought up to date."""
        self._closing = False
        self._thread = threading.Thread(target=self._keep, name="finder", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the finder when its last user is done."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(_BRIEF)
        with self._changed:
            self._replace(None)
        self._index.close()

    @contextmanager
    def lent(self) -> Iterator[Finder]:
        """Lend the finder. Raises ``IndexFolderError`` if there is none and none can be opened."""
        with Catalog(self._folder) as catalog:
            uuid, revision = catalog.uuid, catalog.revision
        with self._changed:
            if not self._shows(uuid, revision):
                looked_after = self._asked > self._made or self._behind
                if not (looked_after and self._current and self._current.uuid == uuid):
                    self._ask()
            opened = self._current
            if opened is None or opened.uuid != uuid:
                raise self._trouble or IndexFolderError(
                    _("the search index in %(folder)s is being made", folder=self._folder), _("Try again in a minute.")
                )
            opened.users += 1
        try:
            yield opened.finder
        finally:
            with self._changed:
                opened.users -= 1
                if opened.replaced:
                    _close(opened)

    @contextmanager
    def own(self, folders: tuple[bytes, ...], pages: frozenset[int]) -> Iterator[Finder]:
        """A finder for somebody who sees what lies in some folders alone, on these pages, on what is indexed now."""
        with Finder(self._index, Lookup(self._folder, folders), self._speller, pages) as finder:
            yield finder

    def follow(self) -> None:
        """Make a new verdict searchable, if that takes only a moment."""
        with self._changed:
            if not self._behind:
                self._ask()

    @property
    def behind(self) -> bool:
        """Whether a large part of the archive cannot be searched yet."""
        return self._behind

    def _shows(self, uuid: str, revision: int) -> bool:
        opened = self._current
        if opened is None or not opened.whole or opened.finder.outdated:
            return False
        return (opened.uuid, opened.revision) == (uuid, revision)

    def _ask(self) -> None:
        """Ask for the newest state to be opened, and wait for it."""
        self._asked += 1
        mine = self._asked
        self._changed.notify_all()
        patience = _FIRST if self._current is None else _PATIENCE
        self._changed.wait_for(lambda: self._made >= mine or self._closing, patience)

    def _keep(self) -> None:
        """Open the newest state each time it is asked for, until the server ends."""
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._asked > self._made or self._closing, _AGAIN if self._behind else None
                )
                if self._closing:
                    return
                mine, opened = self._asked, None
                moment = _ROUND if self._behind and self._current else _MOMENT
            trouble = None
            try:
                opened = _opened(self._folder, self._index, self._speller, moment)
            except NotesError as error:
                trouble = error
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not end this thread
                message = _(
                    "the search index in %(folder)s cannot be opened: %(kind)s: %(why)s",
                    folder=self._folder,
                    kind=type(error).__name__,
                    why=error,
                )
                trouble = IndexFolderError(message, _("Try again soon; notes doctor may know more."))
            with self._changed:
                if trouble is not None:
                    _log.warning("%s", trouble.message)
                else:
                    self._replace(opened)
                self._trouble, self._made = trouble, mine
                self._behind = opened is not None and not opened.whole
                self._changed.notify_all()
            if trouble is None and not self._behind:
                tidy(self._index)

    def _replace(self, opened: _Opened | None) -> None:
        before, self._current = self._current, opened
        if before is not None:
            before.replaced = True
            _close(before)


def _close(opened: _Opened) -> None:
    if not opened.users:
        opened.finder.__exit__()


def _opened(folder: Path, index: SearchIndex, speller: Callable[[], Speller], moment: float) -> _Opened:
    """A finder on the index, which is first brought up to date as far as these seconds allow."""
    hindered: IndexFolderError | None = None
    with Catalog(folder) as catalog:
        revision = catalog.revision
        whole = False
        try:
            whole = bring_up(index, catalog, _LOCKED, moment)
        except IndexFolderError as error:  # another process is writing: search what is indexed already
            _log.info("%s", error.message)
            hindered = error
        try:
            return _Opened(Finder(index, Lookup(folder), speller).__enter__(), catalog.uuid, revision, whole)
        except IndexFolderError as error:
            if hindered is None:
                raise
            raise hindered from error  # this is the cause
