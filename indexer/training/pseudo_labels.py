"""Labels that nobody wrote: lines are read by a model, by ink and language, and weigh as much as their reading is sure.

A reading that has seen the language is better than the ink alone: this is what a network can learn from its own
readings (Lee, Pseudo-Label, 2013; Kiss et al., AT-ST, arXiv 2104.13037).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

from indexer.text.folding import search_words
from indexer.values.trainable import ReadsTogether

from .collecting import SAID
from .distortion import as_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from indexer.values import Trainable

    from .lines import TrainingLine

ReadWords = list[tuple[str, float]]
"""The words of a line, each with its confidence."""
_LEAST = 0.02
"""A line whose reading is less sure is not learned from."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Lines of a page, and what was read in each."""

    lines: tuple[TrainingLine, ...]
    words: tuple[ReadWords, ...]


def is_said(line: TrainingLine) -> bool:
    """Whether a person settled the text of a line, which is then kept as it is."""
    return line.weight == SAID


def read_pages(engine: Trainable, folder: Path, lines: Sequence[TrainingLine]) -> Iterator[ReadPage]:
    """Read lines by the model in a folder, those of a page together."""
    read = _page_recogniser(engine, folder)
    for _, group in groupby(lines, key=lambda line: line.page):
        page = tuple(group)
        yield ReadPage(page, tuple(read([as_found(line.pixels(), line.cut, engine.shape) for line in page])))


def _page_recogniser(engine: Trainable, folder: Path) -> Callable[[Sequence[NDArray[np.uint8]]], Sequence[ReadWords]]:
    if isinstance(engine, ReadsTogether):
        together = engine.page_recogniser(folder)
        return lambda lines: [list(words) for words in together(lines)]
    one = engine.recogniser(folder)
    return lambda lines: [list(one(line)) for line in lines]


def labelled(page: ReadPage) -> list[TrainingLine]:
    """The lines of a page with what was read in them. What a person settled stays."""
    return [
        line if is_said(line) else replace(line, text=" ".join(text for text, _ in words), weight=sureness(words))
        for line, words in zip(page.lines, page.words, strict=True)
    ]


def sureness(words: ReadWords) -> float:
    """The share (0-1) of a line's words that is right, to be expected; 0 of a line without any."""
    counting = [sure for text, sure in words if search_words(text)] or [sure for _, sure in words]
    return sum(counting) / len(counting) if counting else 0.0


def weighed(lines: Sequence[TrainingLine]) -> list[TrainingLine]:
    """The lines to learn from; those of the surer half, and what people settled, may validate."""
    known = [line for line in lines if line.text.strip() and line.weight >= _LEAST]
    sure = [line.weight for line in known if not is_said(line)]
    least = median(sure) if sure else 0.0
    return [replace(line, sure=is_said(line) or line.weight >= least) for line in known]
