"""How many words are read wrongly before and after adapting, estimated without a transcription.

Before, the confidences say it (``posteriors.estimation``). After, they are too high, since the model has learned its
own readings. So the words that adapting changed are counted: what changed words gain was measured on transcribed
pages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, log
from typing import TYPE_CHECKING

from indexer.posteriors import estimation
from indexer.text.folding import search_words

from .pseudo_labels import read_pages, sureness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.api.models import RecognitionModel

    from .lines import TrainingLine
    from .pseudo_labels import ReadWords
    from .run import TrainingRun

_GAINED, _DOUBTED = 0.15, 0.5
"""Of words that adapting changed so large a share more is right than before: on Spanish verse of the 15th century that
the model did not know, .06 of such words were right before and .22 after. Of a word with a higher confidence than
``_DOUBTED`` the confidence is lost as well. ``tests/benchmarks/adapting.py`` prints the estimate beside the truth."""
_LEAST, _MOST = 1e-4, 1 - 1e-4
_SHIFT, _HALVINGS = 12.0, 40
"""The widest shift of a bias, and the halvings by which it is sought."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The expected share (0-1) of wrong words in so many ``lines``, before and after, and the confidences after."""

    lines: int
    before: float
    after: float
    sure: tuple[float, ...]


def estimate(run: TrainingRun, model: RecognitionModel, lines: Sequence[TrainingLine]) -> Estimate:
    """Estimate what a model that was adapted reads wrongly in lines, and what its base reads wrongly."""
    before, after = (_read(run, each, lines) for each in (run.base, model))
    expected = estimation.estimate([_Read(" ".join(text for text, _ in each), sureness(each)) for each in before])
    wrong = 1.0 if expected is None else expected.words_wrong
    gained = sum(_gained(former, now) for former, now in zip(before, after, strict=True))
    later = wrong - gained / max(1, sum(map(len, before)))
    return Estimate(len(lines), wrong, min(1.0, max(0.0, later)), tuple(sure for each in after for _, sure in each))


@dataclass(frozen=True, slots=True)
class _Read:
    """A line for ``posteriors.estimation``."""

    text: str
    confidence: float
    posteriorgram: None = None


def _read(run: TrainingRun, model: RecognitionModel, lines: Sequence[TrainingLine]) -> list[ReadWords]:
    """What a model reads in each line: words as a search has them."""
    pages = read_pages(run.engine, model.folder, lines)
    return [_searched(words) for page in pages for words in page.words]


def _searched(words: ReadWords) -> ReadWords:
    return [(part, sure) for text, sure in words for part in search_words(text)]


def _gained(before: ReadWords, after: ReadWords) -> float:
    """How many more words of a line are right than before, to be expected."""
    now = {text for text, _ in after}
    changed = [sure for text, sure in before if text not in now]
    return sum(_GAINED - (sure if sure > _DOUBTED else 0.0) for sure in changed)


def honest(model: RecognitionModel, found: Estimate) -> RecognitionModel:
    """The model with its confidences shifted to what is estimated: on average they say the share of right words."""
    if not found.sure:
        return model
    odds = [log(each / (1 - each)) for each in (min(_MOST, max(_LEAST, sure)) for sure in found.sure)]
    low, high = -_SHIFT, _SHIFT
    for _ in range(_HALVINGS):
        shift = (low + high) / 2
        mean = sum(1 / (1 + exp(-each - shift)) for each in odds) / len(odds)
        low, high = (shift, high) if mean < 1 - found.after else (low, shift)
    bias, weights = model.confidence
    return replace(model, confidence=(bias + (low + high) / 2, weights))
