"""The lines of a page in reading order, each with the block it stands in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.image.geometry import around, outline
from indexer.values import Block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.image.rulings import Rulings
    from indexer.values import Reading

    Readings = tuple[Reading, ...]
    """All readings of a line, the one that counts first."""


def laid_out(lines: Sequence[Readings], ruled: Rulings | None = None) -> tuple[Readings, ...]:
    """The lines as their engine gives them where all have a block, or else in the order in which they lie.

    ``ruled`` are the rulings of the page, if its image was looked at.
    """
    given = [next((each.line.block for each in readings if each.line.block), None) for readings in lines]
    if all(given):
        return tuple(_standing(readings, block) for readings, block in zip(lines, given, strict=True))
    from indexer.image.reading_order import parts
    from indexer.image.rulings import NONE

    found: list[Readings] = []
    counted = [readings[0].line for readings in lines]
    blocks = parts([outline(line) for line in counted], ruled or NONE, [line.text for line in counted])
    for number, part in enumerate(blocks, 1):
        members = [lines[at] for at in part.lines]
        block = Block(number, part.kind, around([readings[0].line.box for readings in members]))
        found += [_standing(readings, block) for readings in members]
    return tuple(found)


def _standing(readings: Readings, block: Block | None) -> Readings:
    return tuple(replace(each, line=replace(each.line, block=block)) for each in readings)
