"""How paths and lines stand in the tables of the catalogue."""

from __future__ import annotations

import fnmatch
import glob
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.model import Box, Origin, Status, StoredLine

if TYPE_CHECKING:
    import sqlite3


def stored_line(row: sqlite3.Row) -> StoredLine:
    """A line from a row of the view ``stored_lines``."""
    return StoredLine(
        id=row["id"],
        path=path_of(row["path"]),
        page=row["page"],
        number=row["number"],
        text=row["text"],
        confidence=row["confidence"],
        status=Status(row["status"]),
        origin=Origin(row["engine"], row["version"], row["settings"]),
        box=box_of(row),
        polygon=tuple((x, y) for x, y in json.loads(row["polygon"])),
    )


def box_of(row: sqlite3.Row) -> Box:
    """The box in a row that has one."""
    return Box(row["x"], row["y"], row["width"], row["height"])


def path_matches(path: str, pattern: str) -> bool:
    """Whether a pattern, or its very letters, match a path or a tail of it; a folder stands for what is in it."""
    wanted = {pattern.rstrip("/"), glob.escape(pattern.rstrip("/"))}
    tails = (tail for each in wanted for tail in (each, f"*/{each}", f"{each}/*", f"*/{each}/*"))
    return any(fnmatch.fnmatchcase(path, tail) for tail in tails)


def path_key(path: Path) -> bytes:
    """A path as it is kept: bytes as the system gives them, since a name need not be UTF-8."""
    return os.fsencode(path)


def path_of(key: bytes) -> Path:
    """The path that is kept under a key."""
    return Path(os.fsdecode(bytes(key)))
