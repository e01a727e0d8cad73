"""What a piece of a line may say: the likeliest spellings by its posteriorgram, each with its probability.

Prefix beam search over the frames (Graves and Jaitly, ICML 2014): the paths that spell the same are added up.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from indexer.posteriors.posteriorgram import BLANK, SPACE, STEPS

if TYPE_CHECKING:
    from indexer.posteriors.posteriorgram import Posteriorgram

_BEAM = 200
"""How many spellings are followed from frame to frame."""

Ways = tuple[float, float]
"""The probability of the paths of a spelling that end in the blank, and of those that end in its last letter."""


def spellings(piece: Posteriorgram, most: int) -> list[tuple[str, float]]:
    """The likeliest spellings of a piece of a line, folded, and their probabilities (0-1); the likeliest first.

    Spaces at both ends are left out, and so is what has no letter. There are none of a piece without ink.
    """
    beam: dict[str, Ways] = {"": (1.0, 0.0)}
    for letters in _frames(piece):
        beam = _likeliest(_stepped(beam, letters))
    found: defaultdict[str, float] = defaultdict(float)
    for text, ways in beam.items():
        found[text.strip()] += sum(ways)
    found.pop("", None)
    ranked = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return [each for each in ranked[:most] if each[1] > 0]


def _frames(piece: Posteriorgram) -> list[list[tuple[str, float]]]:
    """For each frame the signs that may stand there, with probabilities that add up to 1."""
    frames: list[list[tuple[str, float]]] = [[] for _ in range(piece.length)]
    likely = np.exp(piece.cost / -STEPS)
    whole = np.bincount(piece.frame, likely, minlength=piece.length)
    shares = likely / whole[piece.frame]
    for frame, symbol, share in zip(piece.frame.tolist(), piece.symbol.tolist(), shares.tolist(), strict=True):
        frames[frame].append((piece.symbols[symbol], share))
    return frames


def _stepped(beam: dict[str, Ways], letters: list[tuple[str, float]]) -> dict[str, Ways]:
    """The spellings after one more frame."""
    apart: defaultdict[str, float] = defaultdict(float)
    within: defaultdict[str, float] = defaultdict(float)
    for text, (blank, letter) in beam.items():
        for sign, share in letters:
            if sign == BLANK or (sign == SPACE and not text):
                apart[text] += share * (blank + letter)
            elif text.endswith(sign):
                within[text] += share * letter
                within[text + sign] += share * blank
            else:
                within[text + sign] += share * (blank + letter)
    return {text: (apart[text], within[text]) for text in {**apart, **within}}


def _likeliest(beam: dict[str, Ways]) -> dict[str, Ways]:
    """The likeliest spellings; their probabilities add up to 1 before the others are dropped."""
    whole = sum(map(sum, beam.values())) or 1.0
    ranked = sorted(beam.items(), key=lambda each: -sum(each[1]))[:_BEAM]
    return {text: (blank / whole, letter / whole) for text, (blank, letter) in ranked}
