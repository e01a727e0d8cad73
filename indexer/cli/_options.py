"""Gives the functions of the commands to Typer: each parameter is described by its row in the table of options."""

from __future__ import annotations

import inspect
from dataclasses import replace
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from indexer.cli._output import warn
from indexer.system import options
from indexer.translation import language, speaking, translated

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.system.option import Option

_TYPES = {"path": Path, "whole": int, "number": float, "switch": bool, "count": int}
"""Python types of the kinds. Other kinds are text, which the settings or the command check."""
_Function = TypeVar("_Function", bound="Callable[..., None]")


def described(command: str, function: Callable[..., None], **called: Callable[[Any], None]) -> Callable[..., None]:
    """The function of a command with its parameters described; ``called`` are functions that options call at once."""
    rows = options.of(command)
    renamed = {row.earlier: row for row in rows.values() if row.earlier}

    @wraps(function)
    def run(**given: Any) -> None:
        for earlier, row in renamed.items():
            value = given.pop(earlier)
            if value is not None:
                warn(f"--{earlier} is called {row.spelt[0]} now")
                given[row.name] = value if given[row.name] is None else given[row.name]
        with speaking("en"):  # what commands report is not translated, and is not to be half in one language
            function(**{name: value.value if isinstance(value, Enum) else value for name, value in given.items()})

    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        if name == "context"
        else _parameter(rows[name], called.get(name))
        for name, parameter in inspect.signature(function).parameters.items()
    ]
    parameters += [
        _parameter(replace(row, name=earlier, flags=(f"--{earlier}",), hidden=True), None)
        for earlier, row in renamed.items()
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    if language() != "en":
        run.__doc__ = translated(" ".join((function.__doc__ or "").split()))
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def subcommand(app: typer.Typer, command: str) -> Callable[[_Function], _Function]:
    """Make a function a command of an application: the one for ``review accept`` becomes ``accept`` of ``review``."""

    def register(function: _Function) -> _Function:
        app.command(command.split()[-1])(described(command, function))
        return function

    return register


def _parameter(option: Option, called: Callable[[Any], None] | None) -> inspect.Parameter:
    kind, default = _type(option), None if option.setting else option.here
    how: dict[str, Any] = {"help": translated(option.help), "show_default": option.shown, "hidden": option.hidden}
    how |= {"min": option.least, "max": option.most, "metavar": option.metavar}
    if option.argument:
        made: Any = typer.Argument(**how)
    else:
        counted = option.kind == "count"
        made = typer.Option(..., *option.spelt, callback=called, is_eager=bool(called), count=counted, **how)
    if isinstance(default, str) and isinstance(kind, type) and issubclass(kind, Enum):
        default = kind(default)
    whole = list[kind] if option.many else kind  # type: ignore[valid-type]
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if default is ... else default,
        annotation=Annotated[whole | None if default is None else whole, made],
    )


def _type(option: Option) -> Any:
    if option.kind == "choice" and not option.setting:
        return Enum(option.name, {choice: choice for choice in option.choices}, type=str)
    return _TYPES.get(option.kind, str)
