"""What is written is so: commands parse, examples run, links lead somewhere, and nothing goes unmentioned."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image
from platformdirs import user_config_path
from typer.testing import CliRunner

import indexer
from indexer import docs
from indexer.api import hooks
from indexer.api.registry import load_registry
from indexer.api.testing import check_engine, check_source
from indexer.archive.table_file import table_files
from indexer.cli import COMMANDS, _commands, _reference, app
from indexer.cli._manual import manual
from indexer.system.options import SETTINGS
from indexer.system.settings import load
from indexer.values.errors import Exit

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "indexer" / "docs"
FILES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(DOCS / f"{name}.md" for name in docs.NAMES)]
BLOCK = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# An engine that reads on every page the lines that the documents search for.
TOLD = """
from contextlib import contextmanager
from indexer.api import Box, Engine, Line, hookimpl

LINES = [
    "a word in two words", "a phrase begins, 12 8bre 1914", "fuzzy letters to Elisabeth Cooper", "one other word",
    "a doubtful line",
]

class Teller:
    def read(self, image):
        return [Line(LINES[at % 5], 0.9 if at % 5 < 4 else 0.5, Box(5, 5 + 9 * at, 90, 8)) for at in range(24)]

@contextmanager
def opened(options):
    yield Teller()

@hookimpl
def notes_engines():
    yield Engine("told", "reads what the documents search for", opened, version="1")
"""


def blocks(path: Path, language: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks in a language: what is said of each, and its text."""
    for found in BLOCK.finditer(path.read_text(encoding="utf-8")):
        if found[1] == language:
            yield found[2].strip(), found[3]


def commands(text: str) -> list[list[str]]:
    """The arguments of the lines of a block that run ``notes``."""
    lines = (shlex.split(line, comments=True) for line in text.splitlines())
    return [line[1:] for line in lines if line[:1] == ["notes"]]


def all_text() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in FILES)


def parse(args: list[str]) -> None:
    """Raise what the command line would say of arguments that it does not take; nothing runs."""
    root: Any = typer.main.get_command(app)
    while args and args[0] in {name for param in root.params for name in param.opts}:
        args = args[1:]
    found = root.get_command(None, args[0])
    assert found is not None, f"there is no command {args[0]}"
    rest = args[1:]
    inner = [at for at, arg in enumerate(rest) if arg in getattr(found, "commands", {})]
    if inner:
        found.make_context(args[0], rest[: inner[0]], resilient_parsing=False)
        found, rest = found.commands[rest[inner[0]]], rest[inner[0] + 1 :]
    found.make_context(args[0], list(rest))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_that_is_written_is_one_that_there_is(path: Path) -> None:
    for _, text in blocks(path, "sh"):
        for args in commands(text):
            parse(args)


@pytest.mark.parametrize("args", [["serch", "x"], ["search", "x", "--nosuch"], ["review", "accept"]])
def test_a_command_that_is_none_would_be_seen(args: list[str]) -> None:
    with pytest.raises(Exception, match=r"no command|No such option|Missing"):
        parse(args)


def test_the_commands_marked_run_do_what_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transcribed: Callable[..., Path]
) -> None:
    (tmp_path / "told.py").write_text(TOLD)
    letters = tmp_path / "letters"
    letters.mkdir()
    sheet = Image.new("L", (100, 230), 255)
    for name in ("emma.png", "albert.png"):
        sheet.save(letters / name)
        sheet.putpixel((50, 50), 0)
    sheet.save(letters / "a.pdf", save_all=True, append_images=[sheet, sheet])
    variables = {"HOME": tmp_path, "XDG_DATA_HOME": tmp_path / "data", "XDG_CONFIG_HOME": tmp_path / "config"}
    for name, value in {**variables, "NOTES_PLUGIN_PATH": tmp_path / "told.py", "NOTES_ENGINE": "told"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(tmp_path)
    runner, ran = CliRunner(), 0
    assert runner.invoke(app, ["index", str(letters)]).exit_code == 0
    for path in FILES:
        for args in (each for said, text in blocks(path, "sh") if said == "run" for each in commands(text)):
            done = runner.invoke(app, [arg.replace("~/", f"{tmp_path}/") for arg in args])
            assert done.exit_code == 0, (path.name, args, done.output, done.exception)
            ran += 1
    assert ran > 30
    transcribed(tmp_path / "transcribed" / "a.png", ["a word in two words", "a phrase begins"])
    examples = [code for path in FILES for said, code in blocks(path, "py") if said == "run"]
    notebook: dict[str, Any] = {}
    for example in examples:
        exec(example, notebook)
    assert len(examples) == 2
    assert (tmp_path / "my-second-index" / "catalog.sqlite").is_file()
    assert "begins [here]" in runner.invoke(app, ["search", "here", "--index", "my-index"]).stdout
    assert (tmp_path / "line.png").is_file()
    assert (tmp_path / "restored" / "catalog.sqlite").is_file()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target.partition("#")[0]).exists(), target


def test_files_of_the_checkout_that_are_named_are_there() -> None:
    for name in set(re.findall(r"`((?:indexer|plugins|tests|\.ci)/[\w./-]*)`", all_text())):
        assert (ROOT / name).exists() or (ROOT / f"{name}.py").exists(), name


@pytest.mark.parametrize("topic", sorted({topic for topic, _ in _reference.PARTS.values()}))
def test_what_is_made_from_the_code_is_as_the_code_is(topic: str) -> None:
    text = (DOCS / f"{topic}.md").read_text(encoding="utf-8")
    made = _reference.made(topic, text)
    assert text.count("<!-- made: ") == sum(place == topic for place, _ in _reference.PARTS.values())
    assert text == made, "run python -m indexer.cli._reference"


def test_the_manual_page_is_as_the_code_is_and_well_formed() -> None:
    text = _reference.MANUAL.read_text(encoding="utf-8")
    assert text == manual(), "run python -m indexer.cli._reference"
    assert text.isascii()
    lines = text.splitlines()
    known = {".TH", ".SH", ".SS", ".TP", ".B", '.\\"'}
    assert {line.split()[0] for line in lines if line[:1] in (".", "'")} == known
    for line, after in pairwise(lines):
        assert (line == ".TP") <= after.startswith(".B "), "a tag follows"
    for each in _commands.commands():
        for item in (*each.arguments, *each.options):
            assert item.written.replace("-", "\\-").replace("…", "\\[u2026]") in text
    if groff := shutil.which("groff"):
        shown = subprocess.run([groff, "-ww", "-man", "-Tutf8", _reference.MANUAL], capture_output=True, check=True)
        assert not shown.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("notes sea", "search"), ("notes search --rea", "--reach"), ("notes search --reach l", "low")],
)
def test_a_shell_completes_commands_options_and_choices(typed: str, offered: str) -> None:
    environ = {"_NOTES_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    assert CliRunner().invoke(app, [], env=environ, prog_name="notes").stdout.split() == [offered]


def test_every_setting_variable_command_option_hook_and_exit_code_is_documented() -> None:
    text = all_text()
    wanted = [*SETTINGS, *(f"NOTES_{name.upper()}" for name in SETTINGS), "NOTES_PLUGIN_PATH"]
    wanted += [name for name in vars(hooks) if name.startswith("notes_")]
    wanted += [f"notes {name}" for name in COMMANDS]
    for command in (*map(_commands.command, COMMANDS), typer.main.get_command(app)):
        for each in (command, *getattr(command, "commands", {}).values()):
            shown = (param for param in each.params if not getattr(param, "hidden", False))
            wanted += [name for param in shown if param.param_type_name == "option" for name in param.opts]
    missing = [name for name in dict.fromkeys(wanted) if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]
    assert not missing
    trouble = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \|", trouble, re.MULTILINE) == [str(int(each)) for each in Exit]
    assert re.findall(r"^## (\d+): ", trouble, re.MULTILINE) == [str(int(each)) for each in Exit]


def test_every_public_call_of_the_library_is_documented() -> None:
    text = (DOCS / "library.md").read_text(encoding="utf-8")
    for whose in (indexer.Archive, indexer.ArchiveLine):
        for name, each in vars(whose).items():
            promised = each.__doc__ and "Not part of what is promised" not in each.__doc__
            if promised and not name.startswith("_") and name not in whose.__dict__.get("__slots__", ()):
                assert re.search(rf"[`.]{name}\b", text), f"{whose.__name__}.{name}"


def test_messages_that_are_explained_are_ones_that_are_said() -> None:
    files = (path for part in ("indexer", "plugins") for path in (ROOT / part).rglob("*.py"))
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    said = " ".join(re.sub(r'"\s*f?"', "", code).split())  # a sentence may go on in the next line
    trouble = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    named = [
        each for line in re.findall(r"^- (`.*?):", trouble, re.MULTILINE) for each in re.findall("`([^`]+)`", line)
    ]
    assert len(named) > 20
    for message in named:
        fixed = max(re.split(r"…|'[^']*'|\d[\d.]*|[.;] |NAME|b\.zip", message), key=len).strip()
        assert len(fixed) > 6, message
        assert fixed in said, message


def test_the_settings_files_that_are_shown_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those with settings that are a person's own alone are shown as part of their own config file."""
    trusted = re.compile(f"^({'|'.join(name for name, each in SETTINGS.items() if each.trusted)}) =", re.MULTILINE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    own = user_config_path("notes", appauthor=False) / "config.toml"
    own.parent.mkdir(parents=True)
    for path in FILES:
        for at, (_, text) in enumerate(blocks(path, "toml")):
            if "[[column]]" in text:
                file = tmp_path / path.stem / "tables" / "shown.toml"
                file.parent.mkdir(parents=True)
                file.write_text(text)
                assert len(next(iter(table_files(tmp_path / path.stem).values())).columns) > 1
            elif "entry-points" not in text:
                here = tmp_path / f"{path.stem}{at}"
                here.mkdir()
                file = own if trusted.search(text) else here / "notes.toml"
                file.write_text(text)
                load({}, environ={}, cwd=here)
                file.unlink()


def test_the_plugins_that_are_shown_work(tmp_path: Path) -> None:
    for path in FILES:
        for at, (_, code) in enumerate(blocks(path, "python")):
            (tmp_path / f"{path.stem.lower()}{at}.py").write_text(code)
    tests = next(path for path in tmp_path.glob("*.py") if "def test_" in path.read_text())
    spec = spec_from_file_location(tests.stem, tests)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(module_from_spec(spec))
    tests.unlink()
    registry = load_registry(tmp_path, {})
    assert not registry.problems
    with zipfile.ZipFile(tmp_path / "a.cbz", "w") as archive:
        Image.new("L", (300, 200), 255).save(tmp_path / "1.png")
        archive.write(tmp_path / "1.png", "1.png")
    check_source(registry.sources["zipped scans"], tmp_path / "a.cbz")
    with tarfile.open(tmp_path / "a.box", "w") as box:
        box.add(tmp_path / "1.png", "1.png")
    check_source(registry.sources["boxes"], tmp_path / "a.box")
    check_engine(registry.engine("mine"))
    assert registry.checks["scanner"].run().state == "warning"
    added = typer.Typer()
    assert not registry.add_commands(added)
    added.callback()(lambda: None)
    assert CliRunner().invoke(added, ["greet", "Emma"]).stdout == "hello Emma\n"


def test_help_lists_the_topics_shows_one_and_offers_the_nearest(notes) -> None:
    listed = notes.json("help")["topics"]
    assert [row["topic"] for row in listed] == list(docs.NAMES)
    assert sorted(path.stem for path in DOCS.glob("*.md")) == sorted(docs.NAMES)
    for row in listed:
        assert row["title"]
        assert row["summary"].endswith((".", "?")), row
    runner = CliRunner()
    shown = runner.invoke(app, ["help", "settings"]).stdout
    assert shown.startswith("# Settings\n")
    assert "<!--" not in shown
    assert "`NOTES_LANGUAGE`" in shown
    assert "getting started (`notes help getting-started`)" in shown
    done = notes.run("help", "serching", rc=2)
    assert "Did you mean searching?" in done.stderr
    assert "notes search --help" in notes.run("help", "search", rc=2).stderr
    assert "There are: getting-started" in notes.run("help", "xyzzy", rc=2).stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Windows is another one")
def test_help_is_rendered_on_a_terminal(notes) -> None:
    import os
    import pty

    ours, theirs = pty.openpty()
    environ = {**notes.environ, "TERM": "xterm", "COLUMNS": "80"}
    process = notes.begin("help", "security", stdout=theirs, env=environ)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # the end, on Linux
        pass
    os.close(ours)
    assert process.wait() == 0
    assert b"\x1b[" in shown
    assert b"Security" in shown
    assert b"# Security" not in shown


def test_nobody_is_told_to_install_a_stranger() -> None:
    """The name ``notes`` belongs to another project on PyPI: we are installed from a checkout."""
    for path in (*FILES, *ROOT.glob("indexer/**/*.py"), *ROOT.glob("plugins/**/*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"pip install[^\n`.]*(?<![\w-])notes(?![\w-])", text), path


def test_plugins_ends_with_4_when_one_is_broken(notes) -> None:
    assert notes.json("plugins")["problems"] == []
    (notes.plugins / "broken.py").write_text("import no_such_module\n")
    assert notes.json("plugins", rc=4)["problems"][0]["plugin"] == "broken"
    assert "embedded" in notes.run("plugins", rc=4).stdout
