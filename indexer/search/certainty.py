"""How probable it is that a word that was read is right, by who read it and by the posteriorgram. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.calibration import Logistic
from indexer.values import Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.values import IndexLine

TRUSTED, UNKNOWN = 0.99, 0.5
"""Certainty of a word without a confidence: of a person or a text layer, and of an engine."""
_SUREST = 0.999
_READ = Logistic(1.3681, (0.4730, 0.1429))
"""From the log odds of a word in the ink and of its line's confidence, as ``python tests/benchmarks/calibrate.py FOLDER
--only model.json certainty --languages LEFT`` prints it of twelve collections, six of them of hands that no model was
trained on: 6,787 words. Calibration error .020, of collections that were left out; of the ink alone .040."""


def certainty(line: IndexLine) -> float:
    """How probable it is that a word is right in the reading that counts."""
    if line.confidence is not None:
        return line.confidence
    return TRUSTED if line.status is Status.ACCEPTED else UNKNOWN


def disowned(confidence: float | None, counts: float) -> float:
    """How probable it is that a word is right that another reading has, and not the one that counts.

    At most one of the two is right. Otherwise their mistakes are taken as independent.
    """
    sure = min(UNKNOWN if confidence is None else confidence, _SUREST)
    counts = min(counts, _SUREST)
    one, other, none = sure * (1 - counts), counts * (1 - sure), (1 - sure) * (1 - counts)
    return one / (one + other + none)


def confirmed(certain: NDArray[Any], spotted: NDArray[Any]) -> NDArray[np.float32]:
    """How probable it is that words are right that were read from the posteriorgram itself.

    ``certain`` is the confidence of their lines, ``spotted`` the relevance of the words there. The result is never
    below the confidence: the query may spell a word in other letters than it was read in (oe for œ).
    """
    both = _READ(np.column_stack((_log_odds(spotted), _log_odds(certain))))
    sure: NDArray[np.float32] = np.maximum(both, certain).astype(np.float32)
    return sure


def _log_odds(sure: NDArray[Any]) -> NDArray[np.float64]:
    held = np.clip(sure.astype(np.float64), 1 - _SUREST, _SUREST)
    odds: NDArray[np.float64] = np.log(held / (1 - held))
    return odds


def agreed(certain: NDArray[Any], inked: NDArray[Any]) -> NDArray[np.float32]:
    """How probable it is that words are right that were not read from the posteriorgram.

    ``certain`` is the confidence of their lines. ``inked`` is how probable each word is by the posteriorgram alone, at
    even odds beforehand.
    """
    before, ink = (np.clip(each.astype(np.float64), 1 - _SUREST, _SUREST) for each in (certain, inked))
    both = before * ink
    return (both / (both + (1 - before) * (1 - ink))).astype(np.float32)
