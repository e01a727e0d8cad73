"""Suggesting a line for a verdict that lies on none. A person decides."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from indexer.catalog.sketches import SAME_TEXT, likeness, lines_of
from indexer.catalog.verdicts import Shown, laid, outline_of, seen_on
from indexer.image.geometry import pair

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

_LETTERS = 8
"""A shorter text is read in too many places."""
_NEWEST = 5_000
"""How many later pages at most are searched for a line with the same text."""


def suggested(db: sqlite3.Connection, orphans: Iterable[int]) -> dict[int, int]:
    """For verdicts on no line, by their numbers, the most similar line, where there is one.

    It lies at the same place (whatever the size of the page), much the same text was read there, it has no verdict yet,
    and no other page has such a line.
    """
    newest = "SELECT * FROM verdicts WHERE line_id = ? AND undone_at IS NULL ORDER BY id DESC LIMIT 1"
    rows = [row for line in orphans for row in db.execute(newest, (line,))]
    rows.sort(key=_page)
    since = _pages_that_say(db, rows)
    found: dict[int, int] = {}
    for _, group in groupby(rows, key=_page):
        said = list(group)
        candidates = _pages_there(db, said[0]).union(*(since.get(row["seen"], ()) for row in said))
        fits = [_fitting(db, page, said) for page in sorted(candidates)]
        for row in said:
            lines = [each[row["line_id"]] for each in fits if row["line_id"] in each]
            if len(lines) == 1:
                found[row["line_id"]] = lines[0]
    return found


def _page(row: sqlite3.Row) -> tuple[str, int]:
    return row["sha256"], row["page"]


def _pages_there(db: sqlite3.Connection, row: sqlite3.Row) -> set[int]:
    """The page that the verdict was on, and the page with that number at the same path now."""
    pages = db.execute(
        """SELECT pages.id FROM pages JOIN files ON files.id = file_id WHERE number = ?2 AND (
            sha256 = ?1 OR file_id = (SELECT file_id FROM places WHERE path = ?3))""",
        (row["sha256"], row["page"], row["path"]),
    )
    return {page["id"] for page in pages}


def _pages_that_say(db: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> dict[str, set[int]]:
    """Pages that were read since, by the texts of verdicts that are read on them as well."""
    said: dict[str, set[int]] = {row["seen"]: set() for row in rows if len(row["seen"]) >= _LETTERS}
    if said:
        lines = db.execute(
            """SELECT text, page_id FROM lines JOIN readings ON line_id = lines.id AND chosen
            WHERE page_id IN (SELECT id FROM pages WHERE read_at >= ? ORDER BY id DESC LIMIT ?)""",
            (min(row["made_at"] for row in rows), _NEWEST),
        )
        for text, page in lines:
            if text in said:
                said[text].add(page)
    return said


def _fitting(db: sqlite3.Connection, page_id: int, rows: Sequence[sqlite3.Row]) -> dict[int, int]:
    """The lines of a page that resemble those of verdicts, by the numbers of the verdicts."""
    settled = {
        row["line_id"]
        for row in db.execute("SELECT line_id FROM page_verdicts WHERE page_id = ? AND undone_at IS NULL", (page_id,))
    }
    lines = [line for line in lines_of(db, page_id) if line.id not in settled]
    page = Shown(*db.execute("SELECT width, height, turned FROM pages WHERE id = ?", (page_id,)).fetchone()).as_filed
    outlines = [laid(outline_of(row), seen_on(row), page) for row in rows]
    pairs = pair(outlines, [line.outline for line in lines])
    return {
        rows[i]["line_id"]: lines[j].id
        for i, j in pairs.items()
        if max(likeness(rows[i]["seen"], lines[j].text), likeness(rows[i]["text"], lines[j].text)) >= SAME_TEXT
    }
