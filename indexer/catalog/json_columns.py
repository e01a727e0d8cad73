"""The columns of the catalogue that hold JSON, and what has to stand in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

_LARGEST = 2**53
"""No number of ours is larger; it refuses those that are none, too."""


def _number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < _LARGEST


def _numbers(many: int) -> Callable[[Any], bool]:
    """Whether a value is a list of so many numbers."""
    return lambda value: type(value) is list and len(value) == many and all(map(_number, value))


def _listed(each: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether a value is a list of something."""
    return lambda value: type(value) is list and all(map(each, value))


def _named(value: Any) -> bool:
    return type(value) is dict


def _text(value: Any) -> bool:
    return type(value) is str


_POINTS = _listed(_numbers(2))


def _word(value: Any) -> bool:
    """A text, its confidence if it has one, and its box."""
    if type(value) is not list or len(value) != 6 or not _text(value[0]):
        return False
    return (value[1] is None or _number(value[1])) and all(map(_number, value[2:]))


def _drawn(value: Any) -> bool:
    """The number of a line, its text, and its outline."""
    return type(value) is list and len(value) == 3 and _number(value[0]) and _text(value[1]) and _POINTS(value[2])


def _ordered(value: Any) -> bool:
    """The number of a line, and its outline."""
    return type(value) is list and len(value) == 2 and _number(value[0]) and _POINTS(value[1])


def _place(value: Any) -> bool:
    """The box of a line, and its outline and baseline as JSON."""
    if type(value) is not list or len(value) != 6 or not all(map(_text, value[4:])):
        return False
    return all(map(_number, value[:4])) and all(_POINTS(json.loads(each)) for each in value[4:])


def _read(value: Any) -> bool:
    """The text of a reading, its confidence if it has one, and its words."""
    if type(value) is not list or len(value) != 3 or not _text(value[0]):
        return False
    return (value[1] is None or _number(value[1])) and _listed(_word)(value[2])


JSON_COLUMNS: dict[tuple[str, str], Callable[[Any], bool]] = {
    ("lines", "polygon"): _POINTS,
    ("lines", "baseline"): _POINTS,
    ("lines", "as_read"): _place,
    ("readings", "words"): _listed(_word),
    ("readings", "as_given"): _read,
    ("verdicts", "polygon"): _POINTS,
    ("verdicts", "baseline"): _POINTS,
    ("rulings", "ends"): _listed(_numbers(4)),
    ("sketches", "lines"): _listed(_drawn),
    ("orders", "lines"): _listed(_ordered),
    ("descriptions", "said"): _listed(_text),
    ("origins", "settings"): _named,
    ("pages", "recipe"): _named,
}
"""For each table and column whether a value that was read from it is one of ours."""


def are_thresholds(value: Any) -> bool:
    """Whether a value is the thresholds of an index: the usual one, and those of engines."""
    if type(value) is not dict or value.keys() != {"default", "engines"} or type(value["engines"]) is not dict:
        return False
    return all(map(_number, (value["default"], *value["engines"].values())))


def is_ours(text: bytes, kind: Callable[[Any], bool]) -> bool:
    """Whether a stored text is JSON of a kind."""
    try:
        return kind(json.loads(text))
    except (ValueError, RecursionError):
        return False
