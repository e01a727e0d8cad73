"""Labels that nobody wrote: lines are read by a model, by ink and language, and weigh as much as their reading is sure.

A reading that has seen the language is better than the ink alone: this is what a network can learn from its own
readings (Lee, Pseudo-Label, 2013; Kiss et al., AT-ST, arXiv 2104.13037). Words that are hardly sure may be anything:
any path through their frames is right (Pratap et al., Star temporal classification, arXiv 2201.12208).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from indexer.text.folding import search_words
from indexer.values.trainable import ReadsTogether

from .collecting import SAID
from .distortion import as_found
from .letters import ANYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from indexer.values import Trainable

    from .lines import TrainingLine

ReadWords = list[tuple[str, float]]
"""The words of a line, each with its confidence."""
_SURE = 0.1
"""Words are learned that are read as surely: most of them are wrong where little is right, but near."""


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
    """The lines of a page to learn, with the words that were read surely in each. What a person settled stays."""
    made = [
        line if is_said(line) else replace(line, text=_surely(words), weight=sureness(words))
        for line, words in zip(page.lines, page.words, strict=True)
    ]
    return [line for line in made if line.text.strip(f"{ANYTHING} ")]


def _surely(words: ReadWords) -> str:
    """The text of words, with one ``ANYTHING`` for those in a row that are not sure."""
    said = [text if sure >= _SURE else ANYTHING for text, sure in words]
    kept = [each for at, each in enumerate(said) if each != ANYTHING or said[at - 1 : at] != [ANYTHING]]
    return " ".join(kept).replace(f" {ANYTHING}", ANYTHING)


def sureness(words: ReadWords) -> float:
    """The share (0-1) of a line's words that is right, to be expected; 0 of a line without any."""
    counting = [sure for text, sure in words if search_words(text)] or [sure for _, sure in words]
    return sum(counting) / len(counting) if counting else 0.0
