"""Takes the text of a PDF page, and decides whether the page shows it and shows nothing else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from indexer.api import Box, Line, TextLayer, Word

from .drawn import drawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .drawn import Rect
    from .fonts import Fonts

_NEITHER = 3
"""The text rendering mode that draws nothing. Scanner programs lay such text under a picture."""
_FAINTEST = 0.1
"""Text with less opacity is invisible."""
_LEAST_SIZE = 2.0
"""Nobody can read text smaller than so many points."""


def text_layer(page: Any, matrix: Any, fonts: Fonts) -> TextLayer | None:
    """The text of a page, with places in pixels by ``matrix``. ``None`` if it has none."""
    try:
        words = page.get_text("words")
    except Exception:  # noqa: BLE001 - the ink can still be read
        return None
    paper = (page.rect * matrix).irect
    to_pixels, size = tuple(page.rotation_matrix * matrix), (paper.width, paper.height)
    there: list[tuple[Any, Word]] = []
    for each in words:
        box = _box(each[:4], to_pixels, *size)
        if box.width > 0 and box.height > 0:  # otherwise it lies beyond the edge
            there.append((each, Word(each[4], None, box)))
    if not there:
        return None
    try:
        shown, more = _shown(page, [each for each, _ in there], fonts)
    except Exception:  # noqa: BLE001 - a page that cannot be looked through is read like any other
        shown, more = [False] * len(there), True
    lines: dict[tuple[int, int], list[Word]] = {}
    doubted: set[tuple[int, int]] = set()
    for (each, word), is_shown in zip(there, shown, strict=True):
        lines.setdefault(each[5:7], []).append(word)
        if not is_shown:
            doubted.add(each[5:7])
    return TextLayer(
        *size,
        lines=tuple(_line(own) for at, own in lines.items() if at not in doubted),
        unproven=tuple(_line(lines[at]) for at in lines if at in doubted),
        complete=not more and not doubted,
    )


def _shown(page: Any, words: Sequence[Any], fonts: Fonts) -> tuple[list[bool], bool]:
    """For each word whether the page shows it letter by letter, and whether the page shows more than these words."""
    display = page.get_displaylist()
    paper = drawn(page, display)
    spans = page.get_texttrace()
    visible = [span for span in spans if not _is_hidden(span)]
    fonts.look(visible, page, display)
    doubtful = [span["bbox"] for span in (*filter(_is_hidden, spans), *fonts.doubtful(visible))]
    shown = [
        not _in_any(word[:4], doubtful) and not paper.in_picture(word[:4]) and paper.is_seen(word[:4]) for word in words
    ]
    slanted = _slanted(visible)
    level = (word[:4] for word, good in zip(words, shown, strict=True) if good and not _in_any(word[:4], slanted))
    letters = (char[3] for span in visible if _is_slanted(span) for char in span["chars"])
    return shown, paper.has_pictures or paper.has_more_than((*level, *letters))


def _is_hidden(span: dict[str, Any]) -> bool:
    return bool(span["type"] == _NEITHER or span["opacity"] < _FAINTEST or abs(span["size"]) < _LEAST_SIZE)


def _is_slanted(span: dict[str, Any]) -> bool:
    return bool(min(abs(part) for part in span["dir"]) > 0.02)  # about a degree


def _slanted(spans: Iterable[dict[str, Any]]) -> list[Rect]:
    return [span["bbox"] for span in spans if _is_slanted(span)]


def _in_any(rect: Rect, places: Iterable[Rect]) -> bool:
    """Whether the middle of a box lies in one of the places."""
    x, y = (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2
    return any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in places)


def _box(rect: Rect, matrix: tuple[float, ...], width: int, height: int) -> Box:
    """The box of a rectangle on a page of this size. MuPDF's own rectangles would take longer than reading the text."""
    a, b, c, d, e, f = matrix
    x0, y0, x1, y1 = rect
    across = [a * x + c * y + e for x, y in ((x0, y0), (x1, y1))]
    down = [b * x + d * y + f for x, y in ((x0, y0), (x1, y1))]
    left, top = max(0, math.floor(min(across))), max(0, math.floor(min(down)))
    right, bottom = min(width, math.ceil(max(across))), min(height, math.ceil(max(down)))
    return Box(left, top, right - left, bottom - top)


def _line(words: list[Word]) -> Line:
    left, top = min(word.box.x for word in words), min(word.box.y for word in words)
    right = max(word.box.x + word.box.width for word in words)
    bottom = max(word.box.y + word.box.height for word in words)
    text = " ".join(word.text for word in words)
    return Line(text, None, Box(left, top, right - left, bottom - top), words=tuple(words))
