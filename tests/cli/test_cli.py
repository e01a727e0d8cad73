"""How the command line ends, what it prints where, and what plugins may do to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.cli import COMMANDS
from indexer.cli._output import display, emit_json, percent

HEAD = "from indexer.api import Check, CheckResult, hookimpl\n"
COMMAND = """
@hookimpl
def notes_commands(app):
    @app.command()
    def mine():
        {body}
"""


def add(notes, name: str, text: str) -> None:
    (notes.plugins / f"{name}.py").write_text(HEAD + text)


@pytest.mark.parametrize(
    ("body", "rc", "said"),
    [
        ("raise RuntimeError('boom')", 70, "a bug of ours: RuntimeError: boom"),
        ("raise KeyboardInterrupt", 130, ""),
        ("from indexer.api import PluginError; raise PluginError('what', 'next')", 3, "notes: what\nnext\n"),
        ("from indexer.values.errors import UsageError; raise UsageError('what')", 2, "notes: what\n"),
    ],
)
def test_each_end_has_its_code_and_no_traceback(notes, body: str, rc: int, said: str) -> None:
    add(notes, "ends", COMMAND.format(body=body))
    done = notes.run("mine", rc=rc)
    assert said in done.stderr
    assert done.stdout == ""


def test_debug_shows_the_traceback(notes) -> None:
    add(notes, "ends", COMMAND.format(body="raise RuntimeError('boom')"))
    with pytest.raises(AssertionError, match="Traceback"):  # the fixture refuses a traceback, rightly
        notes.run("--debug", "mine", rc=70)


@pytest.mark.parametrize("args", [("--nonsense",), ("config", "--nonsense"), ("search",), ("nonsense",)])
def test_usage_errors_exit_2(notes, args: tuple[str, ...]) -> None:
    done = notes.run(*args, rc=2)
    assert done.stdout == ""
    assert done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(notes, command: str) -> None:
    assert "--help" in notes.run(command, "--help").stdout


def test_version_and_verbose(notes) -> None:
    assert notes.run("--version").stdout.startswith("notes ")
    done = notes.run("-v", "config", "--json")
    assert f"index: {notes.index.name} (from NOTES_INDEX)" in done.stderr
    assert json.loads(done.stdout)["settings"]["index"] == {"value": str(notes.index), "from": "NOTES_INDEX"}


def test_a_command_missing_since_its_plugin_is_broken_says_so_once(notes) -> None:
    add(notes, "greeter", "import no_such_module")
    done = notes.run("greet", rc=2)
    assert "no command 'greet'" in done.stderr
    assert done.stderr.count("no_such_module") == 1


@pytest.mark.parametrize(
    "body", ["raise SystemExit(9)", "app.command()(lambda x: 1 / 0)\n    raise ValueError('late')"]
)
def test_a_plugin_whose_commands_fail_adds_none_and_help_goes_on(notes, body: str) -> None:
    add(notes, "bad", f"@hookimpl\ndef notes_commands(app):\n    app.command('early')(print)\n    {body}\n")
    add(notes, "good", COMMAND.format(body="print('here')"))
    done = notes.run("--help")
    assert done.stderr.count("plugin bad: notes_commands failed") == 1
    assert "early" not in done.stdout
    assert "mine" in done.stdout
    assert "search" in done.stdout


def test_what_a_plugin_prints_is_not_data(notes) -> None:
    add(notes, "loud", "print('LOUD')\n@hookimpl\ndef notes_checks():\n    print('LOUD')\n    return []\n")
    assert notes.json("plugins")["problems"] == []
    assert "LOUD" in notes.run("plugins", "--json").stderr


def test_a_terminal_that_lacks_a_letter_gets_its_number(notes) -> None:
    add(notes, "letters", COMMAND.format(body="print('\u017f')"))
    assert notes.run("mine", env={**notes.environ, "PYTHONIOENCODING": "ascii"}).stdout == "\\u017f\n"


def test_doctor_outlives_checks_that_raise_exit_or_give_nothing(notes) -> None:
    checks = {"raises": "1 / 0", "exits": "exit(0)", "nothing": "None", "fine": "CheckResult('ok', 'fine')"}
    rows = "".join(f"    yield Check({name!r}, lambda: {body})\n" for name, body in checks.items())
    add(notes, "checks", f"@hookimpl\ndef notes_checks():\n{rows}")
    add(notes, "broken", "import no_such_module")
    states = {row["name"]: row["state"] for row in notes.json("doctor", rc=4)["checks"]}
    expected = {"raises": "broken", "exits": "broken", "nothing": "broken", "fine": "ok", "plugin broken": "broken"}
    assert expected.items() <= states.items()


def test_doctor_says_when_a_file_is_in_the_way(notes) -> None:
    notes.index.write_text("not a folder")
    row = notes.json("doctor", rc=4)["checks"][-1]
    assert (row["name"], row["state"]) == ("index", "broken")
    assert "is a file" in row["message"]


def test_names_are_safe_for_terminals_and_survive_json(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\x1b[31m\nb\udcff é.png"
    assert display(Path(name)) == "a\\x1b[31m\\nb\\udcff é.png"
    emit_json({"path": name})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed) == {"path": name}


def test_unknown_confidence_is_never_a_number() -> None:
    assert (percent(None), percent(0.0), percent(0.924)) == ("unknown", "0 %", "92 %")


def test_a_word_to_be_left_out_is_told_from_an_option(notes, make_page, tmp_path) -> None:
    notes.fake_engine()
    notes.run("index", make_page(tmp_path / "a.png", width=300))
    for words in (["-albert"], ["alpha", "-page300"], ["alpha", "--limit", "3", "-1914"]):
        said = notes.run("search", *words, rc=2).stderr
        assert f"{words[-1]} is no option" in said
        assert f"notes search 'others {words[-1]}'" in said
    assert "it only says what must not be there" in notes.run("search", "--", "-albert", rc=2).stderr
    assert notes.json("search", "alpha -albert", "--limit", "3")["total"] == 1
    assert "1 found" in notes.run("search", "--", "-albert alpha").stderr
    assert "Usage" in notes.run("search", "-h").stdout
    for query in ("te**ment", "al?ha"):
        assert "cannot be understood" in notes.run("search", query, rc=2).stderr
