"""Orphans: verdicts that stand and lie on no line. They are listed, and attached to a line by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.catalog.records import Orphan, Said
from indexer.catalog.rows import box_of, path_of
from indexer.catalog.saying import say
from indexer.catalog.storing import now
from indexer.translation import _
from indexer.values.errors import MissingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.catalog.records import Kind
    from indexer.values import StoredLine
    from indexer.values.thresholds import Thresholds

ORPHANS = """
SELECT verdicts.*, EXISTS (SELECT 1 FROM page_verdicts WHERE page_verdicts.id = verdicts.id) AS here
FROM said JOIN verdicts ON verdicts.id = (
    SELECT max(id) FROM verdicts newest WHERE newest.line_id = said.line_id AND undone_at IS NULL)
WHERE NOT lies {more} ORDER BY path, page, y, verdicts.id LIMIT ? OFFSET ?
"""
"""The orphans; ``more`` is a further condition."""

NAMELESS = "SELECT 1 FROM verdicts WHERE line_id IS NULL LIMIT 1"
"""Whether there are verdicts without a line number: none of our versions made any."""
_NAMED = """
UPDATE verdicts SET line_id = (SELECT max(seq) FROM sqlite_sequence WHERE name = 'lines') + (
    SELECT min(id) FROM verdicts same WHERE same.line_id IS NULL AND same.sha256 = verdicts.sha256
    AND same.page = verdicts.page AND same.x = verdicts.x AND same.y = verdicts.y
    AND same.width = verdicts.width AND same.height = verdicts.height)
WHERE id = ?
"""


def name_lines(db: sqlite3.Connection) -> None:
    """Give verdicts without a line number the number of a line that does not exist, one for each place: none is
    lost."""
    db.execute(
        """INSERT INTO sqlite_sequence (name, seq)
        SELECT 'lines', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'lines')"""
    )
    top = "SELECT max(line_id) FROM verdicts"
    db.execute(f"UPDATE sqlite_sequence SET seq = max(seq, coalesce(({top}), 0)) WHERE name = 'lines'")  # noqa: S608
    nameless = db.execute("SELECT id FROM verdicts WHERE line_id IS NULL ORDER BY id DESC").fetchall()
    db.executemany(
        _NAMED, [(row["id"],) for row in nameless]
    )  # the first verdict of a place comes last, since the others are found by it
    db.execute(f"UPDATE sqlite_sequence SET seq = max(seq, ({top})) WHERE name = 'lines'")  # noqa: S608
    db.execute("DELETE FROM said")
    db.execute(
        """INSERT INTO said SELECT DISTINCT line_id, EXISTS (SELECT 1 FROM lines WHERE lines.id = line_id)
        FROM verdicts WHERE undone_at IS NULL"""
    )


def orphans(rows: Sequence[sqlite3.Row], home: Path) -> list[Orphan]:
    """The orphans in rows of ``ORPHANS``."""
    return [
        Orphan(
            line=row["line_id"],
            kind=row["kind"],
            text=row["text"],
            path=None if row["path"] is None else path_of(row["path"], home),
            page=row["page"],
            box=box_of(row),
            said_at=row["made_at"],
            is_read=bool(row["here"]),
        )
        for row in rows
    ]


def no_orphan(line: int) -> MissingError:
    """The error for an orphan that does not exist."""
    return MissingError(
        _("no verdict without a line has the number %(line)s", line=line), _("notes review --orphans lists them.")
    )


def attach(
    db: sqlite3.Connection, orphan: int, line: int, seen: str | None, thresholds: Thresholds, home: Path
) -> StoredLine:
    """Attach an orphan to a line; returns the line as it is then."""
    row = db.execute(ORPHANS.format(more="AND said.line_id = ?"), (orphan, 1, 0)).fetchone()
    if row is None:
        raise no_orphan(orphan)
    kind: Kind = "reject" if row["kind"] == "reject" else "correct"
    kept = say(db, Said(line, kind, row["text"] if kind == "correct" else None, seen), thresholds, home, row["who"])
    db.execute("UPDATE verdicts SET undone_at = ? WHERE line_id = ? AND undone_at IS NULL", (now(), orphan))
    return kept
