"""Puts what is written on a page into the rows and columns of its table. Lines are cut where they go over a border."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from indexer.image.geometry import bounding_box, outline, quadrangle
from indexer.image.table_borders import Sheet, all_borders, extent, head_end, ruled_borders, straightened
from indexer.image.table_rows import rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from indexer.image.rulings import Rulings
    from indexer.values import Box, Point, StoredLine, Word

    Numbers = NDArray[np.float64]
    Some = NDArray[np.bool_]

_BAR = "|"
"""A ruling between two cells is often read as this letter."""
_RULED = 2
"""The least number of rulings of a ruled table. Without them only blocks that are columns of a table are looked at."""
_MOST = 30
"""Paper with more borders than that is squared, or music."""
_WORDS, _OVER = 8, 4
"""A line of so many words over so many columns, without a gap as wide as lines are high, is a remark on the table."""
_FEW, _ALONE = 3, 3
"""So is one of so many words over so many columns if nothing else stands at its height, as the number of a sheet."""
_HEADS, _HEAD_ROW = 2, -1
"""Above so many columns something stands in a head, which is the row of this number."""
_WIDE, _LONG = 1.5, 4.0
"""What is so many times as wide as its column, and as lines are high, is no cell: a title across the table."""


@dataclass(frozen=True, slots=True)
class Part:
    """A word of a line, or what stands on one side of a bar in it: the number of the line, its text, its four corners,
    and the number of the word in the line. ``goes_on`` says that there is no blank before it."""

    line: int
    text: str
    corners: tuple[Point, ...]
    goes_on: bool
    word: int


@dataclass(frozen=True, slots=True)
class Written:
    """What is written on a page of a size: its parts, the same as if the page lay straight, and which of them stand in
    the head of a table and in its body. ``borders`` are the places at which columns of the page may end."""

    size: tuple[int, int]
    parts: tuple[Part, ...]
    straight: Sheet
    head: Some
    body: Some
    borders: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """What a line has in one cell: the number of the line, the text, the box, the column (from 0), the row, and the
    numbers of its parts."""

    line: int
    text: str
    box: Box
    column: int
    row: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """The table of a page: its pieces, the column in which rows begin, the numbers of lines that stand outside, and the
    parts that it was made of. ``heads`` are pieces too: what stands in its head above one column."""

    pieces: tuple[Piece, ...]
    begins: int
    outside: tuple[int, ...]
    parts: tuple[Part, ...] = ()
    heads: tuple[Piece, ...] = ()


def written(lines: Sequence[tuple[StoredLine, Sequence[Word]]], ruled: Rulings, size: tuple[int, int]) -> Written:
    """What the lines of a page, each with its words, tell of its table."""
    parts = tuple(part for number, (line, words) in enumerate(lines) for part in _parts(number, line, words))
    straight = straightened([part.corners for part in parts], ruled, size)
    kinds = np.array([_kind(lines[part.line][0]) for part in parts], dtype=object)
    top, bottom = extent(straight)
    heading = np.asarray(kinds == "header", bool) | (straight.begin < head_end(straight))
    head = heading & (straight.begin > top - straight.usual / 2)
    body = ~heading & (straight.begin > top) & (straight.begin < bottom)
    at = ruled_borders(straight.only(body), _lines(straight, parts, body))
    if len(at) < _RULED:
        at, body = [], body & np.asarray(kinds == "table", bool)
    borders = all_borders(_lines(straight, parts, body, at), at) if body.any() else []
    return Written(size, parts, straight, head, body, tuple(borders) if len(borders) <= _MOST else ())


def may_have_columns(lines: Sequence[tuple[StoredLine, Sequence[Word]]], ruled: Rulings) -> bool:
    """Whether a page with these lines and rulings may have columns at all; most have none, and that is seen at once."""
    return len(ruled.standing) >= _RULED or any(_kind(line) == "table" for line, _ in lines)


def _kind(line: StoredLine) -> str | None:
    return None if line.block is None else line.block.kind


def _parts(number: int, line: StoredLine, words: Sequence[Word]) -> Iterator[Part]:
    """The words of a line, each in its place along the line. A word with a bar in it is two."""
    around = quadrangle(outline(line))
    begin, length = around[0][0], max(1.0, around[1][0] - around[0][0])
    for count, word in enumerate(words):
        left, width = word.box.x, word.box.width
        texts = word.text.split(_BAR) if _BAR in word.text.strip(_BAR) else [word.text]
        letters, at = max(1, len(word.text)), 0
        for text in texts:
            reach = [(left + width * each / letters - begin) / length for each in (at, at + len(text))]
            shown = text if text is texts[-1] else text + _BAR
            yield Part(number, shown, _between(around, *reach), at > 0, count)
            at += len(text) + 1


def _between(outline: Sequence[Point], start: float, end: float) -> tuple[Point, ...]:
    def at(one: Point, other: Point, share: float) -> Point:
        return (one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1]))

    above, below = (outline[0], outline[1]), (outline[3], outline[2])
    return (at(*above, start), at(*above, end), at(*below, end), at(*below, start))


def _runs(straight: Sheet, parts: Sequence[Part], some: Some, borders: Sequence[float]) -> list[list[int]]:
    """The numbers of parts of one line that stand together between the same borders."""
    column = np.searchsorted(np.array(borders, float), straight.centre).tolist()
    numbers = np.flatnonzero(some).tolist()
    return [list(run) for _, run in groupby(numbers, key=lambda at: (parts[at].line, column[at]))]


def _joined(straight: Sheet, runs: Sequence[Sequence[int]]) -> Sheet:
    firsts, lasts = [run[0] for run in runs], [run[-1] for run in runs]
    return Sheet(
        np.array([straight.left[run].min() for run in runs], float),
        np.array([straight.right[run].max() for run in runs], float),
        *(straight.begin[firsts], straight.end[lasts], straight.height[firsts]),
        *(straight.standing, straight.level),
    )


def _lines(straight: Sheet, parts: Sequence[Part], some: Some, borders: Sequence[float] = ()) -> Sheet:
    """Whole lines, or what of each stands between the same borders."""
    return _joined(straight, _runs(straight, parts, some, borders))


def grid(page: Written, columns: Sequence[tuple[float, float]], begins: int | None = None) -> Grid:
    """The table of a page with columns from place to place across it. ``begins`` is the one in which rows begin."""
    lines = {part.line for part, head in zip(page.parts, page.head.tolist(), strict=True) if not head}
    if not columns:
        return Grid((), 0, tuple(sorted(lines)))
    edges = sorted({edge for column in columns for edge in column})
    runs = _runs(page.straight, page.parts, page.body & ~_remarks(page, edges), edges)
    sheet = _joined(page.straight, runs)
    column, fits, widths = _fitting(sheet, columns)
    row, key = rows(sheet.only(fits), column[fits], widths.tolist(), begins)
    kept = np.flatnonzero(fits).tolist()
    pieces = [_piece(page, runs[at], int(column[at]), int(number)) for at, number in zip(kept, row, strict=True)]
    outside = tuple(sorted(lines - {piece.line for piece in pieces}))
    return Grid(tuple(pieces), key, outside, page.parts, _head_pieces(page, columns, edges))


def _fitting(sheet: Sheet, columns: Sequence[tuple[float, float]]) -> tuple[NDArray[np.int64], Some, Numbers]:
    """The column of each line, whether the line fits into it, and the widths of the columns."""
    places = np.array(columns, float).reshape(-1, 2)
    inside = (places[:, 0] <= sheet.centre[:, None]) & (sheet.centre[:, None] < places[:, 1])
    column = np.where(inside.any(axis=1), inside.argmax(axis=1), -1)
    widths = places[:, 1] - places[:, 0]
    fits = (column >= 0) & (sheet.right - sheet.left < np.maximum(_WIDE * widths[column], _LONG * sheet.usual))
    return column, fits, widths


def _head_pieces(page: Written, columns: Sequence[tuple[float, float]], edges: Sequence[float]) -> tuple[Piece, ...]:
    """What stands above single columns in the head, if it does so above two at least. Lines that run on over several
    columns stand above none."""
    runs = _runs(page.straight, page.parts, page.head, edges)
    sheet = _joined(page.straight, runs)
    column, fits, _ = _fitting(sheet, columns)
    line = [page.parts[run[0]].line for run in runs]
    close = [
        at
        for at in range(1, len(runs))
        if line[at - 1] == line[at] and sheet.left[at] - sheet.right[at - 1] < sheet.usual
    ]
    running = {line[at] for at in close}
    kept = [at for at in range(len(runs)) if fits[at] and line[at] not in running]
    if len({int(column[at]) for at in kept}) < _HEADS:
        return ()
    return tuple(_piece(page, runs[at], int(column[at]), _HEAD_ROW) for at in kept)


def _remarks(page: Written, edges: Sequence[float]) -> Some:
    """The parts of lines that run on over columns without a gap: a remark on the whole table, its sum, its number."""
    straight, found = page.straight, np.zeros(len(page.parts), bool)
    column = np.searchsorted(np.array(edges, float), straight.centre)
    owner, down = np.array([part.line for part in page.parts]), (straight.begin + straight.end) / 2
    for _, group in groupby(range(len(page.parts)), key=lambda at: page.parts[at].line):
        line = list(group)
        gaps = straight.left[line[1:]] - straight.right[line[:-1]]
        words, over = len(line), len({*column[line].tolist()})
        beside = page.body & (owner != owner[line[0]]) & (np.abs(down - down[line].mean()) < straight.usual / 2)
        runs_on = (words >= _WORDS and over >= _OVER) or (words >= _FEW and over >= _ALONE and not beside.any())
        found[line] = runs_on and bool(np.all(gaps < straight.usual))
    return found


def _piece(page: Written, run: Sequence[int], column: int, row: int) -> Piece:
    parts = [page.parts[at] for at in run]
    text = "".join(part.text if part.goes_on else f" {part.text}" for part in parts).strip()
    box = bounding_box([point for part in parts for point in part.corners])
    return Piece(parts[0].line, text.strip(_BAR).strip() or text, box, column, row, tuple(run))


def heads(page: Written, columns: Sequence[tuple[float, float]]) -> list[str]:
    """What stands in the head above each column, from the top down. What spans several columns is above each."""
    runs = _runs(page.straight, page.parts, page.head, ())
    sheet = _joined(page.straight, runs)
    named: list[str] = []
    for left, right in columns:
        shared = np.minimum(sheet.right, right) - np.maximum(sheet.left, left)
        inside = (sheet.centre > left) & (sheet.centre < right)
        above = np.flatnonzero(inside | (shared > (right - left) / 4)).tolist()
        above.sort(key=lambda at: (round(float(sheet.begin[at]) / sheet.usual), float(sheet.left[at])))
        named.append(" ".join(" ".join(page.parts[part].text for part in runs[at]) for at in above))
    return named
