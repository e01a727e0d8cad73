"""Which lines of two readings of a page are the same: by the course of their ink, one to one."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.image.geometry import (
    alike,
    along,
    band,
    bounding_box,
    contains,
    corners,
    holder,
    matched,
    middle,
    outline,
    pair,
    quadrangle,
)
from indexer.values import Box, Line

boxes = st.builds(Box, st.integers(0, 500), st.integers(0, 500), st.integers(1, 200), st.integers(1, 200))
points = st.tuples(st.integers(0, 300), st.integers(0, 300))
outlines = st.one_of(boxes.map(corners), st.lists(points, min_size=1, max_size=8).map(tuple))


def slanted(y: float, thick: float = 60, rise: float = 140, left: float = 100, right: float = 1700):
    return ((left, y + rise), (right, y), (right, y + thick), (left, y + thick + rise))


def arched(y: float, thick: float = 60, bulge: float = 150):
    above = [(x, y + bulge * ((x - 800) / 800) ** 2) for x in range(0, 1601, 100)]
    return (*above, *((x, top + thick) for x, top in reversed(above)))


def turned(outline):
    return tuple((y, x) for x, y in outline)


@given(outlines, outlines)
def test_likeness_is_mutual_and_a_fraction(one, other) -> None:
    assert 0 <= alike(one, other) <= 1
    assert alike(one, other) == pytest.approx(alike(other, one))


@given(outlines, st.integers(-500, 500), st.integers(1, 5))
def test_a_line_is_like_itself_wherever_and_however_large_the_page_is(outline, shift, factor) -> None:
    moved = tuple((factor * x + shift, factor * y + shift) for x, y in outline)
    assert alike(outline, outline) == 1
    other = tuple((factor * (x + 20) + shift, factor * (y + 9) + shift) for x, y in outline)
    assert alike(moved, other) == pytest.approx(alike(outline, tuple((x + 20, y + 9) for x, y in outline)), abs=0.1)


@given(boxes, st.integers(0, 30), st.integers(0, 30))
def test_boxes_that_do_not_touch_are_not_alike(box, down, aside) -> None:
    below = Box(box.x + aside, box.y + box.height + 1 + down, box.width, box.height)
    assert alike(corners(box), corners(below)) == 0


@pytest.mark.parametrize("make", [slanted, arched])
@pytest.mark.parametrize("turn", [tuple, turned])
def test_neighbours_whose_boxes_overlap_are_not_alike_and_one_line_is_in_whatever_way_it_is_outlined(
    make, turn
) -> None:
    line = turn(make(500))
    assert alike(line, turn(make(600))) == 0
    assert alike(line, turn(make(420, thick=80))) < 0.1
    for same in (make(515), make(480, thick=100), make(515, thick=30)):
        assert alike(line, turn(same)) > 0.7


def test_a_word_above_a_line_is_neither_the_line_nor_lost_in_it() -> None:
    line, word = corners(Box(100, 100, 1600, 90)), corners(Box(600, 80, 200, 40))
    assert alike(line, word) < 0.2
    moved = [corners(Box(110, 90, 1580, 100)), corners(Box(590, 75, 220, 45))]
    assert pair([line, word], moved) == {0: 0, 1: 1}
    assert pair([word], moved[:1]) == {}


def test_lines_that_moved_by_half_their_distance_are_paired_in_order() -> None:
    before = [slanted(y, thick=100) for y in range(0, 500, 70)]
    assert pair(before, [slanted(y + 30, thick=100) for y in range(0, 500, 70)]) == {
        at: at for at in range(len(before))
    }
    one_more = [slanted(y + 30, thick=100) for y in range(-70, 500, 70)]
    assert pair(before, one_more) == {at: at + 1 for at in range(len(before))}


@given(st.lists(outlines, max_size=6), st.lists(outlines, max_size=6))
def test_pairs_are_one_to_one_and_alike(ones, others) -> None:
    pairs = pair(ones, others)
    assert len(set(pairs.values())) == len(pairs)
    assert all(alike(ones[i], others[j]) >= 0.4 for i, j in pairs.items())


worths = st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.floats(0.01, 1), max_size=14)


@given(worths)
def test_the_pairs_taken_are_worth_most_in_all(worth) -> None:
    found = matched(worth)
    assert len(set(found.values())) == len(found)
    assert set(found.items()) <= worth.keys()
    best = max(sum(worth.get((i, j), 0.0) for i, j in enumerate(order)) for order in permutations(range(5)))
    assert sum(worth[both] for both in found.items()) == pytest.approx(best)


def test_a_crowd_is_paired_best_first() -> None:
    worth = {(i, j): 1 / (1 + abs(i - j)) for i in range(130) for j in range(130)}
    assert matched(worth) == {at: at for at in range(130)}


@pytest.mark.parametrize("turn", [tuple, turned])
def test_the_middle_of_a_curved_line_is_on_it_and_in_no_other(turn) -> None:
    regions = [turn(arched(y)) for y in range(0, 700, 70)]
    for at, region in enumerate(regions):
        assert contains(region, middle(region))
        assert not contains(region, bounding_box(region).centre)
        assert holder(regions, middle(region)) == at


def test_a_point_that_several_slanted_lines_hold_belongs_to_that_in_whose_middle_it_is() -> None:
    regions = [slanted(y, thick=100) for y in (0, 60, 120)]
    for at, region in enumerate(regions):
        (x, y), (_, below) = region[0], region[3]
        assert holder(regions, (x + 40, (y + below) / 2 - 4)) == at  # at its end, far from the centre of its box


@given(st.integers(-300, 300), st.integers(20, 90), st.integers(3, 9))
def test_four_corners_lie_closely_around_a_slanted_line_of_any_number_of_points(rise, thick, points) -> None:
    steps = [at / (points - 1) for at in range(points)]
    above = [(1600 * each, 500 + rise * each) for each in steps]
    four = quadrangle((*above, *((x, y + thick) for x, y in reversed(above))))
    expected = ((0, 500), (1600, 500 + rise), (1600, 500 + rise + thick), (0, 500 + thick))
    assert four == tuple(pytest.approx(each) for each in expected)
    boxed = Line("text", None, Box(10, 20, 300, 40))
    assert quadrangle(outline(boxed)) == corners(boxed.box)
    curve = arched(300)
    four = quadrangle(curve)
    assert all(min(y for _, y in four) <= y <= max(y for _, y in four) for _, y in curve)


def test_a_part_of_a_line_that_bends_lies_where_the_line_is() -> None:
    curve = arched(300)
    half = len(curve) // 2
    stands = tuple((x, y + 40) for x, y in curve[:half])
    bent = band(Line("text", None, bounding_box(curve), curve, baseline=stands))
    assert bent == curve
    first, centre, last = (along(bent, at, at + 0.1) for at in (0.0, 0.45, 0.9))
    assert (first.y, last.y) == (pytest.approx(450 - 55, abs=12), pytest.approx(450 - 55, abs=12))
    assert (centre.y, centre.height) == (300, pytest.approx(62, abs=2))
    assert first.x + first.width < centre.x < centre.x + centre.width < last.x
    everything = along(bent, 0.0, 1.0)
    assert everything == bounding_box(curve)
    alone = band(Line("text", None, bounding_box(curve), curve))  # nobody says that these points are two edges
    assert alone == quadrangle(curve)
