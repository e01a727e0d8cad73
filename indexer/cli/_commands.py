"""Every command with its arguments and options, as the documents name them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import typer

from indexer.cli import COMMANDS, app

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_ALL = ("--help", "--install-completion", "--show-completion")


@dataclass(frozen=True, slots=True)
class Item:
    """An argument or an option: how it is written, and what it is for."""

    written: str
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command: how it is called, what it does and takes."""

    called: str
    help: str
    arguments: tuple[Item, ...]
    options: tuple[Item, ...]


def commands() -> Iterator[Command]:
    """``notes`` itself, then each command, followed by its own commands."""
    yield from _described(["notes"], typer.main.get_command(app), deep=False)
    for name in COMMANDS:
        yield from _described(["notes", name], command(name))


def command(name: str) -> Any:
    """The command of this name as click knows it."""
    return typer.main.get_command(app).get_command(None, name)  # type: ignore[attr-defined]


def plain(value: object) -> object:
    """A value as it is shown: whole numbers without a point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _described(path: list[str], found: Any, *, deep: bool = True) -> Iterator[Command]:
    shown = [each for each in found.params if not getattr(each, "hidden", False)]
    arguments = [each for each in shown if each.param_type_name == "argument"]
    options = [each for each in shown if each.param_type_name == "option" and each.opts[0] not in _OF_ALL]
    yield Command(
        " ".join([*path, *map(_argument, arguments)]),
        " ".join(str(found.help or "").split()),
        tuple(Item(_argument(each), str(each.help)) for each in arguments),
        tuple(Item(_option(each), f"{each.help}{_said_default(each)}") for each in options),
    )
    if deep and hasattr(found, "commands"):
        for inner, sub in found.commands.items():
            yield from _described([*path, inner], sub)


def _argument(argument: Any) -> str:
    name = str(argument.name).upper().rstrip("_")
    name = f"{name}…" if argument.nargs == -1 else name
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    return f"{', '.join(sorted(option.opts, key=len))}{_value(option)}"


def _value(option: Any) -> str:
    if option.is_flag or option.count:
        return ""
    if isinstance(option.default, Enum):
        return " " + "|".join(str(each.value) for each in type(option.default))
    return f" {option.metavar or option.name.upper().strip('_')}"


def _said_default(option: Any) -> str:
    value = option.default.value if isinstance(option.default, Enum) else option.default
    if option.is_flag or option.count or value is None or callable(value):
        return ""
    return f" Default: {plain(value)}."
