"""A model as one file: whatever it would read from others is refused, as it may come from anybody.

A tensor of an ONNX file may say that its numbers lie in another file, of any name. Some versions of onnxruntime follow
it anywhere. The format is that of protocol buffers: fields by number, each with its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""Where in a message of each kind other ones lie that have tensors in them, by the numbers of the fields."""
_ELSEWHERE = (13, 14)
"""Fields of a tensor that say in which file its numbers lie, and that they do lie in one."""
_FIXED = {1: 8, 5: 4}
_DEEPEST = 100


class OutsideError(ValueError):
    """A model wants another file."""


def whole(model: Path) -> bytes:
    """A model's file. Raises ``ValueError`` when it is none, or wants to read others."""
    data = model.read_bytes()
    _look(memoryview(data), "model", 0)
    return data


def _look(message: memoryview, kind: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("the model is nested too deeply")
    for number, value in _fields(message):
        if kind == "tensor" and number in _ELSEWHERE and value != 0:
            raise OutsideError("the model wants to read another file")
        inside = _INSIDE[kind].get(number)
        if inside is not None and isinstance(value, memoryview):
            _look(value, inside, depth + 1)


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a message with their numbers."""
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        if key & 7 == 0:
            value, at = _number(message, at)
            yield key >> 3, value
            continue
        size, at = _number(message, at) if key & 7 == 2 else (_FIXED.get(key & 7, len(message) + 1), at)
        if at + size > len(message):
            raise ValueError("the model is cut off, or none")
        yield key >> 3, message[at : at + size]
        at += size


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """A number of as many bytes as it needs, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
    raise ValueError("the model is cut off, or none")
