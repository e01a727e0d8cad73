"""Blocks of what was read: those that an engine gives, and those that lines without any get."""

from __future__ import annotations

import pytest

from indexer.recognition.page_layout import laid_out
from indexer.values import Block, Box, Line, Origin, Reading

LEFT, RIGHT = Block(1, "main", Box(0, 0, 200, 300)), Block(2, "table", Box(300, 0, 200, 300))


def readings(x: int, y: int, block: Block | None = None, *others: str) -> tuple[Reading, ...]:
    line = Line(f"{x} {y}", 0.9, Box(x, y, 200, 20), block=block)
    return (Reading(line, Origin("one")), *(Reading(Line(text, 0.1, line.box), Origin("other")) for text in others))


def texts(lines: tuple[tuple[Reading, ...], ...]) -> list[str]:
    return [each[0].line.text for each in lines]


def test_lines_without_blocks_are_put_in_order_and_get_some() -> None:
    rows = [readings(x, y) for y in range(0, 300, 30) for x in (0, 300)]
    found = laid_out(rows)
    assert texts(found) == [f"{x} {y}" for x in (0, 300) for y in range(0, 300, 30)]
    blocks = [each[0].line.block for each in found]
    assert blocks == [Block(1, "main", Box(0, 0, 200, 290))] * 10 + [Block(2, "main", Box(300, 0, 200, 290))] * 10


def test_blocks_that_an_engine_gives_stay_as_they_are() -> None:
    rows = [readings(300, 0, RIGHT, "as others read it"), readings(0, 0, LEFT), readings(0, 30, LEFT)]
    found = laid_out(rows)
    assert texts(found) == ["300 0", "0 0", "0 30"]
    assert [reading.line.block for each in found for reading in each] == [RIGHT, RIGHT, LEFT, LEFT]


def test_where_some_lines_have_no_block_all_get_one_by_their_places() -> None:
    rows = [readings(0, 30, RIGHT), readings(0, 0)]
    assert texts(laid_out(rows)) == ["0 0", "0 30"]
    assert laid_out([]) == ()


@pytest.mark.parametrize(("text", "last"), [("Pierre,", False), ("205", True), ("fol. 12", True)])
def test_the_last_word_of_the_first_line_is_no_page_number(text: str, last: bool) -> None:
    """It was found by itself, in the corner where page numbers stand."""
    page = [(Reading(Line(f"line {y}", 0.9, Box(0, y, 500, 20)), Origin("one")),) for y in range(30, 300, 30)]
    page.append((Reading(Line("A Monsieur de la", 0.9, Box(0, 0, 420, 20)), Origin("one")),))
    page.append((Reading(Line(text, 0.9, Box(430, 2, 65, 20)), Origin("one")),))
    found = laid_out(page)
    assert texts(found).index(text) == (len(page) - 1 if last else 1)
    assert {each[0].line.block.kind for each in found if each[0].line.block} == (
        {"main", "header"} if last else {"main"}
    )
