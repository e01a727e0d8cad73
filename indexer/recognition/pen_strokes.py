"""The strokes of a page that was written with a pen, where they lie on its image, and its words around them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.image.geometry import around, bounding_box, covered
from indexer.image.turning import turned_points, turned_size
from indexer.values import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.values import Page, Point, Reading, Word

    Readings = tuple[Reading, ...]
    """All readings of a line, the one that counts first."""

_LOG = logging.getLogger(__name__)
_MOSTLY = 0.5
"""A stroke is of the word in whose box more than this share of it lies: one through several words is of none."""


def strokes_of(page: Page, size: tuple[int, int], turned: int) -> Sequence[Sequence[Point]]:
    """The strokes of a page in the order of time, none if it has none.

    ``size`` is that of the image that was read, which was ``turned`` clockwise by so many degrees.
    """
    if page.strokes is None:
        return ()
    try:
        given = [tuple(stroke) for stroke in page.strokes()]
    except Exception:  # noqa: BLE001 - a plugin may raise anything; the page only loses the order of its strokes
        _LOG.exception("page %s: its strokes cannot be had", page.number)
        return ()
    return [turned_points(stroke, turned, turned_size(size, turned)) for stroke in given]


def with_inked_words(lines: Sequence[Sequence[Reading]], strokes: Sequence[Sequence[Point]]) -> list[Readings]:
    """Lines with their readings, the box of each word around the strokes that lie mostly in it.

    A word of which the pen left nothing keeps its box.
    """
    boxes = [_thick(bounding_box(stroke)) for stroke in strokes if stroke]
    return [tuple(_with_inked_words(each, boxes) for each in readings) for readings in lines]


def _with_inked_words(reading: Reading, strokes: Sequence[Box]) -> Reading:
    line = reading.line
    near = [each for each in strokes if covered(each, line.box)]
    return replace(reading, line=replace(line, words=tuple(_inked(word, near) for word in line.words)))


def _inked(word: Word, strokes: Sequence[Box]) -> Word:
    """A word in the box around its strokes."""
    own = [each for each in strokes if covered(each, word.box) > _MOSTLY]
    return replace(word, box=around(own)) if own else word


def _thick(box: Box) -> Box:
    """A box around points that has an area."""
    return Box(box.x, box.y, max(1, box.width), max(1, box.height))
