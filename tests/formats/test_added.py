"""A format of a plugin: pages are written in it, and text beside pictures is read in it. It is the one of the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import indexer

BROKEN = """
from indexer.api import Format, hookimpl
def write(document):
    raise KeyError("no such thing")
def read(data):
    raise RuntimeError("out of ink")
@hookimpl
def notes_formats():
    yield Format("broken", "broken", (".broken",), write, read)
    yield Format("silent", "silent", (".silent",), lambda document: "text")
"""


def example() -> str:
    """The plugin in the docs."""
    told = (
        (Path(indexer.__file__).with_name("docs") / "plugins.md")
        .read_text(encoding="utf-8")
        .partition("\n## A format\n")[2]
    )
    (code,) = re.findall(r"```python\n(.*?)```", told.partition("\n## ")[0], re.DOTALL)
    return code


@pytest.fixture
def added(indexed):
    (indexed.plugins / "boxes.py").write_text(example())
    (indexed.plugins / "broken.py").write_text(BROKEN)
    return indexed


def test_pages_are_written_in_the_format_of_a_plugin(added, tmp_path: Path) -> None:
    added.run("export", "--as", "boxes", "--to", tmp_path / "out")
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == "a.boxes"
    with indexer.open_archive(added.index) as archive:
        (page,) = archive.pages()
        rows = ["\t".join(map(str, (*line.box.xywh, line.text))) for line in archive.lines(page)]
        assert file.read_text().splitlines() == [f"{page.width}\t{page.height}", *rows]
    assert "format boxes" in added.run("plugins").stdout
    assert "jsonl, lines, boxes" in added.run("export", "--as", "nosuch", rc=2).stderr


def test_text_beside_a_picture_is_read_in_the_format_of_a_plugin(added, tmp_path: Path) -> None:
    picture = added.home / "pages" / "a.png"
    told = added.run("export", "--as", "boxes").stdout
    picture.with_suffix(".boxes").write_text(told.replace("doubtful300", "undoubted"))
    added.run("index", picture.parent, "--sidecar-text", "use")
    assert "undoubted" in added.run("show", picture).stdout
    picture.with_suffix(".boxes").write_text("no numbers")
    assert "a.boxes cannot be read" in added.run("index", picture.parent, "--sidecar-text", "auto", rc=3).stderr


def test_such_text_goes_into_bundles_too(added, tmp_path: Path) -> None:
    picture = added.home / "pages" / "a.png"
    told = added.run("export", "--as", "boxes").stdout
    picture.with_suffix(".boxes").write_text(told.replace("doubtful300", "undoubted"))
    added.environ |= {"NOTES_SIDECAR_TEXT": "use", "NOTES_INDEX": str(tmp_path / "other")}
    added.run("read", "--bundle", tmp_path / "bundles", picture)
    added.run("merge", tmp_path / "bundles", "--files", picture)
    assert "undoubted" in added.run("show", picture).stdout


@pytest.mark.parametrize(("name", "why"), [("broken", "KeyError: 'no such thing'"), ("silent", "it gives str")])
def test_a_format_that_fails_is_named_and_ends_nothing(added, tmp_path: Path, name: str, why: str) -> None:
    said = added.run("export", "--as", name, "--to", tmp_path / "out", rc=3).stderr
    assert f"the plugin of the format {name} failed" in said
    assert why in said
    added.home.joinpath("pages", "a.broken").write_text("text")
    done = added.run("index", added.home / "pages", "--sidecar-text", "auto", rc=3)
    assert "its plugin failed (RuntimeError: out of ink)" in done.stderr
    assert "doubtful300" in added.run("show", added.home / "pages" / "a.png").stdout
