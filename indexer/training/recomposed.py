"""Lines that nobody wrote: pieces of real lines of a page, set together to another text.

So a model learns the words of a language of which there are few transcribed hands (Shonenkov et al., StackMix, arXiv
2108.11667). All pieces of a line are of one page. Where letters stand follows from the best CTC path of the text.
"""

from __future__ import annotations

import lzma
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from .batches import frames_of
from .distortion import plain
from .learner import probabilities
from .lines import TRUTH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.random import Generator
    from numpy.typing import NDArray
    from torch import Tensor

    from .learner import Learner
    from .letters import Letters
    from .lines import Encoded, TrainingLine

LANGUAGES = {"en": 0.42, "de": 0.2, "nl": 0.05, "sv": 0.05, "da": 0.03, "es": 0.09, "it": 0.07, "pt": 0.04, "fr": 0.05}
"""The share of each language. Those without text are left out."""
_LONGEST = 7
"""A piece has at most so many letters."""
_LEAST = -1.0
"""Lines are used whose letters have at least this log probability on average: else their places are doubtful."""
_SOURCES, _LINES = 40, 6
"""So many lines of a page lend their pieces at a time, and so many lines are set from them."""
_PAGES = 600
"""At most so many pages lend their pieces: their letters have to be placed first, which takes time."""
_NEAR = 3
"""A cut moves by at most so many pixels, to where there is least ink."""
_TELLING = 12
"""Shorter lines are not worth setting."""
_WHOLE = 1.7
"""Least mean number of letters of a line's pieces. With fewer it has more seams than writing."""
_PAPER = 90


@dataclass(frozen=True, slots=True)
class CutLine:
    """A line that is cut by its region of ground truth, its text, and its ``edges``: the columns where each letter
    begins, and where the last one ends."""

    line: TrainingLine
    text: str
    edges: tuple[int, ...]


@dataclass(frozen=True)
class Recomposition:
    """What lines are set from: pages of cut lines, the share of each page, and text in several languages."""

    pages: Sequence[Sequence[CutLine]]
    often: NDArray[np.float64]
    texts: Mapping[str, str]
    letters: Letters

    def lines(self, random: Generator, number: int) -> list[tuple[NDArray[np.uint8], list[int]]]:
        """At most so many lines in grey, with their classes. There are fewer where a page lacks letters."""
        languages = [name for name in LANGUAGES if name in self.texts]
        share = np.array([LANGUAGES[name] for name in languages])
        made: list[tuple[NDArray[np.uint8], list[int]]] = []
        for _ in range(-(-number // _LINES)):
            page = self.pages[int(random.choice(len(self.pages), p=self.often))]
            chosen = [page[at] for at in random.permutation(len(page))[:_SOURCES]]
            pieces, inks = _pieces(chosen), [each.line.pixels() for each in chosen]
            for _ in range(_LINES):
                text = self.texts[languages[int(random.choice(len(languages), p=share / share.sum()))]]
                said, ink = composed(fragment(text, random), chosen, inks, pieces, random)
                classes = self.letters.classes(said)
                if len(said) >= _TELLING and classes:
                    made.append((ink, classes))
        return made[:number]


Pieces = dict[str, list[tuple[int, int, int]]]
"""Where each piece of text stands: the line, the first letter, and the one after the last."""


def _pieces(lines: Sequence[CutLine]) -> Pieces:
    found: Pieces = defaultdict(list)
    for number, line in enumerate(lines):
        for first in range(len(line.text)):
            for last in range(first + 1, min(len(line.text), first + _LONGEST) + 1):
                found[line.text[first:last]].append((number, first, last))
    return found


def composed(
    text: str, lines: Sequence[CutLine], inks: Sequence[NDArray[np.uint8]], pieces: Pieces, random: Generator
) -> tuple[str, NDArray[np.uint8]]:
    """A text set from pieces of lines, whose images are given in grey: the words that could be set, and the image.

    Always the longest piece that fits is taken. The text is empty when the pieces are too short.
    """
    known = " ".join(word for word in text.split() if all(letter in pieces for letter in word))
    if not known or (" " in known and " " not in pieces):
        return "", np.zeros((1, 1), np.uint8)
    papers = [float(np.percentile(ink, _PAPER)) for ink in inks]
    parts, at = [], 0
    while at < len(known):
        length = next(size for size in range(min(_LONGEST, len(known) - at), 0, -1) if known[at : at + size] in pieces)
        places = pieces[known[at : at + length]]
        number, first, last = places[int(random.integers(len(places)))]
        edges = lines[number].edges
        part = inks[number][:, edges[first] : edges[last]].astype(np.float32)
        parts.append(part + papers[0] - papers[number])
        at += length
    if len(known) < _WHOLE * len(parts):
        return "", np.zeros((1, 1), np.uint8)
    return known, np.clip(np.concatenate(parts, axis=1), 0, 255).astype(np.uint8)


def fragment(text: str, random: Generator) -> str:
    """Successive words of a text, about a line of them."""
    length = int(random.integers(15, 65))
    start = int(random.integers(max(1, len(text) - 2 * length)))
    return text[text.find(" ", start) + 1 : start + length].rpartition(" ")[0]


def read_texts(folder: Path, most: int = 1_000_000) -> dict[str, str]:
    """The first ``most`` characters of running text in each language, from the files ``LANG.txt.xz`` of a folder."""
    texts = {}
    for path in sorted(folder.glob("??.txt.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            texts[path.name[:2]] = " ".join(file.read(most).split())
    return texts


def recomposition(learner: Learner, lines: Sequence[Encoded], texts: Mapping[str, str]) -> Recomposition | None:
    """What lines can be set from, the letters placed by the network; ``None`` when no line could be placed."""
    shape, letters = learner.shape, learner.letters
    own = _of_some_pages([each for each in lines if each[0].cut == TRUTH])
    pages: dict[tuple[str, int], list[CutLine]] = defaultdict(list)
    weights: dict[tuple[str, int], float] = defaultdict(float)
    inks = [line.pixels() for line, _ in own]
    images = [plain(ink, line.cut, shape) for ink, (line, _) in zip(inks, own, strict=True)]
    for numbers, logs in probabilities(learner, images):
        lengths = [frames_of(images[at], shape) for at in numbers]
        for at, edges in zip(numbers, _edges(logs, lengths, [own[at][1] for at in numbers]), strict=True):
            line, classes = own[at]
            if edges is not None:
                scale = inks[at].shape[1] / images[at].shape[1]
                page = (line.page, len(inks[at]))
                cuts = snapped(inks[at], edges * shape.frame * scale)
                pages[page].append(CutLine(line, letters.text(classes), cuts))
                weights[page] += line.weight
    if not pages:
        return None
    often = np.array([weights[page] for page in pages])
    return Recomposition(list(pages.values()), often / often.sum(), texts, letters)


def _of_some_pages(lines: Sequence[Encoded]) -> list[Encoded]:
    """The lines of some pages, drawn by their weights, when there are many pages."""
    if not lines:
        return []
    weights: dict[str, float] = defaultdict(float)
    for line, _ in lines:
        weights[line.page] += line.weight
    chance = np.array(list(weights.values()))
    number = min(_PAGES, len(weights))
    drawn = np.random.default_rng(1).choice(len(weights), number, replace=False, p=chance / chance.sum())
    chosen = {list(weights)[at] for at in drawn}
    return [each for each in lines if each[0].page in chosen]


def snapped(ink: NDArray[np.uint8], edges: NDArray[np.float64]) -> tuple[int, ...]:
    """Columns to cut at: near each edge the one with least ink."""
    light = ink.astype(np.float32).sum(axis=0)
    width = len(light)
    cuts = [0]
    for edge in edges[1:-1]:
        first = min(max(cuts[-1], round(edge) - _NEAR), width - 1)
        last = max(first + 1, min(width, round(edge) + _NEAR + 1))
        cuts.append(first + int(light[first:last].argmax()))
    return (*cuts, width)


def _edges(logs: Tensor, lengths: Sequence[int], texts: Sequence[list[int]]) -> list[NDArray[np.float64] | None]:
    """Where the letters of each line begin and the last one ends, in frames; ``None`` where that is doubtful."""
    path, score = likeliest(logs, lengths, texts)
    found: list[NDArray[np.float64] | None] = []
    for row, whole, length, text in zip(path, score, lengths, texts, strict=True):
        if not whole / len(text) > _LEAST:
            found.append(None)
            continue
        states = 2 * np.arange(len(text)) + 1
        first = np.searchsorted(row[:length], states)
        last = np.searchsorted(row[:length], states, side="right") - 1
        found.append(np.concatenate(([0.0], (last[:-1] + first[1:] + 1) / 2, [float(length)])))
    return found


def likeliest(
    logs: Tensor, lengths: Sequence[int], texts: Sequence[list[int]]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The best CTC path of each text through its frames (batch x frames x classes), and its log probability.

    States are numbered as usual in CTC: letter k is 2 k + 1, the blank before it 2 k. A path has a state a frame.
    """
    device, frames = logs.device, logs.shape[1]
    states = torch.zeros(len(texts), 2 * max(map(len, texts)) + 1, dtype=torch.long)
    for row, text in zip(states, texts, strict=True):
        row[1 : 2 * len(text) : 2] = torch.tensor(text)
    states = states.to(device)
    seen = logs.gather(2, states[:, None].expand(-1, frames, -1))
    skips = functional.pad((states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2]), (2, 0))
    ends = torch.tensor(lengths, device=device)[:, None]
    score = torch.full_like(seen[:, 0], -torch.inf)
    score[:, :2] = seen[:, 0, :2]
    steps = torch.zeros(frames, *score.shape, dtype=torch.int8, device=device)
    for frame in range(1, frames):
        one = functional.pad(score[:, :-1], (1, 0), value=-torch.inf)
        two = functional.pad(score[:, :-2], (2, 0), value=-torch.inf).masked_fill(~skips, -torch.inf)
        best, step = torch.stack((score, one, two)).max(0)
        goes_on = frame < ends
        score = torch.where(goes_on, best + seen[:, frame], score)
        steps[frame] = torch.where(goes_on, step, 0)
    return _traced(steps.cpu().numpy(), score.double().cpu().numpy(), np.array([2 * len(text) for text in texts]))


def _traced(
    steps: NDArray[np.int8], score: NDArray[np.float64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    rows = np.arange(len(last))
    state = np.where(score[rows, last] >= score[rows, last - 1], last, last - 1)
    whole = score[rows, state]
    path = np.zeros((len(last), len(steps)), np.int64)
    for frame in range(len(steps) - 1, -1, -1):
        path[:, frame] = state
        state = state - steps[frame, rows, state]
    return path, whole
