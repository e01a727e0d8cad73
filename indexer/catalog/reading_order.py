"""The order of the lines of a page in the tables: as they were read, and as a person put them."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from indexer.catalog.verdicts import Shown, laid, outline_of, seen_on
from indexer.image.geometry import pair

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_Run = tuple["int | None", int]
"""A block, and how many of its lines stand one after the other."""
_ROWS = "SELECT * FROM lines WHERE page_id = ? ORDER BY number, id"


def standing_order(db: sqlite3.Connection, page_id: int) -> sqlite3.Row | None:
    """The order of a page that counts: the newest of a person that was not taken back."""
    row: sqlite3.Row | None = db.execute(
        """SELECT orders.*, pages.width AS wide, pages.height AS high, pages.turned AS now_turned
        FROM pages JOIN files ON files.id = file_id JOIN orders ON orders.sha256 = files.sha256 AND page = pages.number
        WHERE pages.id = ? AND undone_at IS NULL ORDER BY orders.id DESC LIMIT 1""",
        (page_id,),
    ).fetchone()
    return row


def put_back(db: sqlite3.Connection, page_id: int) -> None:
    """Put the lines of a page back into the order and the blocks in which they were read."""
    db.execute(
        """UPDATE lines SET number = read_number, block_id = read_block, read_number = NULL, read_block = NULL
        WHERE page_id = ? AND read_number IS NOT NULL""",
        (page_id,),
    )


def number_lines(db: sqlite3.Connection, page_id: int) -> None:
    """Number the lines of a page from 1, in the order in which a person put them if one did.

    A line that the person did not know stands behind the line that it follows as they were read.
    """
    rows = db.execute(_ROWS, (page_id,)).fetchall()
    db.executemany("UPDATE lines SET number = ? WHERE id = ?", [(at, row["id"]) for at, row in enumerate(rows, 1)])
    order = standing_order(db, page_id)
    if order is None:
        return
    blocks = {row["id"]: row["block_id"] for row in rows}
    ids = completed(_followed(order, rows), list(blocks))
    whole = in_whole_blocks([blocks[each] for each in ids])
    db.executemany(
        "UPDATE lines SET read_number = number, read_block = block_id, number = ?, block_id = ? WHERE id = ?",
        [(at, block, line) for at, (line, block) in enumerate(zip(ids, whole, strict=True), 1)],
    )


def _followed(order: sqlite3.Row, rows: Sequence[sqlite3.Row]) -> list[int]:
    """The lines of a page that are those of an order: by their numbers, the others by where they lie."""
    said = [(int(line), tuple((x, y) for x, y in place)) for line, place in json.loads(order["lines"])]
    here = {row["id"] for row in rows}
    found = {at: line for at, (line, _) in enumerate(said) if line in here}
    seen, now = seen_on(order), Shown(order["wide"], order["high"], order["now_turned"])
    left = [at for at in range(len(said)) if at not in found]
    others = [row for row in rows if row["id"] not in set(found.values())]
    pairs = pair([laid(said[at][1], seen, now) for at in left], [outline_of(row) for row in others]) if left else {}
    found |= {left[one]: others[other]["id"] for one, other in pairs.items()}
    return [found[at] for at in sorted(found)]


def completed(order: Sequence[int], lines: Sequence[int]) -> list[int]:
    """All of the lines in an order of some of them; each of the others behind the one before it."""
    known, behind = set(order), dict[int | None, list[int]]()
    before: int | None = None
    for line in lines:
        if line in known:
            before = line
        else:
            behind.setdefault(before, []).append(line)
    return [each for line in (None, *order) for each in ([] if line is None else [line]) + behind.get(line, [])]


def in_whole_blocks(blocks: Sequence[int | None]) -> list[int | None]:
    """The block of each line of a page, such that the lines of a block stand one after the other.

    Lines between those of another block belong to that; what is left apart joins the block before it.
    """
    runs = [(block, len(list(group))) for block, group in groupby(blocks)]
    while torn := {block for block, number in Counter(block for block, _ in runs).items() if number > 1}:
        at = min((at for at in range(len(runs)) if runs[at][0] in torn or _within(runs, at)), key=partial(_rank, runs))
        merged = [*runs[:at], (runs[at - 1 if at else 1][0], runs[at][1]), *runs[at + 1 :]]
        runs = [(block, sum(number for _, number in group)) for block, group in groupby(merged, key=lambda run: run[0])]
    return [block for block, number in runs for _ in range(number)]


def _rank(runs: Sequence[_Run], at: int) -> tuple[bool, int, int, int]:
    """Which lines join another block first: those between its lines, the fewest, into the largest."""
    around = sum(number for block, number in runs if block == runs[at - 1][0]) if _within(runs, at) else 0
    return (not around, runs[at][1], -around, -at)


def _within(runs: Sequence[_Run], at: int) -> bool:
    """Whether the lines of a run stand between lines of one other block."""
    return 0 < at < len(runs) - 1 and runs[at - 1][0] == runs[at + 1][0]
