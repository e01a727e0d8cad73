"""How many words are read wrongly before and after adapting, estimated without a transcription.

The confidences say it (``posteriors.estimation``), those of both models in the same way: the adapted one was made as
sharp as the other one is (``sharpness``). ``tests/benchmarks/adapting.py`` prints the estimate beside the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.posteriors import estimation

from .pseudo_labels import read_pages, sureness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.api.models import RecognitionModel

    from .pseudo_labels import ReadPage
    from .run import TrainingRun


@dataclass(frozen=True, slots=True)
class Estimate:
    """The expected share (0-1) of wrong words in so many ``lines``, before and after."""

    lines: int
    before: float
    after: float


def estimate(run: TrainingRun, model: RecognitionModel, before: Sequence[ReadPage]) -> Estimate:
    """Estimate what a model that was adapted reads wrongly on pages, and what is wrong in how they were read before."""
    lines = [line for page in before for line in page.lines]
    after = before if model is run.base else list(read_pages(run.engine, model.folder, lines))
    return Estimate(len(lines), _wrong(before), _wrong(after))


@dataclass(frozen=True, slots=True)
class _Read:
    """A line for ``posteriors.estimation``."""

    text: str
    confidence: float
    posteriorgram: None = None


def _wrong(pages: Sequence[ReadPage]) -> float:
    """The expected share of wrong words; all of them where nothing was read."""
    read = [_Read(" ".join(text for text, _ in words), sureness(words)) for page in pages for words in page.words]
    expected = estimation.estimate(read)
    return 1.0 if expected is None else expected.words_wrong
