"""Every option is described in one table, and everything that takes or shows options comes from it."""

from __future__ import annotations

import importlib
import inspect
import json
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
import typer

import indexer
from indexer.archive import library
from indexer.cli import COMMANDS, _load, _main
from indexer.system import options
from indexer.system.options import OPTIONS, SETTINGS
from indexer.system.settings import Settings, load
from indexer.values import person
from indexer.values.errors import UsageError

CLI = Path(__file__).parents[2] / "indexer" / "cli"
INNER = {f"review {name}": name for name in ("accept", "reject", "correct", "attach", "learn", "word")}
INNER |= {f"user {name}": name for name in ("add", "folders", "role", "password", "token", "remove", "bind")}
INNER |= {"user log": "log", "user list": "list_", "user sign-out": "sign_out"}
INNER |= {"catalog use": "use", "catalog move": "move"}
TYPES = {"path": Path, "whole": int, "number": float, "switch": bool, "count": int}
GIVEN = {
    "path": "/somewhere",
    "text": "something",
    "whole": "7",
    "percent": "60",
    "seconds": "9.5",
} | {"switch": "true"}


def function_of(command: str) -> Any:
    if not command:
        return _main
    module = importlib.import_module(f"indexer.cli.{command.split()[0]}")
    return getattr(module, INNER.get(command, "waiting" if command == "review" else "command"))


@pytest.mark.parametrize("command", ["", *(each for each in COMMANDS if each not in ("user", "catalog")), *INNER])
def test_a_command_takes_what_the_table_says_and_nothing_else(command: str) -> None:
    rows, function = options.of(command), function_of(command)
    names = [name for name in inspect.signature(function).parameters if name != "context"]
    assert sorted(names) == sorted(rows)
    known = vars(library) | vars(indexer.values) | vars(person) | function.__globals__ | {"Path": Path, "typer": typer}
    hints = get_type_hints(function, known)
    for name in names:
        option, hint = rows[name], hints[name]
        if option.default is None or (option.setting and option.kind != "switch"):
            assert NoneType in get_args(hint), name
        parts = [part for part in (get_args(hint) or (hint,)) if part is not NoneType]
        if get_origin(hint) is Literal:
            assert get_args(hint) == option.choices, name
        elif option.many:
            assert hint == list[TYPES.get(option.kind, str)] or list[TYPES.get(option.kind, str)] in parts, name
        else:
            assert parts == [TYPES.get(option.kind, str)], name


def test_every_row_has_a_command_or_is_a_setting() -> None:
    known = {"", *COMMANDS, *INNER}
    for option in OPTIONS:
        assert option.help.endswith((".", "?")) or option.name == "query", option.name
        assert option.setting or option.commands, option.name
        assert set(option.commands) <= known, option.name
    taken = [(option.name, command) for option in OPTIONS for command in option.commands]
    assert len(set(taken)) == len(taken)


def test_help_says_what_the_table_says() -> None:
    for command in COMMANDS:
        takes = {param.name: param for param in _load(command).params}
        for name, option in options.of(command).items():
            param = takes[name]
            if not option.argument:
                assert tuple(param.opts) == option.spelt
            assert param.help == option.help


def test_options_are_described_nowhere_else() -> None:
    for path in CLI.glob("*.py"):
        if path.name != "_options.py":
            text = path.read_text(encoding="utf-8")
            assert "typer.Option(" not in text, path.name
            assert "typer.Argument(" not in text, path.name


def test_the_settings_are_those_of_the_table(tmp_path: Path) -> None:
    held = {field.name for field in fields(Settings)} - {"engines", "origins", "remarks"}
    assert held == set(SETTINGS)
    names = {*SETTINGS, *(option.earlier for option in SETTINGS.values())}
    assert set(inspect.signature(indexer.open_archive).parameters) - {"path"} <= names
    plain = load({}, environ={}, cwd=tmp_path)
    for name, option in SETTINGS.items():
        assert option.variable == f"NOTES_{name.upper()}"
        if option.kind == "choice":
            given = next(each for each in option.choices if each != option.default)
        else:
            given = "false" if option.default is True else GIVEN[option.kind]
        found = load({}, environ={option.variable: given}, cwd=tmp_path)
        assert found.origins[name] == option.variable
        assert getattr(found, name) != getattr(plain, name)


@pytest.mark.parametrize(
    ("said", "meant"), [("true", True), ("1", True), ("On", True), ("false", False), ("no", False)]
)
def test_a_switch_is_set_in_the_environment(tmp_path, said, meant) -> None:
    assert load({}, environ={"NOTES_THOROUGH": said}, cwd=tmp_path).thorough is meant


def test_what_is_no_switch_is_refused_with_its_place(tmp_path) -> None:
    (tmp_path / "notes.toml").write_text('thorough = "sometimes"')
    with pytest.raises(UsageError, match=r"notes.toml: thorough is 'sometimes'") as refused:
        load({}, environ={}, cwd=tmp_path)
    assert refused.value.hint == "It has to be true or false."


def test_the_rows_for_documents_are_whole() -> None:
    rows = options.rows()
    json.dumps(rows)
    assert {row["variable"] for row in rows if row["variable"]} == {option.variable for option in SETTINGS.values()}
    assert not any("as_child" in str(row["name"]) for row in rows)
    (workers,) = (row for row in rows if row["name"] == "workers")
    assert (workers["written"], workers["key"], workers["commands"]) == (
        "--workers",
        "workers",
        ["notes index", "notes watch", "notes read", "notes evaluate"],
    )
    assert "processor cores" in str(workers["default"]), "what differs from machine to machine is said in words"
