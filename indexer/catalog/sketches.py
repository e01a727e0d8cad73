"""Recognising a page by its lines: by where they lie, and what was read there.

Sometimes there is no picture to compare with: earlier versions kept none, and a renamed file with another encoding is
looked for among many similar pictures. A page is taken for the same one only if nearly all of its text is read again,
in the same places.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from indexer.catalog.verdicts import Shown, laid, outline_of
from indexer.image.fingerprint import same_cells
from indexer.image.geometry import pair
from indexer.text.folding import fold

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from indexer.values import Point

PageKey = tuple[str, int]
"""A page of a content: the hash and the page number."""
_HERE, _ELSEWHERE = 0.6, 0.85
"""The same page has at least this share of equal letters in paired lines. The first number holds at the old path, where
maybe another engine reads it; the second holds elsewhere. Two different pages share about .3."""
_PAIRED = 0.7
"""Least share of the letters that are in paired lines: now and then two lines are read as one."""
_SAME_LINE, _MOST = 0.5, 0.8
"""Likeness from which two readings are of one line, and the largest share of letters in such lines where the others
differ: printed lines of a form are the same on every page."""
_LINES, _LETTERS = 3, 60
"""A page with fewer lines or letters may resemble another one by chance."""
_ALL, _FEW = 0.9, 10
"""A page at the old path with fewer lines or letters than these is the same one if at least the first share of its
letters is equal, and the second number of them."""
SAME_TEXT = 0.6
"""Likeness from which two readings may be of one line."""
_VOTES = 3
"""Equal lines from which a page is compared more closely."""
_AS_READ = """
SELECT lines.id, lines.x, lines.y, lines.width, lines.height, polygon,
    pages.width AS wide, pages.height AS high, turned, coalesce((
    SELECT coalesce(json_extract(as_given, '$[0]'), text) FROM readings JOIN origins ON origins.id = origin_id
    WHERE line_id = lines.id AND engine <> 'human' ORDER BY replaced, readings.id DESC LIMIT 1), '') AS text
FROM lines JOIN pages ON pages.id = page_id WHERE page_id = ? ORDER BY lines.number
"""
SAID = " UNION ALL ".join(
    f"SELECT sha256, page, path FROM {table} WHERE undone_at IS NULL"  # noqa: S608
    for table in ("verdicts", "word_verdicts", "orders")
)
"""The pages of which people said something that lies on their lines."""
_AS_FILED = "CASE WHEN pages.turned IN (90, 270) THEN pages.{1} ELSE pages.{0} END"
"""A side of a page as its file has it, and the other side."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line of a page: its text, and its outline on the page as its file has it, however that is shown."""

    id: int
    text: str
    outline: tuple[Point, ...]


def lines_of(db: sqlite3.Connection, page_id: int) -> list[Drawn]:
    """The lines of a page as an engine read them, without corrections."""
    return [_drawn_line(row) for row in db.execute(_AS_READ, (page_id,))]


def _drawn_line(row: sqlite3.Row) -> Drawn:
    shown = Shown(row["wide"], row["high"], row["turned"])
    return Drawn(row["id"], row["text"], laid(outline_of(row), shown, shown.as_filed))


def likeness(one: str, other: str) -> float:
    """How much two texts agree, 0-1, without regard to case and accents."""
    return SequenceMatcher(a=fold(one), b=fold(other), autojunk=False).ratio()


def draw(db: sqlite3.Connection, file_id: int) -> None:
    """Keep the lines of pages of which people said something, since the content is about to be forgotten."""
    rows = db.execute(
        f"""SELECT DISTINCT pages.id, files.sha256, pages.number, pages.width, pages.height, pages.turned
        FROM files JOIN pages ON file_id = files.id
        JOIN ({SAID}) said ON said.sha256 = files.sha256 AND said.page = pages.number
        WHERE files.id = ?""",  # noqa: S608
        (file_id,),
    ).fetchall()
    for row in rows:
        lines = [(each.id, each.text, each.outline) for each in lines_of(db, row["id"])]
        size = Shown(row["width"], row["height"], row["turned"]).as_filed[:2]
        db.execute(
            """INSERT INTO sketches VALUES (?, ?, ?, ?, ?) ON CONFLICT (sha256, page)
            DO UPDATE SET width = excluded.width, height = excluded.height, lines = excluded.lines""",
            (row["sha256"], row["number"], *size, json.dumps(lines)),
        )


def known_again(db: sqlite3.Connection, file_id: int, page: PageKey, lines: Sequence[Drawn]) -> list[PageKey]:
    """Forgotten pages of the same size that certainly are the page that was just read."""
    width, height = _AS_FILED.format("width", "height"), _AS_FILED.format("height", "width")
    sketches = db.execute(
        f"""SELECT sketches.*, EXISTS (SELECT 1 FROM ({SAID}) said WHERE said.sha256 = sketches.sha256
            AND path IN (SELECT path FROM places WHERE file_id = ?1)) AS here
        FROM sketches JOIN pages ON file_id = ?1 AND number = ?2
        WHERE sketches.width = {width} AND sketches.height = {height}
            AND NOT EXISTS (SELECT 1 FROM files WHERE files.sha256 = sketches.sha256)""",  # noqa: S608
        (file_id, page[1]),
    ).fetchall()
    keys = [((row["sha256"], row["page"]), row) for row in sketches]
    return [key for key, row in keys if _is_same(_drawn(row), lines, here=row["here"]) and _looks_same(db, key, page)]


def found_again(db: sqlite3.Connection, former: Sequence[PageKey]) -> dict[PageKey, PageKey]:
    """For forgotten pages the page in the catalogue that certainly is the same, if there is exactly one."""
    found: dict[PageKey, PageKey] = {}
    sketches = {key: row for key in former if (row := _sketch(db, key)) is not None}
    holders = _holders(db, {line.text for row in sketches.values() for line in _drawn(row)})
    for key, row in sketches.items():
        drawn = _drawn(row)
        votes = Counter(page for line in drawn for page in holders.get(line.text, ()))
        same = [page for page, number in votes.items() if number >= min(_VOTES, len(drawn))]
        fitting = [each for page in same if (each := _fitting(db, page, key, row, drawn)) is not None]
        if len({digest for _, digest in fitting}) == 1:
            found[key] = fitting[0][0]
    return found


def _sketch(db: sqlite3.Connection, key: PageKey) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM sketches WHERE sha256 = ? AND page = ?", key).fetchone()
    return row


def _holders(db: sqlite3.Connection, texts: set[str]) -> dict[str, set[int]]:
    """On which pages each text was read as a line; all readings are looked through once."""
    holders: dict[str, set[int]] = {text: set() for text in texts if text}
    if holders:
        for text, page in db.execute(
            "SELECT text, page_id FROM readings JOIN lines ON lines.id = line_id WHERE chosen"
        ):
            if text in holders:
                holders[text].add(page)
    return holders


def _fitting(
    db: sqlite3.Connection, page_id: int, key: PageKey, row: sqlite3.Row, drawn: Sequence[Drawn]
) -> tuple[PageKey, str] | None:
    """A page with the hash of its picture, if it is the page of a sketch."""
    page = db.execute(
        """SELECT files.sha256, number, width, height, turned,
            coalesce(digest, CAST(pages.id AS TEXT)) AS digest FROM pages
        JOIN files ON files.id = file_id
        LEFT JOIN pictures ON pictures.sha256 = files.sha256 AND pictures.page = number WHERE pages.id = ?""",
        (page_id,),
    ).fetchone()
    if page is None:
        return None
    if Shown(page["width"], page["height"], page["turned"]).as_filed[:2] != (row["width"], row["height"]):
        return None
    found = (page["sha256"], page["number"])
    fits = _is_same(drawn, lines_of(db, page_id), here=False) and _looks_same(db, key, found)
    return (found, str(page["digest"])) if fits else None


def _drawn(row: sqlite3.Row) -> list[Drawn]:
    return [Drawn(line, text, tuple((x, y) for x, y in outline)) for line, text, outline in json.loads(row["lines"])]


def _is_same(former: Sequence[Drawn], now: Sequence[Drawn], *, here: bool) -> bool:
    """Whether most lines of two pages lie in the same places and nearly all their letters agree."""
    pairs = pair([line.outline for line in former], [line.outline for line in now])
    both = [(former[i].text, now[j].text) for i, j in pairs.items()]
    letters = sum(len(one) + len(other) for one, other in both) / 2
    in_all = max(sum(len(line.text) for line in lines) for lines in (former, now))
    if not letters or letters < _PAIRED * in_all:
        return False
    alike = [(likeness(one, other), (len(one) + len(other)) / 2) for one, other in both]
    share = sum(like * length for like, length in alike) / letters
    if sum(length for like, length in alike if like >= _SAME_LINE) < _MOST * letters:
        return False
    much = letters >= _LETTERS and len(both) >= _LINES
    if here and not much:
        return letters >= _FEW and share >= _ALL
    return much and share >= (_HERE if here else _ELSEWHERE)


def cells_in_both(db: sqlite3.Connection, one: PageKey, other: PageKey) -> frozenset[tuple[int, int]] | None:
    """The cells that look the same on the pictures of two pages; ``None`` if one has no picture."""
    looks = [_look(db, key) for key in (one, other)]
    return same_cells(*looks) or frozenset() if all(looks) else None


def _looks_same(db: sqlite3.Connection, one: PageKey, other: PageKey) -> bool:
    """Whether the pictures of two pages, as far as there are any, may show the same."""
    return cells_in_both(db, one, other) != frozenset()


def _look(db: sqlite3.Connection, key: PageKey) -> bytes:
    row = db.execute("SELECT look FROM pictures WHERE sha256 = ? AND page = ?", key).fetchone()
    return bytes(row["look"]) if row else b""


def unchanged(db: sqlite3.Connection, former: PageKey, lines: Iterable[Drawn]) -> set[int]:
    """The lines of a recognised page that are read as before, by their former ids."""
    row, now = _sketch(db, former), list(lines)
    drawn = _drawn(row) if row is not None else []
    pairs = pair([line.outline for line in drawn], [line.outline for line in now])
    return {drawn[i].id for i, j in pairs.items() if likeness(drawn[i].text, now[j].text) >= SAME_TEXT}
