"""Writes the parts of the documents that are made from the code: ``python -m indexer.cli._reference``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from indexer import docs
from indexer.api import hooks
from indexer.api.registry import SHIPPED
from indexer.cli._commands import Command, commands, plain
from indexer.cli._manual import manual
from indexer.cli.evaluate import COLUMNS
from indexer.system.option import Option
from indexer.system.options import SETTINGS
from indexer.system.settings import made_of
from indexer.values.errors import UsageError

_PART = re.compile(r"(?<=^<!-- made: ){}( -->\n).*?(?=^<!-- made -->)", re.MULTILINE | re.DOTALL)
_INDEXER = Path(docs.__file__).parent.parent
MANUAL = _INDEXER / "docs" / "notes.1"
"""The page that ``man notes`` shows; the wheel installs it where that looks."""


def settings_table() -> str:
    """Every setting: its default, what it may be, its variable, what it is for."""
    head = "| setting | variable | may be | default | what it is for |\n|---|---|---|---|---|\n"
    rows = (
        f"| `{name}` | `{option.variable}` | {_may_be(option)} | {_default(option)} | {option.purpose} |\n"
        for name, option in SETTINGS.items()
    )
    return head + "".join(rows)


def _may_be(option: Option) -> str:
    """What values a setting takes, in the words of its own check."""
    try:
        made_of(option, b"")
    except UsageError as error:
        return error.hint.removeprefix("Give ").rstrip(".")
    except ValueError as error:
        return str(error)
    raise AssertionError(f"{option.name} takes anything")


def _default(option: Option) -> str:
    return option.otherwise or f"`{plain(option.here)}`"


def commands_reference() -> str:
    """Every command with its arguments and options."""
    return "\n\n".join(map(_command, commands())) + "\n"


def _command(found: Command) -> str:
    items = (f"- `{item.written}`: {item.help}" for item in (*found.arguments, *found.options))
    return "\n".join((f"## {found.called}\n", f"{found.help}\n", *items))


def rooms_list() -> str:
    """Every package with the first sentence of its docstring."""
    return "".join(f"- `{name}`: {sentence}\n" for name, sentence in rooms().items())


def rooms() -> Mapping[str, str]:
    """The first line of the docstring of each package, and of each plugin that ships, by its place."""
    places = sorted(path.parent for path in _INDEXER.glob("*/__init__.py") if path.parent.name != "plugins")
    names = {f"indexer/{place.name}/": f"indexer.{place.name}" for place in places}
    names |= {f"plugins/{name}": f"indexer.plugins.{name}" for name in SHIPPED}
    return {place: _sentence(name) for place, name in names.items()}


def _sentence(module: str) -> str:
    """The first line of the docstring of a module. It is not imported: what it needs need not be installed."""
    spec = find_spec(module)
    assert spec is not None  # noqa: S101 - it was found in its folder
    return _first_of(ast.get_docstring(ast.parse(Path(str(spec.origin)).read_text("utf-8"))))


def columns_list() -> str:
    """Every column of ``notes evaluate``."""
    return "".join(f"- `{column.name}`: {column.meaning}\n" for column in COLUMNS)


def hooks_list() -> str:
    """Every hook that a plugin may implement."""
    found = [each for name, each in vars(hooks).items() if name.startswith("notes_")]
    return "".join(f"- `{each.__name__}`: {_first_line(each)}\n" for each in found)


def _first_line(documented: Any) -> str:
    return _first_of(documented.__doc__)


def _first_of(docstring: str | None) -> str:
    return (docstring or "").strip().splitlines()[0].replace("``", "`")


PARTS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "settings": ("settings", settings_table),
    "commands": ("commands", commands_reference),
    "rooms": ("contributing", rooms_list),
    "hooks": ("plugins", hooks_list),
    "columns": ("evaluating", columns_list),
}
"""The parts that are made: for each name its topic and the function that makes it."""


def made(topic: str, text: str) -> str:
    """The source of a topic with its parts made anew from the code."""
    for name, (place, make) in PARTS.items():
        if place == topic:
            pattern = re.compile(_PART.pattern.replace("{}", name), _PART.flags)
            text = pattern.sub(lambda found, make=make: f"{found[0].split(' -->')[0]} -->\n{make()}", text)  # type: ignore[misc]
    return text


def main() -> None:
    """Make the parts and the manual page anew in the files of the documents."""
    for topic in {topic for topic, _ in PARTS.values()}:
        path = _INDEXER / "docs" / f"{topic}.md"
        path.write_text(made(topic, path.read_text(encoding="utf-8")), encoding="utf-8")
    MANUAL.write_text(manual(), encoding="utf-8")


if __name__ == "__main__":
    main()
