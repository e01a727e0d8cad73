"""The least that a term can cost in each line of a part of the ink index, without aligning it.

Two bounds, each by what the index holds of a line. The costs of pairs of letters that do not overlap add up to no more
than the term costs, wherever they stand. And each letter has to stand where the one before leads to: a line is parted
into stretches by what cannot be passed over as blank, a letter stands in the same stretch as the one before or in the
next, and each stretch that is passed over costs as much as a letter that is not likely (a letter over more than four of
them is not thought of). All stretches of a line are followed at once, as the bits of a number, for each cost that there
may be (Wu and Manber, Fast Text Searching Allowing Errors, 1992).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.posteriorgram import ABSENT, SPACE, STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.segment import Segment

    Array = NDArray[Any]

BIGRAM_CAP = 5 * STEPS
"""Sixteenths of a nat from which two letters are not kept: with 5 nats about 190 pairs a line are."""
UNIT = 2 * STEPS
"""Sixteenths of a nat in which places are counted: what a stretch costs that is passed over, and a letter at least that
stands where it is not likely."""
_MISSING = int(ABSENT * STEPS) // UNIT
"""What a letter costs that stands nowhere."""
_BITS = 64
_FRAMES = 256
"""Frames of a table that are looked at together: there may be many more."""
_TOGETHER = 4_096
"""Lines looked at together: the numbers of more do not stay in the cache."""
_EVERYWHERE = np.uint64(2**_BITS - 1)
_ONE, _TWO = np.uint64(1), np.uint64(2)


def stretches(blank: Array, lengths: Array) -> Array:
    """In which stretch each frame lies (frames x lines), by what the blank costs: it ends where the next begins, with
    a frame that the blank cannot stand in."""
    barred = (blank >= UNIT) & (np.arange(len(blank))[:, None] < lengths)
    begins = barred.copy()
    begins[1:] &= ~barred[:-1]
    found: Array = begins.cumsum(axis=0, dtype=np.uint16)
    most = found.max(axis=0, initial=0)
    for line in np.flatnonzero(most >= _BITS).tolist():
        found[:, line] = found[:, line].astype(np.uint32) * (_BITS - 1) // most[line]
    held: Array = found.astype(np.uint8)
    return held


def bits(stretch: Array, cost: Array, starts: Array) -> Array:
    """The stretches as two numbers for each of the places beginning at ``starts``: where it is likely, and where it may
    stand at all."""
    here = np.left_shift(_ONE, stretch.astype(np.uint64))
    if not len(starts):
        return np.zeros((0, 2), np.uint64)
    anywhere = np.bitwise_or.reduceat(here, starts)
    here[cost >= UNIT] = 0
    return np.stack([np.bitwise_or.reduceat(here, starts), anywhere], axis=1)


def table_bits(stretch: Array, cost: Array) -> Array:
    """The same for a sign that has a table of costs (frames x lines), a row a line."""
    found: NDArray[np.uint64] = np.zeros((stretch.shape[1], 2), np.uint64)
    for first in range(0, len(stretch), _FRAMES):
        part = slice(first, first + _FRAMES)
        here = np.left_shift(_ONE, stretch[part].astype(np.uint64))
        for column, most in enumerate((UNIT, int(ABSENT * STEPS))):
            found[:, column] |= np.bitwise_or.reduce(here, axis=0, where=cost[part] < most, initial=0)
    return found


def of_pairs(costs: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The bound by the costs of pairs of letters (``pair_costs``), in sixteenths of a nat."""
    return _matched(costs)[-1]


def of_cut(heads: NDArray[np.uint8], tails: NDArray[np.uint8], least: int) -> NDArray[np.uint16]:
    """The same for a word that goes on from one line to another, with so many letters in each at least."""
    before, behind = _matched(heads), _matched(tails[::-1])
    letters = len(heads) - 1
    ways = [before[head] + behind[letters - head] for head in range(least, letters - least + 1)]
    best: NDArray[np.uint16] = np.minimum.reduce(ways)
    return best


def _matched(costs: NDArray[np.uint8]) -> list[NDArray[np.uint16]]:
    """For each number of pairs the most that such of them cost as do not overlap."""
    found = [np.zeros(costs.shape[1], np.uint16)] * 2
    for cost in costs:
        found.append(np.maximum(found[-1], found[-2] + cost))
    return found[1:]


def pair_costs(term: Term, segment: Segment) -> NDArray[np.uint8]:
    """The least cost of each pair of letters that follow each other in a term (a row), in every line."""
    pairs = list(pairwise(_spelt(term)))
    costs = np.full((len(pairs), len(segment)), BIGRAM_CAP, np.uint8)
    for row, (first, second) in zip(costs, pairs, strict=True):
        lines, cost = _bigram(segment, first, second)
        row[lines.astype(np.intp)] = cost
    return costs


def of_places(term: Term, segment: Segment, lines: NDArray[np.intp], levels: int) -> NDArray[np.intp]:
    """The bound by places for some of the lines, in units; as many as ``levels`` where the term costs no less."""
    places = {letter: _bits_of(segment, letter, lines) for letter in {*term.text, SPACE}}
    parts = [slice(first, first + _TOGETHER) for first in range(0, len(lines), _TOGETHER)]
    return np.concatenate(
        [
            _units(term, {each: at[:, part] for each, at in places.items()}, segment.last[lines[part]], levels)
            for part in parts
        ]
        or [np.zeros(0, np.intp)]
    )


def _units(term: Term, places: Mapping[str, NDArray[np.uint64]], last: Array, levels: int) -> NDArray[np.intp]:
    """The same for lines of which is known where each letter may stand, and which stretch is the last."""
    space = places[SPACE]
    at: NDArray[np.uint64] = np.zeros((levels, len(last)), np.uint64)
    if term.begins_anywhere:
        at[:] = _EVERYWHERE
    else:
        at[0] = space[0] | _ONE
        at[1:] = at[0] | space[1]
        at[_MISSING:] = _EVERYWHERE
    for letter in term.text:
        likely, anywhere = places[letter]
        after = _onward(at)
        at = after & likely
        at[1:] |= after[:-1] & anywhere
        at[_MISSING:] |= after[:-_MISSING]
        at |= at << _ONE & likely  # a letter may go on in the next stretches
        at |= at << _TWO & likely & likely << _ONE
    if term.ends_anywhere:
        return _left(at, levels)
    after = _onward(at)
    ended = (after & (space[0] | np.left_shift(_ONE, last.astype(np.uint64)))) != 0
    ended[1:] |= (after[:-1] & space[1]) != 0
    ended[_MISSING:] |= at[:-_MISSING] != 0
    return _left(ended, levels)


def _left(reached: Array, levels: int) -> NDArray[np.intp]:
    """How many units it takes, by which of the levels are reached."""
    units: NDArray[np.intp] = levels - np.count_nonzero(reached, axis=0)
    return units


def _onward(at: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The stretches in which the next letter may stand; what is passed over costs a unit each."""
    after: NDArray[np.uint64] = at | at << _ONE
    for level in range(1, len(after)):
        after[level] |= after[level - 1] << _ONE
    return after


def _bits_of(segment: Segment, letter: str, lines: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Where a letter is likely, and where it may stand at all, in each of the lines."""
    if letter == SPACE:
        return np.ascontiguousarray(segment.space_bits[lines].T)
    every = np.zeros(len(segment), np.complex128)  # both numbers as one: they are moved together
    key = segment.symbols.find(letter)
    if key >= 0:
        part = slice(int(segment.place_key[key]), int(segment.place_key[key + 1]))
        every[segment.place_line[part].astype(np.intp)] = segment.place_bits[part].view(np.complex128)[:, 0]
    return np.ascontiguousarray(every[lines].view(np.uint64).reshape(-1, 2).T)


def _spelt(term: Term) -> str:
    """The term with the boundaries that it has."""
    return ("" if term.begins_anywhere else SPACE) + term.text + ("" if term.ends_anywhere else SPACE)


def _bigram(segment: Segment, first: str, second: str) -> tuple[Array, Array]:
    """The lines that may have two letters in a row, and the least cost."""
    one, two = segment.symbols.find(first), segment.symbols.find(second)
    code = one * len(segment.symbols) + two
    at = int(np.searchsorted(segment.bigram, code))
    if one < 0 or two < 0 or at == len(segment.bigram) or segment.bigram[at] != code:
        return segment.bigram_line[:0], segment.bigram_cost[:0]
    part = slice(int(segment.bigram_key[at]), int(segment.bigram_key[at + 1]))
    return segment.bigram_line[part], segment.bigram_cost[part]
