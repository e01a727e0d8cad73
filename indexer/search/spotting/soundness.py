"""What the answer of a shard has to be like, and how many bytes it may have. What is not so counts as no answer.

Shards may be on other machines. One that is broken, or that somebody has taken over, can say anything: it must not end
a search, nor fill the memory. That a line has what it has not can be said by it all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.alignment import FAR
from indexer.posteriors.posteriorgram import STEPS
from indexer.search.spotting.bounds import spelt
from indexer.search.spotting.line_ends import Over, Spot
from indexer.search.spotting.outlook import Promising
from indexer.search.spotting.single_words import Able

if TYPE_CHECKING:
    from functools import partial

    from numpy.typing import NDArray

    from indexer.posteriors.alignment import Term
    from indexer.posteriors.trie import Trie
    from indexer.search.spotting.outlook import Rows

    Array = NDArray[Any]

_HEAD, _PART = 4_096, 512
"""Bytes for what stands around the arrays of an answer, and around those of a part of it."""
_SPOTS, _SPOT = 64, 160
"""Most places of a term in lines that follow each other, and bytes of one."""
_TOGETHER = 4_096
"""Fewest lines that are looked at together."""
_MOST_NATS = float(FAR) / STEPS

Sound = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Expected:
    """Most bytes of an answer, and what says whether it is sound."""

    most: int
    is_sound: Sound


def of_aligned(words: Sequence[tuple[Term, Array]]) -> Expected:
    """Of ``Spotter.aligned``."""

    def is_sound(found: Any) -> bool:
        return _is_list(found, len(words)) and all(
            _is_tuple(each, 2) and _are_some(each[0], lines) and _are_nats(each[1], (len(each[0]), term.wrong + 1))
            for each, (term, lines) in zip(found, words, strict=True)
        )

    sizes = (_PART + (8 + 4 * (term.wrong + 1)) * len(lines) for term, lines in words)
    return Expected(_HEAD + sum(sizes), is_sound)


def of_tree_costs(tree: Trie, lines: Array) -> Expected:
    """Of ``Spotter.tree_costs``."""
    shape = (len(tree.terms), len(lines))
    return Expected(
        _HEAD + 2 * shape[0] * shape[1],
        lambda found: _is_array(found, np.int16, shape) and int(found.min(initial=0)) >= 0,
    )


def of_over_line_ends(lines: Array) -> Expected:
    """Of ``Spotter.over_line_ends``."""

    def is_part(part: Any) -> bool:
        if not (_is_tuple(part, 2) and isinstance(part[1], Over) and _are_some(part[0], lines)):
            return False
        number, over = len(part[0]), part[1]
        known = over.path_probability
        return (
            _are_nats(over.cost, (number,)) and _is_array(known, np.float32, (number, 2)) and not np.isnan(known).any()
        )

    def is_sound(found: Any) -> bool:
        return (
            isinstance(found, list) and all(map(is_part, found)) and sum(len(part[0]) for part in found) <= len(lines)
        )

    return Expected(_HEAD + _PART * (1 + len(lines) // _TOGETHER) + 20 * len(lines), is_sound)


def of_places(lines: Array, among: int) -> Expected:
    """Of ``Spotter.places``, in a shard that has so many lines ``among`` which they are."""

    def is_spot(spot: Any) -> bool:
        return (
            isinstance(spot, Spot)
            and _is_number(spot.number, among)
            and all(isinstance(each, int | float) for each in (spot.start, spot.end))
            and 0 <= spot.start <= 1
            and 0 <= spot.end <= 1
        )

    def is_sound(found: Any) -> bool:
        return _is_list(found, len(lines)) and all(
            isinstance(spots, list) and 0 < len(spots) <= _SPOTS and all(map(is_spot, spots)) for spots in found
        )

    return Expected(_HEAD + _SPOTS * _SPOT * len(lines), is_sound)


def of_rows(done: partial[Any], rows: Sequence[Rows]) -> Expected:
    """Of ``Spotter.of_rows``, of these rows."""
    look = _LOOKS[done.func.__name__](*done.args, **done.keywords)
    lines, parted = sum(len(each.rows) for each in rows), sum(len(each.parted) for each in rows)
    most = _HEAD + _PART * len(rows) + look.a_line * lines + look.pairs * parted

    def is_sound(found: Any) -> bool:
        return _is_list(found, len(rows)) and all(map(look.is_sound, found, rows))

    return Expected(most, is_sound)


@dataclass(frozen=True, slots=True)
class _Look:
    """Of what is looked up in the rows of a segment: how many pairs of letters, how many bytes for each line, and what
    says whether that is sound."""

    pairs: int
    a_line: int
    is_sound: Callable[[Any, Rows], bool]

    @classmethod
    def parted(cls, pairs: int) -> _Look:
        """Of the pairs in parted rows alone."""
        return cls(pairs, 0, lambda found, rows: _is_array(found, np.uint8, (pairs, len(rows.parted))))


def _pairs_parted(term: Term) -> _Look:
    return _Look.parted(len(spelt(term)) - 1)


def _held_parted(pairs: Sequence[object]) -> _Look:
    return _Look.parted(len(pairs))


def _promising(outlook: Any) -> _Look:
    of_pairs = _pairs_parted(outlook.term)

    def is_sound(found: Any, rows: Rows) -> bool:
        return (
            isinstance(found, Promising)
            and _are_odds(found.odds, len(rows.rows))
            and _are_places(found.near, len(rows.rows))
            and bool((np.diff(found.near) > 0).all())
            and of_pairs.is_sound(found.pairs, rows)
        )

    return _Look(of_pairs.pairs, 12, is_sound)


def _written(wanted: Any) -> _Look:
    words, of_pairs = len(wanted.tree.words), _Look.parted(len(wanted.pairs))

    def is_sound(found: Any, rows: Rows) -> bool:
        lines = len(rows.rows)
        if not (_is_tuple(found, 3) and _is_array(found[0], np.uint8, (words, lines))):
            return False
        return of_pairs.is_sound(found[1], rows) and _is_array(found[2], np.uint8, (lines,))

    return _Look(of_pairs.pairs, words + 1, is_sound)


def _able_lines(wanted: Any, _share: float) -> _Look:
    words, of_pairs = len(wanted.tree.words), _Look.parted(len(wanted.pairs))

    def is_able(able: Any, lines: int) -> bool:
        if not (isinstance(able, Able) and _are_places(able.words, words) and _are_places(able.lines, lines)):
            return False
        return len(able.words) == len(able.lines) and _are_odds(able.odds, len(able.words))

    def is_sound(found: Any, rows: Rows) -> bool:
        return _is_tuple(found, 2) and of_pairs.is_sound(found[0], rows) and is_able(found[1], len(rows.rows))

    return _Look(of_pairs.pairs, 20 * words, is_sound)


_LOOKS: dict[str, Callable[..., _Look]] = {
    "pairs_parted": _pairs_parted,
    "held_parted": _held_parted,
    "promising": _promising,
    "written": _written,
    "able_lines": _able_lines,
}


def _is_list(found: Any, length: int) -> bool:
    return isinstance(found, list) and len(found) == length


def _is_tuple(found: Any, length: int) -> bool:
    return isinstance(found, tuple) and len(found) == length


def _is_number(found: Any, below: int) -> bool:
    return isinstance(found, int) and 0 <= found < below


def _is_array(found: Any, kind: type, shape: tuple[int, ...]) -> bool:
    return isinstance(found, np.ndarray) and found.dtype == kind and found.shape == shape


def _are_nats(found: Any, shape: tuple[int, ...]) -> bool:
    """Whether these are costs of terms in lines."""
    return _is_array(found, np.float32, shape) and bool(((found >= 0) & (found <= _MOST_NATS)).all())


def _are_odds(found: Any, length: int) -> bool:
    return _is_array(found, np.float32, (length,)) and bool((found < np.inf).all())


def _are_places(found: Any, below: int) -> bool:
    """Whether these are numbers of things of which there are so many."""
    if not (isinstance(found, np.ndarray) and found.dtype == np.int64 and found.ndim == 1):
        return False
    return bool(((found >= 0) & (found < below)).all())


def _are_some(found: Any, lines: Array) -> bool:
    """Whether these are some of the lines, each once and in rising order."""
    if not (isinstance(found, np.ndarray) and found.dtype == np.int64 and found.ndim == 1 and len(found) <= len(lines)):
        return False
    return bool((np.diff(found) > 0).all() and np.isin(found, lines).all())
