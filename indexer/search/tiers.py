"""Which parts of an index are merged, and when.

Parts are merged with others of about their size (geometric partitioning: Lester, Moffat and Zobel, 2008), so that a
line is rewritten a few times in all, however large the archive grows. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

_LARGE = 4_096
"""Lines from which a part is large: there are few of these, since each is an open file."""
_FAN, _LARGE_FAN = 8, 4
"""Parts of about the same size that become one: of small ones, and of large ones."""
_MOST_LARGE = 6
"""Large parts that there may be, whatever the archive holds: above, the smallest become one."""
_CROWDED, _CROWDED_LARGE = 40, 8
"""Parts, and large ones, from which some are joined although there is no time for it."""


def to_merge(sizes: Sequence[int]) -> list[int]:
    """Of parts with so many lines, those (by index) that should become one now; mostly none.

    When there are eight of a size class (four from 4,096 lines on), they become one of the next. Most commits write
    nothing but their own lines.
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
    """Whether there are too many parts to put it off any longer that some become one."""
    return len(sizes) >= _CROWDED or sum(size >= _LARGE for size in sizes) >= _CROWDED_LARGE


def _fan(number: int) -> int:
    return _FAN if _FAN**number < _LARGE else _LARGE_FAN


def _class(lines: int) -> int:
    number = 0
    while lines >= _fan(number):
        lines, number = lines // _fan(number), number + 1
    return number
