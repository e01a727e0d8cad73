"""Makes one reading of a page out of what its engines read and of the text that came with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.recognition.combination import grouped, rated
from indexer.recognition.page_layout import laid_out
from indexer.recognition.pen_strokes import strokes_of, with_inked_words
from indexer.recognition.placing import NOT_FOUND, laid_on
from indexer.recognition.weighing import DENIED, weighed
from indexer.values import SIDECAR, PageReading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from indexer.values import Line, Origin, Page, Reading

    Given = Sequence[tuple[Origin, Sequence[Line]]]
    """Lines by their origin."""


def combined(
    page: Page,
    standing: tuple[Image, int],
    given: Given,
    unplaced: tuple[Origin, str] | None,
    missing: list[str],
    after: Sequence[str],
    *,
    checked: bool,
) -> tuple[PageReading, str | None]:
    """The readings of a page as one, and why text that came with it does not count.

    ``standing`` is its image and by how many degrees clockwise that was turned.
    """
    groups, denied = weighed(grouped([*given, *_placed(given, unplaced, missing)]))
    lost = unplaced and not any(reading.origin.engine == SIDECAR for group in groups for reading in group)
    reading = _laid_out(page, standing, rated(groups, checked=checked, after=after), "; ".join(missing) or None)
    return reading, DENIED if denied else NOT_FOUND if lost else None


def _placed(
    given: Given, unplaced: tuple[Origin, str] | None, missing: list[str]
) -> list[tuple[Origin, Sequence[Line]]]:
    """Text without places on the lines of the first engine that found some; what is missing is added to the reasons."""
    lines = next((list(lines) for origin, lines in given if lines and origin.engine != SIDECAR), [])
    return laid_on(lines, unplaced, missing)


def _laid_out(
    page: Page, standing: tuple[Image, int], lines: tuple[tuple[Reading, ...], ...], missing: str | None
) -> PageReading:
    """A page with its lines in reading order, and its rulings."""
    from indexer.image.rulings import ends, rulings

    image, turned = standing
    ruled = rulings(image)
    strokes = strokes_of(page, image.size, turned)
    inked = with_inked_words(lines, strokes) if strokes else lines
    laid = laid_out(inked, ruled, strokes)
    about = (page.number, image.width, image.height, laid)
    return PageReading(*about, 0.0, page.label, missing, rulings=ends(ruled))
