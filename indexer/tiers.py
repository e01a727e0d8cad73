"""Which parts of an index become one: a rule that writes a line again only once a size class. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_FAN = 8
"""Parts of about the same size that become one."""
_LARGE = 5_000
"""Lines: parts from this size stay as they are, since merging them would take seconds."""


def to_merge(sizes: Sequence[int]) -> list[int]:
    """Of parts with so many lines, those (by index) that should become one now; mostly none.

    When there are eight of a size class, they become one of the next. Most commits write nothing but their own lines.
    """
    classes: dict[int, list[int]] = {}
    for at, size in enumerate(sizes):
        if 0 < size < _LARGE:
            classes.setdefault(_class(size), []).append(at)
    full = min((number for number, members in classes.items() if len(members) >= _FAN), default=None)
    return [] if full is None else classes[full]


def _class(lines: int) -> int:
    number = 0
    while lines >= _FAN:
        lines, number = lines // _FAN, number + 1
    return number
