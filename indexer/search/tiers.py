"""Which parts of an index are merged, and when.

Parts are merged with others of about the same size (geometric partitioning: Lester, Moffat and Zobel, 2008). So a line
is written only a few times, however large the archive grows. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

_LARGE = 4_096
"""Lines from which a part is large. There are few large parts, since each is an open file."""
_FAN, _LARGE_FAN = 8, 4
"""How many parts of about the same size become one: small parts, and large ones."""
_MOST_LARGE = 6
"""Most large parts of an archive of any size. When there are more, the smallest of them are merged."""
_CROWDED, _CROWDED_LARGE = 40, 8
"""Numbers of parts, and of large ones, from which a merge is not put off any longer."""


def to_merge(sizes: Sequence[int]) -> list[int]:
    """The parts (by index) that should become one now, by their numbers of lines; mostly none.

    Eight parts of a size class become one of the next class; from 4,096 lines on four do. Most commits write nothing
    but their own lines.
    """
    classes: dict[int, list[int]] = {}
    for at, size in enumerate(sizes):
        if size > 0:
            classes.setdefault(_class(size), []).append(at)
    full = min((number for number, members in classes.items() if len(members) >= _fan(number)), default=None)
    if full is not None:
        return classes[full]
    large = sorted((at for at, size in enumerate(sizes) if size >= _LARGE), key=sizes.__getitem__)
    return large[:_LARGE_FAN] if len(large) > _MOST_LARGE else []


def crowded(sizes: Sequence[int]) -> bool:
    """Whether there are so many parts that a merge cannot be put off."""
    return len(sizes) >= _CROWDED or sum(size >= _LARGE for size in sizes) >= _CROWDED_LARGE


def _fan(number: int) -> int:
    return _FAN if _FAN**number < _LARGE else _LARGE_FAN


def _class(lines: int) -> int:
    number = 0
    while lines >= _fan(number):
        lines, number = lines // _fan(number), number + 1
    return number
