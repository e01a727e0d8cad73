"""Blocks in the tables of the catalogue, and where lines belong that were not read with the others."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from indexer.values import Block, Line, Point


def store_blocks(db: sqlite3.Connection, page_id: int, lines: Iterable[Line]) -> dict[Block, int]:
    """Put the blocks of new lines, which come in reading order, in the place of the page's earlier ones; their ids."""
    db.execute("DELETE FROM blocks WHERE page_id = ?", (page_id,))
    found = dict.fromkeys(line.block for line in lines if line.block is not None)
    ids: dict[Block, int] = {}
    for number, block in enumerate(found, 1):
        cursor = db.execute(
            "INSERT INTO blocks (page_id, number, kind, x, y, width, height) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (page_id, number, block.kind, *block.box.xywh),
        )
        ids[block] = int(cursor.lastrowid or 0)
    return ids


def store_rulings(db: sqlite3.Connection, page_id: int, ends: Iterable[tuple[Point, Point]]) -> None:
    """Put the rulings of a page in the place of its earlier ones."""
    whole = [[round(value) for point in ruling for value in point] for ruling in ends]
    db.execute(
        "INSERT INTO rulings VALUES (?, ?) ON CONFLICT (page_id) DO UPDATE SET ends = excluded.ends",
        (page_id, json.dumps(whole)),
    )


def adopt(db: sqlite3.Connection, page_id: int) -> None:
    """Put lines that have no block, as only a verdict keeps them, into that of the line before them."""
    db.execute(
        """UPDATE lines SET block_id = (
            SELECT block_id FROM lines AS earlier WHERE earlier.page_id = lines.page_id
            AND earlier.number < lines.number AND earlier.block_id IS NOT NULL ORDER BY earlier.number DESC LIMIT 1)
        WHERE page_id = ? AND block_id IS NULL""",
        (page_id,),
    )


def place_of(db: sqlite3.Connection, page_id: int, line: Line) -> tuple[float, int | None]:
    """Where in the reading order a line belongs that nobody read, and in which block.

    It stands in the block that is nearest, after the lines there whose middle is higher; on a page without blocks,
    after all whose middle is higher.
    """
    blocks = db.execute("SELECT * FROM blocks WHERE page_id = ? ORDER BY number", (page_id,)).fetchall()
    nearest = min(blocks, key=lambda row: _distance(row, line.box.centre), default=None)
    block = None if nearest is None else nearest["id"]
    rows = db.execute(
        """SELECT number, y + height / 2.0 < ? AS above FROM lines
        WHERE page_id = ? AND block_id IS ? ORDER BY number""",
        (line.box.centre[1], page_id, block),
    ).fetchall()
    first = min((row["number"] for row in rows), default=1)
    return max((row["number"] for row in rows if row["above"]), default=first - 1) + 0.5, block


def _distance(block: sqlite3.Row, point: Point) -> float:
    """How far a point lies from a block, 0 inside of it."""
    x, y = point
    across = max(block["x"] - x, 0, x - block["x"] - block["width"])
    return math.hypot(across, max(block["y"] - y, 0, y - block["y"] - block["height"]))
