"""Recognition models: found by name on their shelves, named with every line, refused when damaged."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from indexer.api import models
from indexer.api.registry import load_registry
from indexer.values import EngineOptions
from indexer.values.errors import PluginError, UnavailableError, UsageError

PAGE = Path(__file__).parents[1] / "data" / "archive" / "stanford" / "stanford-04.jpg"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return load_registry(tmp_path_factory.mktemp("no plugins"), {}).engine("embedded")


@pytest.fixture
def copied(engine, tmp_path):
    """A copy of the model that reads Latin script."""
    return shutil.copytree(engine.model(None), tmp_path / "copied")


def test_those_that_ship_are_listed_and_one_of_them_reads(notes) -> None:
    listed = {each["name"]: each for each in notes.json("models")["models"]}
    assert {"original", "chinese"} <= listed.keys()
    assert [each["reads"] for each in listed.values()].count(True) == 1
    assert not listed["chinese"]["reads"]
    shown = notes.run("models").stdout
    assert all(name in shown for name in listed)


def test_another_model_reads_when_it_is_named_and_every_line_knows_its_model(notes, engine) -> None:
    mine = shutil.copytree(engine.model(None), notes.index / "models" / "mine")
    notes.run("index", PAGE)
    before = notes.json("show", PAGE)["lines"]
    standard = models.identity(engine.model(None))
    assert {line["model"] for line in before} == {standard}
    said = next(line for line in before if line["status"] == "accepted")
    notes.run("review", "correct", said["id"], "what it says", "--sure")
    assert "1 already in the index" in notes.run("index", "--model", "mine", PAGE).stderr
    notes.run("index", "--model", "mine", "--reread", PAGE)
    after = notes.json("show", PAGE)["lines"]
    assert {line["model"] for line in after if line["origin"] == "embedded"} == {models.identity(mine)}
    assert {line["text"] for line in after if line["origin"] == "human"} == {"what it says"}
    assert "mine@" in notes.run("show", next(line["id"] for line in after if line["origin"] == "embedded")).stderr
    (notes.home / "notes.toml").write_text('model = "mine"')
    assert "1 already in the index" in notes.run("index", "--reread", PAGE).stderr


def test_a_model_that_is_not_there_is_named_with_those_that_are(notes) -> None:
    said = notes.run("read", "--model", "mnie", PAGE, rc=2).stderr
    assert "mnie" in said
    assert "original" in said


def test_an_engine_without_models_refuses_one(notes) -> None:
    notes.fake_engine()
    assert "reads without models" in notes.run("read", "--model", "original", PAGE, rc=2).stderr


@pytest.mark.parametrize(
    "damage", ["no network", "other network", "no card", "half a card", "nested card", "another format"]
)
def test_a_damaged_model_is_named(engine, copied, damage) -> None:
    card = copied / models.CARD
    if damage == "no network":
        (copied / models.NETWORK).unlink()
    elif damage == "other network":
        (copied / models.NETWORK).write_bytes(b"another")
    elif damage == "no card":
        card.unlink()
    elif damage == "half a card":
        card.write_text(card.read_text()[:100])
    elif damage == "nested card":
        card.write_text("[" * 100_000)
    else:
        card.write_text(json.dumps({**json.loads(card.read_text()), "format": 99}))
    with pytest.raises(UnavailableError, match="copied"), engine.open(EngineOptions(model=copied)):
        pass


def test_a_model_on_an_earlier_shelf_is_taken_first(copied, tmp_path) -> None:
    first = shutil.copytree(copied, tmp_path / "first" / "one")
    shutil.copytree(copied, tmp_path / "second" / "one")
    other = shutil.copytree(copied, tmp_path / "second" / "other")
    assert models.available([tmp_path / "first", tmp_path / "second"]) == [first, other]


def test_what_is_unfinished_is_no_model_and_a_replaced_one_stands_in(notes, engine) -> None:
    shelf = notes.index / "models"
    for name in ("emma.training", "anna.old", "anna"):
        shutil.copytree(engine.model(None), shelf / name)
    assert {folder.name for folder in models.available((shelf,))} == {"anna"}
    with pytest.raises(UsageError):
        models.find("emma.training", (shelf,))
    shutil.rmtree(shelf / "anna")  # as between the two steps of taking the new one in
    assert models.find("anna", (shelf,)) == shelf / "anna.old"
    assert models.load(shelf / "anna.old").name == "anna"
    assert models.identity(shelf / "anna.old").startswith("anna@")


def test_a_new_model_takes_its_place_whatever_an_earlier_end_left(tmp_path: Path) -> None:
    for name in ("emma", "emma.old", "emma.training"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "which").write_text(name)
    models.install(tmp_path / "emma.training", tmp_path / "emma")
    assert (tmp_path / "emma" / "which").read_text() == "emma.training"
    assert [each.name for each in tmp_path.iterdir()] == ["emma"]


def test_pages_that_are_read_twice_show_what_comes_of_words_that_only_the_first_model_read(notes, tmp_path) -> None:
    folder = tmp_path / "truth"
    folder.mkdir()
    for suffix in (".jpg", ".xml"):
        shutil.copy(PAGE.parents[1] / "poilus" / f"poilus-06{suffix}", folder)
    figures = notes.json("evaluate", folder, "--before", "original")
    assert list(figures["replaced"]) == ["transcript", "accepted", "ink", "ink_normal", "ink_low"]
    read, inked = figures["replaced"]["transcript"], figures["replaced"]["ink"]
    assert read["words"] > 3
    assert read["shown"] == 0  # what was replaced is not read
    assert 0 < inked["shown"] <= read["words"]
    assert "nobody" in notes.run("evaluate", folder, "--before", "nobody", rc=2).stderr


def elsewhere(file: str, *, constant: bool) -> onnx.ModelProto:
    """A model that adds the numbers of another file, as a weight or as a constant within a branch."""
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", file), ("offset", "0"), ("length", "16")):
        weight.external_data.add(key=key, value=value)
    given, made = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in "xy")
    add = helper.make_node("Add", ["x", "w"], ["y"])
    if not constant:
        graph = helper.make_graph([add], "g", [given], [made], [weight])
    else:
        branch = helper.make_graph([helper.make_node("Constant", [], ["w"], value=weight), add], "b", [], [made])
        on = helper.make_node("Constant", [], ["on"], value=helper.make_tensor("on", TensorProto.BOOL, [], [True]))
        choose = helper.make_node("If", ["on"], ["y"], then_branch=branch, else_branch=branch)
        graph = helper.make_graph([on, choose], "g", [given], [made])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("file", ["beside.bin", "../secret.bin", "/secret.bin", ""])
def test_a_network_reads_no_other_file(engine, copied, file: str, constant: bool) -> None:
    np.arange(4, dtype=np.float32).tofile(copied / "beside.bin")
    network = copied / models.NETWORK
    onnx.save(elsewhere(file, constant=constant), network)
    card = json.loads((copied / models.CARD).read_text())
    card["network"] = hashlib.sha256(network.read_bytes()).hexdigest()
    (copied / models.CARD).write_text(json.dumps(card))
    with (
        pytest.raises(PluginError, match="wants to read another file"),
        engine.open(EngineOptions(model=copied)),
    ):
        pass


class Bomb:
    def __init__(self, ran: Path) -> None:
        self.ran = ran

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.ran,)


@pytest.mark.parametrize("whole", [False, True])
def test_a_language_with_a_pickle_in_it_is_refused(engine, copied, tmp_path: Path, whole: bool) -> None:
    bomb = pickle.dumps(Bomb(tmp_path / "RAN"))
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.array([None], object))
    array = stream.getvalue()[: -len(pickle.dumps(np.array([None], object), protocol=3))] + bomb
    with zipfile.ZipFile(copied / models.LANGUAGE) as known:
        names = known.namelist()
    if whole:
        (copied / models.LANGUAGE).write_bytes(bomb)
    else:
        with zipfile.ZipFile(copied / models.LANGUAGE, "w") as made:
            for name in names:
                made.writestr(name, array)
    with pytest.raises(PluginError, match="cannot be read"), engine.open(EngineOptions(model=copied)):
        pass
    assert not (tmp_path / "RAN").exists()


def test_weights_are_kept_in_16_bits_and_those_of_before_are_read(tmp_path: Path) -> None:
    weights = {"classes.bias": np.arange(4, dtype=np.float32), "classes.weight": np.float32([[0.1, 2], [3, 1e-3]]).T}
    assert models.read_weights(tmp_path) is None
    before = {name: values.astype(np.float16) for name, values in weights.items()}
    np.savez_compressed(tmp_path / "weights.npz", **before)
    earlier = models.read_weights(tmp_path)
    models.write_weights(tmp_path, weights)
    (tmp_path / "weights.npz").write_bytes(b"the new ones count")
    for read in (earlier, models.read_weights(tmp_path)):
        assert read is not None
        assert read.keys() == weights.keys()
        assert all(read[name].dtype == np.float32 and (read[name] == before[name]).all() for name in weights)
    if os.name == "posix":
        (tmp_path / "card").touch()
        assert (tmp_path / models.WEIGHTS).stat().st_mode == (tmp_path / "card").stat().st_mode


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.npz"])
@pytest.mark.parametrize("size", [0, 5, 100, 1_000_000])
def test_damaged_weights_are_named(engine, copied: Path, name: str, size: int) -> None:
    np.savez(copied / "weights.npz", a=np.zeros(1_000_000, np.float16))
    data = (copied / name).read_bytes()
    (copied / models.WEIGHTS).unlink()
    (copied / name).write_bytes(data[:size])
    with pytest.raises(UnavailableError, match=name.replace(".", r"\.")):
        models.read_weights(copied)
