"""What was called otherwise in the version before: it still works, says so, and nothing that was kept is lost."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

import indexer
from indexer.api import Box, Engine, EngineOptions, Line, PosteriorgramPacker, models
from indexer.api.registry import load_registry
from indexer.catalog import Catalog
from indexer.recognition.choice import shelves
from indexer.system.settings import load
from indexer.values import Origin, Status
from indexer.values.errors import UsageError

DATA = Path(__file__).parent / "data"
OLD_ENGINE = """
from contextlib import contextmanager
from indexer.api import Box, Engine, Line, hookimpl

class Opened:
    def __init__(self, folder):
        self.folder = folder
    def read(self, image):
        return [Line(f"alpha {self.folder.name}", 0.9, Box(5, 5, image.width - 10, 20), frames=b"\\1")]

@contextmanager
def opened(options):
    yield Opened(options.reader)

@hookimpl
def notes_engines():
    yield Engine("old", "reads as before", opened, reader=lambda language: %r)
"""


@pytest.fixture
def old_engine(notes, tmp_path: Path) -> Path:
    """An engine plugin written for the version before; gives the folder of a model as that version left it."""
    taught = notes.index / "readers" / "taught"
    ships = tmp_path / "ships" / "shipped"
    for folder in (taught, ships):
        folder.mkdir(parents=True)
        card = {
            "format": 1,
            "engine": "old",
            "summary": "taught before",
            "confidence": [0.0],
            "network": "",
            "provenance": {},
        }
        (folder / "reader.json").write_text(json.dumps(card))
    (notes.plugins / "old.py").write_text(OLD_ENGINE.replace("%r", f"__import__('pathlib').Path({str(ships)!r})"))
    (notes.home / "notes.toml").write_text('engine = "old"\n')
    return taught


# ── the command line and the settings ───────────────────────────────────────────────────────────────────────────────


def test_the_earlier_spellings_of_the_command_line_work_and_name_the_new_ones(notes, make_page, old_engine) -> None:
    page = make_page(notes.home / "a.png")
    done = notes.run("index", "--reader", "taught", page)
    assert "--reader is called --model now" in done.stderr
    (line,) = notes.json("show", page)["lines"]
    assert line["text"] == "alpha taught"
    assert line["model"] == line["reader"] == models.identity(old_engine)
    assert "--reader" not in notes.run("index", "--help").stdout


def test_the_earlier_name_of_a_command_works_and_names_the_new_one(notes, old_engine) -> None:
    done = notes.run("readers", "--json")
    assert "notes readers is called notes models now" in done.stderr
    assert json.loads(done.stdout) == notes.json("models")
    listed = json.loads(done.stdout)
    assert listed["readers"] == listed["models"]
    assert "taught" in {each["name"] for each in listed["models"]}
    assert "readers" not in notes.run("--help").stdout


def test_the_earlier_names_of_a_setting_work_and_name_the_new_ones(notes, old_engine) -> None:
    (notes.home / "notes.toml").write_text('engine = "old"\nreader = "taught"\n')
    done = notes.run("config", "--json")
    assert f"{notes.home / 'notes.toml'}: reader is called model now" in done.stderr
    shown = json.loads(done.stdout)["settings"]
    assert shown["model"] == {"value": "taught", "from": str(notes.home / "notes.toml")}
    assert "reader" not in shown


def test_of_two_names_of_a_setting_the_new_one_holds_in_its_place(tmp_path: Path) -> None:
    found = load({}, environ={"NOTES_READER": "one"}, cwd=tmp_path)
    assert (found.model, found.origins["model"]) == ("one", "NOTES_READER")
    assert found.remarks == ("NOTES_READER is called NOTES_MODEL now",)
    both = load({}, environ={"NOTES_READER": "one", "NOTES_MODEL": "two"}, cwd=tmp_path)
    assert (both.model, both.remarks) == ("two", ())
    (tmp_path / "notes.toml").write_text('model = "three"')
    assert load({}, environ={"NOTES_READER": "one"}, cwd=tmp_path).model == "one"
    (tmp_path / "notes.toml").write_text("reader = 3")
    with pytest.raises(UsageError, match="reader is 3"):
        load({}, environ={}, cwd=tmp_path)


# ── models on disk ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_models_are_found_where_they_lay_before_and_backed_up_with_the_rest(notes, tmp_path: Path) -> None:
    embedded = load_registry(tmp_path / "none", {}).engine("embedded")
    assert embedded.model is not None
    old = shutil.copytree(embedded.model(None), notes.index / "readers" / "emma")
    for name, before in (
        ("model.json", "reader.json"),
        ("replay.tar", "rehearsal.tar"),
        ("hold-out.tar", "guards.tar"),
    ):
        (old / name).rename(old / before)
    places = shelves(load({"index": notes.index}, environ={}, cwd=tmp_path), embedded)
    assert models.load(models.find("emma", places)).summary == models.load(embedded.model(None)).summary
    assert models.part(old, models.REPLAY) == old / "rehearsal.tar"
    assert models.part(old, models.HOLD_OUT) == old / "guards.tar"
    with Catalog(notes.index, create=True):
        pass
    kept = notes.json("backup", tmp_path / "all.zip")
    assert kept["models"] == kept["readers"] == 1
    notes.run("restore", tmp_path / "all.zip", "--index", tmp_path / "again")
    assert {each.name for each in (tmp_path / "again" / "readers" / "emma").iterdir()} == {
        p.name for p in old.iterdir()
    }
    assert "emma" in {each["name"] for each in notes.json("models", "--index", tmp_path / "again")["models"]}


# ── plugins and the library ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_plugin_may_use_the_earlier_names_and_is_told_the_new_ones(tmp_path: Path) -> None:
    with pytest.warns(DeprecationWarning, match="Line.frames is called posteriorgram now"):
        line = Line("text", 0.5, Box(0, 0, 1, 1), frames=b"packed")  # type: ignore[call-arg]
    assert line.posteriorgram == b"packed"
    with pytest.warns(DeprecationWarning, match="Line.frames"):
        assert line.frames == b"packed"  # type: ignore[attr-defined]
    with pytest.warns(DeprecationWarning, match="Engine.reader is called model now"):
        engine = Engine("one", "two", open, reader=lambda language: tmp_path)  # type: ignore[arg-type, call-arg]
    assert engine.model is not None
    assert engine.model(None) == tmp_path
    with pytest.warns(DeprecationWarning, match="EngineOptions.reader"):
        options = EngineOptions(reader=tmp_path)  # type: ignore[call-arg]
    with pytest.warns(DeprecationWarning, match="EngineOptions.reader"):
        assert options.reader == options.model == tmp_path  # type: ignore[attr-defined]
    probabilities = np.full((4, 2), 0.5, np.float32)
    packer = PosteriorgramPacker(["", "a"])
    with pytest.warns(DeprecationWarning, match="path_probability"):
        assert packer.sureness(probabilities) == packer.path_probability(probabilities) == (0.0, 0.5)
    with pytest.warns(DeprecationWarning, match="Origin.reader"):
        assert Origin("one", settings='{"model": "mine@1"}').reader == "mine@1"  # type: ignore[attr-defined]


def test_the_library_takes_the_earlier_name_of_a_parameter(tmp_path: Path) -> None:
    with pytest.warns(DeprecationWarning, match="model"), indexer.open_archive(tmp_path, reader="latin") as archive:
        assert archive.settings.model == "latin"


# ── the catalogue ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_catalogue_of_version_12_is_brought_forward_and_keeps_everything(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "catalog.sqlite")
    db.executescript((DATA / "catalog-12.sql").read_text(encoding="utf-8"))
    before = db.execute("SELECT id, text, confidence, frames, chosen FROM readings ORDER BY id").fetchall()
    triggers = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    db.close()
    with Catalog(tmp_path) as catalog:
        lines = catalog.page_lines(Path("/archive/1.png"), 1)
        assert [(each.text, each.status) for each in lines] == [
            ("old house", Status.ACCEPTED),
            ("grey moose", Status.ACCEPTED),
            ("white horse", Status.UNKNOWN),
        ]
        assert {each.origin.model for each in lines} == {None, "latin@0123abcd"}
        assert [each.id for each in catalog.waiting(None)[1]] == [5, 3, 6]
        assert catalog.posteriorgram(lines[0].id) is not None
        counts = catalog.counts()
        assert (counts.pages, counts.verdicts, counts.failures) == (2, 1, 1)
        back = catalog.take_back(lines[1].id)
        assert back is not None
        assert (back.text, back.confidence, back.status) == ("grey mouse", 0.4, Status.REVIEW)
    db = sqlite3.connect(tmp_path / "catalog.sqlite")
    after = db.execute("SELECT id, text, confidence, posteriorgram, chosen FROM readings ORDER BY id").fetchall()
    assert {each[:4] for each in before if each[1] != "grey moose"} == {each[:4] for each in after}
    assert triggers <= {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    (recipe,) = db.execute("SELECT DISTINCT recipe FROM pages").fetchone()
    assert json.loads(json.loads(recipe)["settings"]) == {"language": None, "model": "latin@0123abcd"}
    db.close()
    assert (tmp_path / "catalog.sqlite.before").is_file()
