"""Finds the rows of a table: an entry begins where something stands in the column that names or numbers the entries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from indexer.image.first_lines import first_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from indexer.image.table_borders import Sheet

    Numbers = NDArray[np.float64]
    Numbered = NDArray[np.intp]
    Levels = Mapping[int, Numbers]

_LEVEL = 0.5
"""What differs in height by at most so many distances of lines stands on one level."""
_FILLED, _MORE = 0.7, 1.3
"""A column of text: a quarter of its lines fill this share of its width, and they are so many times as many as those of
any other column."""
_NAMES, _ALONE = 0.5, 0.6
"""The column that begins entries has at least this share of the levels of the usual column, and another column has
writing beside at least this share of them."""
_WITH_IT, _WITNESSES = 0.7, 2
"""A level at which nothing was read in that column begins an entry where so many columns have writing that mostly, in
this share of their levels, have it where entries begin."""


def rows(pieces: Sheet, column: Numbered, widths: Sequence[float], begins: int | None = None) -> tuple[Numbered, int]:
    """The row of each piece, and the column in which rows begin; 0 is what stands above the first row.

    ``column`` is that of each piece, and ``begins`` the one that is known to begin rows.
    """
    if not len(column):
        return np.zeros(0, np.intp), 0
    apart = _pitch(pieces, column)
    pieces = _on_one_line(pieces, column, apart)
    levels = {at: _levels(pieces.begin[column == at], apart) for at in sorted({*column.tolist()})}
    text = _text_columns(pieces, column, widths, levels)
    key = _key(levels, text, apart) if begins is None or begins not in levels else begins
    starts = _starts(levels, key, text, apart)
    longest = max(text - {key}, key=lambda at: len(levels[at]), default=None)
    if longest is None:
        firsts, beside = starts, np.zeros(len(column), bool)
    else:
        firsts = first_lines(pieces.only(column == longest), starts, apart)
        beside = column >= longest
    earliest = np.where(column == key, 0.0, 1.0)
    first = np.searchsorted(firsts - _LEVEL * apart, pieces.begin, side="right")
    own = np.searchsorted(np.minimum(starts, firsts) - _LEVEL * apart, pieces.begin, side="right")
    keyed = np.searchsorted(starts - _LEVEL * apart, pieces.begin, side="right")
    return np.where(beside, first, np.where(earliest > 0, own, keyed)), key


def _pitch(pieces: Sheet, column: Numbered) -> float:
    """The distance of lines: the usual one where they stand closest, at most the height of a line."""
    apart = [pieces.usual]
    for at in {*column.tolist()}:
        levels = _levels(pieces.begin[column == at], pieces.usual / 2)
        if len(levels) > 2:
            apart.append(float(np.median(np.diff(levels))))
    return min(apart)


def _on_one_line(pieces: Sheet, column: Numbered, apart: float) -> Sheet:
    """The pieces, each as high as the one that it goes on from in its column: lines may rise or sink."""
    begin, end = pieces.begin.copy(), pieces.end
    for piece in np.argsort(pieces.left, kind="stable").tolist():
        before = np.flatnonzero(
            (column == column[piece])
            & (pieces.right <= pieces.left[piece] + apart)
            & (np.abs(end - pieces.begin[piece]) < _LEVEL * apart)
        )
        if len(before):
            begin[piece] = begin[before[np.argmax(pieces.right[before])]]
    return replace(pieces, begin=begin)


def _levels(places: Numbers, apart: float) -> Numbers:
    """The heights at which something is written, from the top down."""
    places = np.sort(places)
    groups = np.split(places, np.flatnonzero(np.diff(places) > _LEVEL * apart) + 1)
    return np.array([group.mean() for group in groups if len(group)])


def _text_columns(pieces: Sheet, column: Numbered, widths: Sequence[float], levels: Levels) -> set[int]:
    """Columns whose cells have several lines that run from border to border."""
    found = set()
    for at, own in levels.items():
        inside = column == at
        filled = float(np.percentile((pieces.right - pieces.left)[inside], 75)) >= _FILLED * widths[at]
        others = max((len(each) for other, each in levels.items() if other != at), default=0)
        if filled and len(own) >= _MORE * others:
            found.add(at)
    return found


def _key(levels: Levels, text: set[int], apart: float) -> int:
    """The column in which rows begin: the first that has writing in most rows, beside that of other columns."""
    short = {at: own for at, own in levels.items() if at not in text}
    counts = [len(own) for own in short.values() if len(own) > 1]
    least = _NAMES * float(np.median(counts)) if counts else 0.0
    for at, own in short.items():
        others = [each for other, each in short.items() if other != at]
        if len(own) >= max(1.0, least) and (not others or _alone(own, others, apart) >= _ALONE):
            return at
    return min(short or levels)


def _alone(own: Numbers, others: Sequence[Numbers], apart: float) -> float:
    """The share of the levels of a column at which another column has writing as well."""
    return float(np.mean([any(_has(each, place, apart) for each in others) for place in own.tolist()]))


def _has(levels: Numbers, place: float, apart: float) -> bool:
    return bool(np.abs(levels - place).min(initial=np.inf) < _LEVEL * apart)


def _starts(levels: Levels, key: int, text: set[int], apart: float) -> Numbers:
    """The heights at which rows begin."""
    own = levels[key]
    with_it = [
        each
        for at, each in levels.items()
        if at != key and at not in text and np.mean([_has(own, place, apart) for place in each]) >= _WITH_IT
    ]
    found = own.tolist()
    for place in sorted(place for each in with_it for place in each.tolist()):
        witnesses = sum(_has(each, place, apart) for each in with_it)
        if witnesses >= _WITNESSES and not _has(np.array(found), place, 2 * apart):
            found.append(place)
    return np.sort(np.array(found))
