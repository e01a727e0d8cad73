"""The Whoosh index: derived from the catalogue, stamped with what it holds of it, rebuilt when in doubt.

A document a line. The stamp is a document too, so that it changes in the same commit as the lines: whatever a
crash leaves behind, the index says truly up to which revision of the catalogue it goes.
"""

from __future__ import annotations

import json
import time
import warnings
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from whoosh import columns, fields, index
from whoosh.analysis import Token, Tokenizer
from whoosh.query import Or, Term
from whoosh.reading import SegmentReader

from indexer.errors import IndexFolderError
from indexer.model import Status
from indexer.search.hyphens import slots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexer.model import IndexPage

_FORMAT = 1
"""Counts the changes of schema and folding: an index of another format is rebuilt."""
_PATIENCE = 15.0
"""Seconds to wait for another process that is writing; its batches are short."""
_PAGES_A_COMMIT = 500
_SMALL_SEGMENT = 5_000
"""Lines; merging the small segments costs at most a second or two."""
_MANY_SEGMENTS = 8
STATUSES = (Status.ACCEPTED, Status.REVIEW, Status.UNKNOWN)
"""The states in the index, by their code in the column. Rejected lines are not in it."""


class Feed(Protocol):
    """What the search index is made from."""

    uuid: str

    @property
    def revision(self) -> int:
        """The newest change."""

    def changed_pages(self, since: int) -> Iterator[IndexPage]:
        """Pages changed after a revision, oldest first."""

    def removed_pages(self, since: int) -> Iterator[int]:
        """Ids of pages removed after a revision."""


def _merge_small(writer: Any, segments: list[Any]) -> list[Any]:
    """Whoosh's merge policy, of our own: the small segments become one when there are many of them.

    Whoosh's own would now and then merge the whole archive because of one more page. Segments of 5,000 lines stay
    apart: 200,000 lines are at most 40 of them.
    """
    small = [segment for segment in segments if segment.doc_count() < _SMALL_SEGMENT]
    if len(small) <= _MANY_SEGMENTS:
        return segments
    for segment in small:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
    return [segment for segment in segments if segment not in small]


class _Slots(Tokenizer):  # type: ignore[misc]
    """Blank-separated slots, each a word or several at the same place: ``old ver|vergangen``."""

    def __call__(self, value: str, mode: str = "", **flags: Any) -> Iterator[Token]:
        token = Token(mode=mode, **flags)
        for position, slot in enumerate(value.split()):
            for text in slot.split("|"):
                token.text = token.original = text
                token.pos = position
                token.boost = 1.0
                token.stopped = False
                yield token


def _schema() -> fields.Schema:
    return fields.Schema(
        text=fields.TEXT(analyzer=_Slots(), phrase=True),
        # One term a page, to delete it by; the columns are read at search time and write no terms at all.
        page=fields.NUMERIC(int, bits=32, signed=False, shift_step=0, sortable=True),
        line=fields.COLUMN(columns.NumericColumn("q", default=0)),
        status=fields.COLUMN(columns.NumericColumn("B", default=0)),
        confidence=fields.COLUMN(columns.NumericColumn("f", default=-1.0)),
        kind=fields.ID(),
        stamp=fields.STORED(),
    )


class SearchIndex:
    """The Whoosh index in a folder. Nothing is opened or made before it is needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def agrees(self, feed: Feed) -> bool:
        """Whether it holds exactly what the catalogue has now."""
        return self._stamp(self._open()) == (feed.uuid, feed.revision)

    def searcher(self) -> Any:
        """A Whoosh searcher on the newest state; raises ``IndexFolderError`` when there is none."""
        opened = self._open()
        if opened is None:
            raise IndexFolderError(
                f"the search index in {self.folder} is missing or damaged",
                "Run a command that may write to the index folder once: it is rebuilt from the catalogue.",
            )
        return opened.searcher()

    def sync(self, feed: Feed) -> None:
        """Bring the index to the catalogue's state, in one commit or, when it is far behind, in several.

        Raises ``IndexFolderError`` when another process keeps it locked or the disk will not take it.
        """
        with self._explained():
            writer = self._writer()
            stamp = self._stamp(self._open())
            if stamp == (feed.uuid, feed.revision):
                writer.cancel()
                return
            if stamp is None or stamp[0] != feed.uuid or stamp[1] > feed.revision:
                writer.cancel()
                self._create()
                writer = self._writer()
                stamp = (feed.uuid, 0)
            self._catch_up(writer, feed, stamp[1])

    def _catch_up(self, writer: Any, feed: Feed, since: int) -> None:
        target = feed.revision
        try:
            gone = list(feed.removed_pages(since))
            changed = feed.changed_pages(since)
            while len(batch := list(islice(changed, _PAGES_A_COMMIT))) == _PAGES_A_COMMIT:
                _take_over(writer, batch, gone)
                _add_stamp(writer, feed.uuid, batch[-1].revision)
                writer.commit(mergetype=_merge_small)
                writer, gone = self._writer(), []
            _take_over(writer, batch, gone)
            _add_stamp(writer, feed.uuid, target)
            writer.commit(mergetype=_merge_small)
        except BaseException:
            if not writer.is_closed:
                writer.cancel()
            raise

    def _open(self) -> Any | None:
        """The Whoosh index, or ``None`` when there is none that can be used."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # Whoosh does not close a damaged table of contents
            try:
                return index.open_dir(str(self.folder)) if index.exists_in(str(self.folder)) else None
            except PermissionError as error:
                raise IndexFolderError(f"cannot read {self.folder}", "Check its permissions.") from error
            except Exception:  # noqa: BLE001 - pickles and binary files break in every way; the catalogue has it all
                return None

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        index.create_in(str(self.folder), _schema())

    def _writer(self) -> Any:
        opened = self._open()
        if opened is None:
            self._create()
            opened = index.open_dir(str(self.folder))
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return opened.writer(limitmb=256)
            except index.LockError as error:
                if time.monotonic() > until:
                    raise IndexFolderError(
                        f"another notes is writing to {self.folder}",
                        "Try again when it is done: it holds the lock MAIN_WRITELOCK there.",
                    ) from error
                time.sleep(0.05)

    def _stamp(self, opened: Any | None) -> tuple[str, int] | None:
        """Which catalogue the index is made from, and up to which revision."""
        if opened is None:
            return None
        try:
            with opened.searcher() as searcher:
                for number in searcher.docs_for_query(Term("kind", "stamp")):
                    stamp = json.loads(searcher.stored_fields(number)["stamp"])
                    if stamp["format"] == _FORMAT:
                        return (stamp["uuid"], stamp["revision"])
        except Exception:  # noqa: BLE001 - see _open
            return None
        return None

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
    lines = [line for line in page.lines if line.status in STATUSES]  # no word goes on in a line that was rejected
    for line, text in zip(lines, slots([line.text for line in lines]), strict=True):
        writer.add_document(
            text=text,
            page=page.id,
            line=line.id,
            status=STATUSES.index(line.status),
            confidence=-1.0 if line.confidence is None else line.confidence,
        )


def _take_over(writer: Any, pages: list[IndexPage], gone: list[int]) -> None:
    """Delete what the index has of these pages, and the stamp, in one go (each opens every segment); add the pages."""
    outdated = [*gone, *(page.id for page in pages)]
    writer.delete_by_query(Or([Term("kind", "stamp"), *(Term("page", page) for page in outdated)]))
    for page in pages:
        _add(writer, page)


def _add_stamp(writer: Any, uuid: str, revision: int) -> None:
    stamp = json.dumps({"format": _FORMAT, "uuid": uuid, "revision": revision})
    writer.add_document(kind="stamp", stamp=stamp)
