"""Finds the blocks of a page and the reading order of its lines from their outlines, whichever engine found them.

The page is cut at its best gutter (``indexer.image.gutters``), and each part is cut again. The part above the gutter is
read first, then the parts to its left, to its right and below. A part that cannot be cut is a block. It is read in
rows. Notes beside a text do not divide the text. Numbers of lines are read with their lines. What was read of a line is
asked only where its place leaves open whether it is a page number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexer.image.geometry import bounding_box, corners, quadrangle
from indexer.image.gutters import Lines, best_gutter
from indexer.image.line_numbers import numbered_lines
from indexer.image.page_numbers import page_number
from indexer.image.rulings import NONE, Rulings
from indexer.image.side_notes import side_notes
from indexer.image.table_heads import head
from indexer.image.table_rulings import lean, sinking, table_rulings, weighted_median

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.image.gutters import Gutter
    from indexer.values import BlockKind, Point

    Numbers = NDArray[np.float64]
    Numbered = NDArray[np.intp]
    Some = NDArray[np.bool_]

_LONG = 4.0
"""A line of this length, in line heights, shows the slope of its neighbours."""
_SAME_ROW, _SHARED = 0.5, 0.3
"""Lines of a row differ in height by at most so many line heights, and overlap by at most this share of a length."""
_STANDS = 2.5
"""A line that is so many times as high as wide runs up or down the page."""
_NOTE_LINES, _NOTE_WIDTH = 0.35, 0.4
"""A note in the margin has at most this share of the lines of the text beside it, and of its width."""
_COLUMNS, _CELL = 3, 6.0
"""A table has so many columns side by side. In half of them most lines are shorter than so many line heights."""
_RULED_COLUMNS = 2
"""Where there are rulings of a table, so many blocks side by side are its columns."""
_FEW = 2
"""The most lines of a title or a page number."""
_DEEPEST = 60
"""The most nested cuts. What is still uncut then is read in rows."""


@dataclass(frozen=True, slots=True)
class Part:
    """A block: the numbers of its lines, in reading order."""

    kind: BlockKind
    lines: tuple[int, ...]


def parts(outlines: Sequence[Sequence[Point]], ruled: Rulings = NONE, texts: Sequence[str] | None = None) -> list[Part]:
    """The blocks of a page and their lines, both in reading order. The outlines are those of the lines, and the texts
    what was read of them.

    An outline of four corners goes clockwise from the top of where the writing begins. Of others the extent and the
    slope are used.
    """
    if not outlines:
        return []
    quads = _begun(np.nan_to_num(np.array([_four_corners(each) for each in outlines], float)))
    ways = _ways(quads)
    most = int(np.argmax(np.bincount(ways, np.hypot(*(quads[:, 1] - quads[:, 0]).T), 4)))
    ids = np.flatnonzero(ways == most)
    level, ruled = _turned(quads, most), _turned_rulings(ruled, most)
    edges = (level[ids, :, 0].min(), level[ids, :, 0].max())
    ruled = table_rulings(ruled, *edges, height=float(np.median(_heights(level[ids]))))
    level, ruled = _upright(level, ruled)
    text = _from_the_top(level, ids, ruled)
    words = np.array([_is_word(each) for each in texts or [""] * len(outlines)], bool)
    found = [each for part in text for each in _without_number(level, part, words)]
    for way in sorted({*ways.tolist()} - {most}):
        aside = _cut(_turned(quads, way), np.flatnonzero(ways == way), NONE)
        found += [Part("other", part.lines) for part in aside]
    return [Part(kind, part.lines) for kind, part in zip(_kinds(level, found, ruled), found, strict=True)]


def _four_corners(outline: Sequence[Point]) -> Sequence[Point]:
    return quadrangle(outline) if len(outline) != 4 or _clockwise(outline) else corners(bounding_box(outline))


def _clockwise(outline: Sequence[Point]) -> bool:
    pairs = zip(outline, (*outline[1:], outline[0]), strict=True)
    return sum(x * v - u * y for (x, y), (u, v) in pairs) > 0


def _begun(quads: Numbers) -> Numbers:
    """Lines by their corners; an upright box that is much higher than wide is taken to be read from its top down,
    unless it is hardly longer than lines are high, as a tall letter by itself."""
    across, down = (np.hypot(*(quads[:, corner] - quads[:, 0]).T) for corner in (1, 3))
    stands = (down > _STANDS * across) & (down > _STANDS * np.median(np.minimum(across, down)))
    return np.where(stands[:, None, None], np.roll(quads, -1, axis=1), quads)


def _ways(quads: Numbers) -> NDArray[np.intp]:
    """By how many quarters, clockwise, each line is turned away from running to the right."""
    ahead = quads[:, 1] + quads[:, 2] - quads[:, 0] - quads[:, 3]
    return np.round(np.arctan2(ahead[:, 1], ahead[:, 0]) / (np.pi / 2)).astype(np.intp) % 4


def _turned(points: Numbers, quarters: int) -> Numbers:
    """Points (x, y) turned anticlockwise by quarters."""
    turned = (points[..., 0] + 1j * points[..., 1]) * (-1j) ** quarters
    return np.stack([turned.real, turned.imag], axis=-1)


def _turned_rulings(ruled: Rulings, quarters: int) -> Rulings:
    standing, level = _turned(ruled.standing, quarters), _turned(ruled.level, quarters)
    if quarters % 2:
        standing, level = level, standing
    return Rulings(
        np.take_along_axis(standing, np.argsort(standing[..., 1:], axis=1), axis=1),
        np.take_along_axis(level, np.argsort(level[..., :1], axis=1), axis=1),
    )


def _upright(quads: Numbers, ruled: Rulings) -> tuple[Numbers, Rulings]:
    """Lines and rulings as they would lie if the rulings stood upright and lay level."""
    straight = np.array([[1.0, -sinking(ruled)], [-lean(ruled), 1.0]])
    return quads @ straight, Rulings(ruled.standing @ straight, ruled.level @ straight)


def _level(quads: Numbers) -> Lines:
    """Lines as they would lie on a page without slope."""
    begin, end = (quads[:, 0] + quads[:, 3]) / 2, (quads[:, 1] + quads[:, 2]) / 2
    place = (begin + end)[:, 1] / 2
    middle = place - _slope(quads) * (begin + end)[:, 0] / 2
    height = _heights(quads)
    return Lines(quads[..., 0].min(axis=1), quads[..., 0].max(axis=1), middle, np.maximum(1.0, height), place)


def _slope(quads: Numbers) -> float:
    """How far lines sink to the right, by the long ones."""
    begin, end = (quads[:, 0] + quads[:, 3]) / 2, (quads[:, 1] + quads[:, 2]) / 2
    ahead, down = (end - begin).T
    long = (ahead > _LONG * _heights(quads)) & (np.abs(down) < ahead)
    return weighted_median(down[long], ahead[long])


def _heights(quads: Numbers) -> Numbers:
    return np.asarray(np.hypot(*((quads[:, 3] + quads[:, 2] - quads[:, 0] - quads[:, 1]) / 2).T))


def _from_the_top(quads: Numbers, ids: Numbered, ruled: Rulings) -> list[Part]:
    """The blocks of some lines of a page. The head of a table, which names its columns, is a block of its own."""
    lines = _level(quads[ids])
    reach = head(lines, ruled)
    if reach is None:
        return _cut(quads, ids, ruled)
    above, below = lines.place <= reach[0], lines.place >= reach[1]
    within = ids[~above & ~below]
    columns = Part("header", tuple(within[_rows(_level(quads[within]))].tolist()))
    return [*_cut(quads, ids[above], ruled), columns, *_cut(quads, ids[below], ruled)]


def _cut(quads: Numbers, ids: Numbered, ruled: Rulings, depth: int = 0) -> list[Part]:
    """The blocks of some lines of a page, in reading order."""
    if not len(ids):
        return []
    lines = _level(quads[ids])
    gutter = best_gutter(lines, ruled.standing) if depth < _DEEPEST else None
    sides = None if gutter is None else _sides(lines, gutter)
    if sides is None:
        return _column(ids, lines)
    above, left, right, below = sides
    note = _note(lines, left, right, ruled)
    if note is None:
        return [each for part in (above, left, right, below) for each in _cut(quads, ids[part], ruled, depth + 1)]
    text = _cut(quads, ids[~note], ruled, depth + 1)
    numbers = _numbers(ids, lines, ~note, note)
    if numbers:
        return [_with_numbers(part, numbers, before=note is left) for part in text]
    beside = [Part("margin", part.lines) for part in _cut(quads, ids[note], ruled, depth + 1)]
    return [*beside, *text] if note is left and not above.any() else [*text, *beside]


def _column(ids: Numbered, lines: Lines) -> list[Part]:
    """A column with the numbers beside its lines, and the notes on each side of it."""
    left, right = side_notes(lines)
    text = ~left & ~right
    column = Part("main", tuple(ids[text][_rows(lines.only(text))].tolist()))
    if numbers := _numbers(ids, lines, text, right):  # as the sums of a bill
        column, right = _with_numbers(column, numbers, before=False), np.zeros_like(right)
    found = [column]
    for note in (left, right):
        if note.any():
            first = note is left and not _reached_above(lines, text, left)
            found.insert(0 if first else len(found), Part("margin", tuple(ids[note][_rows(lines.only(note))].tolist())))
    return found


def _reached_above(lines: Lines, text: Some, note: Some) -> bool:
    """Whether the text reaches over the place of a note on the left, somewhere above it."""
    above = text & (lines.middle < lines.middle[note].min())
    return bool(np.any(lines.left[above] < ((lines.left + lines.right) / 2)[note].max()))


def _numbers(ids: Numbered, lines: Lines, text: Some, beside: Some) -> dict[int, int]:
    """The numbers that stand beside single lines of a text, by their lines, if that is what stands beside it."""
    numbered = numbered_lines(lines.only(text), lines.only(beside)) if beside.any() else None
    return {} if numbered is None else dict(zip(ids[text][numbered].tolist(), ids[beside].tolist(), strict=True))


def _with_numbers(part: Part, numbers: Mapping[int, int], *, before: bool) -> Part:
    """A block with the numbers that stand beside its lines, each before or after its line."""
    lines = ([numbers[line], line] if line in numbers else [line] for line in part.lines)
    return Part(part.kind, tuple(each for some in lines for each in (some if before else reversed(some))))


def _sides(lines: Lines, gutter: Gutter) -> tuple[Some, Some, Some, Some] | None:
    """The lines above, left of, right of and below a gutter, if there are some on both sides."""
    above, below = lines.middle <= gutter.top, lines.middle >= gutter.bottom
    left = (lines.left + lines.right < 2 * gutter.at) & ~above & ~below
    right = ~left & ~above & ~below
    return (above, left, right, below) if left.any() and right.any() else None


def _note(lines: Lines, left: Some, right: Some, ruled: Rulings) -> Some | None:
    """Which of two columns is a note beside the other one. ``None`` if neither is."""
    less, more = sorted((left, right), key=np.count_nonzero)
    widths = [np.ptp(np.concatenate([lines.left[part], lines.right[part]])) for part in (less, more)]
    few = np.count_nonzero(less) <= _NOTE_LINES * np.count_nonzero(more) and widths[0] <= _NOTE_WIDTH * widths[1]
    if not few or any(best_gutter(lines.only(part), ruled.standing) for part in (less, more)):
        return None
    return less


def _rows(lines: Lines) -> Numbered:
    """The lines of a column in order: rows from top to bottom, each from left to right."""
    rows: list[list[int]] = []
    for line in np.argsort(lines.middle, kind="stable").tolist():
        if rows and _goes_on(lines, rows[-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return np.array([line for row in rows for line in sorted(row, key=lines.left.__getitem__)], np.intp)


def _goes_on(lines: Lines, row: Sequence[int], line: int) -> bool:
    """Whether a line stands beside all lines of a row, at the height of the nearest one."""
    shared = np.minimum(lines.right[row], lines.right[line]) - np.maximum(lines.left[row], lines.left[line])
    shorter = np.minimum((lines.right - lines.left)[row], lines.right[line] - lines.left[line])
    near = row[int(np.argmax(shared))]
    apart = abs(lines.middle[near] - lines.middle[line])
    return bool(np.all(shared <= _SHARED * shorter) and apart < _SAME_ROW * min(lines.height[near], lines.height[line]))


def _is_word(text: str) -> bool:
    """Whether a text has letters, and no digit."""
    return sum(map(str.isalpha, text)) > 1 and not any(map(str.isdigit, text))


def _without_number(quads: Numbers, part: Part, words: Some) -> list[Part]:
    """Split a page number in an upper corner from a block. On the right it is read last."""
    lines = list(part.lines)
    number = page_number(_level(quads[lines]), words[lines]) if part.kind == "main" else None
    if number is None:
        return [part]
    at, left = number
    split = [Part("header", (lines.pop(at),)), Part("main", tuple(lines))]
    return split if left else split[::-1]


def _kinds(quads: Numbers, found: Sequence[Part], ruled: Rulings) -> list[BlockKind]:
    """The kinds of the blocks, each judged beside the others."""
    areas = [quads[list(part.lines)].reshape(-1, 2) for part in found]
    (left, top), (right, bottom) = (np.array([edge(area, axis=0) for area in areas]).T for edge in (np.min, np.max))
    is_ruled = len(ruled.standing) > 0
    reach = float(np.median(_heights(quads))) if is_ruled else 0.0  # by which lines grow over a ruling
    apart = np.maximum.outer(left, left) >= np.minimum.outer(right, right) - reach
    shared = np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top)
    beside = apart & (shared >= np.minimum.outer(bottom - top, bottom - top) / 2)
    main = np.array([part.kind == "main" for part in found])
    beside &= main & main[:, None]
    cells = np.array([int(_has_cells(quads[list(part.lines)])) for part in found])
    columns = beside.sum(axis=1) + 1
    in_cells = (columns >= _COLUMNS) & (2 * (beside @ cells + cells) >= columns)
    table = columns >= _RULED_COLUMNS if is_ruled else in_cells
    few = np.array([len(part.lines) <= _FEW for part in found])
    above = bottom <= min(top[main & ~few], default=-np.inf)
    return [
        part.kind if not main[at] else "table" if table[at] else "header" if few[at] and above[at] else "main"
        for at, part in enumerate(found)
    ]


def _has_cells(quads: Numbers) -> bool:
    """Whether most lines of a column are as short as the cells of a table."""
    lines = _level(quads)
    return bool(np.median((lines.right - lines.left) / lines.height) < _CELL)
