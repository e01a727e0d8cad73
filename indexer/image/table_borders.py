"""Finds where the columns of a table end, by its rulings and by the gaps between its lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from indexer.image.gutters import Lines, neighbours
from indexer.image.table_rulings import lean, sinking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from indexer.image.rulings import Rulings
    from indexer.values import Point

    Numbers = NDArray[np.float64]
    Some = NDArray[np.bool_]

_LONG = 0.5
"""Rulings of at least this share of the longest one say where the table begins and ends."""
_SAME = 0.5
"""Pieces of ruling within so many line heights of each other are one ruling."""
_COVERED = 0.35
"""A ruling of a table covers at least this share of the table's height."""
_THROUGH_WORD, _THROUGH_LINE, _NEAR = 0.2, 0.6, 3.0
"""In line heights: a ruling goes through a word or a line that reaches so far to both sides of it. A line that begins
or ends so near to it stands at it."""
_CROSSED, _CUT = 0.2, 0.5
"""A ruling parts no columns where more than this share of the lines near it go over it, and it cuts through words in
more than this share of these. It marks where lines begin. Cells that are read as one line are cut between words."""
_GAP, _PAIRS, _PARTS = 1.0, 4, 0.3
"""A gap parts columns where it is so many line heights wide between at least so many pairs of lines side by side, and
as many as this share of the rows."""
_THROUGH = 0.1
"""The greatest share of lines that a gap may run through."""
_OUTSIDE = 0.3
"""A column without an outer ruling has at least this share of the lines of the usual column."""
_HEAD, _ACROSS = 0.25, 0.6
"""A head is at most this share of the height of its table. The ruling below it crosses this share of the width."""
_FRAME, _COLUMNS = 1.0, 3
"""A level ruling over so many borders ends at the edge of the table, to within so many line heights."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is written on a page, and its rulings, as if it lay straight: lines, or their words.

    Of each of them: its left and right end, the places down the page at which these lie, and its height. Of each ruling
    n x 3: its place, and where it begins and ends.
    """

    left: Numbers
    right: Numbers
    begin: Numbers
    end: Numbers
    height: Numbers
    standing: Numbers
    level: Numbers

    usual: float = field(init=False)
    """The usual height of a line."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "usual", float(np.median(self.height)) if len(self.height) else 1.0)

    @property
    def centre(self) -> Numbers:
        """The place across of the middle of each line."""
        return np.asarray((self.left + self.right) / 2)

    def only(self, some: Some) -> Sheet:
        """The sheet with some of its lines."""
        return Sheet(
            *(self.left[some], self.right[some], self.begin[some], self.end[some], self.height[some]),
            *(self.standing, self.level),
        )


def straightened(outlines: Sequence[Sequence[Point]], ruled: Rulings, size: tuple[int, int]) -> Sheet:
    """A page of a size as if it lay straight. The outlines have four corners, clockwise from the top of the start."""
    quads = np.nan_to_num(np.array(outlines, float).reshape(-1, 4, 2))
    aside = lean(ruled)
    down = sinking(ruled) if len(ruled.level) else -aside
    middle = np.array([size[0] / 2, size[1] / 2])

    def straight(points: Numbers) -> Numbers:
        away = points - middle
        return np.asarray(points - np.stack([aside * away[..., 1], down * away[..., 0]], axis=-1))

    quads, standing, level = straight(quads), straight(ruled.standing), straight(ruled.level)
    begin, end = (quads[:, 0] + quads[:, 3]) / 2, (quads[:, 1] + quads[:, 2]) / 2
    height = np.hypot(*((quads[:, 3] + quads[:, 2] - quads[:, 0] - quads[:, 1]) / 2).T)
    return Sheet(
        np.minimum(begin[:, 0], end[:, 0]),
        np.maximum(begin[:, 0], end[:, 0]),
        np.asarray(begin[:, 1]),
        np.asarray(end[:, 1]),
        np.maximum(1.0, height),
        np.column_stack([standing[..., 0].mean(axis=1), standing[:, 0, 1], standing[:, 1, 1]]),
        np.column_stack([level[..., 1].mean(axis=1), level[:, 0, 0], level[:, 1, 0]]),
    )


def extent(sheet: Sheet) -> tuple[float, float]:
    """Where the table begins and ends down the page, by its long rulings; all of the page without rulings."""
    if not len(sheet.standing):
        return -np.inf, np.inf
    length = sheet.standing[:, 2] - sheet.standing[:, 1]
    long = sheet.standing[length >= _LONG * length.max()]
    return float(np.percentile(long[:, 1], 25)), float(np.percentile(long[:, 2], 75))


def head_end(sheet: Sheet) -> float:
    """Where the head of the table ends: at the first level ruling over most of its width, if that is near its top."""
    if not len(sheet.standing) or not len(sheet.level):
        return -np.inf
    top, bottom = extent(sheet)
    width = float(np.ptp(sheet.standing[:, 0]))
    level = sheet.level[np.argsort(sheet.level[:, 0])]
    for ruling in np.split(level, np.flatnonzero(np.diff(level[:, 0]) > sheet.usual) + 1):
        at = float(ruling[:, 0].mean())
        if top + sheet.usual < at < top + _HEAD * (bottom - top) and _covered(ruling[:, 1:]) >= _ACROSS * width:
            return at
    return -np.inf


def ruled_borders(words: Sheet, lines: Sheet) -> list[float]:
    """The places across of rulings that part columns, from left to right."""
    return [at for at in _ruled(words) if not _is_crossed(words, lines, at)]


def all_borders(pieces: Sheet, ruled: Sequence[float]) -> list[float]:
    """The places at which columns end: rulings, gaps between the lines that these leave, and the outer edges."""
    edges = [-np.inf, *ruled, np.inf]
    found = list(ruled)
    for left, right in pairwise(edges):
        found += _gaps(pieces.only((pieces.centre > left) & (pieces.centre < right)))
    return _with_edges(pieces, sorted(found))


def _ruled(sheet: Sheet) -> list[float]:
    """The places of rulings that run down most of the table. A ruling may be in pieces."""
    if not len(sheet.standing):
        return []
    top, bottom = extent(sheet)
    middles: list[float] = []
    lengths = sheet.standing[:, 2] - sheet.standing[:, 1]
    for at in sheet.standing[np.argsort(-lengths), 0].tolist():
        if all(abs(at - other) > _SAME * sheet.usual for other in middles):
            middles.append(at)
    near = np.argmin(np.abs(sheet.standing[:, :1] - np.array(middles)), axis=1)
    covered = [_covered(sheet.standing[near == number, 1:]) for number in range(len(middles))]
    return sorted(at for at, length in zip(middles, covered, strict=True) if length >= _COVERED * (bottom - top))


def _covered(spans: Numbers) -> float:
    """How much spans cover together."""
    covered, reached = 0.0, -np.inf
    for begin, end in spans[np.argsort(spans[:, 0])].tolist():
        covered += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return covered


def _is_crossed(words: Sheet, lines: Sheet, at: float) -> bool:
    """Whether what is written runs on over a ruling."""
    over = np.count_nonzero(_over(lines, at, _THROUGH_LINE))
    ends = np.minimum(np.abs(lines.left - at), np.abs(lines.right - at))[~_over(lines, at, _THROUGH_LINE)]
    beside = np.count_nonzero(ends < _NEAR * lines.usual)
    cut = np.count_nonzero(_over(words, at, _THROUGH_WORD))
    return bool(over > _CROSSED * (over + beside) and cut > _CUT * over)


def _over(items: Sheet, at: float, into: float) -> Some:
    return np.asarray((items.left < at - into * items.usual) & (items.right > at + into * items.usual))


def _gaps(lines: Sheet) -> list[float]:
    """The places of gaps that part lines side by side; each part is looked through again."""
    plain = Lines(lines.left, lines.right, lines.begin, lines.height, lines.begin)
    pairs = neighbours(plain)
    begins, ends = lines.right[pairs[:, 0]], lines.left[pairs[:, 1]]
    wide = ends - begins >= _GAP * lines.usual
    begins, ends = begins[wide], ends[wide]
    if len(begins) < _PAIRS:
        return []
    places = (begins + ends) / 2
    beside = np.count_nonzero((begins <= places[:, None]) & (places[:, None] <= ends), axis=1)
    through = np.count_nonzero((lines.left < places[:, None]) & (places[:, None] < lines.right), axis=1)
    best = int(np.argmax(beside - 2 * through))
    left, right = (np.count_nonzero(lines.centre < places[best]), np.count_nonzero(lines.centre > places[best]))
    enough = beside[best] >= max(_PAIRS, _PARTS * min(left, right))
    if not enough or through[best] > _THROUGH * len(lines.left):
        return []
    at = float(places[best])
    return [*_gaps(lines.only(lines.centre < at)), at, *_gaps(lines.only(lines.centre >= at))]


def _with_edges(lines: Sheet, found: list[float]) -> list[float]:
    """Borders with the outer edges of the table: where level rulings end, or else where lines do.

    Beside a frame lie notes, and the edges of other sheets, which look like rulings.
    """
    if not found:
        return []
    left, right = _frame(lines, found, 1, min), _frame(lines, found, 2, max)
    found = [at for at in found if (left is None or at >= left) and (right is None or at <= right)]
    counts = np.bincount(np.searchsorted(found, lines.centre), minlength=len(found) + 1)
    least = _OUTSIDE * float(np.median(counts[counts > 0])) if counts.any() else np.inf
    if left is None and counts[0] >= least:
        found = [float(lines.left[lines.centre < found[0]].min()), *found]
    if right is None and counts[-1] >= least:
        found = [*found, float(lines.right[lines.centre > found[-1]].max())]
    return found


def _frame(lines: Sheet, found: Sequence[float], side: int, outer: Callable[[list[float]], float]) -> float | None:
    """The outermost border at which a level ruling over several columns ends, on one side; ``None`` without one."""
    top, bottom = extent(lines)
    places = np.array(found)
    ends = []
    for down, *reach in lines.level.tolist():
        over = np.count_nonzero((places > reach[0]) & (places < reach[1]))
        near = float(places[np.argmin(np.abs(places - reach[side - 1]))])
        inside = top - lines.usual < down < bottom
        if inside and over >= _COLUMNS and abs(near - reach[side - 1]) < _FRAME * lines.usual:
            ends.append(near)
    return outer(ends) if ends else None
