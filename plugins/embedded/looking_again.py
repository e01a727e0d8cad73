"""Looks again, in other ways, at lines that were not read surely, and keeps the surest reading of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .confidence import line_confidence
from .recogniser import Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from .confidence import Model
    from .recogniser import LineRecogniser, ReadLine, Spoken

WAYS = (Look(1.0, 1.036), Look(0.84, 1.0), Look(0.84, 0.87, -0.06), Look(0.84, 0.87, 0.06))
"""With all of its box, longer, and cut out a little higher and lower."""
_DOUBTED = 0.75
"""Confidence below which a line is looked at again. In ``python tests/benchmarks/thorough.py`` lines below .4 gain
too."""
_MOST = 300
"""Lines of a page that are looked at again: a page of thousands would take longer than it may."""


def surest(
    recogniser: LineRecogniser,
    pixels: NDArray[np.uint8],
    found: Sequence[NDArray[np.float32]],
    read: Sequence[ReadLine],
    spoken: Spoken,
    confidence: Model,
    ways: Sequence[Look] = WAYS,
) -> list[ReadLine]:
    """The lines of a page (BGR) in their outlines, as they are read most surely; ``read`` is how they were read first.

    Of too many lines those are looked at again that lack least.
    """
    sure = [line_confidence(confidence, line) for line in read]
    doubted = [at for at, line in enumerate(read) if sure[at] < _DOUBTED and line.text.strip()]
    made = list(read)
    for at in sorted(doubted, key=lambda each: -sure[each])[:_MOST]:
        seen = [recogniser.see(pixels, found[at], way) for way in ways]
        others = recogniser.read(seen, spoken)
        made[at] = max((read[at], *others), key=lambda line: line_confidence(confidence, line))
    return made
