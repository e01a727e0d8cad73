"""The least that a term can cost in each line of a segment, without aligning it.

There are two bounds. The first uses pairs of letters: the costs of pairs that do not overlap add up to no more than the
term costs, wherever the pairs stand.

The second uses places. Each line is divided into stretches, at frames that cannot be a blank. A letter stands in the
stretch of the letter before or in the next one. A stretch that is passed over costs as much as an unlikely letter; more
than four in a row are not considered. All stretches of a line are followed at once, as the bits of a number, for each
possible cost (Wu and Manber, Fast Text Searching Allowing Errors, 1992).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.letters_wrong import WRONG
from indexer.posteriors.posteriorgram import ABSENT, SPACE, STEPS
from indexer.text.unread import ONE, SOME, is_open

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.search.spotting.segment import Segment

    Array = NDArray[Any]

BIGRAM_CAP = 5 * STEPS
"""Sixteenths of a nat from which a pair of letters is not kept. With 5 nats about 190 pairs a line are kept."""
UNIT = 2 * STEPS
"""Sixteenths of a nat that one unit of cost by places stands for: what a stretch costs that is passed over, and the
least that a letter costs where it is unlikely."""
_MISSING = int(ABSENT * STEPS) // UNIT
"""Units that a letter costs that stands nowhere in the line."""
_BITS = 64
_FRAMES = 256
"""Frames of a table that are handled at once: a table may be very long."""
_TOGETHER = 4_096
"""Lines handled at once: the numbers of more lines do not fit into the cache."""
_EVERYWHERE = np.uint64(2**_BITS - 1)
_ONE, _TWO = np.uint64(1), np.uint64(2)


def stretches(blank: Array, lengths: Array) -> Array:
    """The stretch that each frame lies in (frames x lines).

    A stretch begins with a frame that the blank cannot stand in, and ends where the next begins.
    """
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
    """The stretches of each letter in a line as two numbers: where it is likely, and where it may stand at all.

    ``starts`` says where the entries of each begin.
    """
    here = np.left_shift(_ONE, stretch.astype(np.uint64))
    if not len(starts):
        return np.zeros((0, 2), np.uint64)
    anywhere = np.bitwise_or.reduceat(here, starts)
    here[cost >= UNIT] = 0
    return np.stack([np.bitwise_or.reduceat(here, starts), anywhere], axis=1)


def table_bits(stretch: Array, cost: Array) -> Array:
    """The same for a sign that has a table of costs (frames x lines): a row a line."""
    found: NDArray[np.uint64] = np.zeros((stretch.shape[1], 2), np.uint64)
    for first in range(0, len(stretch), _FRAMES):
        part = slice(first, first + _FRAMES)
        here = np.left_shift(_ONE, stretch[part].astype(np.uint64))
        for column, most in enumerate((UNIT, int(ABSENT * STEPS))):
            found[:, column] |= np.bitwise_or.reduce(here, axis=0, where=cost[part] < most, initial=0)
    return found


def of_pairs(costs: NDArray[np.uint8], wrong: int = 0) -> NDArray[np.uint16]:
    """The bound by the costs of pairs of letters (``pair_costs``), in sixteenths of a nat.

    A ``wrong`` letter is in two pairs side by side: these cost nothing then, but a wrong letter does.
    """
    found = matched(costs)  # for each number of pairs, with so many wrong letters
    for _ in range(wrong):
        found = _one_more_wrong(costs, found)
    return found[-1]


def _one_more_wrong(costs: NDArray[np.uint8], right: list[NDArray[np.uint16]]) -> list[NDArray[np.uint16]]:
    """The least of what so many pairs cost with as many wrong letters as in ``right``, or with one more."""
    found = right[:1]
    for at in range(1, len(right)):
        least = np.minimum(right[at], right[max(0, at - 2)] + np.uint16(WRONG))
        if at > 1:
            np.minimum(least, np.maximum(found[at - 1], found[at - 2] + costs[at - 1]), out=least)
        found.append(least)
    return found


def matched(costs: NDArray[np.uint8]) -> list[NDArray[np.uint16]]:
    """For each number of pairs, the most that so many pairs cost that do not overlap."""
    found = [np.zeros(costs.shape[1], np.uint16)] * 2
    for cost in costs:
        found.append(np.maximum(found[-1], found[-2] + cost))
    return found[1:]


def pair_costs(term: Term, segment: Segment) -> NDArray[np.uint8]:
    """The least cost of each pair of neighbouring letters of a term, in every line (pairs x lines)."""
    pairs = list(pairwise(spelt(term)))
    costs = np.full((len(pairs), len(segment)), BIGRAM_CAP, np.uint8)
    for row, (first, second) in zip(costs, pairs, strict=True):
        _write_pair(row, segment, first, second)
    return costs


def one_pair(segment: Segment, first: str, second: str) -> NDArray[np.uint8]:
    """The least cost of a pair of neighbouring letters in every line."""
    row = np.full(len(segment), BIGRAM_CAP, np.uint8)
    _write_pair(row, segment, first, second)
    return row


def _write_pair(row: NDArray[np.uint8], segment: Segment, first: str, second: str) -> None:
    if is_open(first + second):
        row[:] = 0
        return
    one, two = segment.symbols.find(first), segment.symbols.find(second)
    if one < 0 or two < 0:
        return
    code = one * len(segment.symbols) + two
    at = _place(segment.frequent, code)
    if at is not None:
        row[:] = segment.frequent_cost[at]
        return
    at = _place(segment.bigram, code)
    if at is not None:
        part = slice(int(segment.bigram_key[at]), int(segment.bigram_key[at + 1]))
        row[segment.bigram_line[part].astype(np.intp)] = segment.bigram_cost[part]


def _place(codes: Array, code: int) -> int | None:
    """Where a code is among codes that rise."""
    at = int(np.searchsorted(codes, code))
    return at if at < len(codes) and codes[at] == code else None


def of_places(term: Term, segment: Segment, lines: NDArray[np.intp], levels: int) -> NDArray[np.intp]:
    """The bound by places for some of the lines, in units; ``levels`` where the term costs at least as much."""
    return by_bits(term, bits_of(segment, term.signs | {SPACE}, lines), segment.last[lines], levels)


def bits_of(segment: Segment, letters: Iterable[str], lines: NDArray[np.intp]) -> dict[str, NDArray[np.uint64]]:
    """The stretches of letters in lines: where each is likely, and where it may stand at all (2 x lines)."""
    return {letter: _bits_of(segment, letter, lines) for letter in letters}


def by_bits(
    term: Term, places: Mapping[str, NDArray[np.uint64]], last: Array, levels: int, some: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """The bound by places, given the stretches of the letters of a term and the last one of the lines; of ``some`` of
    these lines only."""
    some = np.arange(len(last)) if some is None else some
    signs = term.signs | {SPACE}
    parts = [some[first : first + _TOGETHER] for first in range(0, len(some), _TOGETHER)]
    return np.concatenate(
        [_units(term, {each: places[each][:, part] for each in signs}, last[part], levels) for part in parts]
        or [np.zeros(0, np.intp)]
    )


def _units(term: Term, places: Mapping[str, NDArray[np.uint64]], last: Array, levels: int) -> NDArray[np.intp]:
    """The same, given where each letter may stand in the lines and which stretch is the last."""
    space = places[SPACE]
    at: NDArray[np.uint64] = np.zeros((levels, len(last)), np.uint64)
    if term.begins_anywhere:
        at[:] = _EVERYWHERE
    else:
        at[0] = space[0] | _ONE
        at[1:] = at[0] | space[1]
        at[_MISSING:] = _EVERYWHERE
    by_wrong = [at]  # the stretches until where so many letters are wrong
    for _ in range(term.wrong):
        by_wrong.append(by_wrong[-1] | _any_letter(by_wrong[-1]))
    for letter in term.text:
        if letter == SOME:
            by_wrong[0][by_wrong[0] > 0] = _EVERYWHERE
            continue
        before, by_wrong = by_wrong, [_with_letter(each, *places[letter]) for each in by_wrong]
        for more in range(1, len(by_wrong)):  # the letter is another one or left out, or one is added behind it
            by_wrong[more] |= _any_letter(before[more - 1]) | before[more - 1] | _any_letter(by_wrong[more - 1])
    at = _with_cost_of_wrong(by_wrong)
    if term.ends_anywhere:
        return _left(at, levels)
    after = _onward(at)
    ended = (after & (space[0] | np.left_shift(_ONE, last.astype(np.uint64)))) != 0
    ended[1:] |= (after[:-1] & space[1]) != 0
    ended[_MISSING:] |= at[:-_MISSING] != 0
    return _left(ended, levels)


def _with_letter(at: NDArray[np.uint64], likely: Array, anywhere: Array) -> NDArray[np.uint64]:
    """The stretches behind one more letter."""
    after = _onward(at)
    here: NDArray[np.uint64] = after & likely
    here[1:] |= after[:-1] & anywhere
    here[_MISSING:] |= after[:-_MISSING]
    here |= here << _ONE & likely  # a letter may go on in the next stretches
    here |= here << _TWO & likely & likely << _ONE
    return here


def _with_cost_of_wrong(by_wrong: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """The stretches that are reached with any number of wrong letters, each of which costs something."""
    found = by_wrong[0]
    for wrong, here in enumerate(by_wrong[1:], 1):
        units = wrong * WRONG // UNIT
        found[units:] |= here[: len(here) - units]
    return found


def _any_letter(at: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The stretches behind a letter, whatever it is."""
    here = _onward(at)
    here |= here << _ONE
    here |= here << _TWO
    return here


def _left(reached: Array, levels: int) -> NDArray[np.intp]:
    """How many units it takes, by which of the levels are reached."""
    units: NDArray[np.intp] = levels - np.count_nonzero(reached, axis=0)
    return units


def _onward(at: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The stretches in which the next letter may stand. Each that is passed over costs a unit."""
    after: NDArray[np.uint64] = at | at << _ONE
    for level in range(1, len(after)):
        after[level] |= after[level - 1] << _ONE
    return after


def _bits_of(segment: Segment, letter: str, lines: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Where a letter is likely, and where it may stand at all, in each of the lines."""
    if letter == SPACE:
        return np.ascontiguousarray(segment.space_bits[lines].T)
    if letter == ONE:
        return np.full((2, len(lines)), _EVERYWHERE)
    every = np.zeros(len(lines), np.complex128)  # both numbers as one: they are moved together
    key = segment.symbols.find(letter)
    if key >= 0:
        which, at = segment.places(key, lines)
        every[which] = segment.place_bits.view(np.complex128)[at, 0]
    return np.ascontiguousarray(every.view(np.uint64).reshape(-1, 2).T)


def spelt(term: Term) -> str:
    """The term with a space where it begins or ends a word."""
    return ("" if term.begins_anywhere else SPACE) + term.text + ("" if term.ends_anywhere else SPACE)
