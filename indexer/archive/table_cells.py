"""Makes the entries of a table: the text, confidence and box of each cell, and what ditto marks stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.image.geometry import around
from indexer.text.ditto import is_ditto
from indexer.values import HUMAN, Cell, Entry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.image.table_grid import Grid, Piece
    from indexer.values import Column, StoredLine

    Above = dict[tuple[Path, str], str]
    """What stands last in each column of a volume, by the name of the column."""

_FIGURES = 0.5
"""A column of figures has digits in more than this share of its cells."""


def entries_of(
    grid: Grid, lines: Sequence[StoredLine], columns: Sequence[Column], volume: Path, above: Above
) -> tuple[Entry, ...]:
    """The rows of a page from the top down. ``above`` is heeded and brought up to date."""
    rows: dict[int, list[Piece]] = {}
    for piece in grid.pieces:
        rows.setdefault(piece.row, []).append(piece)
    found = []
    for number, row in sorted(rows.items()):
        read = [_cell([piece for piece in row if piece.column == at], lines) for at in range(len(columns))]
        cells = [_resolved(cell, column, volume, above) for cell, column in zip(read, columns, strict=True)]
        if number:
            told = zip(columns, cells, strict=True)
            above.update(((volume, each.name), cell.resolved) for each, cell in told if cell.lines)
        found.append(Entry(number, tuple(cells), around([piece.box for piece in row])))
    return tuple(found)


def _cell(pieces: Sequence[Piece], lines: Sequence[StoredLine]) -> Cell:
    """What stands in a cell. Its pieces come in the order of the lines of the page."""
    if not pieces:
        return Cell()
    text = " ".join(piece.text for piece in pieces)
    ids = dict.fromkeys(lines[piece.line].id for piece in pieces)
    return Cell(text, text, _confidence(pieces, lines), around([piece.box for piece in pieces]), tuple(ids))


def _confidence(pieces: Sequence[Piece], lines: Sequence[StoredLine]) -> float | None:
    """The share of words that are right, by the confidences of the lines; what a person said is right."""
    words, right = 0, 0.0
    for piece in pieces:
        line = lines[piece.line]
        sure = 1.0 if line.origin.engine == HUMAN else line.confidence
        if sure is None:
            return None
        count = max(1, len(piece.text.split()))
        words, right = words + count, right + count * sure
    return right / words


def _resolved(cell: Cell, column: Column, volume: Path, above: Above) -> Cell:
    meant = above.get((volume, column.name), "")
    if not meant or not is_ditto(cell.text, quotes=column.quotes):
        return cell
    return Cell(cell.text, meant, cell.confidence, cell.box, cell.lines)


def repeats(texts: Sequence[str]) -> bool:
    """Whether a lone ``"`` repeats the cell above, by the texts of a column: not in a column of figures."""
    told = [text for text in texts if not is_ditto(text)]
    return sum(any(letter.isdigit() for letter in text) for text in told) <= _FIGURES * len(told)
