"""A page as engines and sidecars read it, from the tables: what a new reading of it would be stored as."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

from indexer.catalog.rows import block_of, box_of, points_of, sidecar_of, words_of
from indexer.values import HUMAN, Box, Line, Origin, PageReading, Reading

if TYPE_CHECKING:
    import sqlite3

    from indexer.values import Point

_PAGE = """SELECT pages.*, rulings.ends FROM pages JOIN files ON files.id = file_id
LEFT JOIN rulings ON rulings.page_id = pages.id WHERE sha256 = ? AND pages.number = ?"""
_READINGS = """SELECT lines.id AS line, lines.x, lines.y, lines.width, lines.height, polygon, baseline, as_read,
    blocks.number AS block, blocks.kind AS block_kind, blocks.x AS block_x, blocks.y AS block_y,
    blocks.width AS block_width, blocks.height AS block_height,
    text, confidence, words, posteriorgram, engine, version, settings
FROM readings JOIN lines ON lines.id = line_id JOIN origins ON origins.id = origin_id
LEFT JOIN blocks ON blocks.id = CASE WHEN read_number IS NULL THEN block_id ELSE read_block END
WHERE lines.page_id = ? AND NOT replaced AND engine <> ?
ORDER BY coalesce(read_number, lines.number), lines.id, readings.id DESC"""


def page_as_read(db: sqlite3.Connection, sha256: str, number: int) -> PageReading | None:
    """A page of a content, without what people said of it; ``None`` if it was not read."""
    page = db.execute(_PAGE, (sha256, number)).fetchone()
    if page is None:
        return None
    rows = db.execute(_READINGS, (page["id"], HUMAN)).fetchall()
    ends = tuple(((x, y), (u, v)) for x, y, u, v in json.loads(page["ends"] or "[]"))
    return PageReading(
        *(number, page["width"], page["height"]),
        tuple(tuple(map(_reading, group)) for _, group in groupby(rows, key=lambda row: row["line"])),
        *(page["seconds"], page["label"], page["incomplete"]),
        turned=page["turned"],
        rulings=ends,
        sidecar=sidecar_of(page["sidecar"]),
    )


def _reading(row: sqlite3.Row) -> Reading:
    box, polygon, baseline = _place(row)
    line = Line(
        *(row["text"], row["confidence"], box, polygon, words_of(row["words"])),
        *(row["posteriorgram"], block_of(row), baseline),
    )
    return Reading(line, Origin(row["engine"], row["version"], row["settings"]))


def _place(row: sqlite3.Row) -> tuple[Box, tuple[Point, ...], tuple[Point, ...]]:
    """Where a line was read, even if a person saw it elsewhere."""
    if row["as_read"] is None:
        return box_of(row), points_of(row, "polygon"), points_of(row, "baseline")
    x, y, width, height, polygon, baseline = json.loads(row["as_read"])
    outline, stands = (tuple((across, down) for across, down in json.loads(each)) for each in (polygon, baseline))
    return Box(x, y, width, height), outline, stands
