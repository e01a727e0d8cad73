"""Blocks and reading order, by the outlines of lines alone."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from indexer.image.reading_order import parts
from indexer.image.rulings import Rulings, rulings
from indexer.values import Point

Outline = tuple[Point, ...]


def line(x: float, y: float, width: float, height: float = 20) -> Outline:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def column(x: float, y: float, lines: int, width: float = 300) -> list[Outline]:
    return [line(x, y + 30 * at, width - 7 * (at % 3)) for at in range(lines)]


def turned(outlines: Iterable[Outline], degrees: float) -> list[Outline]:
    across, down = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [tuple((x * across - y * down, x * down + y * across) for x, y in each) for each in outlines]


def read(outlines: Sequence[Outline]) -> list[tuple[str, list[int]]]:
    """The kinds of the blocks and their lines, which come in any order: here mixed."""
    mixed = random.Random(5).sample(range(len(outlines)), len(outlines))
    found = parts([outlines[at] for at in mixed])
    return [(part.kind, [mixed[at] for at in part.lines]) for part in found]


def numbers(*spans: tuple[int, int]) -> list[list[int]]:
    return [list(range(first, last)) for first, last in spans]


@pytest.mark.parametrize("degrees", [0, 3, -3, 90, 180, 270, 92])
def test_two_pages_are_read_one_after_the_other(degrees: float) -> None:
    page = [*column(0, 0, 12), *column(340, 5, 12)]
    assert read(turned(page, degrees)) == [("main", list(range(12))), ("main", list(range(12, 24)))]


def test_what_stands_above_and_below_two_columns_is_read_before_and_after_them() -> None:
    page = [line(50, 0, 500), *column(0, 60, 10), *column(340, 60, 10), line(20, 380, 600), line(20, 410, 600)]
    assert [lines for _, lines in read(page)] == numbers((0, 1), (1, 11), (11, 21), (21, 23))
    assert read(page)[0][0] == "header"


def test_a_note_in_the_margin_does_not_cut_the_text() -> None:
    text = [line(200, 30 * at, 400) for at in range(15)]
    note = [line(30, 156 + 24 * at, 130, 16) for at in range(3)]
    assert read([*text, *note]) == [("margin", [15, 16, 17]), ("main", list(range(15)))]
    wider = [line(20, -60, 580), line(20, -30, 580)]  # above it the text begins further left
    assert read([*wider, *text, *note]) == [("main", list(range(17))), ("margin", [17, 18, 19])]


@pytest.mark.parametrize("left", [True, False])
def test_a_single_line_beside_a_column_is_a_note(left: bool) -> None:
    """It shows no gutter, and its outline reaches a little over the edge of the column."""
    text = [line(200, 30 * at, 400) for at in range(10)]
    note = line(90 if left else 595, 125, 115)
    expected = [("main", list(range(10))), ("margin", [10])]
    assert read([*text, note]) == (expected[::-1] if left else expected)
    wider = line(20, -30, 760)  # above it the text reaches further
    assert read([wider, *text, note]) == [("main", list(range(11))), ("margin", [11])]


def test_what_belongs_to_a_line_is_no_note() -> None:
    text = [line(200, 30 * at, 400 - 90 * (at % 3)) for at in range(10)]
    end = line(530, 126, 60)  # beyond the end of its line, within the column
    assert read([*text, end]) == [("main", [0, 1, 2, 3, 4, 10, 5, 6, 7, 8, 9])]
    text = [line(200, 30 * at, 300) for at in range(10)]
    sums = [line(550, 30 * at + 2, 50) for at in (3, 7)]
    assert read([*text, *sums]) == [("main", [0, 1, 2, 3, 10, 4, 5, 6, 7, 11, 8, 9])]
    stroke = line(180, 122, 18)
    assert read([*text, stroke]) == [("main", [0, 1, 2, 3, 10, *range(4, 10)])]


@pytest.mark.parametrize("left", [True, False])
def test_numbers_of_verses_are_read_with_their_lines(left: bool) -> None:
    page = [line(100, 30 * at, 400 - 7 * (at % 3)) for at in range(15)]
    numbers = [line(20 if left else 540, 30 * at + 3, 40) for at in (2, 4, 5, 9, 12)]
    order = list(range(15))
    for number, at in enumerate((2, 4, 5, 9, 12), 15):
        order.insert(order.index(at) + (not left), number)
    assert read([*page, *numbers]) == [("main", order)]


def test_a_narrow_note_of_several_lines_is_no_row_of_numbers() -> None:
    page = [line(100, 30 * at, 400 - 7 * (at % 3)) for at in range(15)]
    note = [line(20, 63 + 30 * at, 50) for at in range(4)]
    assert read([*page, *note]) == [("margin", list(range(15, 19))), ("main", list(range(15)))]


def test_a_page_number_on_the_right_is_no_part_of_the_first_line() -> None:
    page = [line(560, 0, 40), *(line(0, 10 + 30 * at, 500) for at in range(8))]
    assert read(page) == [("main", list(range(1, 9))), ("header", [0])]


def test_a_page_number_in_the_first_row_is_no_part_of_it() -> None:
    """It stands lower than a line that begins further left."""
    page = [line(0, 30 * at, 500 if at else 300) for at in range(8)]
    assert read([*page, line(470, 8, 40)]) == [("main", list(range(8))), ("header", [8])]
    assert read([*page, line(470, 38, 40)]) == [("main", [0, 1, 8, *range(2, 8)])]  # the end of a line


def test_the_columns_of_a_table_are_blocks_of_their_own() -> None:
    cells = [line(x, 30 * row, width) for x, width in ((0, 60), (110, 80), (240, 300), (590, 60)) for row in range(9)]
    assert read(cells) == [("table", lines) for lines in numbers((0, 9), (9, 18), (18, 27), (27, 36))]


def ruled_table() -> tuple[list[Outline], Rulings]:
    """Four columns with a ruled head of two rows; little is written in the narrow ones, some of it up to a ruling."""
    edges, page = (20, 90, 160, 560, 640), Image.new("L", (680, 700), 235)
    draw = ImageDraw.Draw(page)
    for x in edges:
        draw.line((x, 40, x + 6, 680), fill=90, width=2)  # they lean
    for y in (40, 110, 680):
        draw.line((20, y, 640, y), fill=90, width=2)
    cells = [line(x + 8, y, edges[at + 1] - x - 14) for y in (50, 80) for at, x in enumerate(edges[:-1])]
    for at, rows in enumerate(((0, 9), (0, 9), range(16), (4, 12))):
        cells += [line(edges[at] + 12, 120 + 34 * row, edges[at + 1] - edges[at] - 12) for row in rows]
    return cells, rulings(page)


def test_rulings_part_the_columns_of_a_table_and_its_head() -> None:
    cells, ruled = ruled_table()
    assert len(ruled.standing) == 5
    found = parts(cells, ruled)
    assert [(part.kind, len(part.lines)) for part in found] == [
        ("header", 8), ("table", 2), ("table", 2), ("table", 16), ("table", 2),
    ]  # fmt: skip
    assert list(found[0].lines) == list(range(8))


def test_a_turned_table_has_the_same_blocks() -> None:
    cells, ruled = ruled_table()
    turn = [tuple((-y, x) for x, y in cell) for cell in cells]
    aside = Rulings(*(np.stack([-each[..., 1], each[..., 0]], axis=-1) for each in (ruled.level, ruled.standing)))
    assert [part.lines for part in parts(turn, aside)] == [part.lines for part in parts(cells, ruled)]


def test_columns_with_few_entries_are_parted_by_leaning_rulings() -> None:
    """A register on a sheet that lies askew: entries begin at rulings, and hardly two of them stand side by side."""
    edges, lean = (0, 60, 130, 260, 640, 720), 0.04
    standing = np.array([((x, 0), (x + lean * 1000, 1000)) for x in edges], float)
    cells = [
        line(edges[at] + lean * y + 6, y, edges[at + 1] - edges[at] - 12)
        for at, rows in enumerate((range(30, 950, 300), range(15, 950, 310), range(45, 950, 320), range(30, 950, 31)))
        for y in rows
    ]
    found = parts(cells, Rulings(standing, np.empty((0, 2, 2))))
    assert [list(part.lines) for part in found] == numbers((0, 4), (4, 8), (8, 11), (11, 41))
    assert {part.kind for part in found} == {"table"}


def test_a_ruled_table_of_long_entries_is_a_table() -> None:
    """Three columns of text between rulings; lines of the first one are grown over the ruling."""
    edges = (0, 200, 420, 640, 860)
    standing = np.array([((x, 0), (x, 700)) for x in edges], float)
    cells = [line(x + 5, y, 190 if at else 201) for at, x in enumerate(edges[:-1]) for y in range(10, 680, 32)]
    assert [part.kind for part in parts(cells, Rulings(standing, np.empty((0, 2, 2))))] == ["table"] * 4
    assert {part.kind for part in parts(cells)} == {"main"}


def test_the_edges_of_facing_pages_make_no_table() -> None:
    page = [*column(0, 0, 12), *column(340, 5, 12)]
    edges = np.array([((x, -20), (x, 400)) for x in (-40, -20, 320, 660, 690)], float)
    found = parts(page, Rulings(edges, np.empty((0, 2, 2))))
    assert [(part.kind, len(part.lines)) for part in found] == [("main", 12), ("main", 12)]


def test_a_fold_through_a_letter_parts_nothing() -> None:
    """Three lines are broken at it. A table has more rulings."""
    above, below = [line(0, 30 * at, 600) for at in range(9)], [line(0, 360 + 30 * at, 600) for at in range(9)]
    pieces = [piece for at in range(3) for piece in (line(0, 270 + 30 * at, 290), line(310, 270 + 30 * at, 290))]
    page = [*above, *pieces, *below]
    fold = Rulings(np.array([((300, 0), (302, 630))], float), np.empty((0, 2, 2)))
    assert [list(part.lines) for part in parts(page, fold)] == [list(range(len(page)))]


def test_a_level_ruling_that_leans_is_found_whole() -> None:
    page = Image.new("L", (1000, 1200), 235)
    ImageDraw.Draw(page).line((100, 300, 900, 276), fill=90, width=2)
    (ends,) = rulings(page).level.tolist()
    assert np.allclose(ends, [(100, 300), (900, 276)], atol=4)


def test_columns_that_were_cut_apart_and_touch_are_columns() -> None:
    """As a detector gives them that cuts lines at a gutter: both ends are grown."""
    page = [line(x, 30 * at, 303) for x in (0, 290) for at in range(12)]
    assert [lines for _, lines in read(page)] == numbers((0, 12), (12, 24))


def test_gaps_between_words_are_no_gutter() -> None:
    """Three rows in pieces amid a text, as around a stamp."""
    above, below = [line(0, 30 * at, 600) for at in range(6)], [line(0, 270 + 30 * at, 600) for at in range(6)]
    pieces = [piece for at in range(3) for piece in (line(0, 180 + 30 * at, 200), line(330, 180 + 30 * at, 270))]
    page = [*above, *pieces, *below]
    assert read(page) == [("main", list(range(len(page))))]


def test_slanted_neighbours_keep_their_order() -> None:
    """Lines that rise steeply: the end of one is higher than the beginning of the one above it."""
    page = turned([line(0, 0, 560), line(40, 32, 520), line(0, 64, 200), line(0, 96, 560), line(300, 64, 260)], -8)
    assert [lines for _, lines in read(page)] == [[0, 1, 2, 4, 3]]


def test_writing_up_the_margin_comes_last() -> None:
    aside = ((20, 400), (20, 100), (40, 100), (40, 400))  # read upwards
    assert read([aside, *column(100, 0, 14)]) == [("main", list(range(1, 15))), ("other", [0])]


def test_outlines_of_any_form_are_taken_by_their_extent() -> None:
    page = [
        ((x, y), (x + 90, y - 4), (x + 280, y), (x + 280, y + 18), (x, y + 20))
        for x in (0, 340)
        for y in range(0, 300, 30)
    ]
    assert [lines for _, lines in read(page)] == numbers((0, 10), (10, 20))


def test_corners_the_other_way_round_do_not_turn_a_line() -> None:
    """As some programs write them: from the top right, to the left."""
    page = [line(x, y, 300) for x in (0, 340) for y in range(0, 300, 30)]
    other = [(right, left, below, far) for left, right, far, below in page]
    assert read(other) == read(page)


def test_writing_up_the_margin_is_a_block_in_its_own_order() -> None:
    def upwards(x: float) -> Outline:
        return ((x, 400), (x, 100), (x + 20, 100), (x + 20, 400))

    page = [*column(200, 0, 14), upwards(90), upwards(30), upwards(60)]
    assert read(page) == [("main", list(range(14))), ("other", [15, 16, 14])]


@pytest.mark.parametrize("outlines", [[], [line(0, 0, 0, 0)], [line(3, 3, 0, 0)] * 40, [line(0, 0, 9)] * 7])
def test_pages_with_next_to_nothing_on_them(outlines: list[Outline]) -> None:
    assert sorted(at for _, lines in read(outlines) for at in lines) == list(range(len(outlines)))


@pytest.mark.parametrize("size", [(1, 1), (2, 3000), (30_000, 40), (300, 200)])
def test_pictures_of_any_size_without_rulings_have_none(size: tuple[int, int]) -> None:
    for tone in (0, 255):
        found = rulings(Image.new("RGB", size, (tone,) * 3))
        assert not len(found.standing)
        assert not len(found.level)


def test_a_sheet_that_is_all_table_is_read_in_bounded_time() -> None:
    cells = [line(90 * x, 40 * y, 60) for x in range(30) for y in range(100)]
    began = time.process_time()
    assert [len(lines) for _, lines in read(cells)] == [100] * 30
    assert time.process_time() - began < 20
