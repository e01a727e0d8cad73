"""What people said of lines: which of it stands, and on what ink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from indexer.catalog.rows import box_of, points_of
from indexer.image.geometry import bounding_box, corners
from indexer.image.turning import turned_points, turned_size
from indexer.values import Line

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from indexer.values import Point


class Shown(NamedTuple):
    """How a page is shown: its size in pixels, and by how many degrees clockwise its image is turned."""

    width: int
    height: int
    turned: int

    @property
    def as_filed(self) -> Shown:
        """The page as its file has it."""
        return Shown(*turned_size((self.width, self.height), self.turned), 0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict that stands on a line. ``seen`` is the line as the person saw it, with the text of the verdict, in
    pixels of the page as it is now. ``who`` said it; empty if that was not noted."""

    id: int
    kind: str
    line: int
    seen: Line
    who: str


def standing(db: sqlite3.Connection, page_id: int) -> list[Verdict]:
    """The verdicts on a page that count, oldest first: of each line the newest that was not undone."""
    rows = db.execute(
        """SELECT page_verdicts.*, pages.width AS wide, pages.height AS high, pages.turned AS now_turned
        FROM page_verdicts JOIN pages ON pages.id = page_id
        WHERE page_id = ? AND undone_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM verdicts AS newer WHERE newer.line_id = page_verdicts.line_id
            AND newer.undone_at IS NULL AND newer.id > page_verdicts.id)
        ORDER BY page_verdicts.id""",
        (page_id,),
    ).fetchall()
    return [Verdict(row["id"], row["kind"], row["line_id"], _line_seen(row), row["who"]) for row in rows]


def _line_seen(row: sqlite3.Row) -> Line:
    seen, now = seen_on(row), Shown(row["wide"], row["high"], row["now_turned"])
    polygon, baseline = (laid(points_of(row, each), seen, now) for each in ("polygon", "baseline"))
    box = bounding_box(laid(corners(box_of(row)), seen, now))
    return Line(row["text"], None, box, polygon, baseline=baseline)


def seen_on(row: sqlite3.Row) -> Shown:
    """How the page of a verdict was shown to the person."""
    return Shown(row["page_width"], row["page_height"], row["turned"])


def outline_of(row: sqlite3.Row) -> tuple[Point, ...]:
    """The outline in a row: its polygon if one is known, else its box."""
    return points_of(row, "polygon") or corners(box_of(row))


def laid(outline: Sequence[Point], seen: Shown, now: Shown) -> tuple[Point, ...]:
    """An outline or a baseline in pixels of a page that is shown at another size, or turned otherwise."""
    if seen == now or not all(seen[:2]):
        return tuple(outline)
    turn, size = now.turned - seen.turned, (seen.width, seen.height)
    width, height = turned_size(size, turn)
    return tuple((x * now.width / width, y * now.height / height) for x, y in turned_points(outline, turn, size))
