"""The registry when plugins fail half-way, stand in each other's way or share a name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.api.registry import load_registry
from indexer.values.errors import UnavailableError

ROOT = Path(__file__).parents[2]
HEAD = "from indexer.api import Check, CheckResult, Engine, Source, hookimpl\n"
GIVES = """
@hookimpl
def notes_sources():
    yield Source({name!r}, {suffixes!r}, lambda file, options: iter(()))
"""
BROKEN_ENGINES = """
@hookimpl
def notes_engines({arguments}):
    {body}
"""


def source(name: str, *suffixes: str) -> str:
    return HEAD + GIVES.format(name=name, suffixes=suffixes)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ("", "raise RuntimeError('no')"),
        ("", "raise SystemExit(3)"),
        ("", "return None"),
        ("", "return [Source('x', (), None)]"),
        ("wrong", "return []"),
    ],
)
def test_a_plugin_broken_in_one_hook_is_gone_as_a_whole(tmp_path: Path, arguments: str, body: str) -> None:
    broken = BROKEN_ENGINES.format(arguments=arguments, body=body)
    write(tmp_path / "half.py", source("images", ".png", ".half") + broken)
    registry = load_registry(tmp_path, {})
    assert [problem.plugin for problem in registry.problems] == ["half"]
    assert registry.source_for(Path("a.half")) is None
    found = registry.source_for(Path("a.PNG"))
    assert found is registry.sources["images"]
    assert ".tif" in found.suffixes, "the built-in source is not shadowed by what is broken"
    assert all(not plugin.shadowed for plugin in registry.plugins)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (source("x", ".UP"), "lower case"),
        (source("x", "nodot"), "dot"),
        (source("", ".x"), "name"),
        (HEAD + "@hookimpl\ndef notes_sources(): return [Source('x', '.abc', None)]", "tuple"),
    ],
)
def test_a_source_that_could_never_be_chosen_is_a_problem(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path / "odd.py", text)
    (problem,) = load_registry(tmp_path, {}).problems
    assert problem.plugin == "odd"
    assert said in problem.message


def test_suffixes_clash_by_layer(tmp_path: Path) -> None:
    early, late = tmp_path / "early", tmp_path / "late"
    write(early / "one.py", source("one", ".a", ".b", ".b"))
    write(early / "two.py", source("two", ".a"))
    write(late / "three.py", source("three", ".b", ".jpg"))
    registry = load_registry(early, {"NOTES_PLUGIN_PATH": str(late)})
    assert registry.source_for(Path("x.a")) is None
    (problem,) = registry.problems
    assert "one" in problem.message
    assert "two" in problem.message
    for name in ("x.b", "x.JPG"):
        found = registry.source_for(Path(name))
        assert found is not None
        assert found.name == "three"
    assert {"one", "two"} <= registry.sources.keys()


def test_files_of_one_name_are_plugins_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "a" / "images.py", source("a", ".a"))
    write(tmp_path / "b" / "images.py", source("b", ".b"))
    paths = [tmp_path / "a", tmp_path / "b" / "images.py", tmp_path / "a"]
    registry = load_registry(tmp_path / "none", {"NOTES_PLUGIN_PATH": os.pathsep.join(map(str, paths))})
    assert registry.problems == ()
    assert {"images", "a", "b"} <= registry.sources.keys()
    assert len([plugin for plugin in registry.plugins if plugin.name.startswith("images")]) == 3


def test_an_engine_that_is_not_there_says_what_is_and_what_failed(tmp_path: Path) -> None:
    write(tmp_path / "mine.py", "import no_such_module")
    with pytest.raises(UnavailableError, match="no engine 'mine'") as caught:
        load_registry(tmp_path, {}).engine("mine")
    assert caught.value.exit_code == 4
    assert "embedded" in caught.value.hint
    assert "no_such_module" in caught.value.hint


def test_files_with_an_underscore_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "_helper.py", "raise SystemExit('loaded')")
    assert load_registry(tmp_path, {}).problems == ()


def test_two_entry_points_of_one_plugin_do_not_take_it_away(notes, tmp_path: Path) -> None:
    write(tmp_path / "site" / "twice_given.py", source("given", ".given"))
    info = tmp_path / "site" / "given-1.dist-info"
    write(info / "METADATA", "Metadata-Version: 2.1\nName: given\nVersion: 1\n")
    write(info / "entry_points.txt", "[notes.plugins]\nfirst = twice_given\nsecond = twice_given\n")
    notes.environ["PYTHONPATH"] = str(tmp_path / "site")
    listed = notes.json("plugins", rc=4)
    assert {"first": ["source given"]}.items() <= {row["name"]: row["provides"] for row in listed["plugins"]}.items()
    assert listed["problems"] == [{"plugin": "second", "message": "it is the same plugin as first. Remove one"}]
