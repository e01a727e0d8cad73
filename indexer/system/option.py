"""What an option is: of a command, a setting, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["text", "path", "whole", "number", "percent", "seconds", "choice", "switch", "count"]


@dataclass(frozen=True, slots=True)
class Option:
    """An option, an argument of a command (``argument``), or a setting that no command takes (no ``commands``).

    ``commands`` are those that take it: ``""`` is ``notes`` itself, ``review accept`` a command of a command. A
    ``setting`` can also be given in ``notes.toml`` by its name, and in the environment as ``variable``. ``default`` is
    a value, a function that gives one on this machine, or ``...`` for what has to be given; ``otherwise`` says in words
    what holds without one. ``flags`` are given only where they differ from the name.
    """

    name: str
    kind: Kind
    help: str
    commands: tuple[str, ...] = ()
    default: object = None
    flags: tuple[str, ...] = ()
    argument: bool = False
    many: bool = False
    setting: bool = False
    about: str = ""
    """What it is for as a setting, where that is more than ``help`` says."""
    trusted: bool = False
    """Whether only a person's own settings file may set it: the notes.toml of a folder may come from anybody."""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    metavar: str | None = None
    otherwise: str = ""
    shown: bool = True
    """Whether help shows its default."""
    hidden: bool = False
    earlier: str = ""
    """Its former name, which works for one more release."""

    @property
    def spelt(self) -> tuple[str, ...]:
        """How it is written on the command line; empty where no command takes it."""
        return self.flags or ((f"--{self.name.replace('_', '-')}",) if self.commands and not self.argument else ())

    @property
    def variable(self) -> str | None:
        """The variable of the environment that sets it."""
        return variable_of(self.name) if self.setting else None

    @property
    def purpose(self) -> str:
        """What it is for, for the reference of settings."""
        return self.about or self.help

    @property
    def here(self) -> object:
        """Its default on this machine."""
        made: Callable[[], object] | object = self.default
        return made() if callable(made) else made


def variable_of(name: str) -> str:
    """The variable of the environment that sets what has this name."""
    return f"NOTES_{name.upper()}"


def switch(name: str, flag: str, help: str, *commands: str, hidden: bool = False) -> Option:  # noqa: A002
    """An option that is given or not."""
    return Option(name, "switch", help, commands, default=False, flags=(flag,), hidden=hidden)


def argument(name: str, kind: Kind, help: str, *commands: str, many: bool = False) -> Option:  # noqa: A002
    """What a command needs, by its place."""
    return Option(name, kind, help, commands, default=..., argument=True, many=many, shown=False)
