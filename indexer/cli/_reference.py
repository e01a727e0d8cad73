"""The parts of the documents that are made from the code: ``python -m indexer.cli._reference`` writes them anew."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from indexer import docs
from indexer.api import hooks
from indexer.api.registry import SHIPPED
from indexer.cli import COMMANDS, app
from indexer.cli.evaluate import COLUMNS
from indexer.system.options import SETTINGS, Option
from indexer.system.settings import made_of
from indexer.values.errors import UsageError

_PART = re.compile(r"(?<=^<!-- made: ){}( -->\n).*?(?=^<!-- made -->)", re.MULTILINE | re.DOTALL)
_OF_ALL = ("--help", "--install-completion", "--show-completion")
_INDEXER = Path(docs.__file__).parent.parent


def settings_table() -> str:
    """Every setting: its default, what it may be, its variable, what it is for."""
    head = "| setting | variable | may be | default | what it is for |\n|---|---|---|---|---|\n"
    rows = (
        f"| `{name}` | `{option.variable}` | {_may_be(option)} | {_default(option)} | {option.purpose} |\n"
        for name, option in SETTINGS.items()
    )
    return head + "".join(rows)


def _may_be(option: Option) -> str:
    """What a setting has to be, as its own check says of a value that is none."""
    try:
        made_of(option, b"")
    except UsageError as error:
        return error.hint.removeprefix("Give ").rstrip(".")
    except ValueError as error:
        return str(error)
    raise AssertionError(f"{option.name} takes anything")


def _default(option: Option) -> str:
    return option.otherwise or f"`{_plain(option.here)}`"


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def commands_reference() -> str:
    """Every command with its arguments and options."""
    texts = [_command(["notes"], typer.main.get_command(app), deep=False)]
    texts += [_command(["notes", name], command(name)) for name in COMMANDS]
    return "\n\n".join("\n".join(lines) for lines in texts) + "\n"


def command(name: str) -> Any:
    """The command of this name as click knows it."""
    return typer.main.get_command(app).get_command(None, name)  # type: ignore[attr-defined]


def _command(path: list[str], found: Any, *, deep: bool = True) -> Iterator[str]:
    shown = [each for each in found.params if not getattr(each, "hidden", False)]
    arguments = [each for each in shown if each.param_type_name == "argument"]
    called = " ".join([*path, *(_argument(each) for each in arguments)])
    yield f"## {called}\n"
    yield " ".join(str(found.help or "").split()) + "\n"
    for each in arguments:
        yield f"- `{_argument(each)}`: {each.help}"
    for each in shown:
        if each.param_type_name == "option" and each.opts[0] not in _OF_ALL:
            yield f"- `{', '.join(sorted(each.opts, key=len))}{_value(each)}`: {each.help}{_said_default(each)}"
    if deep and hasattr(found, "commands"):
        for inner, sub in found.commands.items():
            yield ""
            yield from _command([*path, inner], sub)


def _argument(argument: Any) -> str:
    name = str(argument.name).upper().rstrip("_")
    name = f"{name}…" if argument.nargs == -1 else name
    return name if argument.required else f"[{name}]"


def _value(option: Any) -> str:
    if option.is_flag or option.count:
        return ""
    if isinstance(option.default, Enum):
        return " " + "|".join(str(each.value) for each in type(option.default))
    return f" {option.metavar or option.name.upper().strip('_')}"


def _said_default(option: Any) -> str:
    value = _of_enum(option.default)
    if option.is_flag or option.count or value is None or callable(value):
        return ""
    return f" Default: {_plain(value)}."


def _of_enum(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


def rooms_list() -> str:
    """Every package with the sentence over its door."""
    return "".join(f"- `{name}`: {sentence}\n" for name, sentence in rooms().items())


def rooms() -> Mapping[str, str]:
    """The first lines of the docstrings of our packages, and of the plugins that ship, by their place."""
    places = sorted(path.parent for path in _INDEXER.glob("*/__init__.py") if path.parent.name != "plugins")
    names = {f"indexer/{place.name}/": f"indexer.{place.name}" for place in places}
    names |= {f"plugins/{name}": f"indexer.plugins.{name}" for name in SHIPPED}
    return {place: _first_line(importlib.import_module(name)) for place, name in names.items()}


def columns_list() -> str:
    """Every column of ``notes evaluate``."""
    return "".join(f"- `{column.name}`: {column.meaning}\n" for column in COLUMNS)


def hooks_list() -> str:
    """Every hook that a plugin may implement."""
    found = [each for name, each in vars(hooks).items() if name.startswith("notes_")]
    return "".join(f"- `{each.__name__}`: {_first_line(each)}\n" for each in found)


def _first_line(documented: Any) -> str:
    return str(documented.__doc__ or "").strip().splitlines()[0].replace("``", "`")


PARTS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "settings": ("settings", settings_table),
    "commands": ("commands", commands_reference),
    "rooms": ("contributing", rooms_list),
    "hooks": ("plugins", hooks_list),
    "columns": ("evaluating", columns_list),
}
"""What is made: by its name the topic that it stands in, and the function that makes it."""


def made(topic: str, text: str) -> str:
    """The source of a topic with its parts as the code has them now."""
    for name, (place, make) in PARTS.items():
        if place == topic:
            pattern = re.compile(_PART.pattern.replace("{}", name), _PART.flags)
            text = pattern.sub(lambda found, make=make: f"{found[0].split(' -->')[0]} -->\n{make()}", text)  # type: ignore[misc]
    return text


def main() -> None:
    """Write the parts anew where the documents lie as files."""
    for topic in {topic for topic, _ in PARTS.values()}:
        path = _INDEXER / "docs" / f"{topic}.md"
        path.write_text(made(topic, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
