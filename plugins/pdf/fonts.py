"""Whether the letters that a text layer names are those that are drawn, font by font.

What a font says of its letters may be wrong: then the text is not what stands on the page. Every pair of a drawn letter
and the name it has is looked at when it first comes up in a document, and never again.
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
"""A font, the number of a drawn letter in it, and the character it is said to be."""
_STRIPS = 100
"""Pieces of a page that are drawn to look at its letters, at most."""
_LOOKS = 3
"""Places at which a letter is looked at before it is taken for another one."""
_SHARE, _FEW = 0.3, 4
"""A font of which this share of its letters looks otherwise is none to be trusted, if it shows more than a few."""
_LONG, _RULED = 2, 70
"""Font sizes from which on a strip shows what is a rule: a row that is darker than this on the whole."""
_APART = SIZE / 4
"""Pixels between two baselines, for them to be two."""
_OVER = 10
"""Pixels beside a letter's cell that may be the letter's."""
_SAMPLES = 16
"""Letters of a font that are looked at if they are not Western ones."""
_NO_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})
_REPLACED = 0xFFFD
_WESTERN = 0x250


@dataclass(slots=True)
class Fonts:
    """What is known of the letters of a document's fonts: which look as they should, and which are no letters."""

    _looks: dict[Pair, int] = field(default_factory=dict)
    _fine: set[Pair] = field(default_factory=set)
    _no_text: set[Pair] = field(default_factory=set)
    _settled: set[Pair] = field(default_factory=set)
    _samples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def look(self, spans: Iterable[dict[str, Any]], page: Any, drawn: Any) -> None:
        """Compare the letters of these pieces of text with what is drawn (the page's display list)."""
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
        """Whether a letter is to be looked at; of those of a script with thousands only the first few."""
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
        """Settle a letter as soon as it once looks as it should, or when it never did."""
        self._looks[pair] = self._looks.get(pair, 0) + 1
        if found is None or not looks_otherwise(chr(pair[2]), found, self._samples.get(pair[0], ())):
            self._fine.add(pair)
        if pair in self._fine or self._looks[pair] == _LOOKS:
            self._settled.add(pair)

    def doubtful(self, spans: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The pieces of text that say something else than is drawn."""
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
    """Whether something is known of how a character looks: letters, Western signs, and a space, which has no ink."""
    return _is_text(code) and (code < _WESTERN or chr(code).isalpha())


def _shapes(span: dict[str, Any], chars: dict[Pair, Any], page: Any, drawn: Any) -> Iterator[tuple[Pair, Shape | None]]:
    """The drawn shapes of some of a piece's letters, laid level and of one size; a piece may be of many lines."""
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
            if 0 <= begin < end <= strip.width:  # else it is cut off at the edge of the page
                yield pair, _shape(pair, strip, (begin, end), start.y - top)


def _strip(cells: list[Any], level: Any, page: Any, drawn: Any) -> tuple[Image, int, int]:
    """A line of letters drawn level, and where the picture of it begins."""
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
    """A letter as it is drawn; by itself, where its neighbours seem to reach over."""
    left, right = cell
    found = shape(strip.crop((left, 0, right, strip.height)), baseline)
    if found is not None and not looks_like(chr(pair[2]), found):
        wide = strip.crop((left - _OVER, 0, right + _OVER, strip.height))  # beyond the strip there is no ink
        found = shape(by_itself(wide, _OVER, _OVER + right - left), baseline)
    return None if found is not None and _is_a_neighbours(pair, found, right - left) else found


def _is_a_neighbours(pair: Pair, found: Shape, width: int) -> bool:
    """Whether what is seen of a space is no more than what comes over from the letter beside it."""
    return chr(pair[2]).isspace() and found.width * SIZE < width / 2


def _without_rules(strip: Image) -> Image:
    """A strip of text without what runs all along it: an underline, a stroke, the line of a table."""
    from PIL.Image import Resampling

    if strip.width < _LONG * SIZE:
        return strip
    for row, grey in enumerate(strip.resize((1, strip.height), Resampling.BOX).tobytes()):
        if grey < _RULED:
            strip.paste(255, (0, row - 1, strip.width, row + 2))
    return strip


def _is_light(span: dict[str, Any]) -> bool:
    """Whether text is white, or nearly so: what is around it then is dark."""
    color = span["color"] or (0,)
    return len(color) < 4 and min(color) > 0.7
