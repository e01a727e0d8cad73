"""The Whoosh index: derived from the catalogue, and made anew when in doubt.

A line has a document for the reading that counts, one for each other reading, and one with its last word whole if that
goes on in the next line. Every state of the index has a number and a stamp, a file with the same number that is written
before the state is committed. So after any crash the stamp of the state that counts says truly which catalogue it is
made from, and up to which revision.
"""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout
from whoosh import index

from indexer.search.changes import changes
from indexer.search.spotting import PATIENCE, ProbabilisticIndex, remedy
from indexer.search.tiers import crowded, to_merge
from indexer.search.words import segments as parts
from indexer.search.words import stamp as stamps
from indexer.search.words import tables, vocabulary
from indexer.search.words.documents import add, schema
from indexer.search.words.lookup import Part, Searcher
from indexer.search.words.stamp import Stamp
from indexer.system.files import sync
from indexer.translation import _
from indexer.values.errors import IndexBusyError, IndexFolderError, NotesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from indexer.search.changes import Change
    from indexer.search.words.vocabulary import Vocabulary
    from indexer.values import Feed

_ATTEMPTS = 5
"""Times that a reader looks again when a segment is gone that the table of contents still named."""
_GLANCE = 0.05
"""Seconds between tries to lock the index: Whoosh's lock cannot be waited for."""


class SearchIndex:
    """The Whoosh index in a folder. Nothing is opened or made before it is needed.

    The ink is searched by others, until it is closed, where ``shards`` says so: by so many processes, or by those at
    some addresses. Raises ``UsageError`` for what it cannot say.
    """

    def __init__(self, folder: Path, shards: str = "1") -> None:
        self.folder = folder
        self.spotting = ProbabilisticIndex(folder / "ink", shards)
        self._vocabularies: dict[str, Vocabulary] = {}
        self._opening = threading.Lock()

    def close(self) -> None:
        """End the processes that search the ink, if there are any."""
        self.spotting.close()

    def agrees(self, feed: Feed) -> bool:
        """Whether it holds exactly what the catalogue has now."""
        opened = self._open()
        stamp = self._state(opened.latest_generation(), opened._segments()) if opened else None
        agrees = stamp is not None and (stamp.uuid, stamp.revision) == (feed.uuid, feed.revision)
        return agrees and self.spotting.agrees(feed)

    def is_of(self, feed: Feed) -> bool:
        """Whether it holds at least an earlier state of the catalogue, so that something can be found."""
        opened = self._open()
        stamp = self._state(opened.latest_generation(), opened._segments()) if opened else None
        return stamp is not None and stamp.uuid == feed.uuid and self.spotting.is_of(feed)

    def searcher(self) -> Searcher:
        """The words of the newest state; raises ``IndexFolderError`` when there are none.

        It shares with the one before what did not change.
        """
        with self._explained("read"):
            for _ in range(_ATTEMPTS):
                try:
                    return Searcher(self._parts(self._opened()._segments()), self._whoosh)
                except (FileNotFoundError, ValueError):  # merged after the table of contents was read
                    continue
        raise self._missing()

    def whoosh_searcher(self) -> Any:
        """Whoosh's own searcher on the newest state, to compare with."""
        return self._whoosh()[0]

    @contextmanager
    def looking(self) -> Iterator[None]:
        """While words are looked up: an error then comes from damaged files, and the index does not count any more."""
        try:
            yield
        except NotesError:
            raise
        except PermissionError as error:
            raise IndexFolderError(
                _("cannot read %(folder)s", folder=self.folder), _("Check its permissions.")
            ) from error
        except Exception as error:
            with suppress(OSError):
                tables.discard(self.folder)
            raise IndexFolderError(
                _(
                    "the search index in %(folder)s is damaged (%(name)s)",
                    folder=self.folder,
                    name=type(error).__name__,
                ),
                _("Run the command again: the index is made anew from the catalogue."),
            ) from error

    def _opened(self) -> Any:
        opened = self._open()
        if opened is None:
            raise self._missing()
        return opened

    def _missing(self) -> IndexFolderError:
        return IndexFolderError(
            _("the search index in %(folder)s is missing or damaged", folder=self.folder),
            _("Run a command that may write to the index folder once: it is rebuilt from the catalogue."),
        )

    def _whoosh(self) -> tuple[Any, list[Part]]:
        """Whoosh's own searcher on the newest state, and its parts."""
        searcher = self._opened().searcher()
        if not searcher.doc_count_all():
            return searcher, []
        return searcher, self._parts([leaf.segment() for leaf, _ in searcher.reader().leaf_readers()])

    def _parts(self, segments: Sequence[Any]) -> list[Part]:
        """The segments as the searcher takes them; those that are open are the same objects as before."""
        with self._opening:
            known = {segment.segment_id() for segment in segments}
            self._vocabularies = {key: kept for key, kept in self._vocabularies.items() if key in known}
            return [self._part(segment) for segment in segments]

    def _part(self, segment: Any) -> Part:
        name = segment.segment_id()
        if name not in self._vocabularies:
            self._vocabularies[name] = parts.words(self.folder, segment)
        return Part(self._vocabularies[name], parts.alive(segment) if segment.deleted_count() else None)

    def sync(self, feed: Feed, patience: float = PATIENCE, until: float = float("inf")) -> None:
        """Bring the index to the state of the catalogue, or as far as it comes until then (on the monotonic clock).

        That is one commit or, far behind, several; others write between two commits. Raises ``IndexBusyError`` when
        another process holds the lock for longer than ``patience`` seconds, and ``IndexFolderError`` when nothing can
        be written.
        """
        self._sync_words(feed, patience, until)
        self.spotting.sync(feed, patience, until)

    def _sync_words(self, feed: Feed, patience: float, until: float) -> None:
        with self._explained():
            try:
                self._bring_up(feed, patience, until)
            except (NotesError, OSError):
                raise
            except Exception:  # noqa: BLE001 - damaged files break Whoosh in every way; the catalogue has it all
                tables.discard(self.folder)
                self._bring_up(feed, patience, until)

    def _bring_up(self, feed: Feed, patience: float, until: float) -> None:
        writer = self._writer(patience)
        stamp = self._state(writer.generation - 1, writer.segments)
        if stamp is None or stamp.uuid != feed.uuid or stamp.revision > feed.revision:
            writer.cancel()
            self._create()
            writer, stamp = self._writer(patience), Stamp(feed.uuid)
        if stamp.revision == feed.revision:
            writer.cancel()
            return
        self._catch_up(writer, feed, stamp, patience, until)

    def _catch_up(self, writer: Any, feed: Feed, stamp: Stamp, patience: float, until: float) -> None:
        try:
            for change in changes(feed, stamp.revision):
                if writer.is_closed:
                    writer = self._writer(patience)
                    if stamps.read(self.folder, writer.generation - 1) != stamp:  # another process has gone on
                        break
                stamp = self._commit(writer, stamp, change)
                if time.monotonic() >= until:
                    return
        except BaseException:
            if not writer.is_closed:
                writer.cancel()
            raise
        if not writer.is_closed:
            writer.cancel()
            self._sync_words(feed, patience, until)

    def _commit(self, writer: Any, stamp: Stamp, change: Change) -> Stamp:
        """Take over the changed pages and remove those that are gone; the stamp of the new state."""
        self._delete(writer, change.outdated(stamp.last_page))
        for page in change.pages:
            add(writer, page)
        stamp = Stamp(stamp.uuid, change.revision, change.last_page(stamp.last_page))
        self._finish(writer, stamp, partial(parts.joined, brought=sum(len(page.lines) for page in change.pages)))
        return stamp

    def _delete(self, writer: Any, pages: Sequence[int]) -> None:
        """Let the documents of pages not count any more."""
        start = 0
        for segment, part in zip(writer.segments, self._parts(writer.segments) if pages else (), strict=False):
            there = np.isin(part.vocabulary.columns["page"], pages)
            if part.alive is not None:
                there &= part.alive
            for document in np.flatnonzero(there).tolist():
                writer.delete_document(start + document)
            start += segment.doc_count_all()

    def tidy(self, most: int | None = None) -> bool:
        """Merge segments where there are many of about the same size, of so many lines at most; whether there were any.

        Others read and write meanwhile. Does nothing while another process merges.
        """
        with self._explained():
            try:
                with FileLock(self.folder / "joining.lock", timeout=0):
                    words = self._tidy_words(most)
            except Timeout:
                words = False
        return self.spotting.tidy(most) or words

    def _tidy_words(self, most: int | None) -> bool:
        opened = self._opened()
        segments = opened._segments()
        sizes = [segment.doc_count() for segment in segments]
        chosen = [segments[at] for at in to_merge(sizes)]
        if not chosen or (most is not None and sum(each.doc_count() for each in chosen) > most and not crowded(sizes)):
            return False
        apart = self.folder / "joining"
        shutil.rmtree(apart, ignore_errors=True)
        self._create(apart)
        joining = self._open(apart)
        if joining is None:
            raise OSError("it cannot be read back")
        writer = joining.writer(limitmb=256)
        parts.copy(writer, opened.storage, chosen)
        writer.commit(mergetype=lambda _, segments: segments)
        (made,) = joining._segments()
        parts.write_words(self.folder, joining.storage, made)
        self._take_over(made, apart, chosen)
        shutil.rmtree(apart, ignore_errors=True)
        return True

    def _take_over(self, made: Any, apart: Path, chosen: Sequence[Any]) -> None:
        """Let a segment that was made apart replace others, without what was deleted in these meanwhile."""
        alive = [parts.alive(segment) for segment in chosen]
        writer = self._writer(PATIENCE)
        try:
            stamp = stamps.read(self.folder, writer.generation - 1)
            if stamp is None:
                writer.cancel()
                return
            current = {segment.segment_id(): segment for segment in writer.segments}
            for before, order in zip(chosen, vocabulary.merged_order(alive), strict=True):
                now = current.get(before.segment_id())
                # Of a segment that is gone no document counts any more.
                left = np.zeros(len(order), bool) if now is None else parts.alive(now)
                for document in order[(order >= 0) & ~left].tolist():
                    made.delete_document(document)
            file = made.make_filename(".seg")
            sync(apart / file)
            (apart / file).replace(self.folder / file)
            names = {segment.segment_id() for segment in chosen}

            def policy(_: Any, segments: list[Any]) -> list[Any]:
                kept = [each for each in segments if each.segment_id() not in names]
                return [*kept, *([made] if made.doc_count() else [])]

            self._finish(writer, stamp, policy)
        except BaseException:
            if not writer.is_closed:
                writer.cancel()
            raise

    def _finish(self, writer: Any, stamp: Stamp, policy: Callable[[Any, list[Any]], list[Any]]) -> None:
        """Commit. The words of new segments are written beside them before they count."""
        generation = writer.generation

        def finished(writer: Any, segments: list[Any]) -> list[Any]:
            left = policy(writer, segments)
            if writer._added:
                left.append(writer._finalize_segment())
                writer._added = False
            for segment in left:
                if not parts.words_file(self.folder, segment).exists():
                    sync(self.folder / segment.make_filename(segment.COMPOUND_EXT))
                    parts.write_words(self.folder, writer.storage, segment)
            return left

        own = stamps.written(self.folder, generation, stamp)
        writer.commit(mergetype=finished)
        kept = {own, *(parts.words_file(self.folder, each) for each in self._opened()._segments())}
        for file in (*self.folder.glob(stamps.FILES), *self.folder.glob(parts.WORDS)):
            if file not in kept:
                with suppress(OSError):  # elsewhere than on Linux an open file stays until the next time
                    file.unlink()

    def _open(self, folder: Path | None = None) -> Any | None:
        """The Whoosh index in this folder or another one; ``None`` when there is none that can be used."""
        try:
            return tables.opened(folder or self.folder, schema())
        except PermissionError as error:
            raise IndexFolderError(
                _("cannot read %(folder)s", folder=self.folder), _("Check its permissions.")
            ) from error
        except (tables.DamagedError, OSError):
            return None  # it is made anew from the catalogue

    def _create(self, folder: Path | None = None) -> None:
        (folder or self.folder).mkdir(parents=True, exist_ok=True)
        tables.create(folder or self.folder)

    def _writer(self, patience: float) -> Any:
        opened = self._open()
        if opened is None:
            self._create()
            opened = self._open()
            if opened is None:
                raise OSError("it cannot be read back")
        until = time.monotonic() + patience
        while True:
            try:
                return opened.writer(limitmb=256)
            except index.LockError as error:
                if time.monotonic() > until:
                    raise IndexBusyError(
                        _("another notes is writing to %(folder)s", folder=self.folder),
                        _("Try again when it is done: it holds the lock MAIN_WRITELOCK there."),
                    ) from error
                time.sleep(_GLANCE)

    def _state(self, generation: int, segments: Sequence[Any]) -> Stamp | None:
        """The stamp of a state; ``None`` when it has none, or when words of its segments are missing."""
        try:
            self._parts(segments)
        except (FileNotFoundError, ValueError):
            return None
        return stamps.read(self.folder, generation)

    @contextmanager
    def _explained(self, what: str = "write") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise IndexFolderError(
                _("cannot read the search index in %(folder)s: %(why)s", folder=self.folder, why=why)
                if what == "read"
                else _("cannot write the search index in %(folder)s: %(why)s", folder=self.folder, why=why),
                remedy(error),
            ) from error
