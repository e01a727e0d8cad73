"""Storing what was read of a page, and laying people's verdicts over it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from indexer.accept import judge
from indexer.geometry import overlap, pair
from indexer.model import HUMAN, Box, Line, Origin, PageReading, Status
from indexer.text import clean

if TYPE_CHECKING:
    import sqlite3

    from indexer.accept import Thresholds

_SAME_PLACE = 0.3
"""Least intersection over union of a verdict's box and the box of the line it is about after a re-reading."""
_JUDGED = 100
"""Pages judged again in one transaction: some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    id: int
    box: Box
    kind: str
    text: str
    line_id: int | None


def now() -> str:
    """The present moment in UTC, ISO 8601, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def next_revision(db: sqlite3.Connection) -> int:
    """Count the catalogue's revision one up and return it."""
    db.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    return int(db.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()[0])


def reader_id(db: sqlite3.Connection, origin: Origin) -> int:
    """The row of a reader, made when it is new."""
    values = (origin.engine, origin.version, origin.settings)
    db.execute("INSERT OR IGNORE INTO readers (engine, version, settings) VALUES (?, ?, ?)", values)
    row = db.execute("SELECT id FROM readers WHERE engine = ? AND version = ? AND settings = ?", values).fetchone()
    return int(row[0])


def store_page(db: sqlite3.Connection, file_id: int, reading: PageReading, recipe: str, thresholds: Thresholds) -> None:
    """Put a page's new reading in the place of an older one, within the caller's transaction.

    A line keeps its id where the new reading has a line in the same place; verdicts are laid over it again.
    """
    page_id = _page_row(db, file_id, reading, recipe)
    lines = [readings for readings in reading.lines if clean(readings[0].line.text)]
    old = db.execute("SELECT * FROM lines WHERE page_id = ? ORDER BY number", (page_id,)).fetchall()
    boxes = [readings[0].line.box for readings in lines]
    kept = {new: old[at]["id"] for new, at in pair(boxes, [_box(row) for row in old]).items()}
    gone = {row["id"] for row in old} - set(kept.values())
    db.executemany("DELETE FROM lines WHERE id = ?", [(line_id,) for line_id in gone])
    for number, readings in enumerate(lines, 1):
        line_id = _line_row(db, page_id, number, readings[0].line, kept.get(number - 1))
        db.execute("UPDATE readings SET chosen = 0 WHERE line_id = ?", (line_id,))
        for each in reversed(readings):  # the one that counts is the newest
            reader = reader_id(db, each.origin)
            db.execute("DELETE FROM readings WHERE line_id = ? AND reader_id = ?", (line_id, reader))
            _reading_row(db, line_id, reader, each.line, chosen=each is readings[0])
    apply_verdicts(db, page_id, thresholds)


def _page_row(db: sqlite3.Connection, file_id: int, reading: PageReading, recipe: str) -> int:
    db.execute(
        """INSERT INTO pages (file_id, number, label, width, height, recipe, incomplete, seconds, read_at, revision)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (file_id, number) DO UPDATE SET label = excluded.label, width = excluded.width,
            height = excluded.height, recipe = excluded.recipe, incomplete = excluded.incomplete,
            seconds = excluded.seconds, read_at = excluded.read_at""",
        (
            *(file_id, reading.number, reading.label, reading.width, reading.height),
            *(recipe, reading.incomplete, reading.seconds, now(), next_revision(db)),
        ),
    )
    row = db.execute("SELECT id FROM pages WHERE file_id = ? AND number = ?", (file_id, reading.number)).fetchone()
    return int(row[0])


def _line_row(db: sqlite3.Connection, page_id: int, number: float, line: Line, line_id: int | None) -> int:
    cursor = db.execute(
        """INSERT INTO lines (id, page_id, number, x, y, width, height, polygon, status)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET number = excluded.number, x = excluded.x, y = excluded.y,
            width = excluded.width, height = excluded.height, polygon = excluded.polygon""",
        (
            *(line_id, page_id, number, *line.box.xywh),
            *(json.dumps(line.polygon), Status.UNKNOWN.value),
        ),
    )
    return int(cursor.lastrowid or 0) if line_id is None else line_id


def _reading_row(db: sqlite3.Connection, line_id: int, reader: int, line: Line, *, chosen: bool = True) -> None:
    words = [[word.text, word.confidence, *word.box.xywh] for word in line.words]
    db.execute(
        """INSERT INTO readings (line_id, reader_id, text, confidence, words, frames, chosen)
        VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (line_id, reader, clean(line.text), line.confidence, json.dumps(words), line.frames, chosen),
    )


def apply_verdicts(db: sqlite3.Connection, page_id: int, thresholds: Thresholds) -> None:
    """Derive the human readings and the status of every line of a page, and count its revision up.

    The newest verdict on a place counts. Confirmed and corrected text whose line the reader no longer finds
    becomes a line of its own.
    """
    human = reader_id(db, Origin(HUMAN))
    db.execute(
        "DELETE FROM readings WHERE reader_id = ? AND line_id IN (SELECT id FROM lines WHERE page_id = ?)",
        (human, page_id),
    )
    db.execute(
        "DELETE FROM lines WHERE page_id = ? AND NOT EXISTS (SELECT 1 FROM readings WHERE line_id = lines.id)",
        (page_id,),
    )
    _choose_newest(db, page_id)
    rows = db.execute("SELECT * FROM lines WHERE page_id = ? ORDER BY number", (page_id,)).fetchall()
    verdicts = _standing(db, page_id)
    found = pair([verdict.box for verdict in verdicts], [_box(row) for row in rows], _SAME_PLACE)
    for at, verdict in enumerate(verdicts):
        line_id = rows[found[at]]["id"] if at in found else _line_of_its_own(db, page_id, verdict)
        if line_id is not None:
            _lay_over(db, line_id, human, verdict)
    _set_statuses(db, page_id, thresholds, {v.line_id for v in _standing(db, page_id) if v.kind == "reject"})
    _renumber(db, page_id)
    db.execute("UPDATE pages SET revision = ? WHERE id = ?", (next_revision(db), page_id))


def _choose_newest(db: sqlite3.Connection, page_id: int) -> None:
    """Where no reading of a line is chosen any more, choose the newest one."""
    db.execute(
        """UPDATE readings SET chosen = 1 WHERE id IN (
            SELECT max(readings.id) FROM readings JOIN lines ON lines.id = line_id
            WHERE page_id = ? GROUP BY line_id HAVING max(chosen) = 0)""",
        (page_id,),
    )


def _standing(db: sqlite3.Connection, page_id: int) -> list[_Verdict]:
    """The verdicts on a page that count: not undone, the newest of each place, oldest first."""
    rows = db.execute(
        """SELECT verdicts.* FROM verdicts JOIN pages ON pages.number = verdicts.page
        JOIN files ON files.id = pages.file_id AND files.sha256 = verdicts.sha256
        WHERE pages.id = ? AND undone_at IS NULL ORDER BY verdicts.id DESC""",
        (page_id,),
    ).fetchall()
    standing: list[_Verdict] = []
    for row in rows:
        verdict = _Verdict(row["id"], _box(row), row["kind"], row["text"], row["line_id"])
        if all(overlap(verdict.box, newer.box) < _SAME_PLACE for newer in standing):
            standing.append(verdict)
    return standing[::-1]


def _line_of_its_own(db: sqlite3.Connection, page_id: int, verdict: _Verdict) -> int | None:
    if verdict.kind == "reject":
        return None
    taken = db.execute("SELECT 1 FROM lines WHERE id = ?", (verdict.line_id,)).fetchone()
    box = verdict.box
    above = db.execute(
        "SELECT count(*) FROM lines WHERE page_id = ? AND y + height / 2.0 < ?", (page_id, box.centre[1])
    ).fetchone()[0]
    line = Line(verdict.text, None, box)
    return _line_row(db, page_id, above + 0.5, line, None if taken else verdict.line_id)


def _lay_over(db: sqlite3.Connection, line_id: int, human: int, verdict: _Verdict) -> None:
    db.execute("UPDATE verdicts SET line_id = ? WHERE id = ?", (line_id, verdict.id))
    if verdict.kind != "reject":
        db.execute("UPDATE readings SET chosen = 0 WHERE line_id = ?", (line_id,))
        _reading_row(db, line_id, human, Line(verdict.text, None, verdict.box))


def _set_statuses(db: sqlite3.Connection, page_id: int, thresholds: Thresholds, rejected: set[int | None]) -> None:
    rows = db.execute("SELECT * FROM stored_lines WHERE page_id = ?", (page_id,)).fetchall()
    for row in rows:
        origin = Origin(row["engine"], row["version"], row["settings"])
        status = Status.REJECTED if row["id"] in rejected else judge(row["confidence"], origin, thresholds)
        db.execute("UPDATE lines SET status = ? WHERE id = ?", (status.value, row["id"]))


def judge_some(db: sqlite3.Connection, thresholds: Thresholds) -> None:
    """Judge the lines of the next pages again, those that nobody settled; pages of which none changes stay as they are.

    ``judged`` in the table meta is the last page that was done; it goes when all are.
    """
    last = db.execute("SELECT value FROM meta WHERE key = 'judged'").fetchone()[0]
    pages = [row[0] for row in db.execute("SELECT id FROM pages WHERE id > ? ORDER BY id LIMIT ?", (last, _JUDGED))]
    if not pages:
        db.execute("DELETE FROM meta WHERE key = 'judged'")
        return
    named = [part for engine in thresholds.engines.items() for part in engine]
    cases = "".join(" WHEN engine = ? THEN ?" for _ in thresholds.engines)
    changed = db.execute(
        f"""SELECT page_id, id, now FROM (
            SELECT lines.page_id, lines.id, status,
                CASE WHEN confidence >= CASE{cases} WHEN 1 THEN ? END THEN 'accepted' ELSE 'review' END AS now
            FROM lines JOIN readings ON readings.line_id = lines.id AND chosen JOIN readers ON readers.id = reader_id
            WHERE page_id BETWEEN ? AND ? AND confidence IS NOT NULL AND status IN ('accepted', 'review')
        ) WHERE status <> now""",  # noqa: S608
        (*named, thresholds.default, pages[0], pages[-1]),
    ).fetchall()
    db.executemany("UPDATE lines SET status = ? WHERE id = ?", [(row["now"], row["id"]) for row in changed])
    for page_id in sorted({row["page_id"] for row in changed}):
        db.execute("UPDATE pages SET revision = ? WHERE id = ?", (next_revision(db), page_id))
    db.execute("UPDATE meta SET value = ? WHERE key = 'judged'", (pages[-1],))


def _renumber(db: sqlite3.Connection, page_id: int) -> None:
    ids = db.execute("SELECT id FROM lines WHERE page_id = ? ORDER BY number, id", (page_id,)).fetchall()
    db.executemany("UPDATE lines SET number = ? WHERE id = ?", [(n, row[0]) for n, row in enumerate(ids, 1)])


def _box(row: sqlite3.Row) -> Box:
    return Box(row["x"], row["y"], row["width"], row["height"])
