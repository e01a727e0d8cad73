"""From the probabilities of frames to a reading: the best one by ink and language, and where its letters stand.

A search over the prefixes of readings (Graves and Jaitly 2014; Hannun et al., arXiv 1408.2873), each with the
probability of all paths that spell it, and a language model over letters (``language``) with less weight than the ink.
"""

from __future__ import annotations

from math import exp, inf, log, log1p
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .mixture import Mixture

_WIDTH = 20
"""Prefixes that are followed at a time. With ten, and four nats behind, the error rate is .002 higher as a mean over
thirteen collections; with forty, and eight nats, .001 lower."""
_BEHIND = 6.0
"""Nats behind the best one from which a prefix is given up."""
_NOTHING = 30.0
"""Nats below which a probability adds nothing to another one."""
_LEAST = 0.005
"""Least probability of a class in a frame that is followed."""
_LANGUAGE, _LETTER = 0.4, 0.9
"""Weight of the language against the ink, and nats that a letter is worth for being there: without them readings would
be short. Chosen on thirteen collections, each read with languages that have not seen it: .5 and 1 find .7 % more words,
but fewer of those that are in no language's text, names above all (.272, not .283, and .281 before there were languages
for each page)."""


def best_reading(probabilities: NDArray[np.float32], model: Mixture) -> list[tuple[int, int]]:
    """The class and the frame of each letter of the likeliest reading by ink and language (frames x classes)."""
    steps = _steps(probabilities)
    beam = [_Prefix((), (), 0.0, -inf, 0.0)]
    for frame, letters in steps:
        beam = _followed(beam, frame, letters, model)
    best = max(
        beam, key=lambda each: each.score + _LANGUAGE * log(model.probabilities(_context(each.reading, model))[-1])
    )
    return list(zip(best.reading, _likeliest(probabilities, best), strict=True))


class _Prefix:
    """A beginning of a reading: its letters and the frames in which each was first met; the logarithms of the
    probabilities of all paths that spell it and end in a blank, and in its last letter; and what language and length
    add."""

    __slots__ = ("blank", "bonus", "frames", "letter", "reading", "score")

    def __init__(
        self,
        reading: tuple[int, ...],
        frames: tuple[int, ...],
        blank: float,
        letter: float,
        bonus: float,
    ) -> None:
        self.reading, self.frames = reading, frames
        self.blank, self.letter, self.bonus = blank, letter, bonus
        self.score = bonus


def _steps(probabilities: NDArray[np.float32]) -> list[tuple[int, list[tuple[int, float]]]]:
    """The classes to follow in each frame with the logarithms of their probabilities.

    Of frames that surely hold a blank, one after the other, one is enough.
    """
    frames, classes = np.nonzero(probabilities > _LEAST)
    logs = np.log(probabilities[frames, classes]).tolist()
    steps: list[tuple[int, list[tuple[int, float]]]] = []
    for frame, number, ink in zip(frames.tolist(), classes.tolist(), logs, strict=True):
        if not steps or steps[-1][0] != frame:
            if len(steps) > 1 and _is_blank(steps[-1][1]) and _is_blank(steps[-2][1]):
                steps.pop()
            steps.append((frame, []))
        steps[-1][1].append((number, ink))
    return steps


def _is_blank(letters: list[tuple[int, float]]) -> bool:
    return len(letters) == 1 and letters[0][0] == 0


def _followed(beam: list[_Prefix], frame: int, letters: list[tuple[int, float]], model: Mixture) -> list[_Prefix]:
    """The best prefixes after one more frame."""
    found: dict[tuple[int, ...], _Prefix] = {}
    for prefix in beam:
        reading, blank, letter = prefix.reading, prefix.blank, prefix.letter
        whole = _sum(blank, letter)
        last = reading[-1] if reading else 0
        row = None
        for number, ink in letters:
            if number in (0, last):
                same = found.get(reading)
                if same is None:
                    same = found[reading] = _Prefix(reading, prefix.frames, -inf, -inf, prefix.bonus)
                if number == 0:
                    same.blank = _sum(same.blank, whole + ink)
                    continue
                same.letter = _sum(same.letter, letter + ink)
            source = blank if number == last else whole
            if source == -inf:
                continue
            longer = (*reading, number)
            other = found.get(longer)
            if other is None:
                row = model.probabilities(_context(reading, model)) if row is None else row
                bonus = prefix.bonus + _LANGUAGE * log(row[number]) + _LETTER
                other = found[longer] = _Prefix(longer, (*prefix.frames, frame), -inf, -inf, bonus)
            other.letter = _sum(other.letter, source + ink)
    for prefix in found.values():
        prefix.score = _sum(prefix.blank, prefix.letter) + prefix.bonus
    best = sorted(found.values(), key=_by_score, reverse=True)[:_WIDTH]
    least = best[0].score - _BEHIND
    return [each for each in best if each.score >= least]


def _context(reading: tuple[int, ...], model: Mixture) -> tuple[int, ...]:
    """What a mixture looks at of a beginning."""
    return reading[max(0, len(reading) - model.context) :]


def _by_score(prefix: _Prefix) -> float:
    return prefix.score


def _sum(one: float, other: float) -> float:
    """The logarithm of a sum of which the logarithms of both parts are given."""
    if one < other:
        one, other = other, one
    return one if other == -inf or other < one - _NOTHING else one + log1p(exp(other - one))


def _likeliest(probabilities: NDArray[np.float32], prefix: _Prefix) -> list[int]:
    """The frame in which each letter is likeliest, from where it was met to where the next one is."""
    ends = (*prefix.frames, len(probabilities))[1:]
    return [
        first + int(probabilities[first : max(end, first + 1), number].argmax())
        for number, first, end in zip(prefix.reading, prefix.frames, ends, strict=True)
    ]
