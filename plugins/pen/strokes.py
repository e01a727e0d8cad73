"""Draws the strokes of a pen as smooth dark lines on a white page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from indexer.api import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indexer.api import Point, SourceOptions

_FINER = 3
"""A page is drawn so many times as large and then made smaller: so edges get the greys that a scan has."""
_THINNEST = 2.0
"""Pixels of the thinnest stroke: a fine one of a pen of .3 mm has about so many in a scan of 200 dpi."""
_PAPER, _INK = 240, 40
"""The greys of a scan. Pure black on pure white is what no engine has seen much of: of four lines of script, drawn with
1.41 points at 200 dpi, the embedded engine read none, and with these greys all without an error."""
_MOST_PIXELS = 20_000_000
"""A page that would have more pixels is drawn smaller."""
MOST_POINTS = 2_000_000
"""The most points of a page, since each takes memory: a pen gives less than a million in an hour."""
_FURTHEST = 1e6
"""Points further away than so many units lie on no page."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line of the pen: its points, and its width, both in the units of the page."""

    points: Sequence[tuple[float, float]]
    width: float


def drawn(size: tuple[float, float], strokes: Iterable[Stroke], scale: float, options: SourceOptions) -> Image.Image:
    """A page of a size in units, of which each is so many pixels. Raises ``PluginError`` for sizes that no page has."""
    scale = _fitting(size, scale, options)
    width, height = (max(1, math.floor(side * scale)) for side in size)
    image = Image.new("L", (width, height), _PAPER)
    step = max(1, _MOST_PIXELS // (_FINER * _FINER * width))  # strips, so that the fine page needs little memory
    given = _counted(strokes)
    for top in range(0, height, step):
        strip = Image.new("L", (width * _FINER, min(step, height - top) * _FINER), _PAPER)
        pen = ImageDraw.Draw(strip)
        for stroke in given:
            _draw(pen, stroke, scale * _FINER, top * _FINER)
        image.paste(strip.reduce(_FINER), (0, top))
    return image


def placed(
    size: tuple[float, float], strokes: Iterable[Stroke], scale: float, options: SourceOptions
) -> list[tuple[Point, ...]]:
    """The points of each stroke in pixels of the page that ``drawn`` draws. Raises as it does."""
    scale = _fitting(size, scale, options)
    return [tuple((x * scale, y * scale) for x, y in stroke.points) for stroke in _counted(strokes)]


def _fitting(size: tuple[float, float], scale: float, options: SourceOptions) -> float:
    """How many pixels a unit is, so that the page is not too large."""
    if not all(math.isfinite(side) and 0 < side < _FURTHEST for side in size):
        raise PluginError(f"no page is {size[0]:g} x {size[1]:g} large")
    return scale * min(1.0, math.sqrt(min(options.max_pixels, _MOST_PIXELS) / (size[0] * size[1] * scale * scale)))


def toned(image: Image.Image) -> Image.Image:
    """A page of pure black on pure white in the greys of a scan."""
    return image.convert("L").point([_INK + (_PAPER - _INK) * grey // 255 for grey in range(256)])


def _counted(strokes: Iterable[Stroke]) -> list[Stroke]:
    """The strokes of a page. Raises ``PluginError`` as soon as they are too many to draw."""
    given, left = [], MOST_POINTS
    for stroke in strokes:
        left -= len(stroke.points) + 1
        if left < 0:
            raise PluginError("it has too many strokes to draw", kind="too-large")
        given.append(_checked(stroke))
    return given


def _checked(stroke: Stroke) -> Stroke:
    points = [(x, y) for x, y in stroke.points if abs(x) < _FURTHEST and abs(y) < _FURTHEST]
    return Stroke(points, stroke.width if 0 < stroke.width < _FURTHEST else 0.0)


def _draw(pen: ImageDraw.ImageDraw, stroke: Stroke, scale: float, top: float) -> None:
    """A line with round ends; of a single point a dot."""
    wide = max(_THINNEST * _FINER, stroke.width * scale)
    points = [(x * scale, y * scale - top) for x, y in stroke.points]
    if len(points) > 1:
        pen.line(points, fill=_INK, width=round(wide), joint="curve")
    for x, y in points[:1] + points[-1:]:
        pen.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=_INK)
