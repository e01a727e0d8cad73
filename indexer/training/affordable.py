"""How many lines a training run measures by, so that it ends in its time: what it measures, it measures several times.

Adapting has other passes over other lines (``adapting``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .distortion import as_found
from .lines import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .lines import TrainingLine
    from .run import TrainingData, TrainingRun

_MEASURING = 0.5
"""The greatest share of the time that is measured in, but for the fewest lines."""
_FEWEST, _RANGES = 20, (40, 150)
"""The fewest lines that the pages kept apart and other hands are measured by; the fewest and the most lines from which
the ranges of the 8-bit integers are taken."""
_WRITING = 100
"""To write a network takes as long as to read so many lines with their language, beside those of the ranges."""
_LEARNING, _ENDING, _OTHERS = 7, 3, 8
"""How many times, at most, the pages kept apart are read while learning and after it, and the lines of other hands.
Reading without a language takes half as long and counts as half."""
_PACED = 6
"""Lines by which it is told how long reading a line takes."""


@dataclass(frozen=True, slots=True)
class Affordable:
    """The lines of a run, with no more of them to measure by than there is time for; the number of ``ranges``; and the
    seconds to be kept for what comes after learning."""

    lines: TrainingData
    ranges: int
    seconds: float


def affordable(run: TrainingRun, lines: TrainingData) -> Affordable:
    """What of a run's lines it is measured by. Lines are left out evenly."""
    pace = max(1e-6, _pace(run, [line for line, _ in lines.validation[: _PACED + 1]]))
    least, most = _RANGES
    whole = len(lines.validation) * (_LEARNING + _ENDING) + len(lines.held_out) * _OTHERS + most - least
    room = _MEASURING * run.plan.seconds / pace - _WRITING - least
    part = min(1.0, max(0.0, room / max(1, whole)))
    own, others = (spread(each, max(_FEWEST, int(part * len(each)))) for each in (lines.validation, lines.held_out))
    ranges = least + int(part * (most - least))
    after = _WRITING + ranges + _ENDING * len(own) + _OTHERS * len(others)
    return Affordable(replace(lines, validation=tuple(own), held_out=tuple(others)), ranges, pace * after)


def _pace(run: TrainingRun, lines: Sequence[TrainingLine]) -> float:
    """The seconds that it takes to read a line with its language; the first one warms up."""
    read = run.engine.recogniser(run.base.folder)
    seconds = []
    for line in lines:
        image = as_found(line.pixels(), line.cut, run.engine.shape)
        began = time.monotonic()
        read(image)
        seconds.append(time.monotonic() - began)
    timed = seconds[1:] or seconds
    return sum(timed) / max(1, len(timed))
