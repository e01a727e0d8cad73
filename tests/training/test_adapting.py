"""Adapting: a model learns what was read by ink and language, goes on after an interruption, and is kept if better."""

from __future__ import annotations

import copy
import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

import indexer
from indexer.api import models
from indexer.api.registry import load_registry
from indexer.archive.teaching import ended
from indexer.catalog import Catalog
from indexer.recognition.page_drawer import PageDrawer
from indexer.training.adapting import adapt, adaptable
from indexer.training.batches import padded
from indexer.training.collecting import SAID, read_lines
from indexer.training.distortion import plain
from indexer.training.events import AdaptationOutcome
from indexer.training.learner import opened, probabilities
from indexer.training.letters import ANYTHING, Letters
from indexer.training.lines import DETECTOR, TrainingLine
from indexer.training.pseudo_labels import ReadPage, labelled, read_pages
from indexer.training.run import TrainingRun, train, training_data
from indexer.training.shards import write_shard
from indexer.training.sharpness import softened
from indexer.training.trainer import Plan
from indexer.training.transcribed import folder_lines
from indexer.values import SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Notes

    from indexer.training.learner import Learner
    from indexer.values import Trainable

DOCS = Path(__file__).parents[2] / "indexer" / "docs"
WORDS = ("abba", "acca", "bab", "cab", "baca", "caba")
_SPELLER = f"""
_plain = Model.words


def _spelt(self, line):
    from rapidfuzz.process import extractOne

    return [(extractOne(word, {WORDS})[0], sure) for word, sure in _plain(self, line)]


Model.words = _spelt
"""
"""Makes the engine of the documents read words that there are: it knows its language."""
_STEPS = 250
"""Steps in which the network of the documents learns the words of these tests."""
_SPOILT = 4.0
"""What is added to its bias for the blank: many letters are not read any more, but the words can be told."""


def engine_of_the_documents(kind: str, part: str) -> str:
    """The block of the chapter on plugins that has this in it."""
    text = (DOCS / "plugins.md").read_text(encoding="utf-8")
    return next(each for each in re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S) if part in each)


def taught(lines: list[TrainingLine], learner: Learner) -> None:
    """Teach a network some lines, and spoil it."""
    images = torch.from_numpy(
        padded([plain(line.pixels(), line.cut, learner.shape) for line in lines], learner.shape, 0)
    )
    texts = [learner.letters.classes(line.text) or [] for line in lines]
    targets, lengths = torch.tensor([each for text in texts for each in text]), [len(text) for text in texts]
    optimiser = torch.optim.Adam(learner.network.parameters(), 1e-2)
    for _ in range(_STEPS):
        found = learner.network(images.float()).transpose(0, 1)
        optimiser.zero_grad()
        loss = torch.nn.functional.ctc_loss(found, targets, [len(found)] * len(texts), lengths, zero_infinity=True)
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        list(learner.network.parameters())[-1][0] += _SPOILT


@dataclass(frozen=True)
class Spoilt:
    """An archive of printed pages that was read with a model that leaves letters out."""

    notes: Notes
    engine: Trainable
    model: models.RecognitionModel

    def lines(self) -> list[TrainingLine]:
        """The lines with what was read in them."""
        with Catalog(self.notes.home / "my-index") as catalog, PageDrawer(self.notes.plugins, 300) as drawer:
            found = read_lines(catalog, drawer, SourceOptions(), self.engine)
            return [line for line in found if isinstance(line, TrainingLine)]


@pytest.fixture
def spoilt(notes: Notes, transcribed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Spoilt:
    (notes.plugins / "small.py").write_text(engine_of_the_documents("python", "training=Training") + _SPELLER)
    base = notes.plugins / "small" / "untrained"
    base.mkdir(parents=True)
    (base / "model.json").write_text(engine_of_the_documents("json", '"engine": "small"'))
    for name in [name for name in notes.environ if name.startswith(("NOTES_", "XDG_", "HOME"))]:
        monkeypatch.setenv(name, notes.environ[name])
    monkeypatch.setenv("NOTES_INDEX", str(notes.home / "my-index"))
    monkeypatch.setenv("NOTES_ENGINE", "small")
    monkeypatch.chdir(notes.home)
    random = np.random.default_rng(1)
    for number in range(14):
        transcribed(notes.home / "pages" / f"{number}.png", [" ".join(random.choice(WORDS, 2)) for _ in range(8)])
    registry = load_registry(notes.plugins, {})
    engine = registry.engine("small").training()
    torch.manual_seed(3)  # the network of the documents begins anywhere
    learner = opened(engine, base)
    taught(list(folder_lines(notes.home / "pages", registry, SourceOptions(), engine, base))[:60], learner)
    model = models.RecognitionModel(
        "half", notes.home / "my-index" / "models" / "half", "a test", (-4.0, (1.0,)), engine="small"
    )
    model.folder.mkdir(parents=True)
    engine.write(model.folder, learner.network, learner.letters.characters, [])
    models.write_card(model)
    with indexer.open_archive("my-index", model="half", workers=1) as archive:
        archive.index("pages")
    return Spoilt(notes, engine, model)


def adapted(spoilt: Spoilt, plan: Plan) -> AdaptationOutcome:
    run = TrainingRun(spoilt.engine, spoilt.model, spoilt.model.folder.with_name("used"), plan, ("a test",))
    outcome = ended(adapt(run, adaptable(spoilt.lines())), lambda _event: None)
    assert isinstance(outcome, AdaptationOutcome)
    return outcome


def test_a_model_learns_what_language_made_of_its_readings(spoilt: Spoilt) -> None:
    outcome = adapted(spoilt, Plan(600.0, 3e-3, batch=2000, most=1500))
    assert outcome.model == models.load(spoilt.model.folder.with_name("used"))
    assert outcome.after < outcome.before
    listed = {each["name"]: each for each in spoilt.notes.json("models", "--index", "my-index")["models"]}
    assert listed["used"]["provenance"]["data"] == ["a test"]
    assert listed["used"]["provenance"]["figures"]["estimated"]["after"] == outcome.after
    with indexer.open_archive("my-index", model="used", workers=1) as archive:
        report = archive.index("pages", reread=True)
    assert report.files["read"] == 14


def test_what_is_no_better_is_not_kept_and_leaves_nothing(spoilt: Spoilt) -> None:
    outcome = adapted(spoilt, Plan(0.0))
    assert outcome.model is None
    assert outcome.before == outcome.after
    assert outcome.lines == 13 * 8, "the fewest that it needs: reading the last page would take longer than it may"
    assert [each.name for each in spoilt.model.folder.parent.iterdir()] == ["half"]


def slowed(spoilt: Spoilt, monkeypatch: pytest.MonkeyPatch, *rooms: str) -> Callable[[], float]:
    """Reading a line takes a second of the clock of these rooms, and nothing else any time; gives that clock."""
    seconds = 0.0
    plain_recogniser = spoilt.engine.recogniser

    def slow(folder: Path) -> Callable[[np.ndarray], list[tuple[str, float]]]:
        read = plain_recogniser(folder)

        def one(line: np.ndarray) -> list[tuple[str, float]]:
            nonlocal seconds
            seconds += 1.0
            return read(line)

        return one

    def clock() -> float:
        return seconds

    monkeypatch.setattr(type(spoilt.engine), "recogniser", lambda _engine, folder: slow(folder))
    for room in rooms:
        monkeypatch.setattr(f"indexer.training.{room}.time", SimpleNamespace(monotonic=clock))
    return clock


def test_what_is_measured_fits_into_the_time(spoilt: Spoilt, monkeypatch: pytest.MonkeyPatch) -> None:
    slowed(spoilt, monkeypatch, "adapting")
    outcome = adapted(spoilt, Plan(1600.0, 3e-3, batch=2000, most=100))
    assert outcome.lines == outcome.gathered == 14 * 8
    assert 20 <= outcome.measured < 60, "reading them again takes a second each"


def test_training_measures_by_as_many_lines_as_there_is_time_for(
    spoilt: Spoilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [replace(line, sure=True) for line in spoilt.lines()]
    write_shard(spoilt.model.folder / "hold-out.tar", [replace(line, page="other/1") for line in lines * 2])
    clock = slowed(spoilt, monkeypatch, "affordable", "run", "trainer")
    plan = Plan(240.0, 3e-3, batch=2000, most=300)
    run = TrainingRun(spoilt.engine, spoilt.model, spoilt.model.folder.with_name("used"), plan, ("a test",))
    data = training_data(lines, spoilt.model, opened(spoilt.engine, spoilt.model.folder).letters)
    told: list[indexer.TrainingProgress] = []
    outcome = ended(train(run, data), told.append)
    assert isinstance(outcome, indexer.TrainingOutcome)
    assert clock() < plan.seconds
    assert {each.whole for each in told} == {plan.seconds}
    assert len(data.validation) + len(data.held_out) > plan.seconds, "reading a line takes a second"


def test_it_goes_on_where_it_was_interrupted(spoilt: Spoilt) -> None:
    plan, lines = Plan(300.0, batch=2000, most=500), adaptable(spoilt.lines())
    run = TrainingRun(spoilt.engine, spoilt.model, spoilt.model.folder.with_name("used"), plan, ("a test",))
    learning = adapt(run, lines)
    while not (run.workplace / "checkpoint.pt").is_file():
        next(learning)
    learning.close()
    spent = json.loads((run.workplace / "spent.json").read_text(encoding="utf-8"))
    with pytest.raises(indexer.UsageError, match="began otherwise"):
        next(adapt(replace(run, plan=replace(plan, seed=2)), lines))
    told: list[object] = []
    outcome = ended(adapt(run, lines), told.append)
    progress = [each for each in told if isinstance(each, indexer.TrainingProgress)]
    assert progress[0].lines > 0, "what was learned before is still there"
    assert spent < progress[0].seconds <= progress[-1].seconds < plan.seconds
    assert isinstance(outcome, AdaptationOutcome)
    assert not run.workplace.exists()


def test_status_says_what_was_read_with_a_model_that_was_made_here(spoilt: Spoilt) -> None:
    (told,) = spoilt.notes.json("status", "--index", "my-index")["models"]
    assert (told["model"], told["how"]) == (models.identity(spoilt.model.folder), "a test")
    assert (told["lines"], told["pages"]) == (len(spoilt.lines()), 14)
    assert told["folders"] == [{"path": str(spoilt.notes.home / "pages"), "pages": 14}]
    shown = spoilt.notes.run("status", "--index", "my-index").stdout
    assert f"half: {told['lines']} lines on 14 pages (a test)" in shown
    models.write_card(replace(spoilt.model, provenance={"figures": {"estimated": {"before": 0.5, "after": 0.4}}}))
    (replaced,) = spoilt.notes.json("status", "--index", "my-index")["models"]
    assert replaced == {**told, "how": "another model of this name was made since", "provenance": None}
    with indexer.open_archive("my-index", model="half", workers=1) as archive:
        archive.index("pages", reread=True)
    (anew,) = spoilt.notes.json("status", "--index", "my-index")["models"]
    assert anew["how"] == "a test; wrong words, estimated: 50% before, 40% after"
    shutil.rmtree(spoilt.model.folder)
    assert spoilt.notes.json("status", "--index", "my-index")["models"] == []


def test_rejected_lines_are_not_learned_and_what_people_said_stays(spoilt: Spoilt) -> None:
    before = spoilt.lines()
    with indexer.open_archive("my-index") as archive:
        first, second = [line.id for line in archive.lines(next(archive.pages()))][:2]
    spoilt.notes.run("review", "reject", first, "--index", "my-index")
    spoilt.notes.run("review", "correct", second, "cab abba", "--sure", "--index", "my-index")
    after = spoilt.lines()
    assert len(after) == len(before) - 1
    (said,) = [line for line in after if line.weight == SAID]
    page = next(each for each in read_pages(spoilt.engine, spoilt.model.folder, after) if said in each.lines)
    assert page.lines[0].text == said.text == "cab abba"
    assert labelled(page)[0].text == "cab abba"
    assert [line.text for line in labelled(page)[1:]] == [line.text for line in page.lines[1:]], "as it was indexed"


def test_few_lines_are_refused(notes: Notes, make_page: Callable[..., Path]) -> None:
    notes.fake_engine()
    make_page(notes.home / "pages" / "a.png")
    notes.run("index", "pages")
    assert "cannot be trained" in notes.run("adapt", rc=2).stderr
    assert "cannot be the name" in notes.run("adapt", "../mine", rc=2).stderr
    with pytest.raises(indexer.UsageError, match="too few to adapt to"):
        adaptable([TrainingLine(b"", "x", str(page), DETECTOR) for page in range(50)])


def test_words_that_are_not_sure_may_be_anything() -> None:
    line, said = TrainingLine(b"", "", "p", DETECTOR, 0.5), TrainingLine(b"", "cab", "p", DETECTOR, SAID)
    words: list[list[tuple[str, float]]] = [
        [("abba", 0.9), ("bab", 0.05), ("cc", 0.01), ("acca", 0.8), ("b", 0.09)],
        [("ab", 0.05)],
        [("b", 0.05)],
    ]
    sure, other = labelled(ReadPage((line, line, said), tuple(words)))
    assert (sure.text, other) == (f"abba{ANYTHING} acca{ANYTHING}", said)
    letters = Letters(("", "a", "b", "c", " "))
    assert letters.classes(sure.text) == [1, 2, 2, 1, 5, 4, 1, 3, 3, 1, 5]


def test_what_learned_its_own_readings_is_made_as_sharp_as_it_was(spoilt: Spoilt) -> None:
    before, lines = opened(spoilt.engine, spoilt.model.folder), spoilt.lines()[:20]
    sharper = replace(before, network=copy.deepcopy(before.network))
    with torch.no_grad():
        for values in list(sharper.network.parameters())[-2:]:
            values *= 2.0
    made = softened(sharper, before, lines)
    images = [plain(line.pixels(), line.cut, before.shape) for line in lines]
    for (_, was), (_, now) in zip(probabilities(before, images), probabilities(made, images), strict=True):
        assert torch.allclose(was, now, atol=1e-2)
        assert torch.is_grad_enabled(), "what is done with probabilities may be learned from"
    assert softened(before, sharper, lines) is before, "it is less sharp already"
