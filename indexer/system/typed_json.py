"""Values as JSON and back: what is read has exactly the types that the dataclasses say, or is refused."""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Take = Callable[[Any], Any]
    """Makes a value of what JSON gave; raises ``ValueError`` for another type."""

_Value = TypeVar("_Value")
_Plain = str | int | bool


def to_json(value: object) -> bytes:
    """A dataclass as JSON, without the fields that have their defaults. Bytes are in Base64.

    Code points that are no characters are left out. Raises ``ValueError`` for a number that is none.
    """
    text = json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="ignore")


def from_json(kind: type[_Value], text: bytes) -> _Value:
    """A dataclass from JSON. Raises ``ValueError`` for everything that ``to_json`` does not write of that type."""
    try:
        made = _taker(cast("Any", kind))(json.loads(text.decode(), parse_constant=_refused))
    except (RecursionError, TypeError, OverflowError, UnicodeError) as error:
        raise ValueError(str(error) or type(error).__name__) from error
    assert isinstance(made, kind)  # noqa: S101 - told to the type checker
    return made


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if is_dataclass(value):
        told = ((each, getattr(value, each.name)) for each in fields(value))
        return {each.name: part for each, part in told if each.default is MISSING or part != each.default}
    raise ValueError(f"a {type(value).__name__} cannot be written")


def _refused(name: str) -> object:
    raise ValueError(f"{name} cannot stand here")


@cache
def _taker(kind: Any) -> Take:
    """What makes a value of a type."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (one,) = (each for each in inner if each is not NoneType)
        make = _taker(one)
        return lambda value: None if value is None else make(value)
    if origin is Literal:
        return lambda value: _chosen(value, inner)
    if origin is tuple:
        return _tuple(inner)
    if is_dataclass(kind):
        return _dataclass(kind)
    return {float: _number, bytes: _bytes, str: _text}.get(kind, lambda value: _exactly(value, kind))


def _tuple(inner: tuple[Any, ...]) -> Take:
    if inner[-1] is Ellipsis:
        make = _taker(inner[0])
        return lambda value: tuple([make(each) for each in _exactly(value, list)])
    takers = tuple(map(_taker, inner))
    return lambda value: tuple([make(each) for make, each in zip(takers, _exactly(value, list), strict=True)])


def _dataclass(kind: Any) -> Take:
    try:
        hints = get_type_hints(kind)
    except NameError:  # what only a type checker knows is on no other machine
        return lambda _value: _refused(f"a {kind.__name__}")
    takers: Mapping[str, Take] = {each.name: _taker(hints[each.name]) for each in fields(kind)}

    def make(value: Any) -> Any:
        try:
            return kind(**{name: takers[name](part) for name, part in _exactly(value, dict).items()})
        except KeyError as error:
            raise ValueError(f"a {kind.__name__} has no {error}") from error

    return make


def _exactly(value: Any, kind: type[_Value]) -> _Value:
    if type(value) is not kind:
        raise ValueError(f"a {type(value).__name__} stands where a {kind.__name__} belongs")
    return value


def _chosen(value: _Plain, choices: tuple[_Plain, ...]) -> _Plain:
    if value not in choices or isinstance(value, bool):
        raise ValueError(f"{str(value)[:40]!r} is none of {choices}")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{str(value)[:40]!r} is no number")
    return value  # type: ignore[no-any-return]  # a whole one stays one, so that what is kept of it is the same


def _text(value: Any) -> str:
    """A text that can be kept in a file; raises ``UnicodeEncodeError`` for one with half a letter in it."""
    text = _exactly(value, str)
    text.encode()
    return text


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(_exactly(value, str), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
