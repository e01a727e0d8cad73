"""Finds single lines beside a column, as notes in the margin of minutes. They are too few to show a gutter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.image.gutters import Lines

    Numbers = NDArray[np.float64]
    Some = NDArray[np.bool_]

_USUAL, _TEXT, _NOTE = 80, 0.5, 0.4
"""This percentile of all lengths is that of a whole line. Lines of the column have at least this share of it, and lines
of a note at most that one."""
_LEAST = 1.5
"""The least length of a line of a note, in line heights. What is shorter may be a stroke of the line beside it."""
_NEAR, _FAR = 2, 4.0
"""So many lines of the column are looked at above and below a note, if they are at most so many line heights away."""
_MOST, _ALIGNED, _TOUCH = 3, 1.0, 0.6
"""At least so many of them have their edge at one place, within so many line heights. The note lies outside of it, but
for so much by which outlines are longer than the writing."""


def side_notes(lines: Lines) -> tuple[Some, Some]:
    """Which lines stand to the left of a column, and which to the right of it."""
    return _before(lines.left, lines.right, lines), _before(-lines.right, -lines.left, lines)


def _before(begin: Numbers, end: Numbers, lines: Lines) -> Some:
    """Which lines end where the lines of the column above and below them begin.

    On 391 pages of 21 collections, with the lines of their ground truth, ``region_agreement`` rises from .531 to .544
    and ``order`` stays as it is: ground truths put such a note first, last or beside its line.
    """
    length, height = end - begin, float(np.median(lines.height))
    usual = float(np.percentile(length, _USUAL))
    text = np.flatnonzero(length >= _TEXT * usual)
    text = text[np.argsort(lines.middle[text], kind="stable")]
    outside, down = float(np.median(begin[text])), lines.middle[text]
    found = np.zeros(len(lines), bool)
    for line in np.flatnonzero((length <= _NOTE * usual) & (length >= _LEAST * height)).tolist():
        at = int(np.searchsorted(down, lines.middle[line], side="right"))
        near = text[max(0, at - _NEAR) : at + _NEAR]
        near = near[np.abs(lines.middle[near] - lines.middle[line]) <= _FAR * height]
        edge = float(np.median(begin[near])) if len(near) else np.inf
        aligned = np.count_nonzero(np.abs(begin[near] - edge) <= _ALIGNED * height) >= _MOST
        found[line] = aligned and end[line] <= min(edge, outside) + _TOUCH * height
    return found
