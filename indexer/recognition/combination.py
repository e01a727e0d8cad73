"""Combining several readings of a line: which one counts, and a confidence for those that come without. Pure.

The lines are those of the first engine that gives confidences, or else of the first engine. What another engine read
inside such a line is a further reading of it; several pieces are joined from left to right. What it read elsewhere is a
line of its own. The most probable reading counts. Readings without a confidence come last.

If an engine gave a posteriorgram of the line, a reading ``b`` without a confidence gets one. For text that a file
brings along it is p(b), the probability by the posteriorgram that these words stand there
(``indexer.posteriors.evidence``). For a reading by another engine it is min(1, c p(b) / p(a)), where ``a`` is the
reading of the engine with the posteriorgram and c its confidence.

An engine that reads ``after`` the others knows what these read, and more than the ink: its reading counts before that
of the engine with the posteriorgram, unless the ink denies it.

Text that a page shows as letters counts without such a proof and gets no confidence, unless it is to be ``checked``;
so does text beside a page that is believed (``weighing``). The exception is a line that was read well and whose
posteriorgram contradicts the text. A letter that a page shows is then as probable as any other reading. What a person
wrote down beside a page still counts, with the low confidence that makes it wait for review. A posteriorgram says
nothing of a script that its engine does not know.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from indexer.image.geometry import around, holders, middle, outline
from indexer.values import BELIEVED, SIDECAR, Line, Reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from indexer.values import Origin


_DENIED = 0.5
"""The ink denies a second reading whose words are less than so many times as probable as those of the first.

Chosen by the letters that are wrong with the truth and with another line for a second reading: whichever of twelve
collections is left out, .5 is the best on the others. Without a second reading .151 of the letters are wrong, with the
truth .023, with another line .154, with a word of each line exchanged .164. Chosen by all three together it is .4 or
.5, and .018, .170 and .157 are wrong (``python tests/benchmarks/remote.py INDEX --pages 3 --lines 15``)."""
READ_AT_ALL = 0.5
"""Below this confidence a line that was read cannot contradict a text that is shown."""


def joined(given: Sequence[tuple[Origin, Iterable[Line]]], *, checked: bool = True) -> tuple[tuple[Reading, ...], ...]:
    """The lines of a page, each with its readings, the one that counts first; ``given`` is what each engine read.

    ``checked`` says whether text that a file shows is compared with the posteriorgram like any other.
    """
    return rated(grouped(given), checked=checked)


def grouped(given: Sequence[tuple[Origin, Iterable[Line]]]) -> list[list[Reading]]:
    """The lines of a page with their readings as they were given; that of the engine whose lines they are is the
    first."""
    if not given:
        return []
    each = [
        (origin, tuple(lines)) for origin, lines in given
    ]  # a plugin may give an iterator, which can be read only once
    first = next((at for at, (_, lines) in enumerate(each) if _is_rated(lines)), 0)
    origin, found = each[first]
    return with_more([[Reading(line, origin)] for line in found], (*each[:first], *each[first + 1 :]))


def with_more(
    found: Sequence[Sequence[Reading]], given: Iterable[tuple[Origin, Sequence[Line]]]
) -> list[list[Reading]]:
    """Lines of a page with the readings of each, and what else was given: it is laid on the first reading of a line."""
    groups = [list(group) for group in found]
    regions = [outline(group[0].line) for group in groups]
    alone: list[Reading] = []
    for origin, lines in given:
        held = holders(regions, [middle(outline(line)) for line in lines])
        for at, group in enumerate(groups):
            parts = [line for line, where in zip(lines, held, strict=True) if where == at]
            if parts:
                group.append(Reading(_laid(_one_line(parts), group[0].line, origin), origin))
        alone += [Reading(line, origin) for line, where in zip(lines, held, strict=True) if where is None]
    heights = [_height(group[0]) for group in groups]
    for height, reading in sorted(((_height(each), each) for each in alone), key=itemgetter(0)):
        at = sum(other <= height for other in heights)
        groups.insert(at, [reading])
        heights.insert(at, height)
    return groups


def rated(
    groups: Iterable[Sequence[Reading]], *, checked: bool = True, after: Collection[str] = ()
) -> tuple[tuple[Reading, ...], ...]:
    """The lines, each with the readings that got a confidence, the one that counts first. ``after`` names the engines
    that read after the others."""
    return tuple(_best_first(group, checked=checked, after=after) for group in groups)


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


def keeper_of(group: Iterable[Reading]) -> Line | None:
    """The line among the readings of one that has the posteriorgram."""
    return next((reading.line for reading in group if reading.line.posteriorgram is not None), None)


def ink_says(text: str, keeper: Line) -> float | None:
    """The probability (0-1) that a text stands in the line with the posteriorgram; ``None`` if that cannot tell."""
    from indexer.posteriors.evidence import text_confidence
    from indexer.posteriors.posteriorgram import unpack

    posteriorgram = unpack(keeper.posteriorgram or b"")
    return text_confidence(text, posteriorgram) if _same_script(text, posteriorgram.symbols) else None


def _laid(line: Line, found: Line, origin: Origin) -> Line:
    """A reading of a line. That of text beside a page lies where the line was found: its own outline may be rough."""
    if origin.engine != SIDECAR:
        return line
    return replace(line, box=found.box, polygon=found.polygon, baseline=found.baseline, block=found.block)


def _best_first(group: Sequence[Reading], *, checked: bool, after: Collection[str]) -> tuple[Reading, ...]:
    keeper = keeper_of(group)
    rated = [_rated(reading, keeper, checked=checked) for reading in group]
    best = sorted(rated, key=lambda reading: -_confidence(reading, checked=checked))
    if keeper is not None and best[0].line is keeper:
        best.sort(key=lambda reading: not (reading.origin.engine in after and _is_in_ink(reading.line, keeper)))
    return tuple(best)


def _is_in_ink(line: Line, keeper: Line) -> bool:
    """Whether the ink does not deny a second reading, by the confidence that it gave both."""
    return line.confidence is not None and line.confidence >= _DENIED * (keeper.confidence or 0.0)


def _rated(reading: Reading, keeper: Line | None, *, checked: bool) -> Reading:
    """The reading with a confidence, if ``keeper``, the line with the posteriorgram, gives one."""
    if reading.line.confidence is not None or keeper is None:
        return reading
    from indexer.posteriors.evidence import CONTRADICTED

    sure = ink_says(reading.line.text, keeper)
    if sure is None:
        return reading
    trusted = reading.origin.trusted
    read = (keeper.confidence or 0.0) >= READ_AT_ALL
    if _counts(reading, checked=checked) and not (read and sure < CONTRADICTED):
        return reading
    own = None if trusted else ink_says(keeper.text, keeper)
    if own is not None and keeper.confidence is not None:
        sure = min(1.0, sure * keeper.confidence / own)
    return replace(reading, line=replace(reading.line, confidence=sure))


def _counts(reading: Reading, *, checked: bool) -> bool:
    """Whether a reading counts without a proof."""
    return reading.origin == BELIEVED or (reading.origin.trusted and not checked)


def _same_script(text: str, symbols: Sequence[str]) -> bool:
    """Whether at least half of the letters of a text are of a script that the recogniser knows."""
    known = set(map(_script, filter(str.isalpha, symbols)))
    letters = [char for char in text if char.isalpha()]
    return 2 * sum(_script(char) in known for char in letters) >= len(letters)


def _script(char: str) -> str:
    return unicodedata.name(char, "?").split()[0]


def _confidence(reading: Reading, *, checked: bool) -> float:
    if reading.origin == BELIEVED or (reading.line.confidence is None and _counts(reading, checked=checked)):
        return 1.0
    return -1.0 if reading.line.confidence is None else reading.line.confidence
