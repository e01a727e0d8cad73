"""What people said of lines: which of it stands, and on what ink."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.catalog.rows import box_of
from indexer.image.geometry import bounding_box, corners
from indexer.values import Line

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from indexer.values import Point


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict that stands on a line. ``seen`` is the line as the person saw it, with the text of the verdict, in
    pixels of the page as it is now."""

    id: int
    kind: str
    line: int
    seen: Line


def standing(db: sqlite3.Connection, page_id: int) -> list[Verdict]:
    """The verdicts on a page that count, oldest first: of each line the newest that was not undone."""
    rows = db.execute(
        """SELECT page_verdicts.*, pages.width AS wide, pages.height AS high
        FROM page_verdicts JOIN pages ON pages.id = page_id
        WHERE page_id = ? AND undone_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM verdicts AS newer WHERE newer.line_id = page_verdicts.line_id
            AND newer.undone_at IS NULL AND newer.id > page_verdicts.id)
        ORDER BY page_verdicts.id""",
        (page_id,),
    ).fetchall()
    return [Verdict(row["id"], row["kind"], row["line_id"], _line_seen(row)) for row in rows]


def _line_seen(row: sqlite3.Row) -> Line:
    size, now = (row["page_width"], row["page_height"]), (row["wide"], row["high"])
    polygon = scaled(polygon_of(row), size, now)
    return Line(row["text"], None, bounding_box(scaled(corners(box_of(row)), size, now)), polygon)


def polygon_of(row: sqlite3.Row) -> tuple[Point, ...]:
    """The polygon in a row; empty if none is known."""
    return tuple((x, y) for x, y in json.loads(row["polygon"]))


def outline_of(row: sqlite3.Row) -> tuple[Point, ...]:
    """The outline in a row: its polygon if one is known, else its box."""
    return polygon_of(row) or corners(box_of(row))


def scaled(outline: Sequence[Point], size: tuple[int, int], to: tuple[int, int]) -> tuple[Point, ...]:
    """An outline in pixels of a page that is rendered at another size."""
    if size == to or not all(size):
        return tuple(outline)
    return tuple((x * to[0] / size[0], y * to[1] / size[1]) for x, y in outline)
