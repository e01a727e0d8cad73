"""The tables of places, and of files inside files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from indexer.values import Inside, SourceFile


def put(db: sqlite3.Connection, key: bytes, file: SourceFile) -> None:
    """Note that a content lies at a place."""
    db.execute("INSERT INTO files (sha256, size) VALUES (?, ?) ON CONFLICT DO NOTHING", (file.sha256, file.size))
    db.execute(
        """INSERT INTO places VALUES (?, (SELECT id FROM files WHERE sha256 = ?), ?)
        ON CONFLICT (path) DO UPDATE SET file_id = excluded.file_id, modified = excluded.modified""",
        (key, file.sha256, file.modified),
    )


def take_out(db: sqlite3.Connection, holder: bytes) -> dict[int, bytes]:
    """Note that nothing lies inside a place any more. Returns the contents that did, each with its path."""
    rows = db.execute("SELECT path, file_id FROM places JOIN held_places USING (path) WHERE holder = ?", (holder,))
    out = {row["file_id"]: bytes(row["path"]) for row in rows}
    db.execute("DELETE FROM places WHERE path IN (SELECT path FROM held_places WHERE holder = ?)", (holder,))
    return out


def note_held(db: sqlite3.Connection, holder: str, inside: Iterable[Inside]) -> None:
    """Note which documents a content holds, and which files of text; earlier notes of it go."""
    found = [each for each in inside if each.sha256]
    for table, is_text in (("held", False), ("held_texts", True)):
        db.execute(f"DELETE FROM {table} WHERE holder = ?", (holder,))  # noqa: S608 - a name from above
        rows = [(holder, "/".join(each.names), each.sha256, each.size) for each in found if each.is_text is is_text]
        db.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", rows)  # noqa: S608
