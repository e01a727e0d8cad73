"""Orders in which people put the lines of a page; each can be taken back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from indexer.catalog.database import Database
from indexer.catalog.reading_order import standing_order
from indexer.catalog.records import StandingOrder
from indexer.catalog.storing import apply_verdicts, now
from indexer.catalog.verdicts import outline_of
from indexer.translation import _
from indexer.values.errors import ConflictError, MissingError, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from indexer.catalog.records import DocumentPage, PageOrder
    from indexer.values.thresholds import Thresholds

_LINES = "SELECT * FROM lines WHERE page_id = ? ORDER BY number, id"


class Orders(Database):
    """The part of the catalogue that keeps in which order people put lines."""

    if TYPE_CHECKING:

        @property
        def thresholds(self) -> Thresholds:
            """The thresholds in force."""

    def standing_order(self, page: DocumentPage) -> StandingOrder | None:
        """The order of a page that counts; ``None`` if its lines stand as they were read."""
        row = self._looked_up(lambda db: standing_order(db, page.id))
        return None if row is None else StandingOrder(row["id"], row["made_at"], row["who"])

    def order(self, page: DocumentPage, order: PageOrder) -> bool:
        """Put lines of a page into another order; whether it is another one.

        Raises ``UsageError`` for an order that makes no sense, and ``ConflictError`` if somebody put the page into
        another order since it was seen, or a line is not on it any more.
        """
        with self._writing() as db:
            _compare(db, page.id, order.seen)
            rows = {row["id"]: row for row in db.execute(_LINES, (page.id,))}
            before = list(rows)
            wanted = _reordered(before, order, {line: row["block_id"] for line, row in rows.items()})
            if wanted == before:
                return False
            lines = [(line, [[round(x), round(y)] for x, y in outline_of(rows[line])]) for line in wanted]
            db.execute(
                """INSERT INTO orders (sha256, page, path, page_width, page_height, turned, lines, made_at, who)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    *(page.sha256, page.number, self._key(page.path), page.width, page.height, page.turned),
                    *(json.dumps(lines), now(), self.who),
                ),
            )
            apply_verdicts(db, page.id, self.thresholds)
            return True

    def take_back_order(self, page: DocumentPage, order: int | None = None) -> None:
        """Take back the order in which a page was put last; the one before counts again, or as it was read.

        Raises ``MissingError`` if there is none, and ``ConflictError`` if the last one is not ``order``.
        """
        with self._writing() as db:
            row = standing_order(db, page.id)
            if row is None:
                raise MissingError(_("nobody put the lines of this page into another order"), _("They stand as read."))
            _compare(db, page.id, order)
            db.execute("UPDATE orders SET undone_at = ? WHERE id = ?", (now(), row["id"]))
            apply_verdicts(db, page.id, self.thresholds)


def _compare(db: sqlite3.Connection, page_id: int, seen: int | None) -> None:
    """Raise ``ConflictError`` when another order stands than the one that a person saw."""
    row = standing_order(db, page_id)
    if seen is not None and seen != (0 if row is None else row["id"]):
        raise ConflictError(_("somebody else has put this page into another order meanwhile"), _look())


def _reordered(before: Sequence[int], order: PageOrder, blocks: dict[int, int | None]) -> list[int]:
    """The lines of a page in the new order; ``before`` they stood so."""
    named = list(dict.fromkeys(order.lines))
    ends = [each for each in (order.before, order.behind) if each is not None]
    gone = [line for line in (*named, *ends) if line not in blocks]
    if gone:
        raise ConflictError(_("line %(gone)s is not on this page any more", gone=gone[0]), _look())
    if not named or len(ends) > 1 or len(named) + len(ends) < 2 - order.whole:
        raise UsageError(
            _("this names no order of lines"), _("Name two or more, or some and one line before or behind.")
        )
    if order.whole:
        named = [line for block in dict.fromkeys(blocks[each] for each in named) for line in _of(block, before, blocks)]
    moved = set(named)
    if moved.intersection(ends):
        raise UsageError(_("a line cannot be put before or behind itself"), _("Name another one."))
    left = [line for line in before if line not in moved]
    if ends:
        around = _of(blocks[ends[0]], left, blocks) if order.whole else ends
        at = left.index(around[0]) if order.before is not None else left.index(around[-1]) + 1
    else:
        at = min(before.index(line) for line in named)
    return [*left[:at], *named, *left[at:]]


def _of(block: int | None, lines: Sequence[int], blocks: dict[int, int | None]) -> list[int]:
    return [line for line in lines if blocks[line] == block]


def _look() -> str:
    return _("Nothing was changed. Look at the page again.")
