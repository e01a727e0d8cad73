"""Knows letters in common typefaces, and decides whether a drawn letter can be the one that a font names.

A drawn letter is scaled to a small black and white square. Its width and its height above and below the baseline are
kept. It is compared with the named letter and with letters of another look, in typefaces that come with MuPDF. In 26
other fonts, bold and slanted ones among them, no letter was taken for another. Of letters with a wrong name, nine out
of ten were noticed.
"""

from __future__ import annotations

import string
import unicodedata
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any

from indexer.api import mupdf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from PIL.Image import Image

SIZE = 40
"""The font size in pixels at which letters are compared."""
LETTERS = string.ascii_letters + string.digits
_FACES = ("helv", "tiro", "hebo", "heit", "tiit", "tibi", "cour")
_SIDE = 16
_STEP, _ROW, _LEFT, _BASE = 64, 64, 12, 46
"""The layout of the letters in the picture of a typeface."""
_BLACK = [255 if value < 140 else 0 for value in range(256)]
_FAR, _FAR_SIGN, _FARTHER = 0.17, 0.35, 1.5
"""A letter is another one if it is farther than this from its own shape, and so many times as far as from another."""
_ALIKE_AS_TWINS = 0.13
"""A drawn letter that is nearer than this to a Latin one is taken for it, whatever its name is."""
_FEW_OTHERS, _NEARER = 4, 0.85
"""A letter is compared with others of its font if there are more than so many. It must be nearer to its own shape than
this share of its median distance to them."""
_TWINS = (
    "ceGo",
    "oO0QDC",
    "sS5",
    "lI1|ijtLfT7J!",
    "xX",
    "vVyY",
    "wW",
    "zZ2",
    "uUnv",
    "mMNHW",
    "gq9a",
    "B8R",
    "hb6",
    "rF",
)
"""Letters that look alike in some typeface."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawn letter: its ink scaled to a square, and its extent as shares of the font size."""

    bits: int
    above: float
    below: float
    width: float

    def distance(self, other: Shape) -> float:
        """How different two shapes are: 0 is the same, 0.4 and more is quite different."""
        differing = (self.bits ^ other.bits).bit_count() / _SIDE**2
        reach = abs(self.above - other.above) + abs(self.below - other.below)
        return differing + reach / 2 + 0.4 * abs(self.width - other.width)


def inked(image: Image) -> Image:
    """A picture of letters as white ink on black."""
    return image.point(_BLACK)


def shape(cell: Image, baseline: float) -> Shape | None:
    """The ink of a letter in its cell at the font size ``SIZE``. ``None`` if there is none."""
    from PIL.Image import Dither, Resampling

    box = cell.getbbox()
    if box is None:
        return None
    left, top, right, bottom = box
    square = cell.resize((_SIDE, _SIDE), Resampling.BOX, box).convert("1", dither=Dither.NONE)
    reach = (baseline - top) / SIZE, (bottom - baseline) / SIZE, (right - left) / SIZE
    return Shape(int.from_bytes(square.tobytes(), "big"), *reach)


def by_itself(image: Image, left: int, right: int) -> Image:
    """A letter without ink of its neighbours: only the pieces of ink that lie mostly in its cell."""
    from PIL import Image as Images

    width, ink = image.width, {at for at, value in enumerate(image.tobytes()) if value}
    kept = bytearray(width * image.height)
    while ink:
        piece = [ink.pop()]
        for at in piece:
            near = ink & {at + down + across for down in (-width, 0, width) for across in (-1, 0, 1)}
            ink -= near
            piece += near
        if 2 * sum(left <= at % width < right for at in piece) > len(piece):
            for at in piece:
                kept[at] = 255
    return Images.frombytes("L", image.size, bytes(kept))


def looks_otherwise(char: str, drawn: Shape, others: Sequence[str] = ()) -> bool:
    """Whether the drawn letter is another one than its name says.

    Letters of other scripts are also compared with ``others`` of their font: they must be nearer than those.
    """
    alone = is_known(char) or len(others) <= _FEW_OTHERS
    if alone and looks_like(char, drawn):
        return False
    own = min(map(drawn.distance, _forms(char)), default=None)
    if own is None:
        return _nearest(drawn, LETTERS) < _ALIKE_AS_TWINS
    if not alone:
        away = [_nearest(drawn, each) for each in others if each != char and next(_shapes(each), None)]
        if away and own > _NEARER * median(away):
            return True
    return own > _far(char) and own > _FARTHER * _nearest(drawn, (each for each in LETTERS if not _twins(each, char)))


def looks_like(char: str, drawn: Shape) -> bool:
    """Whether a drawn letter is near enough to a letter in some typeface. Mostly the first typeface decides it."""
    far = _far(char)
    return any(drawn.distance(each) <= far for each in _forms(char))


def _far(char: str) -> float:
    return _FAR if char.isalnum() else _FAR_SIGN


def is_known(char: str) -> bool:
    """Whether a letter is Western. For such a letter, one comparison is enough to be sure that it looks different."""
    return char in _places()


def _nearest(drawn: Shape, letters: Iterable[str]) -> float:
    return min(drawn.distance(each) for letter in letters for each in _shapes(letter))


def _forms(char: str) -> Iterator[Shape]:
    """A letter, its capital and its small form, in every typeface that has it."""
    for form in dict.fromkeys((char, char.lower(), char.upper())):
        yield from _shapes(form)


def _shapes(char: str) -> Iterator[Shape]:
    """A letter in every typeface that has it. There is none for scripts that no typeface has."""
    if char in _places():
        yield from filter(None, (_western(char, face) for face in _FACES))
    elif len(char) == 1:
        yield from _elsewhere(char)


@cache
def _western(char: str, face: str) -> Shape | None:
    left = _places()[char] * _STEP
    return shape(_row(face).crop((left, 0, left + _STEP, _ROW)), _BASE)


@cache
def _places() -> dict[str, int]:
    """The place of each Western character in the row of a typeface."""
    codes = [*range(0x21, 0x7F), *range(0xA1, 0x100)]
    return {bytes([code]).decode("latin-1"): at for at, code in enumerate(codes)}


@cache
def _row(face: str) -> Image:
    """All Western characters of a typeface, drawn in one row."""
    from PIL import Image

    places = _places()
    with mupdf() as pymupdf, pymupdf.open() as document:
        page = document.new_page(width=_STEP * len(places), height=_ROW)
        page.insert_font(fontname=face)
        shown = (f"1 0 0 1 {_LEFT + _STEP * at} {_ROW - _BASE} Tm <{ord(char):02x}> Tj" for char, at in places.items())
        content = document.get_new_xref()
        document.update_object(content, "<<>>")
        document.update_stream(content, f"BT /{face} {SIZE} Tf {' '.join(shown)} ET".encode())
        page.set_contents(content)
        pixels = page.get_pixmap(colorspace=pymupdf.csGRAY)
        return inked(Image.frombytes("L", (pixels.width, pixels.height), pixels.samples))


@cache
def _elsewhere(char: str) -> Sequence[Shape]:
    """A letter that is not Western, in those typefaces of MuPDF that have it."""
    from PIL import Image

    found = []
    with mupdf() as pymupdf:
        for face in ("helv", "tiro", "cjk"):
            font = _font(face)
            if not font.has_glyph(ord(char)):
                continue
            with pymupdf.open() as document:
                page = document.new_page(width=2 * _STEP, height=_ROW)
                writer = pymupdf.TextWriter(page.rect)
                writer.append((_LEFT, _BASE), char, font=font, fontsize=SIZE)
                writer.write_text(page)
                pixels = page.get_pixmap(colorspace=pymupdf.csGRAY)
                drawn = shape(inked(Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)), _BASE)
                found += [] if drawn is None else [drawn]
    return found


@cache
def _font(face: str) -> Any:
    with mupdf() as pymupdf:
        return pymupdf.Font(face)


@cache
def _twins(one: str, other: str) -> bool:
    """Whether two letters may look the same in different typefaces."""
    one, other = _plain(one), _plain(other)
    return one.lower() == other.lower() or any(one in group and other in group for group in _TWINS)


def _plain(char: str) -> str:
    """A letter without its accents."""
    return unicodedata.normalize("NFD", char)[:1] or char
