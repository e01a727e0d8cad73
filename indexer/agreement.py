"""Of several readings of a line: which one counts, and how sure those are that come without a confidence. Pure.

Lines lie where the first engine that gives confidences found them, or else the first one; what another reader has
inside such a line is its reading of that line, several joined from left to right, and what it has elsewhere is a line
of its own. A reading without a confidence gets the probability that its words stand in the ink, where another reader
kept the line's frames (``indexer.spotting.reading``); else it stays unknown. That takes a word to be as likely
beforehand as one that looks like it, which holds for a text that a file brought along. What an engine read is right
as often as the reading of the reader that kept the frames, times what the ink says for it over what it says for that
one. The most probable reading counts, known before unknown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.geometry import around, holder, middle, outline
from indexer.model import Line, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.model import Origin


def joined(given: Sequence[tuple[Origin, Sequence[Line]]]) -> tuple[tuple[Reading, ...], ...]:
    """The lines of a page, each with its readings, the one that counts first; ``given`` is what each engine read."""
    if not given:
        return ()
    first = next((at for at, (_, lines) in enumerate(given) if _is_rated(lines)), 0)
    origin, found = given[first]
    groups = [[Reading(line, origin)] for line in found]
    regions = [outline(line) for line in found]
    alone: list[Reading] = []
    for origin, lines in (*given[:first], *given[first + 1 :]):
        held = [holder(regions, middle(outline(line))) for line in lines]
        for at, group in enumerate(groups):
            parts = [line for line, where in zip(lines, held, strict=True) if where == at]
            if parts:
                group.append(Reading(_one_line(parts), origin))
        alone += [Reading(line, origin) for line, where in zip(lines, held, strict=True) if where is None]
    for reading in sorted(alone, key=_height):
        groups.insert(sum(_height(group[0]) <= _height(reading) for group in groups), [reading])
    return tuple(_by_sureness(group) for group in groups)


def _height(reading: Reading) -> float:
    return middle(outline(reading.line))[1]


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
        around([line.box for line in parts]),
        words=tuple(word for line in parts for word in line.words),
    )


def _by_sureness(group: Sequence[Reading]) -> tuple[Reading, ...]:
    keeper = next((reading.line for reading in group if reading.line.frames is not None), None)
    rated = [_rated(reading, keeper) for reading in group]
    return tuple(sorted(rated, key=lambda reading: -_sureness(reading)))


def _rated(reading: Reading, keeper: Line | None) -> Reading:
    """The reading with a confidence, if ``keeper``, the line with the frames, can give it one."""
    if reading.line.confidence is not None or keeper is None or keeper.frames is None:
        return reading
    from indexer.frames import unpack
    from indexer.spotting.reading import text_confidence

    frames = unpack(keeper.frames)
    sure, own = text_confidence(reading.line.text, frames), text_confidence(keeper.text, frames)
    if sure is not None and own is not None and keeper.confidence is not None and not reading.origin.trusted:
        sure = min(1.0, sure * keeper.confidence / own)
    return replace(reading, line=replace(reading.line, confidence=sure))


def _sureness(reading: Reading) -> float:
    return -1.0 if reading.line.confidence is None else reading.line.confidence
