"""The stamp of a state of the Whoosh index: a small file that says what the state is made from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 8
"""Counts the changes of schema and folding. An index of another format is made anew."""
FILES = "stamp-*.json"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The catalogue and its revision that a state holds; ``last_page`` is the highest id of a page it ever had."""

    uuid: str
    revision: int = 0
    last_page: int = 0
    format: int = FORMAT


def stamp_file(folder: Path, generation: int) -> Path:
    """Where the stamp of the state with this number lies."""
    return folder / f"stamp-{generation}.json"


def written(folder: Path, generation: int, stamp: Stamp) -> Path:
    """Write the stamp of a state; the file it lies in."""
    file = stamp_file(folder, generation)
    file.write_text(json.dumps(asdict(stamp)), encoding="utf-8")
    return file


def read(folder: Path, generation: int) -> Stamp | None:
    """The stamp of a state, or ``None`` when it is not known or of another format."""
    try:
        stamp = Stamp(**json.loads(stamp_file(folder, generation).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError, RecursionError):
        return None
    sound = isinstance(stamp.revision, int) and isinstance(stamp.last_page, int)
    return stamp if stamp.format == FORMAT and sound else None
