"""Checks for each font whether the letters in the text layer are the letters that are drawn.

A font may name its letters wrongly. Then the text is not what the page shows. Each pair of a drawn letter and its name
is compared when it first comes up in a document, and then remembered.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .shapes import SIZE, by_itself, inked, is_known, looks_like, looks_otherwise, shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from PIL.Image import Image

    from .shapes import Shape

Pair = tuple[str, int, int]
"""A font, the number of a drawn letter in it, and the character that the font names it."""
_STRIPS = 100
"""The most pieces of a page that are drawn for comparing letters."""
_LOOKS = 3
"""A letter is compared at so many places before it counts as another one."""
_SHARE, _FEW = 0.3, 4
"""A font is not trusted if this share of its letters looks different, and it shows more than a few letters."""
_LONG, _RULED = 2, 70
"""In a strip longer than so many font sizes, a row that is darker than this in the mean is a rule."""
_APART = SIZE / 4
"""Two baselines are different if they are so many pixels apart."""
_OVER = 10
"""Ink of a letter may reach this many pixels beyond its cell."""
_SAMPLES = 16
"""The most letters of a font that are compared, if they are not Western."""
_NO_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})
_REPLACED = 0xFFFD
_WESTERN = 0x250


@dataclass(slots=True)
class Fonts:
    """What is known of the letters of a document's fonts: which look right and which do not."""

    _looks: dict[Pair, int] = field(default_factory=dict)
    _fine: set[Pair] = field(default_factory=set)
    _no_text: set[Pair] = field(default_factory=set)
    _settled: set[Pair] = field(default_factory=set)
    _samples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def look(self, spans: Iterable[dict[str, Any]], page: Any, drawn: Any) -> None:
        """Compare the letters of these pieces of text with what the page's display list draws."""
        left = _STRIPS
        for span in spans:
            new = {pair: char for char in span["chars"] if (pair := _pair(span, char)) not in self._settled}
            wanted = {pair: char for pair, char in new.items() if self._is_wanted(pair)}
            if not wanted or span["size"] <= 0:
                continue
            if (left := left - 1) < 0:
                return
            for pair, found in _shapes(span, wanted, page, drawn):
                self._looked(pair, found)

    def _is_wanted(self, pair: Pair) -> bool:
        """Whether a letter is to be compared. In scripts with thousands of letters only the first few are."""
        code = pair[2]
        if not _is_text(code):
            self._no_text.add(pair)
        if _is_comparable(code):
            if code < _WESTERN or pair in self._looks:
                return True
            samples = self._samples[pair[0]]
            if len(samples) < _SAMPLES:
                samples.append(chr(code))
                return True
        self._settled.add(pair)
        return False

    def _looked(self, pair: Pair, found: Shape | None) -> None:
        """Settle a letter: right as soon as it once looks right, wrong when it never did."""
        self._looks[pair] = self._looks.get(pair, 0) + 1
        if found is None or not looks_otherwise(chr(pair[2]), found, self._samples.get(pair[0], ())):
            self._fine.add(pair)
        if pair in self._fine or self._looks[pair] == _LOOKS:
            self._settled.add(pair)

    def doubtful(self, spans: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The pieces of text that differ from what is drawn."""
        fonts: dict[str, list[bool]] = defaultdict(list)
        for pair in self._looks:
            fonts[pair[0]].append(pair not in self._fine)
        fallen = {font for font, odd in fonts.items() if len(odd) > _FEW and sum(odd) > _SHARE * len(odd)}
        odd = {pair for pair in self._looks.keys() - self._fine if _is_sure(chr(pair[2]))} | self._no_text
        for span in spans:
            if span["font"] in fallen or any(_pair(span, char) in odd for char in span["chars"] if odd):
                yield span


def _is_sure(char: str) -> bool:
    return char.isspace() or is_known(char)


def _pair(span: dict[str, Any], char: Any) -> Pair:
    return (span["font"], char[1], char[0])


def _is_text(code: int) -> bool:
    return code >= 0 and code != _REPLACED and unicodedata.category(chr(code)) not in _NO_TEXT


def _is_comparable(code: int) -> bool:
    """Whether the look of a character is known: letters, Western signs, and the space, which has no ink."""
    return _is_text(code) and (code < _WESTERN or chr(code).isalpha())


def _shapes(span: dict[str, Any], chars: dict[Pair, Any], page: Any, drawn: Any) -> Iterator[tuple[Pair, Shape | None]]:
    """The drawn shapes of some letters of a piece, level and of one size. A piece may have many lines."""
    import pymupdf
    from PIL import ImageOps

    along, across = span["dir"]
    grown = SIZE / span["size"]
    level = pymupdf.Matrix(along, -across, across, along, 0, 0) * pymupdf.Matrix(grown, grown)
    over, down = across * grown, along * grown
    lines: dict[int, list[Any]] = defaultdict(list)
    for char in span["chars"]:
        x, y = char[2]
        lines[round((y * down - x * over) / _APART)].append(char)
    for line in lines.values():
        wanted: dict[Pair, Any] = {pair: char for char in line if chars.get(pair := _pair(span, char)) is char}
        if not wanted:
            continue
        strip, left, top = _strip([char[3] for char in line], level, page, drawn)
        if _is_light(span):
            strip = ImageOps.invert(strip)
        strip = inked(_without_rules(ImageOps.autocontrast(strip)))
        for pair, char in wanted.items():
            cell, start = pymupdf.Rect(char[3]) * level, pymupdf.Point(char[2]) * level
            begin, end = round(cell.x0 - left), round(cell.x1 - left)
            if 0 <= begin < end <= strip.width:  # otherwise the page cuts it off
                yield pair, _shape(pair, strip, (begin, end), start.y - top)


def _strip(cells: list[Any], level: Any, page: Any, drawn: Any) -> tuple[Image, int, int]:
    """A line of letters drawn level, and the place where its picture begins."""
    import pymupdf
    from PIL import Image

    low = [min(cell[at] for cell in cells) - 2 for at in (0, 1)]
    high = [max(cell[at] for cell in cells) + 2 for at in (2, 3)]
    pixels = drawn.get_pixmap(
        matrix=page.derotation_matrix * level,
        colorspace=pymupdf.csGRAY,
        alpha=False,
        clip=pymupdf.Rect(*low, *high) * page.rotation_matrix,
    )
    return Image.frombytes("L", (pixels.width, pixels.height), pixels.samples), pixels.x, pixels.y


def _shape(pair: Pair, strip: Image, cell: tuple[int, int], baseline: float) -> Shape | None:
    """A letter as it is drawn, without its neighbours if they seem to reach into its cell."""
    left, right = cell
    found = shape(strip.crop((left, 0, right, strip.height)), baseline)
    if found is not None and not looks_like(chr(pair[2]), found):
        wide = strip.crop((left - _OVER, 0, right + _OVER, strip.height))  # outside of the strip there is no ink
        found = shape(by_itself(wide, _OVER, _OVER + right - left), baseline)
    return None if found is not None and _is_a_neighbours(pair, found, right - left) else found


def _is_a_neighbours(pair: Pair, found: Shape, width: int) -> bool:
    """Whether the ink at a space only reaches over from the letter beside it."""
    return chr(pair[2]).isspace() and found.width * SIZE < width / 2


def _without_rules(strip: Image) -> Image:
    """A strip of text without rules that run all along it: underlines, strokes, lines of a table."""
    from PIL.Image import Resampling

    if strip.width < _LONG * SIZE:
        return strip
    for row, grey in enumerate(strip.resize((1, strip.height), Resampling.BOX).tobytes()):
        if grey < _RULED:
            strip.paste(255, (0, row - 1, strip.width, row + 2))
    return strip


def _is_light(span: dict[str, Any]) -> bool:
    """Whether text is white or nearly white. Then the area around it is dark."""
    color = span["color"] or (0,)
    return len(color) < 4 and min(color) > 0.7
