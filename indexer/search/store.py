"""The Whoosh index: derived from the catalogue, stamped with what it holds of it, rebuilt when in doubt.

A document a line, one more for a line whose last word goes on in the next, with that word whole, and one for each
reading of it that does not count. Every state of the index has a number, and beside it lies a stamp of the same number,
written before the state is committed: whatever a crash leaves behind, the stamp of the state that counts says truly
which catalogue it is made from, up to which revision.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from whoosh import columns, fields, index
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.query import Or, Term
from whoosh.reading import SegmentReader

from indexer.changes import changes
from indexer.errors import IndexBusyError, IndexFolderError, NotesError
from indexer.hyphens import wholes
from indexer.model import Status
from indexer.search import plain
from indexer.search.certainty import certainty, disowned
from indexer.spotting import PATIENCE, InkIndex
from indexer.text import search_words
from indexer.tiers import to_merge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexer.changes import Change
    from indexer.model import Feed, IndexPage

_FORMAT = 5
"""Counts the changes of schema and folding: an index of another format is rebuilt."""
COUNTS, WHOLE, OTHER = range(3)
"""What a document has of its line: the reading that counts, that with its last word whole, or another one."""


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What a state of the index is made from; ``last_page`` is the highest id of a page it ever had."""

    uuid: str
    revision: int = 0
    last_page: int = 0
    format: int = _FORMAT


def _merged(writer: Any, segments: list[Any]) -> list[Any]:
    """Whoosh's merge policy, of our own: its own would now and then merge the whole archive because of one more page.

    Segments without a line left are dropped.
    """
    joined = [segments[at] for at in to_merge([segment.doc_count() for segment in segments])]
    for segment in joined:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
    return [segment for segment in segments if segment.doc_count() and segment not in joined]


def _text() -> fields.TEXT:
    text = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=True)
    text.format = plain.Positions()
    return text


def _schema() -> fields.Schema:
    return fields.Schema(
        # Two fields, so that what is asked of the words of the archive leaves out what does not count.
        text=_text(),
        other=_text(),
        # One term a page, to delete it by; the columns are read at search time and write no terms at all.
        page=fields.NUMERIC(int, bits=32, signed=False, shift_step=0),
        line=fields.COLUMN(columns.NumericColumn("q", default=0)),
        kind=fields.COLUMN(columns.NumericColumn("B", default=COUNTS)),
        sure=fields.COLUMN(columns.NumericColumn("f", default=0)),
    )


class SearchIndex:
    """The Whoosh index in a folder. Nothing is opened or made before it is needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ink = InkIndex(folder / "ink")

    def agrees(self, feed: Feed) -> bool:
        """Whether it holds exactly what the catalogue has now."""
        opened = self._open()
        stamp = self._stamp(opened.latest_generation()) if opened else None
        agrees = stamp is not None and (stamp.uuid, stamp.revision) == (feed.uuid, feed.revision)
        return agrees and self.ink.agrees(feed)

    def searcher(self) -> Any:
        """A Whoosh searcher on the newest state; raises ``IndexFolderError`` when there is none."""
        opened = self._open()
        if opened is None:
            raise IndexFolderError(
                f"the search index in {self.folder} is missing or damaged",
                "Run a command that may write to the index folder once: it is rebuilt from the catalogue.",
            )
        with self.looking():
            return opened.searcher()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """While words are looked up: what breaks in Whoosh comes of damaged files, which do not count any more then."""
        try:
            yield
        except PermissionError as error:
            raise IndexFolderError(f"cannot read {self.folder}", "Check its permissions.") from error
        except Exception as error:
            with suppress(OSError):
                plain.discard(self.folder)
            raise IndexFolderError(
                f"the search index in {self.folder} is damaged ({type(error).__name__})",
                "Run the command again: the index is made anew from the catalogue.",
            ) from error

    def sync(self, feed: Feed, patience: float = PATIENCE, until: float = float("inf")) -> None:
        """Bring the index to the catalogue's state, in one commit or, when it is far behind, in several; or as far as
        it comes until then (on the monotonic clock). Others write between two commits.

        Raises ``IndexBusyError`` when another process keeps it locked for longer than ``patience`` seconds,
        ``IndexFolderError`` when the disk will not take it.
        """
        self._sync_words(feed, patience, until)
        self.ink.sync(feed, patience, until)

    def _sync_words(self, feed: Feed, patience: float, until: float) -> None:
        with self._explained():
            try:
                self._bring_up(feed, patience, until)
            except (NotesError, OSError):
                raise
            except Exception:  # noqa: BLE001 - damaged files break Whoosh in every way; the catalogue has it all
                plain.discard(self.folder)
                self._bring_up(feed, patience, until)

    def _bring_up(self, feed: Feed, patience: float, until: float) -> None:
        writer = self._writer(patience)
        stamp = self._stamp(writer.generation - 1)
        if stamp is None or stamp.uuid != feed.uuid or stamp.revision > feed.revision:
            writer.cancel()
            self._create()
            writer, stamp = self._writer(patience), _Stamp(feed.uuid)
        if stamp.revision == feed.revision:
            writer.cancel()
            return
        self._catch_up(writer, feed, stamp, patience, until)

    def _catch_up(self, writer: Any, feed: Feed, stamp: _Stamp, patience: float, until: float) -> None:
        try:
            for change in changes(feed, stamp.revision):
                if writer.is_closed:
                    writer = self._writer(patience)
                    if self._stamp(writer.generation - 1) != stamp:  # another process has gone on meanwhile
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

    def _commit(self, writer: Any, stamp: _Stamp, change: Change) -> _Stamp:
        """Take over the pages and forget those that are gone, as the state that goes up to this revision."""
        # To delete opens every segment; a page that was never here needs no deleting.
        outdated = change.outdated(stamp.last_page)
        if outdated:
            writer.delete_by_query(Or([Term("page", page) for page in outdated]))
        for page in change.pages:
            _add(writer, page)
        stamp = _Stamp(stamp.uuid, change.revision, change.last_page(stamp.last_page))
        generation = writer.generation
        self._stamp_file(generation).write_text(json.dumps(asdict(stamp)), encoding="utf-8")
        writer.commit(mergetype=_merged)
        for file in self.folder.glob("stamp-*.json"):
            if file != self._stamp_file(generation):
                file.unlink(missing_ok=True)
        return stamp

    def _open(self) -> Any | None:
        """The Whoosh index, or ``None`` when there is none that can be used."""
        try:
            return plain.opened(self.folder, _schema())
        except PermissionError as error:
            raise IndexFolderError(f"cannot read {self.folder}", "Check its permissions.") from error
        except (plain.DamagedError, OSError):
            return None  # the catalogue has it all

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        plain.create(self.folder)

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
                        f"another notes is writing to {self.folder}",
                        "Try again when it is done: it holds the lock MAIN_WRITELOCK there.",
                    ) from error
                time.sleep(0.05)

    def _stamp(self, generation: int) -> _Stamp | None:
        """What a state is made from, or ``None`` when that is not known or it has another format."""
        try:
            stamp = _Stamp(**json.loads(self._stamp_file(generation).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        sound = isinstance(stamp.revision, int) and isinstance(stamp.last_page, int)
        return stamp if stamp.format == _FORMAT and sound else None

    def _stamp_file(self, generation: int) -> Path:
        return self.folder / f"stamp-{generation}.json"

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise IndexFolderError(
                f"cannot write the search index in {self.folder}: {(error.strerror or str(error)).lower()}",
                "Check the folder's permissions and free space, then run the command again: what was read is kept.",
            ) from error


def _add(writer: Any, page: IndexPage) -> None:
    lines = [line for line in page.lines if line.status is not Status.REJECTED]  # no word goes on in one of these
    whole = wholes([line.text for line in lines])
    for at, line in enumerate(lines):
        common = {"page": page.id, "line": line.id}
        writer.add_document(text=" ".join(search_words(line.text)), kind=COUNTS, sure=certainty(line), **common)
        if (joined := whole[at]) is not None:
            sure = min(certainty(line), certainty(lines[at + 1]))
            writer.add_document(other=" ".join(joined), kind=WHOLE, sure=sure, **common)
        for other in line.others:
            sure = disowned(other.confidence, certainty(line))
            writer.add_document(other=" ".join(search_words(other.text)), kind=OTHER, sure=sure, **common)
