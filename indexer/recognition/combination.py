"""Combining several readings of a line: which one counts, and a confidence for those that come without. Pure.

The lines are those of the first engine that gives confidences, or else of the first engine. What another engine read
inside such a line is a further reading of it; several pieces are joined from left to right. What it read elsewhere is a
line of its own. The most probable reading counts. Readings without a confidence come last.

If an engine gave a posteriorgram of the line, a reading ``b`` without a confidence gets one. For text that a file
brings along it is p(b), the probability by the posteriorgram that these words stand there
(``indexer.posteriors.evidence``). For a reading by another engine it is min(1, c p(b) / p(a)), where ``a`` is the
reading of the engine with the posteriorgram and c its confidence.

Text that a page shows as letters counts without such a proof and gets no confidence, unless it is to be ``checked``.
The exception is a line that was read well and whose posteriorgram contradicts the text. A posteriorgram says nothing of
a script that its engine does not know.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from indexer.image.geometry import around, holders, middle, outline
from indexer.values import Line, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indexer.values import Origin


_READ_AT_ALL = 0.5
"""Below this confidence a line that was read cannot contradict a text that is shown."""


def joined(given: Sequence[tuple[Origin, Iterable[Line]]], *, checked: bool = True) -> tuple[tuple[Reading, ...], ...]:
    """The lines of a page, each with its readings, the one that counts first; ``given`` is what each engine read.

    ``checked`` says whether text that a file shows is compared with the posteriorgram like any other.
    """
    if not given:
        return ()
    each = [
        (origin, tuple(lines)) for origin, lines in given
    ]  # a plugin may give an iterator, which can be read only once
    first = next((at for at, (_, lines) in enumerate(each) if _is_rated(lines)), 0)
    origin, found = each[first]
    groups = [[Reading(line, origin)] for line in found]
    regions = [outline(line) for line in found]
    alone: list[Reading] = []
    for origin, lines in (*each[:first], *each[first + 1 :]):
        held = holders(regions, [middle(outline(line)) for line in lines])
        for at, group in enumerate(groups):
            parts = [line for line, where in zip(lines, held, strict=True) if where == at]
            if parts:
                group.append(Reading(_one_line(parts), origin))
        alone += [Reading(line, origin) for line, where in zip(lines, held, strict=True) if where is None]
    heights = [_height(group[0]) for group in groups]
    for height, reading in sorted(((_height(each), each) for each in alone), key=itemgetter(0)):
        at = sum(other <= height for other in heights)
        groups.insert(at, [reading])
        heights.insert(at, height)
    return tuple(_best_first(group, checked=checked) for group in groups)


def _height(reading: Reading) -> float:
    return middle(outline(reading.line))[1]


def _is_rated(lines: Sequence[Line]) -> bool:
    return any(line.confidence is not None for line in lines)


def _one_line(parts: Sequence[Line]) -> Line:
    """The parts of a line joined from left to right, with the least of their confidences."""
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


def _best_first(group: Sequence[Reading], *, checked: bool) -> tuple[Reading, ...]:
    keeper = next((reading.line for reading in group if reading.line.posteriorgram is not None), None)
    rated = [_rated(reading, keeper, checked=checked) for reading in group]
    return tuple(sorted(rated, key=lambda reading: -_confidence(reading, checked=checked)))


def _rated(reading: Reading, keeper: Line | None, *, checked: bool) -> Reading:
    """The reading with a confidence, if ``keeper``, the line with the posteriorgram, gives one."""
    if reading.line.confidence is not None or keeper is None or keeper.posteriorgram is None:
        return reading
    from indexer.posteriors.evidence import CONTRADICTED, text_confidence
    from indexer.posteriors.posteriorgram import unpack

    posteriorgram = unpack(keeper.posteriorgram)
    if not _same_script(reading.line.text, posteriorgram.symbols):
        return reading
    sure, own = text_confidence(reading.line.text, posteriorgram), text_confidence(keeper.text, posteriorgram)
    trusted = reading.origin.trusted
    read = (keeper.confidence or 0.0) >= _READ_AT_ALL
    if trusted and not checked and sure is not None and not (read and sure < CONTRADICTED):
        return reading
    if sure is not None and own is not None and keeper.confidence is not None and not trusted:
        sure = min(1.0, sure * keeper.confidence / own)
    return replace(reading, line=replace(reading.line, confidence=sure))


def _same_script(text: str, symbols: Sequence[str]) -> bool:
    """Whether at least half of the letters of a text are of a script that the recogniser knows."""
    known = set(map(_script, filter(str.isalpha, symbols)))
    letters = [char for char in text if char.isalpha()]
    return 2 * sum(_script(char) in known for char in letters) >= len(letters)


def _script(char: str) -> str:
    return unicodedata.name(char, "?").split()[0]


def _confidence(reading: Reading, *, checked: bool) -> float:
    if reading.line.confidence is None:
        return 1.0 if reading.origin.trusted and not checked else -1.0
    return reading.line.confidence
