"""Of several engines' readings of a line: which one counts, and how sure the others are. Pure.

The rule, in this one place. Lines lie where the first engine that gives confidences found them, or else the first one;
what another engine reads inside such a line is its reading of that line, several joined from left to right, and what it
reads elsewhere is a line of its own. The most confident reading counts, one with a confidence before one without. A
reading without a confidence gets one from agreement where the line has another reading: the share of its words that the
other has too; where they agree on no word it stays unknown.

Measured on 304 lines of 38 archival pages that Aspose.OCR (no confidences) and the embedded engine both read: of the
lines whose agreement is .14, .25, .51 and .82 on average, .14, .19, .30 and .69 of Aspose's words are right, without
any .03. Lines that only Aspose found held not one right word of 85. Of the 40 % of lines that are accepted first, .50
of the words are right in the order of the embedded engine's confidences, .48 with agreement averaged in, .41 in that
of how alike the readings are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.geometry import bounding_box, corners, holder
from indexer.model import Line, Reading
from indexer.text import search_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.model import Origin, Point


def joined(given: Sequence[tuple[Origin, Sequence[Line]]]) -> tuple[tuple[Reading, ...], ...]:
    """The lines of a page, each with its readings, the one that counts first; ``given`` is what each engine read."""
    if not given:
        return ()
    first = next((at for at, (_, lines) in enumerate(given) if _is_rated(lines)), 0)
    origin, found = given[first]
    groups = [[Reading(line, origin)] for line in found]
    regions = [region(line) for line in found]
    alone: list[Reading] = []
    for origin, lines in (*given[:first], *given[first + 1 :]):
        held = [holder(regions, line.box.centre) for line in lines]
        for at, group in enumerate(groups):
            parts = [line for line, where in zip(lines, held, strict=True) if where == at]
            if parts:
                group.append(Reading(_one_line(parts), origin))
        alone += [Reading(line, origin) for line, where in zip(lines, held, strict=True) if where is None]
    for reading in sorted(alone, key=_height):
        groups.insert(sum(_height(group[0]) <= _height(reading) for group in groups), [reading])
    return tuple(_by_sureness(group) for group in groups)


def _height(reading: Reading) -> float:
    return reading.line.box.centre[1]


def region(line: Line) -> Sequence[Point]:
    """The outline of a line: its polygon, or its box."""
    return line.polygon or corners(line.box)


def _is_rated(lines: Sequence[Line]) -> bool:
    return any(line.confidence is not None for line in lines)


def _one_line(parts: Sequence[Line]) -> Line:
    """The parts of a line put together, from left to right; as sure as the least sure of them."""
    if len(parts) == 1:
        return parts[0]
    parts = sorted(parts, key=lambda line: line.box.x)
    known = [line.confidence for line in parts if line.confidence is not None]
    return Line(
        " ".join(line.text for line in parts),
        min(known) if len(known) == len(parts) else None,
        bounding_box([point for line in parts for point in corners(line.box)]),
        words=tuple(word for line in parts for word in line.words),
    )


def _by_sureness(group: Sequence[Reading]) -> tuple[Reading, ...]:
    rated = sorted(group, key=lambda reading: -_sureness(reading))
    if len(rated) == 1:
        return tuple(rated)
    best, second, *_ = rated
    return tuple(_rated(reading, second if reading is best else best) for reading in rated)


def _rated(reading: Reading, other: Reading) -> Reading:
    if reading.line.confidence is not None:
        return reading
    return replace(reading, line=replace(reading.line, confidence=_shared(reading.line.text, other.line.text)))


def _sureness(reading: Reading) -> float:
    return -1.0 if reading.line.confidence is None else reading.line.confidence


def _shared(text: str, other: str) -> float | None:
    """The share of the text's words that the other has too; ``None`` where that is none."""
    words = Counter(search_words(text))
    both = (words & Counter(search_words(other))).total()
    return both / words.total() if both else None
