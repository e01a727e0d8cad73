"""The layout of a page drawn over its picture: baselines with their numbers in reading order, and blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.image.baselines import baselines
from indexer.image.geometry import corners, outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from indexer.archive.transcription import PageLine
    from indexer.values import BlockKind, Point

# The colours of Okabe and Ito, which the colour-blind tell apart.
_COLOURS: dict[BlockKind | None, str] = {
    "main": "#0072B2",
    "margin": "#009E73",
    "header": "#D55E00",
    "table": "#CC79A7",
    "other": "#999999",
    None: "#0072B2",
}
_SIDE = 1600
"""Pixels of the long side."""
_BLACK, _WHITE = "#000000", "#FFFFFF"
_LETTERS = 16
"""Pixels: height of the numbers."""


def drawn(image: Image, width: int, lines: Sequence[PageLine]) -> Image:
    """The picture of a page that was read at so many pixels' width, with what was found on it."""
    from PIL.ImageDraw import Draw

    scale = min(1.0, _SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    made = image.convert("RGB").resize(size, reducing_gap=2.0)
    draw, factor = Draw(made), made.width / width
    blocks = dict.fromkeys(line.block for line, _ in lines if line.block)
    stand = baselines(lines)
    for block in blocks:
        draw.polygon(_at(corners(block.box), factor), outline=_COLOURS[block.kind], width=3)
    for (line, _), baseline in zip(lines, stand, strict=True):
        draw.polygon(_at(outline(line), factor), outline=_COLOURS[line.block.kind if line.block else None])
        draw.line(_at(baseline.points, factor), fill=_BLACK, width=2, joint="curve")
    for number, baseline in enumerate(stand, 1):
        _tell(draw, _at([baseline.at(-baseline.height / 2)], factor)[0], str(number), _BLACK)
    for block in blocks:
        _tell(draw, _at(corners(block.box), factor)[0], f"{block.number} {block.kind}", _COLOURS[block.kind])
    return made


def _at(points: Sequence[Point], factor: float) -> list[Point]:
    return [(x * factor, y * factor) for x, y in points]


def _tell(draw: ImageDraw, at: Point, text: str, colour: str) -> None:
    """Write a few letters on white."""
    from PIL import ImageFont

    font = ImageFont.load_default(size=_LETTERS)
    draw.rectangle(draw.textbbox(at, text, font=font), fill=_WHITE)
    draw.text(at, text, fill=colour, font=font)
