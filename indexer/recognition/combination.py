"""Of several readings of a line: which one counts, and how sure those are that come without a confidence. Pure.

Lines lie where the first engine that gives confidences found them, or else the first one. What another engine read
inside such a line is its reading of that line, several joined from left to right; what it read elsewhere is a line of
its own. The most probable reading counts. Readings without a confidence come last.

Where one engine kept the frames of a line, a reading ``b`` without a confidence gets one: of a text that a file brought
along it is p(b), the probability by the frames that its words stand there (``indexer.posteriors.evidence``), which
takes a word to be as likely beforehand as one that looks like it. For a reading by another engine it is
min(1, c x p(b) / p(a)), where ``a`` is the reading of the engine that kept the frames, and c its confidence.

Text that a page shows, letter by letter, needs no such proof, unless it is to be ``checked``: it counts and gets no
confidence, except where the frames of a line that was read well contradict it. Frames say nothing of a script that
their engine does not know.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.image.geometry import around, holder, middle, outline
from indexer.values import Line, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indexer.values import Origin


_READ_AT_ALL = 0.5
"""Confidence of a recogniser's line below which it cannot speak against a text that is shown."""


def joined(given: Sequence[tuple[Origin, Iterable[Line]]], *, checked: bool = True) -> tuple[tuple[Reading, ...], ...]:
    """The lines of a page, each with its readings, the one that counts first; ``given`` is what each engine read.

    ``checked`` says whether text that a file shows is to be rated by the ink like any other.
    """
    if not given:
        return ()
    each = [(origin, tuple(lines)) for origin, lines in given]  # a plugin may yield them: they are gone through once
    first = next((at for at, (_, lines) in enumerate(each) if _is_rated(lines)), 0)
    origin, found = each[first]
    groups = [[Reading(line, origin)] for line in found]
    regions = [outline(line) for line in found]
    alone: list[Reading] = []
    for origin, lines in (*each[:first], *each[first + 1 :]):
        held = [holder(regions, middle(outline(line))) for line in lines]
        for at, group in enumerate(groups):
            parts = [line for line, where in zip(lines, held, strict=True) if where == at]
            if parts:
                group.append(Reading(_one_line(parts), origin))
        alone += [Reading(line, origin) for line, where in zip(lines, held, strict=True) if where is None]
    for reading in sorted(alone, key=_height):
        groups.insert(sum(_height(group[0]) <= _height(reading) for group in groups), [reading])
    return tuple(_best_first(group, checked=checked) for group in groups)


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


def _best_first(group: Sequence[Reading], *, checked: bool) -> tuple[Reading, ...]:
    keeper = next((reading.line for reading in group if reading.line.posteriorgram is not None), None)
    rated = [_rated(reading, keeper, checked=checked) for reading in group]
    return tuple(sorted(rated, key=lambda reading: -_confidence(reading, checked=checked)))


def _rated(reading: Reading, keeper: Line | None, *, checked: bool) -> Reading:
    """The reading with a confidence, if ``keeper``, the line with the posteriorgram, can give it one."""
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
    """Whether at least half of a text's letters are of a script that the recogniser knows at all."""
    known = set(map(_script, filter(str.isalpha, symbols)))
    letters = [char for char in text if char.isalpha()]
    return 2 * sum(_script(char) in known for char in letters) >= len(letters)


def _script(char: str) -> str:
    return unicodedata.name(char, "?").split()[0]


def _confidence(reading: Reading, *, checked: bool) -> float:
    if reading.line.confidence is None:
        return 1.0 if reading.origin.trusted and not checked else -1.0
    return reading.line.confidence
