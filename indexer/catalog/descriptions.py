"""What documents are: what was said of them as a whole, with its history, and what of it counts."""

from __future__ import annotations

import json
import uuid
from itertools import islice
from typing import TYPE_CHECKING

from indexer.catalog.database import CHUNK, Database
from indexer.catalog.settled_descriptions import FIRST, settle
from indexer.catalog.storing import next_revision, now
from indexer.translation import _
from indexer.values import DESCRIPTION_FIELDS, Change, Description, Statement
from indexer.values.errors import ConflictError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from indexer.values import DescriptionField, SaidBy

_UNDONE = "undone_at IS NULL AND origin IN ('person', 'table')"
_LAST = f"SELECT deed FROM descriptions WHERE {_UNDONE} {{0}} ORDER BY said_at DESC, id DESC LIMIT 1"  # noqa: S608
_KEPT = "INSERT INTO descriptions (sha256, deed, field, said, origin, said_at, who) VALUES (?, ?, ?, ?, ?, ?, ?)"
_CAME = """
SELECT sha256, field, said FROM descriptions WHERE origin = '{origin}' AND undone_at IS NULL AND sha256 IN ({{}})
"""
_REVISION = "count(*) + count(undone_at)"


class Descriptions(Database):
    """The part of the catalogue that says what documents are."""

    def descriptions(self, contents: Iterable[str]) -> dict[str, Description]:
        """What each of the documents is, by the hashes of their contents; only of those of which anything was ever
        said."""
        asked = sorted(set(contents))
        said: dict[str, dict[DescriptionField, SaidBy]] = {}
        values: dict[str, dict[DescriptionField, list[str]]] = {}
        revisions = f"SELECT sha256, {_REVISION} AS revision FROM descriptions WHERE sha256 IN ({{}}) GROUP BY 1"  # noqa: S608
        found = {row["sha256"]: row["revision"] for row in self._in(revisions, asked)}
        for row in self._in("SELECT * FROM described WHERE sha256 IN ({}) ORDER BY sha256, number", list(found)):
            values.setdefault(row["sha256"], {}).setdefault(row["field"], []).append(row["text"])
            said.setdefault(row["sha256"], {})[row["field"]] = row["origin"]
        return {
            sha256: Description(
                {name: tuple(texts) for name in DESCRIPTION_FIELDS if (texts := values.get(sha256, {}).get(name))},
                said.get(sha256, {}),
                revision,
            )
            for sha256, revision in found.items()
        }

    def description(self, sha256: str) -> Description:
        """What the document with a content is."""
        return self.descriptions([sha256]).get(sha256, Description())

    def describe(
        self,
        changes: Mapping[str, Sequence[Change]],
        said_by: SaidBy = "person",
        seen: Mapping[str, int] | None = None,
    ) -> list[str]:
        """Keep what is said of documents, all of it or nothing: the changes by the hashes of their contents.

        Returns those that are something else now. ``seen`` has the revisions that a person saw: raises
        ``ConflictError`` when one is another by now.
        """
        deed, at = uuid.uuid4().hex, now()
        changed = []
        with self._writing() as db:
            for sha256, wanted in changes.items():
                if seen is not None:
                    _compare(db, sha256, seen.get(sha256, 0))
                kept = [_say(db, sha256, each, (deed, said_by, at, self.who)) for each in wanted]
                if any(kept):
                    settle(db, sha256)
                    changed.append(sha256)
            if changed:
                next_revision(db)
        return changed

    def come_with(self, told: Mapping[str, Mapping[DescriptionField, Sequence[str]]], said_by: SaidBy) -> list[str]:
        """Keep what files or their names tell of documents, by the hashes of their contents, in place of all that they
        told before. Returns those of which they tell something else now."""
        changed = []
        for start in range(0, len(told), CHUNK):  # nobody else waits long to write
            changed += self._come_with(dict(islice(told.items(), start, start + CHUNK)), said_by)
        return changed

    def _come_with(self, told: Mapping[str, Mapping[DescriptionField, Sequence[str]]], said_by: SaidBy) -> list[str]:
        deed, at = uuid.uuid4().hex, now()
        before: dict[str, dict[str, str]] = {}
        for row in self._in(_CAME.format(origin=said_by), list(told)):
            before.setdefault(row["sha256"], {})[row["field"]] = row["said"]
        after = {
            sha256: {name: json.dumps(list(values), ensure_ascii=False) for name, values in fields.items() if values}
            for sha256, fields in told.items()
        }
        changed = [each for each in told if after[each] != before.get(each, {})]
        if not changed:
            return []
        with self._writing() as db:
            for sha256 in changed:
                sql = "UPDATE descriptions SET undone_at = ? WHERE sha256 = ? AND origin = ? AND undone_at IS NULL"
                db.execute(sql, (at, sha256, said_by))
                rows = [(sha256, deed, name, said, said_by, at, "") for name, said in after[sha256].items()]
                db.executemany(_KEPT, rows)
                settle(db, sha256)
            next_revision(db)
        return changed

    def undo_description(self, contents: Sequence[str] | None = None) -> list[str]:
        """Take back what was said last: of all documents, or of each of these. Returns the documents it was said of.

        What came with files is not taken back: it would come again.
        """
        with self._writing() as db:
            wanted = [("", ())] if contents is None else [("AND sha256 = ?", (each,)) for each in contents]
            undone: dict[str, None] = {}
            for more, values in wanted:
                last = db.execute(_LAST.format(more), values).fetchone()
                if last is not None:
                    which = f"deed = ? AND {_UNDONE} {more}"
                    said = (last["deed"], *values)
                    rows = db.execute(f"SELECT DISTINCT sha256 FROM descriptions WHERE {which}", said).fetchall()  # noqa: S608
                    db.execute(f"UPDATE descriptions SET undone_at = ? WHERE {which}", (now(), *said))  # noqa: S608
                    undone |= {row["sha256"]: None for row in rows}
            for sha256 in undone:
                settle(db, sha256)
            if undone:
                next_revision(db)
        return list(undone)

    def statements(self, sha256: str) -> list[Statement]:
        """All that was ever said of a document as a whole, the last first."""
        rows = self._all("SELECT * FROM descriptions WHERE sha256 = ? ORDER BY said_at DESC, id DESC", sha256)
        return [
            Statement(
                *(row["field"], tuple(json.loads(row["said"])), row["origin"]),
                *(row["said_at"], row["undone_at"], row["who"]),
            )
            for row in rows
        ]


def _say(db: sqlite3.Connection, sha256: str, change: Change, deed: tuple[str, SaidBy, str, str]) -> bool:
    """Keep a change, unless it changes nothing."""
    number, said_by, at, who = deed
    sql = f"""SELECT said FROM descriptions WHERE sha256 = ? AND field = ? AND undone_at IS NULL
        AND (?3 = 'person' OR origin = ?3) ORDER BY {FIRST}, id DESC LIMIT 1"""  # noqa: S608
    row = db.execute(sql, (sha256, change.name, said_by)).fetchone()
    before = [] if row is None else json.loads(row["said"])
    after = _changed(before, change)
    if after == before:
        return False
    db.execute(_KEPT, (sha256, number, change.name, json.dumps(after, ensure_ascii=False), said_by, at, who))
    return True


def _changed(before: list[str], change: Change) -> list[str]:
    values = list(dict.fromkeys(change.values))
    if change.how == "add":
        return [*before, *(each for each in values if each not in before)]
    if change.how == "remove":
        return [each for each in before if values and each not in values]
    return values


def _compare(db: sqlite3.Connection, sha256: str, seen: int) -> None:
    row = db.execute(f"SELECT {_REVISION} FROM descriptions WHERE sha256 = ?", (sha256,)).fetchone()  # noqa: S608
    if row[0] != seen:
        raise ConflictError(
            _("somebody else has said something of this document meanwhile"),
            _("Nothing was changed. Look at it again."),
        )
