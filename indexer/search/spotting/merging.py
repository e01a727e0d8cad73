"""Puts the lines of several segments together, letter by letter: so it takes little memory beside what it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.search.spotting.bounds import bits
from indexer.search.spotting.frequent_pairs import begun_with, codes_from, laid_out
from indexer.search.spotting.segment import ABOUT, MOST_LINES, Segment, stretched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

_ALIVE = 0.75
"""Share of lines that count from which a large segment is not laid out again."""


def joined(segments: Sequence[tuple[Segment, NDArray[np.bool_]]]) -> tuple[list[Segment], list[int | list[int]]]:
    """The lines of several segments in as few as possible, and which segments each is or is made of.

    A large segment that mostly counts is taken as it is: laying it out again would take long.
    """
    made: list[Segment] = []
    sources: list[int | list[int]] = []
    small: list[tuple[int, int]] = []
    for at, (segment, alive) in enumerate(segments):
        lines = int(alive.sum())
        if lines > MOST_LINES // 2 and lines > _ALIVE * len(segment):
            made.append(segment)
            sources.append(at)
        elif lines:
            small.append((lines, at))
    group: list[int] = []
    held = 0
    for lines, at in [*small, (MOST_LINES + 1, -1)]:
        if held + lines > MOST_LINES and group:
            made.append(merged([segments[each] for each in group]))
            sources.append(group)
            group, held = [], 0
        group.append(at)
        held += lines
    return made, sources


def dead_in(
    own: Sequence[int] | int, before: Sequence[tuple[int, ...]], after: Sequence[tuple[int, ...]]
) -> tuple[int, ...]:
    """The pages that do not count in a merged segment.

    A segment that was taken as it is (``own`` is its number) keeps all that died in it. In one made of several, only
    what died meanwhile is still there.
    """
    if isinstance(own, int):
        return after[own]
    return tuple(sorted({page for at in own for page in set(after[at]) - set(before[at])}))


@dataclass(frozen=True, slots=True)
class _Source:
    """A segment, and the number that each of its lines gets; -1 where it does not count."""

    segment: Segment
    rows: NDArray[np.int32]


def merged(segments: Sequence[tuple[Segment, NDArray[np.bool_]]]) -> Segment:
    """One segment of the lines of several: of those that still count, in order of their length."""
    symbols = "".join(sorted({symbol for segment, _ in segments for symbol in segment.symbols}))
    about = [np.concatenate([getattr(segment, name)[alive] for segment, alive in segments]) for name in ABOUT]
    lengths = about[ABOUT.index("lengths")]
    by_length = np.argsort(lengths, kind="stable")
    sources = _sources(segments, by_length)
    lengths = lengths[by_length].astype(np.intp)
    line_start = np.cumsum(lengths) - lengths
    blank, space = (_line_by_line(sources, name, line_start, int(lengths.sum())) for name in ("blank", "space"))
    apart, space_bits, last = stretched(blank, space, line_start, lengths)
    places, pairs = _places(sources, symbols, line_start, apart), _pairs(sources, symbols, len(lengths))
    about = [*(each[by_length] for each in about), line_start.astype(np.uint32)]
    return Segment(symbols, *(*about, *places, *pairs, blank, space, space_bits, last))


def _sources(segments: Sequence[tuple[Segment, NDArray[np.bool_]]], by_length: NDArray[np.intp]) -> list[_Source]:
    """The segments with the new numbers of their lines, given which of all lines comes first, second and so on."""
    new = np.empty(len(by_length), np.int32)
    new[by_length] = np.arange(len(by_length), dtype=np.int32)
    made, before = [], 0
    for segment, alive in segments:
        rows = np.full(len(segment), -1, np.int32)
        rows[alive] = new[before : before + int(alive.sum())]
        before += int(alive.sum())
        made.append(_Source(segment, rows))
    return made


def _line_by_line(sources: Sequence[_Source], name: str, line_start: Array, size: int) -> Array:
    """The costs of the blank or the space in all frames, one line after the other."""
    made = np.zeros(size, np.uint8)
    for source in sources:
        costs, there = getattr(source.segment, name), np.flatnonzero(source.rows >= 0)
        lengths, starts = source.segment.lengths[there].astype(np.intp), source.segment.line_start[there]
        made[_entries(line_start[source.rows[there]], lengths)] = costs[_entries(starts, lengths)]
    return made


def _entries(starts: Array, counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """The numbers from each of the starts on, as many as there are counted."""
    shift: NDArray[np.intp] = np.repeat(starts.astype(np.intp) - (np.cumsum(counts) - counts), counts)
    return np.arange(len(shift), dtype=np.intp) + shift


def _places(sources: Sequence[_Source], symbols: str, line_start: Array, apart: Array) -> tuple[Array, ...]:
    """The arrays of a segment from ``place_key`` to ``place_bits``."""
    lines, counts, frames, costs, stands = zip(
        *(_letter(sources, symbol, line_start, apart) for symbol in symbols), strict=True
    )
    return (
        np.cumsum([0, *map(len, lines)]).astype(np.uint32),
        np.concatenate(lines),
        _starts(counts),
        *map(np.concatenate, (frames, costs, stands)),
    )


def _starts(counts: Sequence[NDArray[np.intp]]) -> NDArray[np.uint32]:
    """Where each entry begins, and behind the last where it ends."""
    return np.append(0, np.cumsum(np.concatenate(counts))).astype(np.uint32)


def _letter(sources: Sequence[_Source], symbol: str, line_start: Array, apart: Array) -> tuple[Array, ...]:
    """Of a letter: its lines, in how many frames of each it may stand, these, what it costs there, and its stretches.

    ``apart`` has the stretch of each frame.
    """
    parts = [_of_letter(source, symbol) for source in sources if symbol in source.segment.symbols]
    lines, counts, frames, costs = map(np.concatenate, zip(*parts, strict=True))
    order = np.argsort(lines)
    at = _entries((np.cumsum(counts) - counts)[order], counts[order])
    lines, counts, frames, costs = lines[order], counts[order], frames[at], costs[at]
    stretch = apart[np.repeat(line_start[lines], counts) + frames]
    return lines.astype(np.uint16), counts, frames, costs, bits(stretch, costs, np.cumsum(counts) - counts)


def _of_letter(source: _Source, symbol: str) -> tuple[Array, ...]:
    """The same without the stretches, of the lines of one segment that count."""
    segment, key = source.segment, source.segment.symbols.index(symbol)
    first, end = int(segment.place_key[key]), int(segment.place_key[key + 1])
    lines = source.rows[segment.place_line[first:end]]
    kept = np.flatnonzero(lines >= 0)
    starts = segment.place_start[first : end + 1].astype(np.intp)
    counts = (starts[1:] - starts[:-1])[kept]
    at = _entries(starts[kept], counts)
    return lines[kept], counts, segment.frame[at], segment.cost[at]


def _pairs(sources: Sequence[_Source], symbols: str, among: int) -> tuple[Array, ...]:
    """The arrays of a segment from ``bigram`` to ``frequent_cost``."""
    codes, counts, lines, costs = zip(
        *(_begun_with(sources, symbols, number) for number in range(len(symbols))), strict=True
    )
    return laid_out(np.concatenate(codes), _starts(counts), np.concatenate(lines), np.concatenate(costs), among)


def _begun_with(sources: Sequence[_Source], symbols: str, first: int) -> tuple[Array, ...]:
    """Of the pairs that begin with a letter: their codes, in how many lines each is, these, and what it costs there."""
    symbol = symbols[first]
    parts = [_of_pairs(source, symbols, symbol) for source in sources if symbol in source.segment.symbols]
    second, lines, costs = map(np.concatenate, zip(*parts, strict=True))
    order = np.lexsort((lines, second))
    second = second[order]
    starts = np.flatnonzero(np.diff(second, prepend=-1))
    codes = (first * len(symbols) + second[starts]).astype(np.uint32)
    return codes, np.diff(starts, append=len(second)), lines[order].astype(np.uint16), costs[order]


def _of_pairs(source: _Source, symbols: str, first: str) -> tuple[Array, ...]:
    """The second letters of pairs, the lines and the costs, of the lines of one segment that count."""
    segment, number = source.segment, source.segment.symbols.index(first)
    begin, end = codes_from(segment.bigram, number, len(segment.symbols))
    starts = segment.bigram_key[begin : end + 1].astype(np.intp)
    entries = slice(int(starts[0]), int(starts[-1]))
    second = np.repeat(segment.bigram[begin:end].astype(np.int64), starts[1:] - starts[:-1])
    rare = second - number * len(segment.symbols), segment.bigram_line[entries], segment.bigram_cost[entries]
    second, lines, costs = map(np.concatenate, zip(rare, begun_with(segment, number), strict=True))
    lines = source.rows[lines.astype(np.intp)]
    kept = lines >= 0
    numbers = np.array([symbols.index(symbol) for symbol in segment.symbols], np.int64)
    return numbers[second[kept]], lines[kept], costs[kept]
