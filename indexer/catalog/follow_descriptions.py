"""What was said of a document follows it when its file gets other bytes and shows the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.catalog.settled_descriptions import settle
from indexer.image.fingerprint import same_cells

if TYPE_CHECKING:
    import sqlite3

    from indexer.values import Picture

_TWINS = """
SELECT DISTINCT other.sha256, NOT EXISTS (SELECT 1 FROM files WHERE files.sha256 = other.sha256) AS gone,
    coalesce((SELECT pages FROM files WHERE files.sha256 = other.sha256),
             (SELECT count(*) FROM pictures every WHERE every.sha256 = other.sha256)) AS pages
FROM pictures other WHERE other.digest = ? AND other.page = ? AND other.sha256 <> ?
    AND EXISTS (SELECT 1 FROM descriptions WHERE descriptions.sha256 = other.sha256)
ORDER BY gone DESC, other.sha256
"""
"""Contents of which something was said that show the same on the same page, and how many pages they have."""
_FORMER = """
SELECT DISTINCT sha256, look FROM descriptions JOIN pictures USING (sha256)
WHERE path IN (SELECT path FROM places WHERE file_id = ?) AND page = ?
    AND NOT EXISTS (SELECT 1 FROM files WHERE files.sha256 = descriptions.sha256)
"""
"""Contents that lay in the same place before, and how the same page of them looks."""


def describe_likewise(db: sqlite3.Connection, file_id: int, page: tuple[str, int], picture: Picture) -> None:
    """Give the document of a page what was said of another one that shows the same and has as many pages.

    It is moved from one that lies nowhere any more, and copied from one that still does. What was said of a content
    that lay in the same place before is moved as well if the page looks the same.
    """
    sha256, number = page
    (pages,) = db.execute("SELECT pages FROM files WHERE id = ?", (file_id,)).fetchone()
    for twin in db.execute(_TWINS, (picture.digest, number, sha256)).fetchall():
        if twin["pages"] == pages and twin["gone"]:
            _move(db, twin["sha256"], sha256)
        elif twin["pages"] == pages and not _is_described(db, sha256):
            _copy(db, twin["sha256"], sha256)
    for former in db.execute(_FORMER, (file_id, number)).fetchall() if picture.look else ():
        if same_cells(former["look"], picture.look) is not None:
            _move(db, former["sha256"], sha256)


def leave_description(db: sqlite3.Connection, sha256: str) -> None:
    """A content lies nowhere any more: what was said of it goes to one that shows the same and of which nothing was
    said."""
    if not _is_described(db, sha256):
        return
    twin = db.execute(
        """SELECT files.sha256 FROM pictures own JOIN pictures other USING (digest, page)
        JOIN files ON files.sha256 = other.sha256 WHERE own.sha256 = ?1 AND other.sha256 <> ?1
        AND files.pages = (SELECT count(*) FROM pictures every WHERE every.sha256 = ?1) ORDER BY page, files.id""",
        (sha256,),
    ).fetchone()
    if twin is not None and not _is_described(db, twin["sha256"]):
        _move(db, sha256, twin["sha256"])


def _is_described(db: sqlite3.Connection, sha256: str) -> bool:
    return db.execute("SELECT 1 FROM descriptions WHERE sha256 = ?", (sha256,)).fetchone() is not None


def _move(db: sqlite3.Connection, start: str, to: str) -> None:
    db.execute("UPDATE descriptions SET sha256 = ? WHERE sha256 = ?", (to, start))
    for each in (start, to):
        settle(db, each)


def _copy(db: sqlite3.Connection, start: str, to: str) -> None:
    db.execute(
        """INSERT INTO descriptions (sha256, deed, field, said, origin, said_at, undone_at, path, who)
        SELECT ?, deed, field, said, origin, said_at, undone_at, path, who FROM descriptions
        WHERE sha256 = ? ORDER BY id""",
        (to, start),
    )
    settle(db, to)
