"""The lines of a page in reading order, each with the block it stands in."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.image.geometry import around, outline
from indexer.values import Block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.image.reading_order import Part
    from indexer.image.rulings import Rulings
    from indexer.values import Line, Point, Reading

    Readings = tuple[Reading, ...]
    """All readings of a line, the one that counts first."""


def laid_out(
    lines: Sequence[Readings], ruled: Rulings | None = None, strokes: Sequence[Sequence[Point]] = ()
) -> tuple[Readings, ...]:
    """The lines as their engine gives them where all have a block, or else in the order in which they lie.

    ``ruled`` are the rulings of the page, if its image was looked at. ``strokes`` are those of a pen, in the order of
    time: then the lines come as they were written.
    """
    given = [next((each.line.block for each in readings if each.line.block), None) for readings in lines]
    if all(given):
        return tuple(_standing(readings, block) for readings, block in zip(lines, given, strict=True))
    from indexer.image.reading_order import parts
    from indexer.image.rulings import NONE

    found: list[Readings] = []
    counted = [readings[0].line for readings in lines]
    outlines = [outline(line) for line in counted]
    blocks = parts(outlines, ruled or NONE, [line.text for line in counted])
    if strokes:
        blocks = _as_written(blocks, outlines, strokes)
    for number, part in enumerate(blocks, 1):
        members = [lines[at] for at in part.lines]
        block = Block(number, part.kind, around([readings[0].line.box for readings in members]))
        found += [_standing(readings, block) for readings in members]
    return tuple(found)


def in_order(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The same lines as their engine gives them where all have a block, or else in the order in which they lie."""
    if all(line.block for line in lines):
        return tuple(lines)
    from indexer.image.reading_order import parts

    found = parts([outline(line) for line in lines], texts=[line.text for line in lines])
    return tuple(lines[at] for part in found for at in part.lines)


def _as_written(
    blocks: list[Part], outlines: Sequence[Sequence[Point]], strokes: Sequence[Sequence[Point]]
) -> list[Part]:
    """The blocks of a page by the strokes of the pen, each of the kind that most of its lines have by their places.

    Tables, and pages where not all was written with the pen, stay as they are.
    """
    from indexer.image.reading_order import Part
    from indexer.image.written_order import written

    kinds = {line: part.kind for part in blocks for line in part.lines}
    found = None if "table" in kinds.values() else written(outlines, strokes)
    if found is None:
        return blocks
    return [Part(Counter(kinds[line] for line in each).most_common(1)[0][0], tuple(each)) for each in found]


def _standing(readings: Readings, block: Block | None) -> Readings:
    return tuple(replace(each, line=replace(each.line, block=block)) for each in readings)
