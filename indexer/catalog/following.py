"""Verdicts follow the picture of a page: to the same file with other bytes, and to a copy in another place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from indexer.catalog.dialects import new_line_id
from indexer.catalog.follow_descriptions import describe_likewise, leave_description
from indexer.catalog.rows import box_of
from indexer.catalog.sketches import SAID, cells_in_both, found_again, known_again, lines_of, unchanged
from indexer.catalog.verdicts import outline_of, seen_on, standing
from indexer.image.fingerprint import cells_of, same_cells
from indexer.image.geometry import outline, pair
from indexer.image.turning import turned_box, turned_size

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Sequence

    from indexer.catalog.sketches import Drawn, PageKey
    from indexer.values import Picture

_STANDS = "undone_at IS NULL"
_GONE = """NOT EXISTS (SELECT 1 FROM files
    WHERE files.sha256 = {0}.sha256 AND {0}.page <= coalesce(files.pages, {0}.page))"""
_ON = """(EXISTS (SELECT 1 FROM verdicts WHERE verdicts.sha256 = {0}.sha256 AND verdicts.page = {0}.page)
    OR EXISTS (SELECT 1 FROM word_verdicts WHERE word_verdicts.sha256 = {0}.sha256 AND word_verdicts.page = {0}.page)
    OR EXISTS (SELECT 1 FROM turns WHERE turns.sha256 = {0}.sha256 AND turns.page = {0}.page)
    OR EXISTS (SELECT 1 FROM orders WHERE orders.sha256 = {0}.sha256 AND orders.page = {0}.page))"""
"""Whether people said something of a page, or of a line on it."""
FORMER = """
SELECT path, count(DISTINCT line_id) AS lines FROM verdicts
WHERE undone_at IS NULL AND path IN (SELECT path FROM places)
    AND NOT EXISTS (SELECT 1 FROM files WHERE files.sha256 = verdicts.sha256)
GROUP BY path ORDER BY path
"""
"""Places whose content has changed since people gave verdicts on it, and on how many lines they did."""
UNSEEN = """
SELECT DISTINCT page FROM verdicts JOIN files USING (sha256) JOIN pages ON file_id = files.id AND number = page
WHERE sha256 = ? AND undone_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM pictures WHERE pictures.sha256 = verdicts.sha256 AND pictures.page = verdicts.page)
"""
"""Pages with verdicts whose picture is not noted: an earlier version noted none."""
_SAME_PAGE = "sha256 = ? AND page = ?"


def show(db: sqlite3.Connection, file_id: int, number: int, picture: Picture | None) -> None:
    """Note what a page shows, and give it the verdicts on the same picture in another file.

    Verdicts on a content that lies nowhere any more are moved. Those on one that still lies somewhere are copied,
    unless this page has verdicts of its own.
    """
    if picture is None:
        return
    page = (db.execute("SELECT sha256 FROM files WHERE id = ?", (file_id,)).fetchone()[0], number)
    db.execute(
        """INSERT INTO pictures VALUES (?, ?, ?, ?)
        ON CONFLICT (sha256, page) DO UPDATE SET digest = excluded.digest, look = excluded.look""",
        (*page, picture.digest, picture.look),
    )
    describe_likewise(db, file_id, page, picture)
    twins = db.execute(
        f"""SELECT sha256, page, {_GONE.format("pictures")} AS gone FROM pictures
        WHERE digest = ? AND {_ON.format("pictures")} ORDER BY gone, sha256, page""",  # noqa: S608
        (picture.digest,),
    ).fetchall()
    for row in twins:
        twin = (row["sha256"], row["page"])
        if row["gone"]:
            _move(db, twin, page)
        elif twin != page:
            _say_likewise(db, twin, page)
            if not db.execute(f"SELECT 1 FROM verdicts WHERE {_SAME_PAGE}", page).fetchone():  # noqa: S608
                _copy(db, twin, page)
            if not db.execute(f"SELECT 1 FROM word_verdicts WHERE {_SAME_PAGE}", page).fetchone():  # noqa: S608
                _copy_words(db, twin, page)
    if picture.look:
        _take_over_from_former(db, file_id, page, picture.look)


def _take_over_from_former(db: sqlite3.Connection, file_id: int, page: PageKey, look: bytes) -> None:
    """Take over the verdicts on contents that lay in the same places before, as far as the pages look the same."""
    former = db.execute(
        f"""SELECT sha256, page, look FROM pictures WHERE {_GONE.format("pictures")} AND (sha256, page) IN (
            SELECT sha256, page FROM verdicts WHERE path IN (SELECT path FROM places WHERE file_id = ?1)
            UNION SELECT sha256, page FROM word_verdicts WHERE path IN (SELECT path FROM places WHERE file_id = ?1)
            UNION SELECT sha256, page FROM turns WHERE path IN (SELECT path FROM places WHERE file_id = ?1)
            UNION SELECT sha256, page FROM orders WHERE path IN (SELECT path FROM places WHERE file_id = ?1))
        ORDER BY page <> ?2, sha256""",  # noqa: S608
        (file_id, page[1]),
    ).fetchall()
    for row in former:
        same = same_cells(row["look"], look)
        if same is not None:
            _move(db, (row["sha256"], row["page"]), page, partial(_lies_in, same=same))


def recognise(db: sqlite3.Connection, file_id: int, number: int, lines: Sequence[Drawn]) -> None:
    """Compare a page that was just read with pages that lie nowhere any more. If its lines are theirs, it gets their
    verdicts."""
    page = (db.execute("SELECT sha256 FROM files WHERE id = ?", (file_id,)).fetchone()[0], number)
    for former in known_again(db, file_id, page, lines):
        _move_unchanged(db, former, page, lines)


def recognise_among_all(db: sqlite3.Connection, contents: Iterable[str]) -> list[int]:
    """Give verdicts on contents that lie nowhere any more to pages with the same lines; returns the ids of these
    pages."""
    said = f"SELECT DISTINCT sha256, page FROM ({SAID}) said WHERE sha256 = ?"  # noqa: S608
    left = [(row["sha256"], row["page"]) for each in contents for row in db.execute(said, (each,)).fetchall()]
    found = found_again(db, left)
    for former, page in found.items():
        page_id = _page_id(db, page)
        _move_unchanged(db, former, page, lines_of(db, page_id))
        _find_lines(db, page_id)
    return [_page_id(db, page) for page in found.values()]


def _page_id(db: sqlite3.Connection, page: PageKey) -> int:
    sql = "SELECT pages.id FROM pages JOIN files ON files.id = file_id WHERE sha256 = ? AND number = ?"
    return int(db.execute(sql, page).fetchone()[0])


def _move_unchanged(db: sqlite3.Connection, former: PageKey, page: PageKey, lines: Sequence[Drawn]) -> None:
    same, cells = unchanged(db, former, lines), cells_in_both(db, former, page)
    _move(db, former, page, lambda row: row["line_id"] in same and (cells is None or _lies_in(row, cells)))


def _move(
    db: sqlite3.Connection, start: PageKey, page: PageKey, wanted: Callable[[sqlite3.Row], bool] | None = None
) -> None:
    """Move the verdicts of one page to another, also those on words: all, or those that are ``wanted``."""
    left = 0
    for table in ("verdicts", "word_verdicts"):
        rows = db.execute(f"SELECT * FROM {table} WHERE {_SAME_PAGE}", start).fetchall()  # noqa: S608
        moved = [row["id"] for row in rows if wanted is None or wanted(row)]
        move = f"UPDATE {table} SET sha256 = ?, page = ? WHERE id = ?"  # noqa: S608
        db.executemany(move, [(*page, each) for each in moved])
        left += len(rows) - len(moved)
    _say_likewise(db, start, page)
    if not left:
        _drop_same(db, "orders", ("lines", "made_at", "undone_at"), start, page)  # the page may have one of its own
        for table in ("pictures", "sketches", "turns"):
            db.execute(f"DELETE FROM {table} WHERE {_SAME_PAGE}", start)  # noqa: S608


def _say_likewise(db: sqlite3.Connection, start: PageKey, page: PageKey) -> None:
    """What a person said of a page as a whole holds for another one that shows the same: which way up it is, and in
    which order its lines stand. Their numbers are others there; they are found by where they lie."""
    db.execute(
        f"INSERT INTO turns SELECT ?, ?, turned, path FROM turns WHERE {_SAME_PAGE} ON CONFLICT DO NOTHING",  # noqa: S608
        (*page, *start),
    )
    if not db.execute(f"SELECT 1 FROM orders WHERE {_SAME_PAGE}", page).fetchone():  # noqa: S608
        db.execute(
            f"""INSERT INTO orders (sha256, page, path, page_width, page_height, turned, lines, made_at, undone_at, who)
            SELECT ?, ?, path, page_width, page_height, turned, lines, made_at, undone_at, who FROM orders
            WHERE {_SAME_PAGE} ORDER BY id""",  # noqa: S608
            (*page, *start),
        )


def _lies_in(row: sqlite3.Row, same: Collection[tuple[int, int]]) -> bool:
    seen = seen_on(row)
    size = (seen.width, seen.height)
    box = turned_box(box_of(row), -seen.turned, size)
    return all(size) and all(cell in same for cell in cells_of(box, turned_size(size, seen.turned)))


def _copy(db: sqlite3.Connection, start: PageKey, page: PageKey) -> None:
    """Copy the verdicts of a page to another one with the same picture, each to a line of its own."""
    rows = db.execute(f"SELECT * FROM verdicts WHERE {_SAME_PAGE} AND {_STANDS} ORDER BY id", start).fetchall()  # noqa: S608
    lines = {line: new_line_id(db) for line in dict.fromkeys(row["line_id"] for row in rows)}
    for row in rows:
        copied = {**dict(row), "sha256": page[0], "page": page[1], "line_id": lines[row["line_id"]]}
        del copied["id"]
        names, marks = ", ".join(copied), ", ".join("?" * len(copied))
        db.execute(f"INSERT INTO verdicts ({names}) VALUES ({marks})", tuple(copied.values()))  # noqa: S608


def _copy_words(db: sqlite3.Connection, start: PageKey, page: PageKey) -> None:
    """Copy what was said of words of a page to another one with the same picture; which lines they stand in is found
    by their places."""
    rows = db.execute(f"SELECT * FROM word_verdicts WHERE {_SAME_PAGE} AND {_STANDS} ORDER BY id", start)  # noqa: S608
    for row in rows.fetchall():
        copied = {**dict(row), "sha256": page[0], "page": page[1], "line_id": 0}
        del copied["id"]
        names, marks = ", ".join(copied), ", ".join("?" * len(copied))
        db.execute(f"INSERT INTO word_verdicts ({names}) VALUES ({marks})", tuple(copied.values()))  # noqa: S608


def leave(db: sqlite3.Connection, sha256: str, path: bytes) -> list[int]:
    """A content lies nowhere any more: its verdicts go to pages that show the same; returns their ids.

    The others stay with the path where the content lay last, and with its pictures. So they are found when it comes
    back.
    """
    leave_description(db, sha256)
    taken = leave_pages(db, sha256, 0)
    for table in ("verdicts", "word_verdicts", "turns", "orders", "descriptions"):
        db.execute(f"UPDATE {table} SET path = ? WHERE sha256 = ?", (path, sha256))  # noqa: S608
    return taken


def leave_pages(db: sqlite3.Connection, sha256: str, last: int) -> list[int]:
    """A content has become shorter: as ``leave``, for its pages after the last one."""
    rows = db.execute(
        f"""SELECT DISTINCT page, digest FROM ({SAID}) said JOIN pictures USING (sha256, page)
        WHERE sha256 = ? AND page > ?""",  # noqa: S608
        (sha256, last),
    ).fetchall()
    taken = [_leave_page(db, (sha256, row["page"]), row["digest"]) for row in rows]
    for table in ("pictures", "sketches"):
        beyond = "sha256 = ? AND page > ? AND sha256 NOT IN (SELECT sha256 FROM descriptions)"
        db.execute(f"DELETE FROM {table} WHERE {beyond} AND NOT {_ON.format(table)}", (sha256, last))  # noqa: S608
    return [page_id for page_id in taken if page_id is not None]


def _leave_page(db: sqlite3.Connection, page: PageKey, digest: str) -> int | None:
    twin = db.execute(
        """SELECT pages.id, files.sha256, number FROM pictures JOIN files USING (sha256)
        JOIN pages ON file_id = files.id AND number = page WHERE digest = ? ORDER BY files.id LIMIT 1""",
        (digest,),
    ).fetchone()
    if twin is None:
        return None
    key = (twin["sha256"], twin["number"])
    _drop_same(db, "word_verdicts", ("batch", "folded", "stands", "x", "y"), page, key)
    if db.execute(f"SELECT 1 FROM verdicts WHERE {_SAME_PAGE}", key).fetchone():  # noqa: S608
        _drop_same(db, "verdicts", ("kind", "text", "made_at", "x", "y"), page, key)
        _move(db, page, key, lambda row: "stands" in row.keys())  # noqa: SIM118 - words alone: each has its own place
        return int(twin["id"])
    _move(db, page, key)
    _find_lines(db, twin["id"])
    return int(twin["id"])


def _drop_same(db: sqlite3.Connection, table: str, columns: Sequence[str], page: PageKey, key: PageKey) -> None:
    """Delete what was said of one page and is said of another one as well: it was copied there."""
    same = " AND ".join(f"twin.{name} IS {table}.{name}" for name in columns)
    db.execute(
        f"""DELETE FROM {table} WHERE {_SAME_PAGE} AND EXISTS (
            SELECT 1 FROM {table} AS twin WHERE twin.sha256 = ? AND twin.page = ? AND {same})""",  # noqa: S608
        (*page, *key),
    )


def _find_lines(db: sqlite3.Connection, page_id: int) -> None:
    """Attach verdicts that came to a page to the lines at the same place."""
    said = standing(db, page_id)
    lines = db.execute("SELECT * FROM lines WHERE page_id = ?", (page_id,)).fetchall()
    found = pair([outline(each.seen) for each in said], [outline_of(row) for row in lines])
    db.executemany(
        "UPDATE verdicts SET line_id = ? WHERE line_id = ?",
        [(lines[to]["id"], said[at].line) for at, to in found.items()],
    )
