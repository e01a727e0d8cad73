"""Lines that a person draws on a page: where none was found, or in the place of lines that lie wrong.

A drawn line is a correction with a place of its own. So it outlives every later reading, as corrections do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.catalog.records import Said
from indexer.catalog.rows import stored_line
from indexer.catalog.saying import note, placed, say, typed
from indexer.catalog.storing import apply_verdicts, new_line
from indexer.catalog.verdicts import Shown
from indexer.translation import _
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from indexer.catalog.records import DrawnLine
    from indexer.values import StoredLine
    from indexer.values.thresholds import Thresholds


def draw(
    db: sqlite3.Connection, page_id: int, drawn: DrawnLine, thresholds: Thresholds, home: Path, who: str
) -> StoredLine:
    """Keep a line that a person drew, all of it or nothing; the line as it is then.

    Raises ``MissingError`` when the page or a line is not there, ``ConflictError`` when a line that it takes the place
    of is not as the person saw it, and ``UsageError`` for a place or a text that cannot be kept.
    """
    page = _page(db, page_id)
    if not drawn.instead:
        return _added(db, page, drawn, thresholds, home, who)
    (first, seen), *others = drawn.instead
    numbers = [line for line, _ in drawn.instead]
    on_page = f"SELECT count(*) FROM lines WHERE page_id = ? AND id IN ({', '.join('?' * len(numbers))})"  # noqa: S608
    if db.execute(on_page, (page_id, *numbers)).fetchone()[0] != len(numbers):
        raise UsageError(_("a line takes the place of other lines of its own page"), _("Look at the page again."))
    for line, was in others:
        say(db, Said(line, "reject", None, was), thresholds, home, who)
    return say(db, Said(first, "correct", drawn.text, seen, drawn.place), thresholds, home, who)


def _page(db: sqlite3.Connection, page_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        """SELECT pages.id AS page_id, sha256, pages.number AS page, pages.width AS page_width,
            pages.height AS page_height, turned, (SELECT min(path) FROM places WHERE file_id = files.id) AS path
        FROM pages JOIN files ON files.id = file_id WHERE pages.id = ?""",
        (page_id,),
    ).fetchone()
    if row is None:
        raise MissingError(_("this page is not in the index any more"), _("notes documents lists what is."))
    return row


def _added(
    db: sqlite3.Connection, page: sqlite3.Row, drawn: DrawnLine, thresholds: Thresholds, home: Path, who: str
) -> StoredLine:
    """Keep a line where none was."""
    line = placed(drawn.place, Shown(page["page_width"], page["page_height"], page["turned"]), typed(drawn.text))
    number = new_line(db, page["page_id"], line)
    note(db, page, number, line, "correct", seen="", who=who)
    apply_verdicts(db, page["page_id"], thresholds)
    return stored_line(db.execute("SELECT * FROM stored_lines WHERE id = ?", (number,)).fetchone(), home)
