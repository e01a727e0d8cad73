"""Whether the arrays of a segment agree with each other, wherever the file comes from. What does not is made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.posteriorgram import SPACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.search.spotting.segment import Segment

_KINDS = {
    "lines": "i8", "pages": "i8", "confidence": "f4", "accepted": "?", "own": "?", "next": "i8", "cut": "?",
    "lengths": "u2", "widths": "f4", "path_probability": "f4", "line_start": "u4", "place_key": "u4",
    "place_line": "u2", "place_start": "u4", "frame": "u2", "cost": "u1", "bigram": "u4", "bigram_key": "u4",
    "bigram_line": "u2", "bigram_cost": "u1", "frequent": "u4", "frequent_cost": "u1", "blank": "u1", "space": "u1",
    "place_bits": "u8", "space_bits": "u8", "last": "u1",
}  # fmt: skip
BLANK_SIGN = "\0"
_A_LINE = ("lines", "pages", "confidence", "accepted", "own", "next", "cut", "lengths", "widths", "line_start", "last")
_TABLES = ("path_probability", "place_bits", "space_bits", "frequent_cost")


def is_sound(segment: Segment, most: int, *, whole: bool) -> bool:
    """Whether a segment can be searched; ``whole`` also checks every place of every letter, which takes a while."""
    for name, kind in _KINDS.items():
        array = getattr(segment, name)
        if array.dtype != np.dtype(kind) or array.ndim != 1 + (name in _TABLES):
            return False
    lines, letters = len(segment.lines), len(segment.symbols)
    return (
        0 < lines <= most
        and {BLANK_SIGN, SPACE} <= set(segment.symbols)
        and len(set(segment.symbols)) == letters
        and _is_about(segment, lines)
        and _leads(segment.place_key, letters, len(segment.place_line))
        and _leads(segment.place_start, len(segment.place_line), len(segment.frame))
        and len(segment.cost) == len(segment.frame)
        and segment.place_bits.shape == (len(segment.place_line), 2)
        and _leads(segment.bigram_key, len(segment.bigram), len(segment.bigram_line))
        and len(segment.bigram_cost) == len(segment.bigram_line)
        and segment.frequent_cost.shape == (len(segment.frequent), lines)
        and _are_line_by_line(segment)
        and (not whole or _are_places(segment, lines, letters))
    )


def _is_about(segment: Segment, lines: int) -> bool:
    """Whether what is known of each line is possible."""
    sure = segment.confidence[~np.isnan(segment.confidence)]
    return bool(
        all(len(getattr(segment, name)) == lines for name in _A_LINE)
        and segment.path_probability.shape == segment.space_bits.shape == (lines, 2)
        and (segment.last < 64).all()
        and np.isfinite(segment.path_probability).all()
        and np.isfinite(segment.widths).all()
        and ((sure >= 0) & (sure <= 1)).all()
        and (segment.accepted.view(np.uint8) < 2).all()
        and (segment.own.view(np.uint8) < 2).all()
        and (segment.cut.view(np.uint8) < 2).all()
        and (segment.lengths[1:] >= segment.lengths[:-1]).all()
    )


def _leads(key: NDArray[Any], entries: int, end: int) -> bool:
    """Whether a key says for each entry where it begins, from the first to the end."""
    rising = len(key) == entries + 1 and key[0] == 0 and key[-1] == end
    return bool(rising and (key[1:] >= key[:-1]).all())


def _are_line_by_line(segment: Segment) -> bool:
    """Whether what blank and space cost is there for every frame, and every line begins where the one before ends."""
    ends = np.cumsum(segment.lengths, dtype=np.int64)
    return bool(
        len(segment.blank) == len(segment.space) == ends[-1]
        and (segment.line_start == ends - segment.lengths.astype(np.int64)).all()
    )


def _are_places(segment: Segment, lines: int, letters: int) -> bool:
    """Whether every letter stands in a line that there is, and within it."""
    if (segment.place_line >= lines).any() or (segment.bigram_line >= lines).any():
        return False
    starts = segment.place_start.astype(np.intp)
    room = np.repeat(segment.lengths[segment.place_line], starts[1:] - starts[:-1])
    pairs = letters * letters
    return bool((segment.frame < room).all() and _rise(segment.bigram, pairs) and _rise(segment.frequent, pairs))


def _rise(codes: NDArray[Any], end: int) -> bool:
    """Whether codes rise and stay below an end."""
    return bool((codes[1:] > codes[:-1]).all() and (not len(codes) or int(codes[-1]) < end))
