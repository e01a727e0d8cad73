"""What people said of lines: which of it stands, and on what ink."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.catalog.rows import box_of
from indexer.geometry import corners

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from indexer.model import Point


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict that stands on a line; ``outline`` is the ink it was said of, in pixels of the page as it is now."""

    id: int
    line: int
    kind: str
    text: str
    outline: tuple[Point, ...]


def standing(db: sqlite3.Connection, page_id: int) -> list[Verdict]:
    """The verdicts on a page that count, oldest first: of each line the newest that was not taken back."""
    rows = db.execute(
        """SELECT page_verdicts.*, pages.width AS wide, pages.height AS high
        FROM page_verdicts JOIN pages ON pages.id = page_id
        WHERE page_id = ? AND undone_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM verdicts AS newer WHERE newer.line_id = page_verdicts.line_id
            AND newer.undone_at IS NULL AND newer.id > page_verdicts.id)
        ORDER BY page_verdicts.id""",
        (page_id,),
    ).fetchall()
    return [
        Verdict(
            *(row["id"], row["line_id"], row["kind"], row["text"]),
            scaled(outline_of(row), (row["page_width"], row["page_height"]), (row["wide"], row["high"])),
        )
        for row in rows
    ]


def outline_of(row: sqlite3.Row) -> tuple[Point, ...]:
    """The outline in a row that has a polygon, if anybody knew it, and a box."""
    polygon = tuple((x, y) for x, y in json.loads(row["polygon"]))
    return polygon or corners(box_of(row))


def scaled(outline: Sequence[Point], size: tuple[int, int], to: tuple[int, int]) -> tuple[Point, ...]:
    """An outline on a page that is rendered at another size."""
    if size == to or not all(size):
        return tuple(outline)
    return tuple((x * to[0] / size[0], y * to[1] / size[1]) for x, y in outline)
