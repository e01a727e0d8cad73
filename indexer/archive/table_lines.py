"""A page with its table: each cell of the table becomes a block, and lines are cut where they go over a border.

What stands outside of the table stays in its blocks. A block around the table is two: what comes before it, and after.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

from indexer.formats.document import TextBlock, TextLine, TextPage, TextReading, TextWord
from indexer.image.geometry import around, corners

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexer.image.table_grid import Grid, Part
    from indexer.values import Box, Point


@dataclass(frozen=True, slots=True)
class _Cut:
    """A part of a line: the numbers of its parts in the table, its text, and its box and cell if it stands in one."""

    parts: tuple[int, ...]
    text: str
    box: Box | None = None
    cell: tuple[int, int] | None = None


def in_cells(page: TextPage, made: Grid, ids: Sequence[int]) -> TextPage:
    """The page with the cells of its table. ``ids`` are those of the lines that the table was made of."""
    cuts = _cuts(made, ids) if made.pieces else {}
    before: dict[int | None, list[TextLine]] = {}
    after: dict[int | None, list[TextLine]] = {}
    cells: dict[tuple[int, int], list[tuple[TextLine, Box]]] = {}
    for line in page.lines:
        for number, cut in enumerate(cuts.get(line.id, ()), 1):
            part = _part(line, cut, made.parts, number)
            if cut.cell is not None and cut.box is not None:
                cells.setdefault(cut.cell, []).append((part, cut.box))
            else:
                (after if cells else before).setdefault(line.block, []).append(part)
        if line.id not in cuts:
            (after if cells else before).setdefault(line.block, []).append(line)
    return _put_together(page, before, cells, after) if cells else page


def _cuts(made: Grid, ids: Sequence[int]) -> dict[str, list[_Cut]]:
    """Of each line that stands in the table, or partly so, its parts from its beginning on."""
    pieces = [*made.heads, *made.pieces]
    rows = {row: at for at, row in enumerate(sorted({piece.row for piece in pieces}))}
    found: dict[int, list[_Cut]] = {}
    for piece in pieces:
        found.setdefault(piece.line, []).append(
            _Cut(piece.parts, piece.text, piece.box, (rows[piece.row], piece.column))
        )
    inside = {at for cuts in found.values() for cut in cuts for at in cut.parts}
    run: list[int] = []
    for at, part in enumerate(made.parts):
        if at in inside or part.line not in found:
            continue
        run = [*run, at] if run and run[-1] == at - 1 and made.parts[run[-1]].line == part.line else [at]
        if at + 1 == len(made.parts) or at + 1 in inside or made.parts[at + 1].line != part.line:
            found[part.line].append(_Cut(tuple(run), _text(run, made.parts)))
    return {f"line{ids[line]}": sorted(cuts, key=lambda cut: cut.parts) for line, cuts in found.items()}


def _text(run: Sequence[int], parts: Sequence[Part]) -> str:
    return "".join(parts[at].text if parts[at].goes_on else f" {parts[at].text}" for at in run).strip()


def _part(line: TextLine, cut: _Cut, parts: Sequence[Part], number: int) -> TextLine:
    """A part of a line as a line; the first one keeps its name."""
    own = [parts[at] for at in cut.parts]
    whole = len(own) == sum(part.line == own[0].line for part in parts)
    words = _words(line, own)
    first = replace(line.readings[0], text=cut.text)
    made = replace(
        line,
        readings=(first, *line.readings[1:]),
        words=words if " ".join(word.text for word in words) == cut.text else (),
        id=line.id if number == 1 else f"{line.id}-{number}",
    )
    if whole:
        return made
    polygon = (own[0].corners[0], own[-1].corners[1], own[-1].corners[2], own[0].corners[3])
    others = (_share(line, each, {part.word for part in own}) for each in line.readings[1:])
    readings = (first, *(each for each in others if each.text and each.text != first.text))
    baseline = _clipped(line.baseline, polygon[3][0], polygon[2][0])
    return replace(made, readings=readings, polygon=polygon, baseline=baseline)


def _words(line: TextLine, own: Sequence[Part]) -> tuple[TextWord, ...]:
    """The words of a part of a line. A bar at its ends is a ruling."""
    found: list[TextWord] = []
    for part in own:
        word = line.words[part.word]
        if part.goes_on and found and part is not own[0]:
            both = corners(around([found[-1].box, TextWord("", polygon=part.corners).box]))
            found[-1] = TextWord(found[-1].text + part.text, word.confidence, both)
        else:
            found.append(TextWord(part.text, word.confidence, word.polygon if part.text == word.text else part.corners))
    if found:
        found[0] = replace(found[0], text=found[0].text.lstrip("|"))
        found[-1] = replace(found[-1], text=found[-1].text.rstrip("|"))
    return tuple(word for word in found if word.text)


def _share(line: TextLine, reading: TextReading, own: set[int]) -> TextReading:
    """What another reading has of some words of a line: those that stand where they do."""
    counts, texts = [word.text for word in line.words], reading.text.split()
    kept = []
    for _, first, last, begin, end in SequenceMatcher(a=counts, b=texts, autojunk=False).get_opcodes():
        for at in range(begin, end):
            place = first + (at - begin) * (last - first) // (end - begin)
            if min(place, len(counts) - 1) in own:
                kept.append(texts[at])
    return replace(reading, text=" ".join(kept))


def _clipped(baseline: Sequence[Point], left: float, right: float) -> tuple[Point, ...]:
    """The part of a baseline between two places across; nothing if it does not run across the page there."""
    found: list[Point] = []
    for (x0, y0), (x1, y1) in pairwise(baseline):
        if x0 >= x1:
            return ()
        begin, end = max(x0, left), min(x1, right)
        if begin < end:
            ends = [(x, y0 + (y1 - y0) * (x - x0) / (x1 - x0)) for x in (begin, end)]
            found += ends[1:] if found else ends
    return tuple(found)


def _put_together(
    page: TextPage,
    before: Mapping[int | None, Sequence[TextLine]],
    cells: Mapping[tuple[int, int], Sequence[tuple[TextLine, Box]]],
    after: Mapping[int | None, Sequence[TextLine]],
) -> TextPage:
    counts = {at: sum(line.block == at for line in page.lines) for at in range(len(page.blocks))}
    blocks: list[TextBlock] = []
    lines: list[TextLine] = []

    def add(block: TextBlock, inside: Sequence[TextLine]) -> None:
        lines.extend(replace(line, block=len(blocks)) for line in inside)
        blocks.append(block)

    for at, inside in before.items():
        add(_rest(page, at, inside, counts), inside)
    for (row, column), told in sorted(cells.items()):
        place = corners(around([box for _, box in told]))
        add(TextBlock("table", place, (row, column), f"cell{row + 1}-{column + 1}"), [line for line, _ in told])
    for at, inside in after.items():
        add(_rest(page, at, inside, counts), inside)
    return replace(page, lines=tuple(lines), blocks=tuple(blocks))


def _rest(page: TextPage, at: int | None, inside: Sequence[TextLine], counts: Mapping[int, int]) -> TextBlock:
    """The block of lines outside of the table; smaller than it was, if some of its lines stand elsewhere now."""
    block = TextBlock() if at is None else page.blocks[at]
    if at is not None and counts[at] == len(inside):
        return block
    return replace(
        block,
        kind="main" if block.kind == "table" else block.kind,
        polygon=corners(around([line.box for line in inside])),
    )
