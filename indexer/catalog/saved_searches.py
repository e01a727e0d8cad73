"""Searches that people keep, each with what was in the archive when they looked last. They are seen by their owners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.catalog.database import Database
from indexer.catalog.storing import now
from indexer.translation import _
from indexer.values.errors import MissingError, UsageError
from indexer.values.person import name_key

if TYPE_CHECKING:
    import sqlite3

MOST_SAVED = 200
"""Searches that one person may keep."""
_CHANGED = "SELECT id FROM pages WHERE revision > ? AND read_at >= ?"


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that somebody keeps: its number, its name, what is asked for as the address of the search page has it,
    and since when they have not looked: the revision of the catalogue and the time (UTC, ISO 8601)."""

    id: int
    name: str
    address: str
    revision: int
    looked_at: str


class SavedSearches(Database):
    """The part of the catalogue that keeps searches, for the person for whom it is opened."""

    def saved_searches(self) -> list[SavedSearch]:
        """The searches that they keep, by name."""
        sql = "SELECT * FROM saved_searches WHERE who = ? AND undone_at IS NULL ORDER BY lower(name), id"
        return [_saved(row) for row in self._all(sql, name_key(self.who))]

    def saved_search(self, number: int) -> SavedSearch:
        """One of their searches, also one that was removed; raises ``MissingError`` if there is none."""
        row = self._one("SELECT * FROM saved_searches WHERE id = ? AND who = ?", number, name_key(self.who))
        if row is None:
            raise _none(number)
        return _saved(row)

    def save_search(self, name: str, address: str) -> int:
        """Keep a search; gives its number. One with the same address gets the new name. Raises ``UsageError`` when they
        keep too many."""
        key, time, revision = name_key(self.who), now(), int(self._meta("revision"))
        with self._writing() as db:
            mine = "who = ? AND undone_at IS NULL"
            same = db.execute(f"SELECT id FROM saved_searches WHERE {mine} AND address = ?", (key, address)).fetchone()  # noqa: S608
            if same is not None:
                db.execute("UPDATE saved_searches SET name = ? WHERE id = ?", (name, same["id"]))
                return int(same["id"])
            if db.execute(f"SELECT count(*) FROM saved_searches WHERE {mine}", (key,)).fetchone()[0] >= MOST_SAVED:  # noqa: S608
                raise UsageError(_("%(most)s searches are kept", most=MOST_SAVED), _("Remove one of them first."))
            cursor = db.execute(
                """INSERT INTO saved_searches (who, name, address, revision, looked_at, made_at)
                VALUES (?, ?, ?, ?, ?, ?)""",
                (key, name, address, revision, time, time),
            )
            return int(cursor.lastrowid or 0)

    def looked_at(self, number: int) -> None:
        """Note that they looked at what a search finds now."""
        sql = "UPDATE saved_searches SET looked_at = ?, revision = ? WHERE id = ? AND who = ?"
        self._change_saved(sql, number, now(), int(self._meta("revision")))

    def remove_search(self, number: int) -> None:
        """Remove a search; it can be brought back."""
        self._change_saved("UPDATE saved_searches SET undone_at = ? WHERE id = ? AND who = ?", number, now())

    def bring_search_back(self, number: int) -> None:
        """Bring a search back that was removed."""
        self._change_saved("UPDATE saved_searches SET undone_at = NULL WHERE id = ? AND who = ?", number)

    def pages_read_since(self, revision: int, time: str) -> frozenset[int]:
        """The pages that were read, or read again, since the catalogue had a revision at a time."""
        return frozenset(row["id"] for row in self._all(_CHANGED, revision, time))

    def _change_saved(self, sql: str, number: int, *values: object) -> None:
        with self._writing() as db:
            if not db.execute(sql, (*values, number, name_key(self.who))).rowcount:
                raise _none(number)


def _saved(row: sqlite3.Row) -> SavedSearch:
    return SavedSearch(row["id"], row["name"], row["address"], row["revision"], row["looked_at"])


def _none(number: int) -> MissingError:
    return MissingError(_("there is no saved search %(number)s", number=number), _("It may have been removed."))
