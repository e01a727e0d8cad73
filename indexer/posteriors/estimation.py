"""How well lines are read that nobody has transcribed: shares of letters and words, to be expected from how surely they
were read.

Logistic regressions (``calibration``) on the path probability of a line for its letters, and on its confidence for its
words. Each line counts by the letters, or words, that were read of it. Lines that were not found are not reckoned with:
they were few where this was measured. ``tests/benchmarks/estimates.py`` fits and cross-validates; it prints the
constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from indexer.posteriors.calibration import Logistic
from indexer.posteriors.posteriorgram import readable
from indexer.text.folding import fold, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

SPOKEN, ASKED = 3, 4
"""Least letters of a word that counts as one, and of one that is searched for."""
_SUREST = 0.98
LETTERS = Logistic(-3.4817, (11.1819, -14.1277, 2.7414))
"""The share of the letters of a line that is wrong, from ``by_ink``."""
LETTERS_ONLY_SURE = Logistic(-1.5229, (-0.6676,))
"""The same from ``by_confidence``, where there is no posteriorgram."""
WORDS = Logistic(-0.0561, (1.0180,))
"""The share of the words of a line that is read, from ``by_confidence``."""
READ = Logistic(-0.2537, (1.0678,))
"""The share of the words to be searched for that is found in what was read."""
INK = Logistic(-1.4075, (0.8905, -2.3661, 0.1051, 4.8135))
"""The share that is found in the ink with the reach ``normal``, from ``by_both``."""


class Read(Protocol):
    """What an engine read of a line."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def confidence(self) -> float | None:
        """Its confidence, 0-1."""

    @property
    def posteriorgram(self) -> bytes | None:
        """Its packed posteriorgram."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Shares (0-1) of what stands on the pages: ``letters_wrong`` and ``words_wrong`` as they were read, and how many
    of the words that a person may look for are found in what was read (``found_read``) and in the ink as well
    (``found_ink``). They are estimated from so many ``lines``."""

    lines: int
    letters_wrong: float
    words_wrong: float
    found_read: float
    found_ink: float


def estimate(read: Iterable[Read]) -> Estimate | None:
    """What is to be expected of lines; ``None`` without any that has a confidence."""
    lines = [line for line in read if line.confidence is not None and line.text.strip()]
    if not lines:
        return None
    sure, inked = by_confidence([line.confidence or 0.0 for line in lines]), by_ink(lines)
    dry = np.isnan(inked).any(axis=1)
    letters = np.where(dry, LETTERS_ONLY_SURE(sure), LETTERS(inked))
    said = READ(sure)
    ink = np.where(dry, said, np.maximum(said, INK(np.column_stack((sure, inked)))))
    texts = [line.text for line in lines]
    return Estimate(
        len(lines),
        _mean(letters, texts, len),
        1 - _mean(WORDS(sure), texts, lambda text: counted(text, SPOKEN)),
        _mean(said, texts, lambda text: counted(text, ASKED)),
        _mean(ink, texts, lambda text: counted(text, ASKED)),
    )


def by_confidence(confidences: Sequence[float]) -> NDArray[np.float64]:
    """The log odds of confidences, a row each."""
    held = np.clip(np.array(confidences, float), 1 - _SUREST, _SUREST)
    odds: NDArray[np.float64] = np.log(held / (1 - held))[:, None]
    return odds


def by_ink(lines: Sequence[Read]) -> NDArray[np.float64]:
    """Features of the path probability of lines, a row each; not a number where there is no posteriorgram."""
    opened = (readable(line.posteriorgram) for line in lines)
    first, second = np.array([(np.nan, np.nan) if each is None else each.path_probability for each in opened]).T
    return np.column_stack((first, first**2, second))


def counted(text: str, least: int) -> int:
    """How many words of at least so many letters a text has."""
    return sum(sum(map(str.isalpha, word)) >= least for word in words(fold(text)))


def _mean(shares: NDArray[Any], texts: Sequence[str], weight: Callable[[str], int]) -> float:
    """The mean of the shares of lines, each by its weight; of all lines alike where none has any."""
    weights = np.array([weight(text) for text in texts], float)
    return float(np.average(shares, weights=weights if weights.any() else None))
