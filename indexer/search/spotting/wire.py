"""What a server and its shards tell each other, as bytes: JSON and arrays of numbers, of which nothing is ever run.

A message is the length of its head in four bytes, the head, and the bytes of its arrays one after the other. In the
head an array stands as its kind and shape, a tuple and one of our types under its name. Only the types, functions and
kinds of numbers of this module are known.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.alignment import Term
from indexer.posteriors.trie import Trie
from indexer.search.spotting.any_term import Wanted, written
from indexer.search.spotting.going_on import held_parted
from indexer.search.spotting.line_ends import Over, Spot
from indexer.search.spotting.outlook import Outlook, Promising, pairs_parted, promising
from indexer.search.spotting.single_words import Able, able_lines
from indexer.search.spotting.word_tree import WordTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_LENGTH = 4
"""Bytes that say how long a head is."""
_MOST = 8 << 20
"""Bytes of a head: what JSON says in few bytes takes many times as many in memory."""
_KINDS = {np.dtype(kind).str: np.dtype(kind) for kind in ("u1", "i2", "<f4", "<i8")}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (pairs_parted, promising, written, held_parted, able_lines)
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment by the name of its file and its place in it, and which of its lines count, packed to bits."""

    file: str
    at: int
    alive: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class State:
    """A state of the index by its ``number``, and the pieces of it that a shard has."""

    number: int
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a shard: a method of the ``Spotter`` on a ``state`` of the index, with its arguments, which is
    to be done in so many ``seconds``; for somebody who may not see all lines with those that are ``seen``, packed to
    bits."""

    state: int
    method: str
    arguments: tuple[Any, ...]
    options: tuple[tuple[str, bool], ...]
    seconds: float | None
    seen: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a shard found, and whether it had to stop before it was done."""

    found: Any
    stopped: bool


_TYPES: dict[str, type] = {
    each.__name__: each
    for each in (
        *(Term, Trie, Wanted, WordTree, Outlook, Promising, Able, Over, Spot),
        *(Piece, State, Question, Answer),
    )
}


def packed(number: int, said: object) -> bytes:
    """A message with the number of a question. Raises ``TypeError`` for what it has no way to say."""
    arrays: list[NDArray[Any]] = []
    head = json.dumps([number, _plain(said, arrays)], separators=(",", ":")).encode()
    return b"".join((len(head).to_bytes(_LENGTH, "little"), head, *(array.tobytes() for array in arrays)))


def unpacked(message: bytes) -> tuple[int, Any]:
    """The number and what was said. Raises ``ValueError`` for what is no message."""
    begin = _LENGTH + int.from_bytes(message[:_LENGTH], "little")
    if begin > _MOST:
        raise ValueError("what was sent has too long a head")
    try:
        number, plain = json.loads(message[_LENGTH:begin])
        reader = _Reader(message, begin)
        said = reader.said(plain)
    except (LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError("what was sent makes no sense") from error
    if not isinstance(number, int) or reader.at != len(message):
        raise ValueError("what was sent makes no sense")
    return number, said


def _plain(said: object, arrays: list[NDArray[Any]]) -> object:
    """What JSON can say of it; arrays are put aside."""
    if said is None or isinstance(said, bool | int | float | str):
        return said
    if isinstance(said, np.ndarray):
        array = said.astype(np.int64) if said.dtype == np.intp else said
        if array.dtype.str not in _KINDS:
            raise TypeError(f"there is no way to send numbers of the kind {array.dtype}")
        arrays.append(array)
        return {"array": [array.dtype.str, *array.shape]}
    if isinstance(said, list):
        return [_plain(each, arrays) for each in said]
    if isinstance(said, tuple):
        return {"tuple": [_plain(each, arrays) for each in said]}
    if isinstance(said, partial):
        options = [[name, _plain(each, arrays)] for name, each in said.keywords.items()]
        return {"partial": [said.func.__name__, [_plain(each, arrays) for each in said.args], options]}
    name = type(said).__name__
    if is_dataclass(said) and _TYPES.get(name) is type(said):
        return {"type": [name, *(_plain(getattr(said, field.name), arrays) for field in fields(said))]}
    raise TypeError(f"there is no way to send a {name}")


@dataclass(slots=True)
class _Reader:
    """Makes what was said of a head, with the arrays behind it, which are read from ``at`` on."""

    message: bytes
    at: int

    def said(self, plain: object) -> Any:
        """What was said. Raises many errors for what makes no sense."""
        if isinstance(plain, list):
            return [self.said(each) for each in plain]
        if not isinstance(plain, dict):
            return plain
        ((way, given),) = plain.items()
        if way == "array":
            return self._array(*given)
        made = map(self.said, given)
        if way == "tuple":
            return tuple(made)
        if way == "partial":
            return self._partial(*made)
        if way == "type":
            return self._typed(*made)
        raise ValueError(f"{way!r} is nothing that is sent")

    def _array(self, kind: str, *shape: int) -> NDArray[Any]:
        if not all(isinstance(each, int) and each >= 0 for each in shape) or len(shape) > 2:
            raise ValueError("an array has no such shape")
        dtype, count = _KINDS[kind], math.prod(shape)
        array: NDArray[Any] = np.frombuffer(self.message, dtype, count, self.at).reshape(shape)
        self.at += count * dtype.itemsize
        return array

    def _partial(self, name: str, arguments: list[Any], options: list[list[Any]]) -> partial[Any]:
        return partial(_FUNCTIONS[name], *arguments, **dict(options))

    def _typed(self, name: str, *given: Any) -> Any:
        return _TYPES[name](*given)
