"""Adapting: a model learns what was read by ink and language, goes on after an interruption, and is kept if better."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image

import indexer
from indexer.api import models
from indexer.api.registry import load_registry
from indexer.archive.teaching import ended
from indexer.catalog import Catalog
from indexer.recognition.page_drawer import PageDrawer
from indexer.training.adapting import adapt, adaptable
from indexer.training.batches import padded
from indexer.training.collecting import SAID, read_lines
from indexer.training.distortion import distorted, plain
from indexer.training.events import AdaptationOutcome
from indexer.training.learner import opened, probabilities
from indexer.training.letters import ANYTHING, Letters
from indexer.training.lines import DETECTOR, TrainingLine
from indexer.training.pseudo_labels import ReadPage, labelled, read_pages
from indexer.training.run import TrainingRun, train, training_data
from indexer.training.shards import image_bytes, write_shard
from indexer.training.sharpness import as_sharp
from indexer.training.trainer import Plan, learn
from indexer.values import SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conftest import Notes

    from indexer.training.events import TrainingProgress
    from indexer.training.learner import Learner
    from indexer.training.lines import Encoded
    from indexer.values import Trainable

DOCS = Path(__file__).parents[2] / "indexer" / "docs"
WORDS = ("abacab", "bcbcbc", "cacaba", "babacc", "ccabba", "acbcac")
"""So long and unlike each other that a word can be told when letters of it are misread."""
_SPELLER = f"""
_plain = Model.words


def _spelt(self, line):
    from rapidfuzz.process import extractOne

    nearest = [(extractOne(word, {WORDS}), sure) for word, sure in _plain(self, line)]
    return [(word, sure * alike / 100) for (word, alike, _), sure in nearest]


Model.words = _spelt
"""
"""Makes the engine of the documents read words that there are: it knows its language. The less what was seen is like
such a word, the less sure it is."""
_STEPS, _TAUGHT, _VIEWS = 250, 24, 20
"""Steps in which the network of the documents learns so many lines of these tests, and views of each. That is too
little: in most words a letter is misread, but which words they are can be told."""


def engine_of_the_documents(kind: str, part: str) -> str:
    """The block of the chapter on plugins that has this in it."""
    text = (DOCS / "plugins.md").read_text(encoding="utf-8")
    return next(each for each in re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S) if part in each)


def printed(page: Path, texts: list[str], engine: Trainable) -> list[TrainingLine]:
    """The lines of a page in print as the engine finds them, each with its text."""
    with Image.open(page) as image:
        pixels, _ = engine.pixels(image)
    cuts = [image_bytes(engine.cut(pixels, outline).min(axis=2)) for outline in engine.find(pixels)]
    return [TrainingLine(cut, text, str(page), DETECTOR) for cut, text in zip(cuts, texts, strict=True)]


def taught(lines: list[TrainingLine], learner: Learner) -> None:
    """Teach a network some lines, distorted as in every training."""
    texts = [learner.letters.classes(line.text) or [] for line in lines]
    targets, lengths = torch.tensor([each for text in texts for each in text]), [len(text) for text in texts]
    random = np.random.default_rng(1)
    views = [
        padded(
            [distorted(line.pixels(), line.cut, lines[0].pixels(), learner.shape, random) for line in lines],
            learner.shape,
            0,
        )
        for _ in range(_VIEWS)
    ]
    optimiser = torch.optim.Adam(learner.network.parameters(), 5e-3)
    for step in range(_STEPS):
        found = learner.network(torch.from_numpy(views[step % _VIEWS]).float()).transpose(0, 1)
        optimiser.zero_grad()
        loss = torch.nn.functional.ctc_loss(found, targets, [len(found)] * len(texts), lengths, zero_infinity=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.network.parameters(), 2.0)
        optimiser.step()


@dataclass(frozen=True)
class Half:
    """An archive of printed pages that was read with a model that has learned too little."""

    notes: Notes
    engine: Trainable
    model: models.RecognitionModel
    printed: tuple[TrainingLine, ...]

    def lines(self) -> list[TrainingLine]:
        """The lines with what was read in them."""
        with Catalog(self.notes.home / "my-index") as catalog, PageDrawer(self.notes.plugins, 300) as drawer:
            found = read_lines(catalog, drawer, SourceOptions(), self.engine)
            return [line for line in found if isinstance(line, TrainingLine)]

    def wrong(self, model: models.RecognitionModel) -> int:
        """How many words of the pages a model reads wrongly."""
        pages = read_pages(self.engine, model.folder, self.printed)
        read = [[text for text, _ in words] for page in pages for words in page.words]
        return sum(
            (Counter(line.text.split()) - Counter(words)).total()
            for line, words in zip(self.printed, read, strict=True)
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, transcribed: Callable[..., Path]) -> tuple[Path, list[TrainingLine]]:
    """A folder of plugins with the engine of the documents and its network, which has learned too little, and a folder
    of pages; and the lines of these."""
    home = tmp_path_factory.mktemp("made")
    base = home / "plugins" / "small" / "untrained"
    base.mkdir(parents=True)
    (home / "plugins" / "small.py").write_text(engine_of_the_documents("python", "training=Training") + _SPELLER)
    (base / "model.json").write_text(engine_of_the_documents("json", '"engine": "small"'))
    engine = load_registry(home / "plugins", {}).engine("small").training()
    random = np.random.default_rng(1)
    lines = []
    for number in range(14):
        texts = [" ".join(random.choice(WORDS, 3)) for _ in range(8)]
        lines += printed(transcribed(home / "pages" / f"{number}.png", texts), texts, engine)
    learner = opened(engine, base)
    taught(lines[:_TAUGHT], learner)
    engine.write(base, learner.network, learner.letters.characters, [])
    return home, lines


@pytest.fixture
def half(notes: Notes, made: tuple[Path, list[TrainingLine]], monkeypatch: pytest.MonkeyPatch) -> Half:
    home, lines = made
    shutil.copytree(home / "plugins", notes.plugins, dirs_exist_ok=True)
    shutil.copytree(home / "pages", notes.home / "pages")
    for name in [name for name in notes.environ if name.startswith(("NOTES_", "XDG_", "HOME"))]:
        monkeypatch.setenv(name, notes.environ[name])
    monkeypatch.setenv("NOTES_INDEX", str(notes.home / "my-index"))
    monkeypatch.setenv("NOTES_ENGINE", "small")
    monkeypatch.chdir(notes.home)
    engine = load_registry(notes.plugins, {}).engine("small").training()
    model = models.RecognitionModel(
        "half", notes.home / "my-index" / "models" / "half", "a test", (0.0, (1.0,)), engine="small"
    )
    learner = opened(engine, notes.plugins / "small" / "untrained")
    model.folder.mkdir(parents=True)
    engine.write(model.folder, learner.network, learner.letters.characters, [])
    models.write_card(model)
    with indexer.open_archive("my-index", model="half", workers=1) as archive:
        archive.index("pages")
    return Half(notes, engine, model, tuple(lines))


def adapted(half: Half, plan: Plan) -> AdaptationOutcome:
    run = TrainingRun(half.engine, half.model, half.model.folder.with_name("used"), plan, ("a test",))
    outcome = ended(adapt(run, adaptable(half.lines())), lambda _event: None)
    assert isinstance(outcome, AdaptationOutcome)
    return outcome


def test_a_model_learns_what_language_made_of_its_readings(half: Half) -> None:
    outcome = adapted(half, Plan(600.0, 1e-3, batch=2000, most=1500))
    assert outcome.model == models.load(half.model.folder.with_name("used"))
    assert outcome.after < outcome.before
    assert half.wrong(outcome.model) < half.wrong(half.model)
    listed = {each["name"]: each for each in half.notes.json("models", "--index", "my-index")["models"]}
    assert listed["used"]["provenance"]["data"] == ["a test"]
    assert listed["used"]["provenance"]["figures"]["estimated"]["after"] == outcome.after
    with indexer.open_archive("my-index", model="used", workers=1) as archive:
        report = archive.index("pages", reread=True)
    assert report.files["read"] == 14


def test_what_is_no_better_is_not_kept_and_leaves_nothing(half: Half) -> None:
    outcome = adapted(half, Plan(0.0))
    assert outcome.model is None
    assert outcome.before == outcome.after
    assert outcome.lines == 13 * 8, "the fewest that it needs: reading the last page would take longer than it may"
    assert [each.name for each in half.model.folder.parent.iterdir()] == ["half"]


def slowed(half: Half, monkeypatch: pytest.MonkeyPatch, *rooms: str) -> Callable[[], float]:
    """Reading a line takes a second of the clock of these rooms, and nothing else any time; gives that clock."""
    seconds = 0.0
    plain_recogniser = half.engine.recogniser

    def slow(folder: Path) -> Callable[[np.ndarray], list[tuple[str, float]]]:
        read = plain_recogniser(folder)

        def one(line: np.ndarray) -> list[tuple[str, float]]:
            nonlocal seconds
            seconds += 1.0
            return read(line)

        return one

    def clock() -> float:
        return seconds

    monkeypatch.setattr(type(half.engine), "recogniser", lambda _engine, folder: slow(folder))
    for room in rooms:
        monkeypatch.setattr(f"indexer.training.{room}.time", SimpleNamespace(monotonic=clock))
    return clock


def test_what_is_measured_fits_into_the_time(half: Half, monkeypatch: pytest.MonkeyPatch) -> None:
    slowed(half, monkeypatch, "adapting")
    outcome = adapted(half, Plan(1600.0, 3e-3, batch=2000, most=100))
    assert outcome.lines == outcome.gathered == 14 * 8
    assert 20 <= outcome.measured < 60, "reading them again takes a second each"


def test_training_measures_by_as_many_lines_as_there_is_time_for(half: Half, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [replace(line, sure=True) for line in half.lines()]
    write_shard(half.model.folder / "hold-out.tar", [replace(line, page="other/1") for line in lines * 2])
    clock = slowed(half, monkeypatch, "affordable", "run", "trainer")
    plan = Plan(240.0, 3e-3, batch=2000, most=300)
    run = TrainingRun(half.engine, half.model, half.model.folder.with_name("used"), plan, ("a test",))
    data = training_data(lines, half.model, opened(half.engine, half.model.folder).letters)
    told: list[indexer.TrainingProgress] = []
    outcome = ended(train(run, data), told.append)
    assert isinstance(outcome, indexer.TrainingOutcome)
    assert clock() < plan.seconds
    assert {each.whole for each in told} == {plan.seconds}
    assert len(data.validation) + len(data.held_out) > plan.seconds, "reading a line takes a second"


def test_it_goes_on_where_it_was_interrupted(half: Half) -> None:
    plan, lines = Plan(300.0, batch=2000, most=500), adaptable(half.lines())
    run = TrainingRun(half.engine, half.model, half.model.folder.with_name("used"), plan, ("a test",))
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


def test_status_says_what_was_read_with_a_model_that_was_made_here(half: Half) -> None:
    (told,) = half.notes.json("status", "--index", "my-index")["models"]
    assert (told["model"], told["how"]) == (models.identity(half.model.folder), "a test")
    assert (told["lines"], told["pages"]) == (len(half.lines()), 14)
    assert told["folders"] == [{"path": str(half.notes.home / "pages"), "pages": 14}]
    shown = half.notes.run("status", "--index", "my-index").stdout
    assert f"half: {told['lines']} lines on 14 pages (a test)" in shown
    models.write_card(replace(half.model, provenance={"figures": {"estimated": {"before": 0.5, "after": 0.4}}}))
    (replaced,) = half.notes.json("status", "--index", "my-index")["models"]
    assert replaced == {**told, "how": "another model of this name was made since", "provenance": None}
    with indexer.open_archive("my-index", model="half", workers=1) as archive:
        archive.index("pages", reread=True)
    (anew,) = half.notes.json("status", "--index", "my-index")["models"]
    assert anew["how"] == "a test; wrong words, estimated: 50% before, 40% after"
    shutil.rmtree(half.model.folder)
    assert half.notes.json("status", "--index", "my-index")["models"] == []


def test_rejected_lines_are_not_learned_and_what_people_said_stays(half: Half) -> None:
    before = half.lines()
    with indexer.open_archive("my-index") as archive:
        first, second = [line.id for line in archive.lines(next(archive.pages()))][:2]
    half.notes.run("review", "reject", first, "--index", "my-index")
    half.notes.run("review", "correct", second, "cab abba", "--sure", "--index", "my-index")
    after = half.lines()
    assert len(after) == len(before) - 1
    (said,) = [line for line in after if line.weight == SAID]
    page = next(each for each in read_pages(half.engine, half.model.folder, after) if said in each.lines)
    assert page.lines[0].text == said.text == "cab abba"
    assert labelled(page)[0].text == "cab abba"
    unsaid = next(
        each for each in read_pages(half.engine, half.model.folder, before) if each.lines[0].page == said.page
    )
    assert [line.text for line in labelled(page)[1:]] == [line.text for line in labelled(unsaid)[2:]], "the others stay"


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


def test_what_learned_its_own_readings_is_made_as_sharp_as_it_was(half: Half) -> None:
    before, lines = opened(half.engine, half.model.folder), half.lines()[:20]
    images = [plain(line.pixels(), line.cut, before.shape) for line in lines]
    for times in (2.0, 0.6):
        other = replace(before, network=copy.deepcopy(before.network))
        with torch.no_grad():
            for values in list(other.network.parameters())[-2:]:
                values *= times
        made = as_sharp(other, before, lines)
        for (_, was), (_, now) in zip(probabilities(before, images), probabilities(made, images), strict=True):
            assert torch.allclose(was, now, atol=1e-2)
            assert torch.is_grad_enabled(), "what is done with probabilities may be learned from"


def test_labels_are_of_a_network_that_has_not_learned_them(half: Half, monkeypatch: pytest.MonkeyPatch) -> None:
    learned: list[set[str]] = []
    read: list[set[str]] = []

    def watched_learn(learner: Learner, lines: Sequence[Encoded], *others: Any) -> Iterator[TrainingProgress]:
        learned.append({line.page for line, _ in lines})
        return learn(learner, lines, *others)

    def watched_read(engine: Trainable, folder: Path, lines: Sequence[TrainingLine]) -> Iterator[ReadPage]:
        if folder.parent.name.endswith(models.UNFINISHED):
            read.append({line.page for line in lines})
        return read_pages(engine, folder, lines)

    monkeypatch.setattr("indexer.training.adapting.learn", watched_learn)
    monkeypatch.setattr("indexer.training.adapting.read_pages", watched_read)
    outcome = adapted(half, Plan(600.0, 1e-3, batch=2000, most=40))
    first, second, every = learned
    assert read == [second, first]
    assert len(first) == len(second) == 7
    assert not first & second
    assert every == first | second
    assert outcome.model is None or not list(outcome.model.folder.glob("*/")), "only the model is left"
