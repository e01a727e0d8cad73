"""Paths and lines as they stand in the tables of the catalogue."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.system.paths import is_there
from indexer.values import Block, Box, Origin, Sidecar, Status, StoredLine, Word

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from indexer.values import Point

ADDED = "documents"
"""The folder in an index for files that were added to it, each named by the hash of its content."""
_ADDED_NAME = re.compile(r"[0-9a-f]{64}\.\w+")


def stored_line(row: sqlite3.Row, home: Path) -> StoredLine:
    """A line from a row of the view ``stored_lines``; ``home`` is the index folder."""
    return StoredLine(
        id=row["id"],
        path=path_of(row["path"], home),
        page=row["page"],
        number=row["number"],
        text=row["text"],
        confidence=row["confidence"],
        status=Status(row["status"]),
        origin=Origin(row["engine"], row["version"], row["settings"]),
        box=box_of(row),
        polygon=points_of(row, "polygon"),
        block=block_of(row),
        baseline=points_of(row, "baseline"),
    )


def points_of(row: sqlite3.Row, column: str) -> tuple[Point, ...]:
    """The points in a column of a row."""
    return tuple((x, y) for x, y in json.loads(row[column]))


def block_of(row: sqlite3.Row) -> Block | None:
    """The block in a row of a line, if that stands in one."""
    if row["block"] is None:
        return None
    box = Box(row["block_x"], row["block_y"], row["block_width"], row["block_height"])
    return Block(row["block"], row["block_kind"], box)


def box_of(row: sqlite3.Row) -> Box:
    """The box in a row that has one."""
    return Box(row["x"], row["y"], row["width"], row["height"])


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a reading, with their boxes."""
    return tuple(Word(text, sure, Box(*box)) for text, sure, *box in json.loads(text))


def sidecar_text(sidecar: Sidecar | None) -> str:
    """A file of text beside a page as its row keeps it; empty without one."""
    if sidecar is None:
        return ""
    return json.dumps([str(sidecar.path), sidecar.sha256, sidecar.size, sidecar.modified])


def sidecar_of(text: str) -> Sidecar | None:
    """The file of text that a row tells of; ``None`` without one, or if the row is damaged: it is looked at anew."""
    try:
        path, sha256, size, modified = json.loads(text or "null")
        return Sidecar(Path(path), str(sha256), int(size), float(modified))
    except (ValueError, TypeError):  # a catalogue may come from anybody
        return None


def path_key(path: Path, homes: Iterable[Path]) -> bytes:
    """A path as it is stored: bytes as the system gives them, since a name need not be UTF-8.

    A path inside the index folder (``homes`` are its names) is stored relative to it. So the folder can be moved.
    """
    for home in homes:
        if path.is_relative_to(home):
            return os.fsencode(path.relative_to(home).as_posix())
    return os.fsencode(path)


def path_of(key: bytes, home: Path) -> Path:
    """The path for a stored key, when the index folder lies at ``home``."""
    return home / os.fsdecode(bytes(key))


def moved_key(key: bytes, homes: Sequence[Path]) -> bytes:
    """The key for a path that an earlier version stored: it is absolute, and may be from before the folder was
    moved."""
    path = Path(os.fsdecode(bytes(key)))
    added = homes[0] / ADDED / path.name
    if path.parent.name == ADDED and _ADDED_NAME.fullmatch(path.name) and not is_there(path) and is_there(added):
        return path_key(added, homes)
    return path_key(path, homes)
