"""The geometry of tables: columns that pages share, first lines of entries, and bounds on time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.image.rulings import Rulings, ends, with_ends
from indexer.image.table_fit import fitted, shared
from indexer.image.table_grid import Written, grid, written
from indexer.text.ditto import is_ditto
from indexer.values import Box, Origin, Status, StoredLine, Word

EDGES = (100, 200, 700, 800)
SIZE = (1000, 1500)


def rulings(*places: float, lean: float = 0.0, top: float = 50, bottom: float = 1450) -> Rulings:
    standing = [((at, top), (at + lean * (bottom - top), bottom)) for at in places]
    return Rulings(np.array(standing, float).reshape(-1, 2, 2), np.empty((0, 2, 2)))


def page(cells: Sequence[tuple[str, float, float]], ruled: Rulings, height: int = 24) -> Written:
    """A page with texts at places."""
    return written(list(lines(cells, height)), ruled, SIZE)


def lines(cells: Sequence[tuple[str, float, float]], height: int) -> Iterator[tuple[StoredLine, list[Word]]]:
    for number, (text, left, top) in enumerate(cells, 1):
        words, at = [], left
        for word in text.split(" "):
            if word:
                words.append(Word(word, 0.9, Box(round(at), round(top), 10 * len(word), height)))
            at += 10 * (len(word) + 1)
        box = Box(round(left), round(top), 10 * len(text), height)
        line = StoredLine(number, Path("a"), 1, number, text, 0.9, Status.ACCEPTED, Origin("x"), box)
        yield line, words


def spans(made: Written) -> list[tuple[float, float]]:
    return list(zip(made.borders, made.borders[1:], strict=False))


def test_rulings_are_kept_by_their_ends() -> None:
    found = Rulings(np.array([[[10, 0], [12, 500]]], float), np.array([[[0, 90], [400, 95]]], float))
    again = with_ends(ends(found))
    assert again.standing.tolist() == found.standing.tolist()
    assert again.level.tolist() == found.level.tolist()
    assert with_ends(()).standing.shape == (0, 2, 2)


def test_columns_follow_rulings_that_lean() -> None:
    cells = [("1", 110 + 0.05 * y, y) for y in range(100, 1400, 100)]
    cells += [("a long line of text", 215 + 0.05 * y, y) for y in range(100, 1400, 50)]
    cells += [("9", 715 + 0.05 * y, y) for y in range(100, 1400, 100)]
    made = page(cells, rulings(*EDGES, lean=0.05))
    found = grid(made, spans(made))
    assert [sum(piece.column == at for piece in found.pieces) for at in range(3)] == [13, 26, 13]
    rows = {piece.row: [] for piece in found.pieces}  # type: ignore[var-annotated]
    for piece in found.pieces:
        rows[piece.row].append(piece.text)
    assert len(rows) == 13
    assert all(len(each) == 4 for each in rows.values())


def test_a_ruling_that_lines_are_written_across_is_no_border() -> None:
    cells = [("7", 110, y) for y in range(100, 1400, 90)]
    cells += [("Name and more of it to the end", 260, y) for y in range(100, 1400, 90)]
    cells += [("where it goes on before the ruling", 210, y) for y in range(130, 1400, 90)]
    cells += [("5", 715, y) for y in range(100, 1400, 90)]
    made = page(cells, rulings(*EDGES, 250))
    assert [round(at) for at in made.borders] == list(EDGES)
    cut = page([(text.replace(" ", "_"), x, y) for text, x, y in cells], rulings(*EDGES, 250))
    assert [round(at) for at in cut.borders] == list(EDGES)


def test_first_lines_are_known_by_their_look_where_numbers_stand_lower() -> None:
    cells: list[tuple[str, float, float]] = []
    firsts = []
    for number in range(12):
        top = 100 + 110 * number
        aside = 28 if number in (4, 9) else 0  # a whole line lower
        cells += [(str(number), 110, top + aside), ("x", 715, top + aside)]
        firsts.append(f"Name{number} and some more text here")
        cells.append((firsts[-1], 250, top))
        cells += [("goes on from border to border of it all", 210, top + 28), ("and ends", 210, top + 56)]
    made = page(cells, rulings(*EDGES))
    found = grid(made, spans(made))
    rows = {piece.text: piece.row for piece in found.pieces}
    assert [rows[first] for first in firsts] == list(range(1, 13))
    assert [rows[str(number)] for number in range(12)] == list(range(1, 13))


def test_an_entry_whose_number_was_not_read_begins_where_others_say_so() -> None:
    cells = []
    for number in range(12):
        top = 100 + 80 * number
        if number != 5:
            cells.append((str(number), 110, top))
        cells += [("12", 215, top), ("Sale", 310, top), ("Somebody to somebody, of Paris", 420, top), ("x", 720, top)]
        cells.append(("on the first of the month", 420, top + 28))
    made = page(cells, rulings(100, 200, 300, 400, 700, 800))
    assert max(piece.row for piece in grid(made, spans(made)).pieces) == 12


def test_a_remark_across_the_table_is_in_no_cell() -> None:
    cells = [(f"{number}", at, 100 + 80 * number) for number in range(10) for at in (110, 210, 310, 410, 710)]
    remark = "seen by the receiver of the registry who signed below this list of deeds"
    cut = "7 210 word of some other cells 5 5"
    made = page(
        [*cells, (remark, 105, 940), (cut.replace(" ", "    "), 110, 990)], rulings(100, 200, 300, 400, 700, 800)
    )
    found = grid(made, spans(made))
    assert found.outside == (50,)
    assert {piece.line for piece in found.pieces if piece.line > 49} == {51}


def test_columns_are_laid_on_pages_that_are_moved_and_scaled() -> None:
    known = [0.1, 0.2, 0.45, 0.8, 0.9]
    there = [0.02, *(0.05 + 0.95 * at for at in known), 0.99]
    assert fitted(known, there) == pytest.approx([0.05 + 0.95 * at for at in known])
    missing = [at for at in there if round(at, 4) != round(0.05 + 0.95 * 0.45, 4)]
    assert fitted(known, missing) == pytest.approx([0.05 + 0.95 * at for at in known], abs=0.001)
    assert fitted(known, [0.1, 0.3, 0.33, 0.6]) is None
    assert fitted(known, []) is None
    assert fitted([], known) is None


def test_a_volume_has_the_borders_that_most_of_its_pages_have() -> None:
    base = [0.1, 0.2, 0.45, 0.8, 0.9]
    pages = [base, [at + 0.03 for at in base], [*base[:2], *base[3:]], [0.1, 0.15, 0.3, 0.33, 0.62]]
    borders, members = shared(pages)
    assert borders == pytest.approx(base, abs=0.001)
    assert members == [0, 1, 2]
    assert shared([]) == ([], [])


@pytest.mark.parametrize("text", ["do.", "d°", "-d°-", "Id.", "idem", "Ditto", '"', '" "', "„", "dº"])
def test_ditto_marks(text: str) -> None:
    assert is_ditto(text)
    assert is_ditto(text, quotes=False) == any(letter.isalpha() for letter in text)


@pytest.mark.parametrize("text", ["", "-", ".", "do re", "3", "Ida", "d'or", "idem the same"])
def test_other_text_is_no_ditto_mark(text: str) -> None:
    assert not is_ditto(text)


def test_pages_with_thousands_of_lines_take_bounded_time() -> None:
    chance = np.random.default_rng(3)
    cells = [("word", float(x), float(y)) for x, y in chance.uniform((0, 0), SIZE, (3000, 2))]
    before = time.process_time()
    for ruled in (rulings(), rulings(*EDGES), rulings(*range(10, 1000, 12))):
        made = page(cells, ruled)
        grid(made, spans(made))
        fitted([at / 1000 for at in made.borders], [at / 1000 for at in made.borders])
    assert time.process_time() - before < 20
