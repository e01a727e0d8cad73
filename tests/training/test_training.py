"""Training: the network is the one it came from, work goes on after a kill, and only what is better is kept."""

from __future__ import annotations

import pickle
import signal
import subprocess
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from shutil import copy

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rapidfuzz.distance import Levenshtein

from indexer.api import models
from indexer.api.registry import load_registry
from indexer.archive.teaching import ended
from indexer.catalog import Catalog
from indexer.formats.groundtruth import truth_for
from indexer.plugins.embedded import MODELS, original_model
from indexer.plugins.embedded import network as networks
from indexer.plugins.embedded.detector import network_input
from indexer.plugins.embedded.training import EmbeddedTraining
from indexer.recognition.page_drawer import PageDrawer
from indexer.training import collecting
from indexer.training.batches import padded
from indexer.training.distortion import distorted, plain
from indexer.training.events import TrainingOutcome
from indexer.training.learner import opened
from indexer.training.letters import Letters, latin, transcribed
from indexer.training.lines import DETECTOR, TRUTH, TrainingLine, laying, split, spread
from indexer.training.package import Measured, recalibrated, written
from indexer.training.run import TrainingData, TrainingRun, encoded, train, training_data
from indexer.training.shards import read_shard, write_shard
from indexer.training.trainer import Plan, is_stuck
from indexer.training.transcribed import folder_lines
from indexer.values import Failure, SourceOptions
from indexer.values.errors import UsageError

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return load_registry(tmp_path_factory.mktemp("no plugins"), {})


ENGINE = EmbeddedTraining()
SHAPE = ENGINE.shape


def as_input(line: TrainingLine) -> torch.Tensor:
    """A line as the network takes it."""
    return torch.from_numpy(padded([plain(line.pixels(), line.cut, SHAPE)], SHAPE, 0))


@pytest.fixture(scope="module")
def lines(registry) -> list[TrainingLine]:
    """The lines of two letters in one hand, as found and as transcribed."""
    with PageDrawer(ARCHIVE, 60) as drawer:
        return list(folder_lines(ARCHIVE / "hooker", drawer, registry, SourceOptions(), ENGINE, MODELS / "latin"))


def test_text_without_places_is_aligned_with_the_lines_of_its_page(registry, lines, tmp_path) -> None:
    copy(ARCHIVE / "hooker" / "hooker-01.jpg", tmp_path)
    truth = truth_for(ARCHIVE / "hooker" / "hooker-01.jpg")
    assert truth is not None
    said = [line.text for line in truth[0].lines]
    running = " ".join(said[2:]).replace(said[8], "some other words stand here that nobody wrote")
    (tmp_path / "hooker-01.txt").write_text(running)
    with PageDrawer(tmp_path, 60) as drawer:
        found = list(folder_lines(tmp_path, drawer, registry, SourceOptions(), ENGINE, MODELS / "latin"))
    known = {line.data: line.text for line in lines if line.cut == DETECTOR}
    both = [(line.text, known[line.data]) for line in found if line.data in known]
    assert len(both) >= 8
    assert all(Levenshtein.normalized_similarity(one, other) > 0.9 for one, other in both)
    assert all(other not in (*said[:2], said[8]) for _, other in both)


def original() -> models.RecognitionModel:
    return models.load(MODELS / "original")


def data(lines: list[TrainingLine], base: models.RecognitionModel) -> TrainingData:
    return training_data(lines, base, opened(ENGINE, base.folder).letters)


# The network.


def test_the_network_gives_what_the_file_gives_that_it_was_loaded_from(lines) -> None:
    network = networks.load(onnx.load(original_model("rec"))).eval()
    session = onnxruntime.InferenceSession(original_model("rec"), providers=["CPUExecutionProvider"])
    for line in lines[:4]:
        given = as_input(line)
        (expected,) = session.run(None, {"x": network_input(np.repeat(given[0, :, :, None].numpy(), 3, axis=2))})
        with torch.no_grad():
            assert np.abs(network(given).exp().numpy() - expected).max() < 1e-4


def test_weights_survive_the_way_into_a_model_and_back(lines, tmp_path) -> None:
    learner = opened(ENGINE, original().folder)
    network, letters = learner.network, learner.letters
    with torch.no_grad():
        network.classes.bias += 0.5 * torch.randn(len(letters.characters), generator=torch.manual_seed(1))
    package = models.RecognitionModel("mine", tmp_path, "a test", original().confidence)
    made = written(package, original(), ENGINE, learner, encoded(lines, letters)[0])
    again = opened(ENGINE, made.folder)
    assert again.letters == letters
    for name, values in network.state_dict().items():
        assert torch.allclose(values, again.network.state_dict()[name], atol=0.02, rtol=0.01), name
    assert models.load(tmp_path).network == made.network


def test_new_letters_begin_as_rare_forms_of_what_they_look_like(lines) -> None:
    known, characters = ENGINE.network(original().folder)
    image = as_input(lines[0])
    wanted = (*characters[:-1], "ẅ", " ")
    with torch.no_grad():
        before, after = known.eval()(image), networks.with_classes(known, characters, wanted)(image)
    assert after.shape[2] == before.shape[2] + 1
    assert (after.argmax(2) == len(wanted) - 2).sum() == 0


# Lines.


def test_lines_are_cut_where_the_detector_finds_them_and_where_they_are_transcribed(lines) -> None:
    texts = {line.text for file in (ARCHIVE / "hooker").glob("*.jpg") for line in truth_for(file)[0].lines}
    found = {line.text for line in lines if line.cut == DETECTOR}
    assert {line.text for line in lines if line.cut == TRUTH} <= texts
    assert len(found) > 0.4 * len(texts)
    assert all(line.pixels().ndim == 2 and line.pixels().shape[1] > 8 for line in lines)


def test_a_shard_holds_what_was_put_in_but_for_the_lines_of_validation_pages(lines, tmp_path) -> None:
    shard = tmp_path / "some.tar"
    assert write_shard(shard, lines[:5]) == 5
    again = list(read_shard(shard))
    assert [(line.image, line.text, line.cut) for line in again] == [
        (each.image, each.text, each.cut) for each in lines[:5]
    ]
    records = shard.with_suffix(".jsonl")
    records.write_text(records.read_text().replace('"cut"', '"dev": true, "cut"', 1))
    assert [line.text for line in read_shard(shard)] == [line.text for line in lines[1:5]]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=80),
    st.floats(0.05, 0.5),
    st.integers(1, 40),
)
def test_no_page_is_both_learned_from_and_measured_by(rows, share, most) -> None:
    given = [(TrainingLine(b"", "x", str(page), TRUTH, 1.0, sure), [1]) for page, sure in rows]
    training, validation = split(given, share, most)
    assert not {line.page for line, _ in training} & {line.page for line, _ in validation}
    assert all(line.sure for line, _ in validation)
    assert len(validation) <= most
    if len({line.page for line, _ in given if line.sure}) > 1:
        assert validation
        assert training


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("au Burkina >s< o.", "au Burkina s o."),
        ("Sari>e<, né", "Sarie, né"),
        ("they ⟦on whose⟧ behalf", "they on whose behalf"),
        ("Pour M^me Le Bescond", "Pour Mme Le Bescond"),
        ("2^e ⋎ étage", "2e étage"),
        (">< cinq", None),
        ("1 ⟦⟧ on the day", None),
        ("a^ b", "a^ b"),
    ],
)
def test_editors_marks_are_not_learned(written: str, said: str | None) -> None:
    assert transcribed(written) == said


@given(st.text(st.sampled_from([*latin(), " ", "’", "“", "\u00a0"]), max_size=40))
def test_every_european_letter_has_a_class(text: str) -> None:
    letters = Letters(("", *latin(), " "))
    classes = letters.classes(text)
    assert (classes is None) == (not text.split())
    if classes:
        plain_quotes = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"'})
        assert letters.text(classes) == " ".join(text.split()).translate(plain_quotes)


def test_a_letter_of_another_script_is_refused() -> None:
    letters = Letters(("", *latin(), " "))
    assert letters.classes("Пётр") is None
    assert letters.text(letters.classes("ﬁn") or []) == "fin"
    assert letters.classes("⅓") is None  # it comes apart into 1, a fraction slash and 3


@given(st.integers(1, 120), st.integers(1, 500), st.sampled_from((TRUTH, DETECTOR)), st.integers(0, 99))
def test_a_distorted_line_is_a_line(height: int, width: int, cut: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (height, width), dtype=np.uint8)
    made = distorted(image, cut, image, SHAPE, random)
    assert made.shape[0] == 48
    assert made.shape[1] >= 8
    assert made.dtype == np.uint8


# The training run.


def test_what_is_no_better_is_not_kept(lines, tmp_path) -> None:
    run = TrainingRun(ENGINE, original(), tmp_path / "mine", Plan(0.0), ("test",))
    outcome = ended(train(run, data(lines, original())), lambda _event: None)
    assert isinstance(outcome, TrainingOutcome)
    assert outcome.model is None
    assert list(tmp_path.iterdir()) == []


def test_the_model_that_ships_is_guarded_by_pages_that_it_never_learned_from(lines) -> None:
    shipped = data(lines, models.load(MODELS / "latin"))
    hands = {line.page.split("/")[0] for line, _ in shipped.held_out}
    assert len(shipped.held_out) > 100
    assert len(hands) > 4
    assert len(shipped.replayed) > 400
    assert not {line.page for line, _ in shipped.held_out} & {line.page for line, _ in shipped.replayed}


@given(lines=st.lists(st.integers(), max_size=60, unique=True), most=st.integers(1, 20))
def test_a_spread_is_even_and_no_more_than_asked_for(lines, most) -> None:
    chosen = spread(lines, most)
    assert chosen[:1] == lines[:1]
    assert len(chosen) <= most
    places = [lines.index(each) for each in chosen]
    assert len({later - earlier for earlier, later in pairwise(places)}) <= 1
    assert len(chosen) == len(lines) or len(chosen) > most // 2


def test_learning_is_over_when_it_gets_no_further_but_not_because_the_beginning_was_better() -> None:
    rising_then_falling = [0.100, 0.107, 0.109, 0.106, 0.103, 0.102, 0.101, 0.1009, 0.1008, 0.1007, 0.1006]
    assert not is_stuck([0.1])
    assert not is_stuck(rising_then_falling)
    assert is_stuck([*rising_then_falling, *[0.1006] * 8])


@given(few=st.integers(100, 200), many=st.integers(400, 900), own=st.floats(0.2, 0.8), others=st.floats(0.2, 0.8))
def test_confidence_is_fitted_to_the_hands_given_whatever_their_size(few, many, own, others) -> None:
    def hand(words: int, right: float) -> Measured:
        return Measured(0.1, np.full(words, 0.9), np.arange(words) < round(right * words))

    def sure(package: models.RecognitionModel) -> float:
        bias, weights = package.confidence
        return float(1 / (1 + np.exp(-(bias + np.log(0.9 / 0.1) * weights[0]))))

    package = models.RecognitionModel("made", Path("made"), "", (0.0, (1.0,)))
    assert sure(recalibrated(package, hand(few, own), hand(many, others))) == pytest.approx(
        (own + others) / 2, abs=0.01
    )


def test_lines_of_one_page_or_too_few_are_refused(lines) -> None:
    with pytest.raises(UsageError, match="too few"):
        data(lines[:10], original())
    with pytest.raises(UsageError, match="one page"):
        data([line for line in lines if line.page == lines[0].page], original())


def test_a_model_learns_goes_on_after_a_kill_and_reads(notes, lines, until) -> None:
    shelf = notes.home / "data" / "notes" / "models"
    learner = opened(ENGINE, original().folder)
    letters = learner.letters
    with torch.no_grad():
        learner.network.classes.bias[letters.characters.index("e")] += (
            3.0  # reads an e nearly everywhere: there is much to learn
        )
    (shelf / "spoilt").mkdir(parents=True)
    spoilt = models.RecognitionModel("spoilt", shelf / "spoilt", "a test", original().confidence)
    written(spoilt, original(), ENGINE, learner, encoded(lines, letters)[0])
    command = ("train", "joseph", "--from", ARCHIVE / "hooker", "--minutes", "2", "--model", "spoilt")
    checkpoint = shelf / "joseph.training" / "checkpoint.pt"
    began = notes.begin(*command, stderr=subprocess.DEVNULL)
    until(lambda: checkpoint.is_file() or began.poll() is not None, 180)
    assert checkpoint.is_file()
    began.send_signal(signal.SIGKILL)
    began.wait()
    assert "began otherwise" in notes.run(*command, "--seed", "2", rc=2).stderr
    done = notes.json(*command)
    assert not checkpoint.exists()
    assert done["after"] < done["before"]
    assert done["model"] == "joseph"
    listed = {each["name"]: each for each in notes.json("models")["models"]}
    assert listed["joseph"]["provenance"]["figures"]["validation"]["after"] == done["after"]
    page = ARCHIVE / "hooker" / "hooker-01.jpg"
    assert notes.json("read", "--model", "joseph", page)["pages"][0]["lines"]
    # And a further one from this.
    more = notes.json("train", "again", "--from", ARCHIVE / "hooker", "--minutes", "0.1", "--model", "joseph")
    assert more["base"] == "joseph"


def test_a_model_learns_from_what_was_corrected(notes, serve, until) -> None:
    notes.run("index", ARCHIVE / "hooker")
    few = notes.run("train", "mine", "--from-index", rc=2).stderr
    assert "vouches for" in few
    for name in ("hooker-01", "hooker-12"):
        for line in notes.json("show", ARCHIVE / "hooker" / f"{name}.jpg")["lines"][:12]:
            notes.run("review", "correct", line["id"], "what it says", "--sure")
    notes.environ["NOTES_MODEL"] = "original"
    server = serve(notes)  # in the browser, which begins the command
    asked = {"kind": "train", "name": "mine", "minutes": "0.1"}
    assert server.client.post("/jobs", data=asked).status_code == 303
    until(lambda: any(said in server.client.get("/jobs").text for said in ("% before", "· failed")), 180)
    assert "% before" in server.client.get("/jobs").text
    is_kept = (notes.index / "models" / "mine").exists()
    shown = server.client.get("/jobs").text
    assert ("· done" in shown, "· not kept" in shown) == (is_kept, not is_kept)
    assert ("Read all pages again with it" in shown) == is_kept
    stopped = {**asked, "name": "other", "minutes": "60"}
    assert server.client.post("/jobs", data=stopped).status_code == 303
    until(lambda: "under way" in server.client.get("/jobs").text)
    assert server.client.post("/jobs/2/stop").status_code == 303
    until(lambda: "· stopped" in server.client.get("/jobs").text)


def test_the_images_of_an_archive_lie_in_a_file_and_not_in_memory(tmp_path: Path) -> None:
    def lines() -> Iterator[TrainingLine]:
        for at in range(100):
            yield TrainingLine(bytes([at]) * 200_000, f"line {at}", "page", DETECTOR)

    tracemalloc.start()
    with laying(tmp_path / "models" / "mine.lines") as laid:
        kept = [laid(line) for line in lines()]
        _, most = tracemalloc.get_traced_memory()
        assert all(line.data == bytes([at]) * 200_000 for at, line in enumerate(kept))
        assert pickle.loads(pickle.dumps(kept[7])).data == kept[7].data
    tracemalloc.stop()
    assert most < 2_000_000
    assert not list((tmp_path / "models").iterdir())


def test_lines_that_vanish_while_they_are_gathered_are_left_out_and_counted(notes, make_page, monkeypatch) -> None:
    notes.fake_engine()
    for width in (200, 300):
        make_page(notes.home / "pages" / f"{width}.png", width)
    notes.run("index", "pages")
    with Catalog(notes.index) as catalog:
        everything = [(line.path, line.id) for line in catalog.accepted()]
        plain = PageDrawer.image

        def meanwhile(*given: object) -> Image.Image:
            with catalog._writing() as db:
                db.execute("DELETE FROM lines WHERE id = ?", (everything[0][1],))
            return plain(*given)

        monkeypatch.setattr(PageDrawer, "image", meanwhile)
        with PageDrawer(notes.plugins, 300) as drawer:
            found = list(collecting.archive_lines(catalog, drawer, SourceOptions(), ENGINE))
    (left_out,) = [each for each in found if isinstance(each, Failure)]
    assert (left_out.path, left_out.message[:16]) == (everything[0][0], "1 line left out:")
    assert len([each for each in found if isinstance(each, TrainingLine)]) == len(everything) - 1


def test_of_very_many_pages_some_are_learned_from_and_all_that_people_settled(notes, make_page, monkeypatch) -> None:
    notes.fake_engine()
    for width in range(200, 206):
        make_page(notes.home / "pages" / f"{width}.png", width)
    notes.run("index", "pages")
    monkeypatch.setattr(collecting, "_MOST", 3)
    with Catalog(notes.index) as catalog:
        settled = catalog.page_lines(notes.home / "pages" / "205.png", 1)[0].id
        catalog.say(settled, "correct", "what it says")
        unread = catalog.page_lines(notes.home / "pages" / "204.png", 1)[0].id
        catalog.say(unread, "correct", "al[..]a page204")
        with PageDrawer(notes.plugins, 300) as drawer:
            found = list(collecting.archive_lines(catalog, drawer, SourceOptions(), ENGINE))
    assert [line.text for line in found] == ["alpha page200", "alpha page202", "what it says"]


SLOW = """
import os
from PIL import Image
from indexer.api import Page, Source, hookimpl

def pages(file, options):
    def image():
        while file.path.stem == "slow":
            pass
        if file.path.stem == "dies":
            os._exit(9)
        return Image.new("L", (300, 200), 255)

    yield Page(1, image)

@hookimpl
def notes_sources():
    yield Source("drawn", (".drawn",), pages)
"""


def test_a_page_that_hangs_or_ends_what_opens_it_costs_training_only_that_page(notes) -> None:
    (notes.plugins / "slow.py").write_text(SLOW)
    for name in ("dies", "slow"):
        notes.home.joinpath(f"{name}.drawn").write_text(name)
        notes.home.joinpath(f"{name}.txt").write_text("what stands there")
    registry = load_registry(notes.plugins, {})
    with PageDrawer(notes.plugins, 5) as drawer:
        found = list(folder_lines(notes.home, drawer, registry, SourceOptions(), ENGINE, MODELS / "latin"))
    lost = [(each.path.name, each.page, each.kind) for each in found if isinstance(each, Failure)]
    assert sorted(lost) == [("dies.drawn", 1, "crashed"), ("slow.drawn", 1, "timeout")]


def test_what_cannot_be_learned_from_is_said(notes, make_page) -> None:
    assert "nothing to learn from" in notes.run("train", "mine", rc=2).stderr
    assert "cannot be the name" in notes.run("train", "../mine", "--from-index", rc=2).stderr
    page = make_page(notes.home / "pages" / "a.png")
    assert "no transcribed lines" in notes.run("train", "mine", "--from", page.parent, rc=2).stderr
    page.with_suffix(".xml").write_text("<broken")
    said = notes.run("train", "mine", "--from", page.parent, rc=2).stderr
    assert "a.xml cannot be read" in said
