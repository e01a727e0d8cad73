"""The Whoosh index: derived from the catalogue, stamped with what it holds of it, rebuilt when in doubt.

A document a line. The stamp is a document too, so that it changes in the same commit as the lines: whatever a
crash leaves behind, the index says truly up to which revision of the catalogue it goes.
"""

from __future__ import annotations

import json
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from whoosh import columns, fields, index
from whoosh.analysis import Token, Tokenizer
from whoosh.query import Term

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
        if self.agrees(feed):
            return
        with self._explained():
            writer = self._writer()
            stamp = self._stamp(self._open())
            if stamp is None or stamp[0] != feed.uuid or stamp[1] > feed.revision:
                writer.cancel()
                self._create()
                writer = self._writer()
                stamp = (feed.uuid, 0)
            self._catch_up(writer, feed, stamp[1])

    def _catch_up(self, writer: Any, feed: Feed, since: int) -> None:
        target = feed.revision
        try:
            for page_id in feed.removed_pages(since):
                writer.delete_by_term("page", page_id)
            for number, page in enumerate(feed.changed_pages(since), 1):
                if since:
                    writer.delete_by_term("page", page.id)
                _add(writer, page)
                if number % _PAGES_A_COMMIT == 0:
                    _put_stamp(writer, feed.uuid, page.revision)
                    writer.commit()
                    writer = self._writer()
            _put_stamp(writer, feed.uuid, target)
            writer.commit()
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
                        f"another notes is writing to {self.folder}", "Try again when it is done."
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
    texts = slots([line.text for line in page.lines])
    for line, text in zip(page.lines, texts, strict=True):
        if line.status in STATUSES:
            writer.add_document(
                text=text,
                page=page.id,
                line=line.id,
                status=STATUSES.index(line.status),
                confidence=-1.0 if line.confidence is None else line.confidence,
            )


def _put_stamp(writer: Any, uuid: str, revision: int) -> None:
    writer.delete_by_term("kind", "stamp")
    stamp = json.dumps({"format": _FORMAT, "uuid": uuid, "revision": revision})
    writer.add_document(kind="stamp", stamp=stamp)
