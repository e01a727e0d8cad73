"""A segment of the probabilistic index: the posteriorgrams of up to 65,535 lines, laid out to be searched and mapped.

The lines are in order of their length. Every term needs the costs of blank and space: for these each line has an entry
a frame, one line after the other, so that few lines are copied quickly. Letters have two lists of postings. ``places``
says for a letter in which lines and frames it may stand and what that costs. ``bigrams`` says for two letters in a row
in which lines they may stand, and what that costs at least. The bigrams of a word bound its cost, so they tell which
lines are worth aligning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.posteriorgram import ABSENT, BLANK, SPACE, STEPS, Posteriorgram
from indexer.search.spotting.bounds import BIGRAM_CAP, bits, stretches, table_bits
from indexer.search.spotting.frequent_pairs import laid_out
from indexer.search.spotting.segment_checks import BLANK_SIGN, is_sound
from indexer.system import arrays
from indexer.text.folding import is_unspaced

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[Any]

FILE = re.compile(r"[0-9a-f]{1,32}\.ink")
"""How a file of segments is called."""
MOST_LINES = 65_535
"""Lines of a segment: their numbers take 16 bits."""
_CHUNK = 2_048
"""Lines that are laid out at once: few enough to be of nearly the same length."""
_ABSENT = int(ABSENT * STEPS)
_KIND = "notes-ink-12"
_MANY = 8
"""A table of the lines that have a letter is made where it costs less than to look each up: for one of so many."""
_SMALL = 1 << 22
"""Bytes up to which all of a file is checked when it is opened. For a larger one that would take long."""


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """A line of a page, by its ids, its confidence, whether it is accepted, and its frames if there are any.

    ``own`` says whether its text is a reading of these frames. ``next`` is the id of the line that follows in its
    block, 0 when none does, and ``cut`` says whether its last word goes on there.
    """

    id: int
    page: int
    confidence: float | None
    accepted: bool
    posteriorgram: Posteriorgram | None
    own: bool = True
    next: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """The arrays from ``lines`` to ``path_probability`` have a row a line (see ``SegmentLine`` and ``Posteriorgram``);
    a confidence is NaN when it is unknown, a length 0 without frames.

    ``symbols`` are the letters, by number. Letter k is in the lines ``place_line[i]`` for i from ``place_key[k]`` to
    ``place_key[k + 1]``, there at ``frame[j]`` at ``cost[j]``, j from ``place_start[i]`` to ``place_start[i + 1]``. The
    pair of letters a, b has the code a x letters + b; pair ``bigram[k]`` is in the lines ``bigram_line[i]`` at
    ``bigram_cost[i]``, i from ``bigram_key[k]`` to ``bigram_key[k + 1]``. The pair of code ``frequent[k]`` costs
    ``frequent_cost[k, i]`` in line i, ``BIGRAM_CAP`` where it is not kept. What blank and space cost in the frames of a
    line stands in ``blank`` and ``space`` from its ``line_start`` on.
    ``place_bits[i]`` and, of the space, ``space_bits`` say in which stretches that is (see ``bounds``), ``last`` is the
    last one of a line.
    """

    symbols: str
    lines: Array
    pages: Array
    confidence: Array
    accepted: Array
    own: Array
    next: Array
    cut: Array
    lengths: Array
    widths: Array
    path_probability: Array
    line_start: Array
    place_key: Array
    place_line: Array
    place_start: Array
    frame: Array
    cost: Array
    place_bits: Array
    bigram: Array
    bigram_key: Array
    bigram_line: Array
    bigram_cost: Array
    frequent: Array
    frequent_cost: Array
    blank: Array
    space: Array
    space_bits: Array
    last: Array

    def common(self, lines: NDArray[np.intp]) -> tuple[Array, Array]:
        """What blank and space cost in lines, which are in rising order (frames x lines)."""
        lengths, starts = self.lengths[lines].astype(np.intp), self.line_start[lines]
        return _table(self.blank, starts, lengths), _table(self.space, starts, lengths)

    def places(self, key: int, lines: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Which of the lines, which are in rising order, may have letter ``key``, and where they are in
        ``place_line``."""
        first, last = int(self.place_key[key]), int(self.place_key[key + 1])
        known = self.place_line[first:last]
        if len(lines) * _MANY > len(known):
            table: NDArray[np.intp] = np.full(len(self), -1, np.intp)
            table[known] = np.arange(first, last)
            all_at: NDArray[np.intp] = table[lines]
            there: NDArray[np.intp] = (all_at >= 0).nonzero()[0]
            return there, all_at[there]
        at = known.searchsorted(lines.astype(known.dtype))
        which = (np.take(known, at, mode="clip") == lines).nonzero()[0] if last > first else at[:0]
        return which, at[which] + first

    def __len__(self) -> int:
        return len(self.lines)


ABOUT = ("lines", "pages", "confidence", "accepted", "own", "next", "cut", "lengths", "widths", "path_probability")
_ARRAYS = tuple(field.name for field in fields(Segment) if field.name != "symbols")


@dataclass(frozen=True, slots=True)
class _Flat:
    """The postings of a segment as plain rows, each with its line: letters at frames, and pairs of letters."""

    symbol: Array
    line: Array
    frame: Array
    cost: Array
    first: Array
    second: Array
    pair_line: Array
    pair_cost: Array


def packed(lines: Sequence[SegmentLine]) -> Segment:
    """A segment of these lines."""
    inked = [(at, line.posteriorgram) for at, line in enumerate(lines) if line.posteriorgram is not None]
    signs = {symbol or BLANK_SIGN for _, frames in inked for symbol in frames.symbols}
    symbols = "".join(sorted(signs | {BLANK_SIGN, SPACE}))
    rows = []
    for at, one in inked:
        numbers = np.array([*(symbols.index(symbol or BLANK_SIGN) for symbol in one.symbols), symbols.index(SPACE)])
        first, second, cost = _pairs(one)
        rows.append(
            (
                *(numbers[one.symbol], np.full(len(one.cost), at), one.frame, one.cost),
                *(numbers[first], numbers[second], np.full(len(cost), at), cost),
            )
        )
    columns = map(np.concatenate, zip(*rows, strict=True)) if rows else [np.zeros(0, np.int64)] * 8
    return _arranged(symbols, _about(lines), _Flat(*columns))


def _about(lines: Sequence[SegmentLine]) -> tuple[Array, ...]:
    """The arrays with a row a line."""
    unknown = float("nan")
    return (
        np.array([line.id for line in lines], np.int64),
        np.array([line.page for line in lines], np.int64),
        np.array([unknown if line.confidence is None else line.confidence for line in lines], np.float32),
        np.array([line.accepted for line in lines], np.bool_),
        np.array([line.own for line in lines], np.bool_),
        np.array([line.next for line in lines], np.int64),
        np.array([line.cut for line in lines], np.bool_),
        np.array([line.posteriorgram.length if line.posteriorgram else 0 for line in lines], np.uint16),
        np.array([line.posteriorgram.width if line.posteriorgram else 0.0 for line in lines], np.float32),
        np.array(
            [each.posteriorgram.path_probability if each.posteriorgram else (0, 0) for each in lines], "f4"
        ).reshape(-1, 2),
    )


def _parts(symbol: str) -> bool:
    """Whether words end at this sign: at a space, and at every letter of a script without blanks."""
    return symbol == SPACE or is_unspaced(symbol)


def _pairs(posteriorgram: Posteriorgram) -> tuple[Array, Array, Array]:
    """First letter, second letter (both as numbers in the line; one more than the last is a boundary), least cost.

    A letter may be followed by another after any number of blanks; before the line and behind it is a boundary.
    """
    letters = [at for at, symbol in enumerate(posteriorgram.symbols) if symbol not in (BLANK, SPACE)]
    dense = np.full((posteriorgram.length, len(posteriorgram.symbols)), _ABSENT, np.int32)
    dense[posteriorgram.frame, posteriorgram.symbol] = posteriorgram.cost
    none = np.full(posteriorgram.length, _ABSENT, np.int32)
    blank = dense[:, posteriorgram.symbols.index(BLANK)] if BLANK in posteriorgram.symbols else none
    parting = [at for at, symbol in enumerate(posteriorgram.symbols) if _parts(symbol)]
    space = dense[:, parting].min(axis=1, initial=_ABSENT)
    shown = np.concatenate([dense[:, letters], space[:, None]], axis=1)
    best = np.full((len(letters) + 1, len(letters) + 1), 255, np.int32)
    stands = np.full(len(letters) + 1, 255, np.int32)
    stands[-1] = 0
    for frame in range(posteriorgram.length):
        np.minimum(best, stands[:, None] + shown[frame], out=best)
        stands = np.minimum(stands + blank[frame], shown[frame])
    np.minimum(best[:, -1], stands, out=best[:, -1])
    first, second = np.nonzero(best < BIGRAM_CAP)
    known = np.array([*letters, len(posteriorgram.symbols)])
    return known[first], known[second], best[first, second].astype(np.uint8)


def _arranged(symbols: str, about: tuple[Array, ...], flat: _Flat) -> Segment:
    """The segment: lines in order of their length, postings sorted by letter and line; ``about`` has a row a line."""
    lengths = about[ABOUT.index("lengths")]
    by_length = np.argsort(lengths, kind="stable")
    row = np.empty(len(by_length), np.int64)
    row[by_length] = np.arange(len(by_length))
    lines, pair_lines = row[flat.line.astype(np.intp)], row[flat.pair_line.astype(np.intp)]
    parting = [at for at, symbol in enumerate(symbols) if _parts(symbol)]
    common = [np.flatnonzero(np.isin(flat.symbol, each)) for each in ([symbols.index(BLANK_SIGN)], parting)]
    if len(parting) > 1:  # the cost that is written last stays: the least
        common[1] = common[1][np.argsort(-flat.cost[common[1]].astype(np.int16), kind="stable")]
    lengths = lengths[by_length].astype(np.intp)
    line_start = np.cumsum(lengths) - lengths
    blank, space = (
        _line_by_line(lengths, line_start[lines[each]] + flat.frame[each], flat.cost[each]) for each in common
    )
    apart, space_bits, last = stretched(blank, space, line_start, lengths)
    letters = np.flatnonzero((flat.symbol != symbols.index(BLANK_SIGN)) & (flat.symbol != symbols.index(SPACE)))
    order = letters[np.lexsort((flat.frame[letters], lines[letters], flat.symbol[letters]))]
    symbol, line = flat.symbol[order].astype(np.int64), lines[order]
    starts = np.flatnonzero(np.diff(symbol * (MOST_LINES + 1) + line, prepend=-1))
    stretch = apart[line_start[line] + flat.frame[order]]
    codes = flat.first.astype(np.int64) * len(symbols) + flat.second
    pair_order = np.lexsort((pair_lines, codes))
    codes = codes[pair_order]
    first_of_code = np.flatnonzero(np.diff(codes, prepend=-1))
    key = np.append(first_of_code, len(codes))
    postings: tuple[Array, ...] = (
        np.searchsorted(symbol[starts], np.arange(len(symbols) + 1)).astype(np.uint32),
        line[starts].astype(np.uint16),
        np.append(starts, len(order)).astype(np.uint32),
        flat.frame[order].astype(np.uint16),
        flat.cost[order].astype(np.uint8),
        bits(stretch, flat.cost[order], starts),
        *laid_out(codes[first_of_code], key, pair_lines[pair_order], flat.pair_cost[pair_order], len(lengths)),
    )
    about = tuple(each[by_length] for each in about)
    return Segment(symbols, *(*about, line_start.astype(np.uint32), *postings, blank, space, space_bits, last))


def stretched(blank: Array, space: Array, line_start: Array, lengths: Array) -> tuple[Array, Array, Array]:
    """The stretch of each frame, one line after the other; those of the space, as bits; and the last of each line."""
    apart, space_bits, last = [np.zeros(0, np.uint8)], [np.zeros((0, 2), np.uint64)], [np.zeros(0, np.uint8)]
    for first in range(0, len(lengths), _CHUNK):
        part = slice(first, first + _CHUNK)
        found = stretches(_table(blank, line_start[part], lengths[part]), lengths[part])
        apart.append(found.T[np.arange(len(found)) < lengths[part][:, None]])
        space_bits.append(table_bits(found, _table(space, line_start[part], lengths[part])))
        last.append(found[-1] if len(found) else np.zeros(found.shape[1], np.uint8))
    return np.concatenate(apart), np.concatenate(space_bits), np.concatenate(last)


def _line_by_line(lengths: Array, entries: Array, cost: Array) -> Array:
    """The costs of a common sign in all frames, one line after the other, given those of some ``entries``."""
    made = np.full(int(lengths.sum()), _ABSENT, np.uint8)
    made[entries] = cost
    return made


def _table(costs: Array, starts: Array, lengths: Array) -> Array:
    """The costs of some lines (frames x lines), out of those of all, one line after the other.

    The last is the longest. So as many frames as it has follow the start of each, and whole stretches are copied.
    """
    frames = int(lengths[-1]) if len(lengths) else 0
    windows: Array = np.ndarray((len(costs) - frames + 1, frames), costs.dtype, costs, strides=(1, 1))
    rows = windows[starts]
    rows[np.arange(frames) >= lengths[:, None]] = _ABSENT
    table: Array = rows.T
    return table


def save(segments: Sequence[Segment], path: Path) -> None:
    """Write segments to a new file, one after the other."""
    arrays.save(path, _KIND, [(each.symbols, {name: getattr(each, name) for name in _ARRAYS}) for each in segments])


def load(path: Path) -> list[Segment]:
    """The segments of a file: mapped, or read when it is small, so that the file does not stay open.

    Raises ``ValueError`` for a file without segments, and ``OSError``.
    """
    try:
        groups = arrays.load(path, _KIND)
        segments = [Segment(symbols, *(kept[name] for name in _ARRAYS)) for symbols, kept in groups]
    except (ValueError, KeyError, OverflowError) as error:
        raise ValueError(f"{path} is no segment of a probabilistic index") from error
    if not all(is_whole(segment, whole=path.stat().st_size < _SMALL) for segment in segments):
        raise ValueError(f"{path} is a damaged segment of a probabilistic index")
    return segments


def is_whole(segment: Segment, *, whole: bool = True) -> bool:
    """Whether it can be searched; see ``is_sound``."""
    return is_sound(segment, MOST_LINES, whole=whole)
