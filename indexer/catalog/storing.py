"""Storing the readings of a page, and applying verdicts to its lines."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from indexer.catalog.blocks import adopt, place_of, store_blocks, store_rulings
from indexer.catalog.following import recognise, show
from indexer.catalog.reading_order import number_lines, put_back
from indexer.catalog.rows import box_of, sidecar_text
from indexer.catalog.sketches import Drawn
from indexer.catalog.verdicts import Shown, laid, outline_of, standing
from indexer.catalog.word_overlay import lay_words_over, show_as_read
from indexer.image.geometry import outline, pair
from indexer.text.folding import clean
from indexer.values import HUMAN, Line, Origin, PageReading, Status
from indexer.values.thresholds import judge

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from indexer.catalog.verdicts import Verdict
    from indexer.values import Point
    from indexer.values.thresholds import Thresholds

_LIES = "x = ?, y = ?, width = ?, height = ?, polygon = ?, baseline = ?"
"""Where a line lies."""
NOTED = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
"""Notes a value of the archive under its key."""
_JUDGED = 100
"""Pages judged again in one transaction, which takes some hundredths of a second."""


def now() -> str:
    """The time now in UTC, ISO 8601, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def next_revision(db: sqlite3.Connection) -> int:
    """Raise the revision of the catalogue by one and return it."""
    db.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'revision'")
    return int(db.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()[0])


def origin_id(db: sqlite3.Connection, origin: Origin) -> int:
    """The id of an origin, whose row is made if it is new."""
    values = (origin.engine, origin.version, origin.settings)
    languages = json.dumps(origin.languages, sort_keys=True) if origin.languages else ""
    insert = "INSERT INTO origins (engine, version, settings, languages) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    db.execute(insert, (*values, languages))
    row = db.execute("SELECT id FROM origins WHERE engine = ? AND version = ? AND settings = ?", values).fetchone()
    return int(row[0])


def store_page(db: sqlite3.Connection, file_id: int, reading: PageReading, recipe: str, thresholds: Thresholds) -> None:
    """Replace an earlier reading of a page by a new one, within the caller's transaction.

    Where the new reading has a line at the same place the line keeps its id, and with it its verdicts.
    """
    lines = [readings for readings in reading.lines if clean(readings[0].line.text)]
    earlier = _earlier_lines(db, file_id, reading)
    page_id = _page_row(db, file_id, reading, recipe)
    show(db, file_id, reading.number, reading.picture)
    shown = _shown(reading)
    drawn = [
        Drawn(0, clean(readings[0].line.text), laid(outline(readings[0].line), shown, shown.as_filed))
        for readings in lines
    ]
    recognise(db, file_id, reading.number, drawn)
    store_rulings(db, page_id, reading.rulings)
    kept = _keep_ids(db, page_id, earlier, [outline(readings[0].line) for readings in lines])
    blocks = store_blocks(db, page_id, [readings[0].line for readings in lines])
    for number, readings in enumerate(lines, 1):
        line = readings[0].line
        block = None if line.block is None else blocks[line.block]
        line_id = _line_row(db, page_id, (number, block), line, kept.get(number - 1))
        _replace_readings(db, line_id)
        for each in reversed(readings):  # the one that counts is the newest
            origin = origin_id(db, each.origin)
            db.execute("DELETE FROM readings WHERE line_id = ? AND origin_id = ?", (line_id, origin))
            _reading_row(db, line_id, origin, each.line, chosen=each is readings[0])
    adopt(db, page_id)
    apply_verdicts(db, page_id, thresholds)


def reread_lines(
    db: sqlite3.Connection,
    page_id: int,
    lines: Mapping[int, tuple[str, Line | None]],
    origin: Origin,
    thresholds: Thresholds,
) -> int:
    """Give lines of a page a new reading, in the place that they have; how many got one.

    Each line comes with the text that it had. A line that does not wait any more, or has another text by now, stays as
    it is. ``None`` leaves the reading as it is, and keeps that what has this origin gave nothing better.
    """
    waiting = "SELECT id, text FROM stored_lines JOIN waiting ON line_id = id WHERE page_id = ?"
    had = {row["id"]: row["text"] for row in db.execute(waiting, (page_id,))}
    same = {line: read for line, (text, read) in lines.items() if had.get(line) == text}
    new = {line: read for line, read in same.items() if read is not None and clean(read.text)}
    seen = [(origin_id(db, origin), line) for line, read in same.items() if read is None]
    db.executemany("UPDATE readings SET origin_id = ? WHERE line_id = ? AND chosen", seen)
    for line, read in new.items():
        _replace_readings(db, line)
        _reading_row(db, line, origin_id(db, origin), read)
    if new:
        apply_verdicts(db, page_id, thresholds)
    return len(new)


def _earlier_lines(db: sqlite3.Connection, file_id: int, reading: PageReading) -> dict[int, tuple[Point, ...]]:
    """The outlines of the lines that the page had before, by their ids, in pixels of the new reading.

    They stand as they were read again: the order of a person is laid over the new lines later.
    """
    for page in db.execute("SELECT id FROM pages WHERE file_id = ? AND number = ?", (file_id, reading.number)):
        put_back(db, page["id"])
    rows = db.execute(
        """SELECT lines.*, pages.width AS wide, pages.height AS high, turned FROM lines JOIN pages ON pages.id = page_id
        WHERE file_id = ? AND pages.number = ? ORDER BY lines.number""",
        (file_id, reading.number),
    )
    now = _shown(reading)
    return {row["id"]: laid(outline_of(row), Shown(row["wide"], row["high"], row["turned"]), now) for row in rows}


def _shown(reading: PageReading) -> Shown:
    return Shown(reading.width, reading.height, reading.turned)


def _keep_ids(
    db: sqlite3.Connection, page_id: int, earlier: dict[int, tuple[Point, ...]], found: Sequence[tuple[Point, ...]]
) -> dict[int, int]:
    """The former ids of lines in a new reading that were there before or have a verdict. Other former lines go.

    A line with a verdict lies where the person saw it.
    """
    elsewhere = "SELECT 1 FROM lines WHERE id = ? AND page_id <> ?"
    verdicts = standing(db, page_id)
    said = {each.line: outline(each.seen) for each in verdicts}
    before = earlier | {each: said[each] for each in said if not db.execute(elsewhere, (each, page_id)).fetchone()}
    ids = list(before)
    kept = {new: ids[at] for new, at in pair(found, [before[line] for line in ids]).items()}
    alone = {each.line for each in verdicts if each.kind != "reject"} & earlier.keys() - set(kept.values())
    db.executemany("DELETE FROM lines WHERE id = ?", [(each,) for each in before.keys() - set(kept.values()) - alone])
    numbers = {line: float(new + 1) for new, line in kept.items()}
    _put_behind(db, earlier, numbers, alone)
    return kept


def _put_behind(db: sqlite3.Connection, earlier: Iterable[int], numbers: Mapping[int, float], alone: set[int]) -> None:
    """Put each line that only a verdict keeps behind the line that it followed before."""
    place = 0.0
    for line in earlier:
        place = numbers.get(line, place + 0.001)
        if line in alone:
            db.execute("DELETE FROM readings WHERE line_id = ?", (line,))
            db.execute("UPDATE lines SET number = ?, as_read = NULL WHERE id = ?", (place, line))


def _replace_readings(db: sqlite3.Connection, line_id: int) -> None:
    """Earlier readings of a line do not count any more.

    One for each engine is kept for its provenance, without its posteriorgram: nothing grows with every reading.
    """
    db.execute(
        "UPDATE readings SET chosen = FALSE, replaced = TRUE, posteriorgram = NULL WHERE line_id = ?", (line_id,)
    )
    db.execute(
        """DELETE FROM readings WHERE line_id = ?1 AND id NOT IN (
            SELECT max(readings.id) FROM readings JOIN origins ON origins.id = origin_id
            WHERE line_id = ?1 GROUP BY engine)""",
        (line_id,),
    )


def _page_row(db: sqlite3.Connection, file_id: int, reading: PageReading, recipe: str) -> int:
    db.execute(
        """INSERT INTO pages (file_id, number, label, width, height, turned, recipe, incomplete, sidecar, seconds,
            read_at, revision)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (file_id, number) DO UPDATE SET label = excluded.label, width = excluded.width,
            height = excluded.height, turned = excluded.turned, recipe = excluded.recipe,
            incomplete = excluded.incomplete, sidecar = excluded.sidecar, seconds = excluded.seconds,
            read_at = excluded.read_at""",
        (
            *(file_id, reading.number, reading.label, reading.width, reading.height, reading.turned),
            *(recipe, reading.incomplete, sidecar_text(reading.sidecar), reading.seconds, now(), next_revision(db)),
        ),
    )
    row = db.execute("SELECT id FROM pages WHERE file_id = ? AND number = ?", (file_id, reading.number)).fetchone()
    return int(row[0])


def _line_row(
    db: sqlite3.Connection, page_id: int, place: tuple[float, int | None], line: Line, line_id: int | None
) -> int:
    """Put a line in its place: its number on the page and its block."""
    named, mark = ("", "") if line_id is None else ("id, ", "?, ")
    cursor = db.execute(
        f"""INSERT INTO lines ({named}page_id, number, block_id, x, y, width, height, polygon, baseline, status)
        VALUES ({mark}?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET number = excluded.number, block_id = excluded.block_id, x = excluded.x,
            y = excluded.y, width = excluded.width, height = excluded.height, polygon = excluded.polygon,
            baseline = excluded.baseline, as_read = NULL""",  # noqa: S608
        (
            *(() if line_id is None else (line_id,)),
            *(page_id, *place, *line.box.xywh),
            *(json.dumps(line.polygon), json.dumps(line.baseline), Status.UNKNOWN.value),
        ),
    )
    return int(cursor.lastrowid or 0) if line_id is None else line_id


def new_line(db: sqlite3.Connection, page_id: int, line: Line) -> int:
    """Give a line that nobody read its place on a page; its number. It is there as long as a verdict on it stands."""
    put_back(db, page_id)
    return _line_row(db, page_id, place_of(db, page_id, line), line, None)


def _reading_row(db: sqlite3.Connection, line_id: int, origin: int, line: Line, *, chosen: bool = True) -> None:
    words = [[clean(word.text), word.confidence, *word.box.xywh] for word in line.words]
    db.execute(
        """INSERT INTO readings (line_id, origin_id, text, confidence, words, posteriorgram, chosen)
        VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (line_id, origin, clean(line.text), line.confidence, json.dumps(words), line.posteriorgram, chosen),
    )


def apply_verdicts(db: sqlite3.Connection, page_id: int, thresholds: Thresholds) -> None:
    """Derive the human readings and the status of every line of a page, and raise its revision.

    A line with a verdict lies where the person saw it. If an accepted or corrected line is gone it is made again, with
    the id it had.
    """
    on_page = "line_id IN (SELECT id FROM lines WHERE page_id = ?)"
    people = "origin_id IN (SELECT id FROM origins WHERE engine = ?)"
    db.execute(f"DELETE FROM readings WHERE {people} AND {on_page}", (HUMAN, page_id))  # noqa: S608
    _show_as_read(db, page_id)
    put_back(db, page_id)
    show_as_read(db, page_id)
    _choose_newest(db, page_id)
    lay_words_over(db, page_id)
    verdicts = standing(db, page_id)
    for verdict in verdicts:
        if verdict.kind != "reject":
            _lay_over(db, page_id, verdict)
    db.execute(
        "DELETE FROM lines WHERE page_id = ? AND NOT EXISTS (SELECT 1 FROM readings WHERE line_id = lines.id)",
        (page_id,),
    )
    _set_statuses(db, page_id, thresholds, {verdict.line for verdict in verdicts if verdict.kind == "reject"})
    number_lines(db, page_id)
    db.execute("UPDATE pages SET revision = ? WHERE id = ?", (next_revision(db), page_id))


def _lay_over(db: sqlite3.Connection, page_id: int, verdict: Verdict) -> None:
    line = verdict.seen
    row = db.execute("SELECT * FROM lines WHERE id = ? AND page_id = ?", (verdict.line, page_id)).fetchone()
    if row is None:
        if db.execute("SELECT 1 FROM lines WHERE id = ?", (verdict.line,)).fetchone():
            return  # its line is on another page now
        _line_row(db, page_id, place_of(db, page_id, line), line, verdict.line)
    elif outline_of(row) != outline(line):
        as_read = json.dumps([*box_of(row).xywh, row["polygon"], row["baseline"]])
        db.execute(
            f"UPDATE lines SET {_LIES}, as_read = ? WHERE id = ?",  # noqa: S608
            (*line.box.xywh, json.dumps(line.polygon), json.dumps(line.baseline), as_read, verdict.line),
        )
    db.execute("UPDATE readings SET chosen = FALSE WHERE line_id = ?", (verdict.line,))
    _reading_row(db, verdict.line, origin_id(db, Origin(HUMAN, verdict.who)), line)


def _show_as_read(db: sqlite3.Connection, page_id: int) -> None:
    """Put lines back to the place where they were read, if a verdict had moved them."""
    rows = db.execute("SELECT id, as_read FROM lines WHERE page_id = ? AND as_read IS NOT NULL", (page_id,)).fetchall()
    db.executemany(
        f"UPDATE lines SET {_LIES}, as_read = NULL WHERE id = ?",  # noqa: S608
        [(*json.loads(row["as_read"]), row["id"]) for row in rows],
    )


def _choose_newest(db: sqlite3.Connection, page_id: int) -> None:
    """Choose the newest reading of each line that has none chosen."""
    db.execute(
        """UPDATE readings SET chosen = TRUE WHERE id IN (
            SELECT max(readings.id) FROM readings JOIN lines ON lines.id = line_id
            WHERE page_id = ? GROUP BY line_id HAVING NOT max(chosen))""",
        (page_id,),
    )


def _set_statuses(db: sqlite3.Connection, page_id: int, thresholds: Thresholds, rejected: set[int]) -> None:
    rows = db.execute("SELECT * FROM stored_lines WHERE page_id = ?", (page_id,)).fetchall()
    for row in rows:
        origin = Origin(row["engine"], row["version"], row["settings"])
        status = Status.REJECTED if row["id"] in rejected else judge(row["confidence"], origin, thresholds)
        db.execute("UPDATE lines SET status = ? WHERE id = ?", (status.value, row["id"]))


def judge_some(db: sqlite3.Connection, thresholds: Thresholds) -> None:
    """Judge the lines of the next pages again, except those that people settled. Pages without a change stay untouched.

    ``judged`` in the table meta is the last page that was done. It is removed when all are done.
    """
    last = db.execute("SELECT value FROM meta WHERE key = 'judged'").fetchone()[0]
    pages = [row[0] for row in db.execute("SELECT id FROM pages WHERE id > ? ORDER BY id LIMIT ?", (last, _JUDGED))]
    if not pages:
        db.execute("DELETE FROM meta WHERE key = 'judged'")
        return
    rows = db.execute(
        """SELECT page_id, id, status, engine, version, settings, confidence
        FROM stored_lines JOIN statuses USING (status) WHERE page_id BETWEEN ? AND ? AND NOT rejected""",
        (pages[0], pages[-1]),
    ).fetchall()
    judged = [
        (judge(row["confidence"], Origin(row["engine"], row["version"], row["settings"]), thresholds).value, row)
        for row in rows
    ]
    changed = [(status, row) for status, row in judged if status != row["status"]]
    db.executemany("UPDATE lines SET status = ? WHERE id = ?", [(status, row["id"]) for status, row in changed])
    for page_id in sorted({row["page_id"] for _, row in changed}):
        db.execute("UPDATE pages SET revision = ? WHERE id = ?", (next_revision(db), page_id))
    db.execute("UPDATE meta SET value = ? WHERE key = 'judged'", (pages[-1],))
