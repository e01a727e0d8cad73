"""An engine that can be trained: the one of the documents keeps the contract, and learns through the library."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import indexer
from indexer.api import models
from indexer.api.registry import load_registry
from indexer.api.testing import check_training
from indexer.archive.teaching import ended
from indexer.recognition.page_drawer import PageDrawer
from indexer.training.learner import opened
from indexer.training.lines import DETECTOR, TrainingLine
from indexer.training.run import TrainingRun, train, training_data
from indexer.training.shards import image_bytes, write_shard
from indexer.training.trainer import Plan
from indexer.training.transcribed import folder_lines
from indexer.values import SourceOptions

if TYPE_CHECKING:
    from conftest import Notes

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "indexer" / "docs"
WORDS = ("abba", "acca", "bab", "cab", "baca", "caba")


def block(name: str, kind: str, part: str) -> str:
    """The block of a document that has this in it."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    (found,) = (each for each in re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S) if part in each)
    return str(found)


@pytest.fixture
def small(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the model that the engine of the documents begins from."""
    (notes.plugins / "small.py").write_text(block("plugins", "python", "training=Training"))
    base = notes.plugins / "small" / "untrained"
    base.mkdir(parents=True)
    (base / "model.json").write_text(block("plugins", "json", '"engine": "small"'))
    for name in [name for name in notes.environ if name.startswith(("NOTES_", "XDG_", "HOME"))]:
        monkeypatch.setenv(name, notes.environ[name])
    monkeypatch.setenv("NOTES_INDEX", str(notes.home / "my-index"))
    monkeypatch.chdir(notes.home)
    return base


def drawn(transcribed: Callable[..., Path], notes: Notes) -> Image.Image:
    with Image.open(transcribed(notes.home / "page.png", ["abba cab", "bab acca"])) as page:
        return page.copy()


def written(transcribed: Callable[..., Path], folder: Path, pages: int = 6) -> list[Path]:
    """Pages of words of three letters."""
    random = np.random.default_rng(1)
    texts = [[" ".join(random.choice(WORDS, 2)) for _ in range(8)] for _ in range(pages)]
    return [transcribed(folder / f"{number}.png", lines) for number, lines in enumerate(texts)]


def test_the_engine_of_the_documents_keeps_the_contract(notes: Notes, small: Path, transcribed) -> None:
    registry = load_registry(notes.plugins, {})
    assert not registry.problems
    page = drawn(transcribed, notes)
    check_training(registry.engine("small"), page)
    with pytest.raises(AssertionError, match="has training"):
        check_training(registry.engine("aspose"), page)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("transpose(1, 2).log_softmax(2)", "transpose(1, 2)", "do not add up to 1"),
        ("frame=4", "frame=2", "2 lines of 40 frames"),
        ("return pixels[top:bottom, left:right]", "return pixels[top:bottom, left:right].min(axis=-1)", "is in colour"),
        ("return [np.array([(0, top)", "return [] and [np.array([(0, top)", "no line was found"),
        (
            "{name: values.numpy()",
            "{name: 2 * values.numpy()",
            "other logarithms",
        ),
        ('"engine": "small"', '"engine": "other"', "names the engine other"),
    ],
)
def test_what_breaks_the_contract_is_said(
    notes: Notes, small: Path, transcribed, right: str, wrong: str, said: str
) -> None:
    for file in (notes.plugins / "small.py", small / "model.json"):
        file.write_text(file.read_text().replace(right, wrong))
    page = drawn(transcribed, notes)
    with pytest.raises(AssertionError, match=said):
        check_training(load_registry(notes.plugins, {}).engine("small"), page)


def test_the_example_of_the_library_is_told_of_what_it_learns_from_and_how_far_it_is(
    notes: Notes, small: Path, transcribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = written(transcribed, notes.home / "transcribed")
    monkeypatch.setenv("NOTES_ENGINE", "small")
    with indexer.open_archive("my-index", workers=1) as archive:
        archive.index(pages[0])
    told: list[object] = []
    example = block("library", "py train", "archive.train").replace("minutes=60, hear=print", "minutes=0.02, hear=hear")
    scope = {"indexer": indexer, "hear": told.append}
    exec(example, scope)
    outcome = scope["outcome"]
    assert isinstance(outcome, indexer.TrainingOutcome)
    assert told[0] == indexer.TrainingLines("untrained", 32, 16, 0)
    assert len(told) > 1
    assert all(isinstance(each, indexer.TrainingProgress) for each in told[1:])
    assert (outcome.model is not None) == (notes.home / "my-index" / "models" / "aunt-emma").exists()
    with indexer.open_archive("my-index") as archive, pytest.raises(indexer.UsageError, match="nothing to learn from"):
        archive.train("aunt-emma", from_index=False)


def test_a_model_of_another_engine_is_trained_chosen_and_listed_as_its_own(
    notes: Notes, small: Path, transcribed
) -> None:
    written(transcribed, notes.home / "pages")
    other = [TrainingLine(image_bytes(np.full((16, 80), 255, np.uint8)), "abba", "other/1", DETECTOR)] * 3
    write_shard(small / "rehearsal.tar", other)  # as models of before call it
    registry = load_registry(notes.plugins, {})
    engine, base = registry.engine("small").training(), models.load(small)
    with PageDrawer(notes.plugins, 60) as drawer:
        lines = list(folder_lines(notes.home / "pages", drawer, registry, SourceOptions(), engine, small))
    found = training_data(lines, base, opened(engine, small).letters)
    assert len(found.replayed) == 3
    target = notes.home / "my-index" / "models" / "emma"
    run = TrainingRun(engine, base, target, Plan(8, 1e-2, batch=2000), ("pages",))
    outcome = ended(train(run, found), lambda _event: None)
    assert isinstance(outcome, indexer.TrainingOutcome)
    assert outcome.after < outcome.before
    assert outcome.model == models.load(target)
    assert (target / models.REPLAY).is_file()
    with indexer.open_archive("my-index", model="emma") as archive:
        assert [each.engine.name for each in archive.engines.engines] == ["small"], "whose model it is"
    archive = indexer.open_archive("my-index", model="emma", engine="embedded")
    with pytest.raises(indexer.UsageError, match="is a model of the engine small"):
        _ = archive.engines
    archive = indexer.open_archive("my-index", model="emma", engine="embedded+small")
    both = {each.engine.name: each.options.model for each in archive.engines.engines}
    assert both == {"embedded": registry.engine("embedded").model(None), "small": target}
    listed = {each["name"]: each["engine"] for each in notes.json("models", "--index", "my-index")["models"]}
    assert (listed["emma"], listed["untrained"], listed["original"]) == ("small", "small", "embedded")


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("fake", "the engine fake cannot be trained"),
        ("fake+aspose", "the engine fake cannot be trained"),
        ("small+embedded", "several of the engines small+embedded can be trained"),
        ("nosuch", "there is no engine 'nosuch'"),
    ],
)
def test_an_engine_that_cannot_be_trained_is_named(
    notes: Notes, small: Path, transcribed, engine: str, said: str
) -> None:
    notes.fake_engine()
    (notes.home / "notes.toml").unlink()
    transcribed(notes.home / "box" / "a.png", ["abba"])
    done = notes.run("train", "mine", "--from", "box", "--engine", engine, rc=4 if engine == "nosuch" else 2)
    assert said in done.stderr
    assert "small" in done.stderr


def test_an_engine_that_cannot_open_its_training_here_is_named(notes: Notes, small: Path, transcribed) -> None:
    plugin = notes.plugins / "small.py"
    for wrong, said in (
        ("1 / 0", "ZeroDivisionError"),
        ("raise_(PluginError('not today', 'Wait.'))", "not today\nWait."),
    ):
        plugin.write_text(
            block("plugins", "python", "training=Training").replace("training=Training", f"training=lambda: {wrong}")
            + "\n\ndef raise_(error):\n    raise error\n"
        )
        transcribed(notes.home / "box" / "a.png", ["abba"])
        assert said in notes.run("train", "mine", "--from", "box", "--engine", "small", rc=4).stderr
