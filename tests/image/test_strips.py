"""Where on a line its words lie, however the line runs over the page."""

from __future__ import annotations

import math

import pytest

from indexer.image.geometry import bounding_box
from indexer.image.strips import along
from indexer.values import Line


def line_and_word(degrees: float, start: float, end: float) -> tuple[Line, object]:
    """A line of 400 x 20 pixels that runs at an angle, and the box of a word from one part of it to another."""
    turn, across = math.radians(degrees), math.radians(degrees + 90)

    def at(far: float, down: float) -> tuple[float, float]:
        x, y = far * 400, down * 20
        return 500 + x * math.cos(turn) + y * math.cos(across), 500 + x * math.sin(turn) + y * math.sin(across)

    outline = (at(0, 0), at(1, 0), at(1, 1), at(0, 1))
    line = Line("a word", 0.9, bounding_box(outline), outline, baseline=(at(0, 0.8), at(1, 0.8)))
    return line, bounding_box([at(start, 0), at(end, 0), at(end, 1), at(start, 1)])


@pytest.mark.parametrize("degrees", [0, 3, 20, 90, -90, 180, 135])
@pytest.mark.parametrize(("start", "end"), [(0, 1), (0.25, 0.5), (0.7, 0.95)])
def test_a_word_lies_on_the_same_part_of_a_line_however_it_runs(degrees: float, start: float, end: float) -> None:
    line, word = line_and_word(degrees, start, end)
    assert along(word, line) == pytest.approx((start, end), abs=0.04)
