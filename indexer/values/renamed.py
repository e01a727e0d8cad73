"""Names that fields of the value types had before: they work for one more release, with a DeprecationWarning."""

from __future__ import annotations

import warnings
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Type = TypeVar("_Type")


def renamed(**names: str) -> Callable[[type[_Type]], type[_Type]]:
    """Let a dataclass take and give fields by earlier names too: ``renamed(earlier="now")``."""

    def decorate(cls: type[_Type]) -> type[_Type]:
        made: Any = cls.__init__

        @wraps(made)
        def init(self: _Type, *given: Any, **named: Any) -> None:
            for before in names.keys() & named.keys():
                named[_told(cls, before, names[before])] = named.pop(before)
            made(self, *given, **named)

        cls.__init__ = init  # type: ignore[assignment]
        for before, now in names.items():
            setattr(cls, before, property(_getter(cls, before, now)))
        return cls

    return decorate


def _getter(cls: type, before: str, now: str) -> Callable[[object], object]:
    return lambda self: getattr(self, _told(cls, before, now))


def _told(cls: type, before: str, now: str) -> str:
    """The present name, after a warning to whoever wrote the earlier one."""
    warnings.warn(f"{cls.__name__}.{before} is called {now} now", DeprecationWarning, stacklevel=3)
    return now
