"""What the model that ships is made from: how often lines are taken, batches, lines set anew, text without places."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from indexer.plugins.embedded import MODELS
from indexer.plugins.embedded.training import EmbeddedTraining
from indexer.text.found_text import Text, found_in, variants
from indexer.training import recipe
from indexer.training.batches import Invented, batches, frames_of
from indexer.training.learner import opened
from indexer.training.letters import Letters, latin
from indexer.training.lines import DETECTOR, TRUTH, TrainingLine
from indexer.training.recomposed import CutLine, Recomposition, composed, likeliest, recomposition, snapped
from indexer.training.recomposed import _pieces as pieces
from indexer.training.sampling import weighed
from indexer.training.shards import image_bytes, read_shard, write_shard

SHAPE = EmbeddedTraining.shape
LETTERS = Letters(("", *latin(), " "))


def drawn(text: str, page: str, **more) -> TrainingLine:
    """A line of print as a region of a ground truth holds it."""
    image = Image.new("L", (26 * len(text) + 40, 64), 230)
    ImageDraw.Draw(image).text((20, 8), text, fill=30, font=ImageFont.load_default(38))
    return TrainingLine(image_bytes(np.asarray(image)), text, page, TRUTH, **more)


def encoded(*lines: TrainingLine):
    return [(line, LETTERS.classes(line.text)) for line in lines]


# How often a line is taken.


def test_a_language_and_a_hand_count_and_not_only_their_lines() -> None:
    few, many = drawn("few", "letters/1", language="en"), drawn("many", "registers/1", language="fr")
    taken = weighed(encoded(*[few] * 20, *[many] * 500), {})
    share = Counter()
    for line, _ in taken:
        share[line.collection] += line.weight
    assert 0.04 < share["letters"] / share.total() < 0.4
    assert taken[0][0].weight > 2 * taken[-1][0].weight
    less = weighed(encoded(*[few] * 20, *[many] * 500), {"letters": 0.05})
    assert less[0][0].weight < taken[0][0].weight


@given(st.lists(st.sampled_from(["hooker", "timeus", "luzern18", "other"]), min_size=1, max_size=60))
def test_no_line_is_taken_much_oftener_than_the_mean_one(names) -> None:
    lines = [(TrainingLine(b"", "x", f"{name}/1", TRUTH), [1]) for name in names]
    assert all(0 < line.weight <= 4 for line, _ in weighed(lines, {}))


# Batches.


def test_a_large_batch_has_one_of_a_few_shapes() -> None:
    lines = encoded(*(drawn("a line of words" * many, f"p/{many}") for many in (1, 2, 3)))
    shapes = set()
    for batch in islice(batches(lines, SHAPE, 60_000, 1, 0, 0), 6):
        images, _, width = batch.images.shape
        shapes.add(width)
        assert images == 60_000 // width == len(batch.lengths)
        assert batch.lengths.sum() == len(batch.texts)
        assert (batch.frames >= batch.lengths).all()
        assert batch.images.dtype == torch.uint8
    assert shapes <= {384, 576, 768, 960, 1216, 2048}


DRAWN_ELSEWHERE = """
import pickle, sys
from itertools import islice
from pathlib import Path
import cv2
from indexer.training.batches import batches

if __name__ == "__main__":
    lines, shape = pickle.loads(Path(sys.argv[1]).read_bytes())
    cv2.GaussianBlur(lines[0][0].pixels(), (5, 5), 1)  # OpenCV has threads of its own from now on
    for batch in islice(batches(lines, shape, 60_000, 1, 0, 2), 4):
        print(*batch.images.shape, len(batch.lengths), flush=True)
"""


def test_processes_of_their_own_draw_lines_beside_threads_of_opencv(tmp_path) -> None:
    lines = encoded(*(drawn("a line of words" * many, f"p/{many}") for many in (1, 2, 3)))
    (tmp_path / "lines").write_bytes(pickle.dumps((lines, SHAPE)))
    (tmp_path / "elsewhere.py").write_text(DRAWN_ELSEWHERE)
    command = [sys.executable, str(tmp_path / "elsewhere.py"), str(tmp_path / "lines")]
    # In a process of its own: how PyTorch's processes end when nobody wants more of them is not what is tested.
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in (*sys.path, str(Path.cwd())) if entry)}
    said = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False).stdout
    drawn_there = [[int(number) for number in line.split()] for line in said.splitlines()]
    assert len(drawn_there) == 4
    for images, _, width, lengths in drawn_there:
        assert images == 60_000 // width == lengths


def test_small_batches_are_the_same_after_every_start_and_hold_the_share_that_was_invented() -> None:
    lines = encoded(drawn("written by somebody", "p/1"), drawn("and by another one", "p/2"))
    new = drawn("qqq", "q/1")
    invented = Invented(0.5, lambda _random, number: [(new.pixels(), LETTERS.classes("qqq"))] * number)

    def some(first: int):
        return [batch.texts.tolist() for batch in islice(batches(lines, SHAPE, 4000, 1, first, 0, invented), 10)]

    assert some(0) == some(0) != some(5)
    texts = [number for text in some(0) for number in text]
    assert texts.count(LETTERS.classes("q")[0]) > 10
    assert texts.count(LETTERS.classes("w")[0]) > 3


# Lines set together anew.


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(0, 99))
def test_the_likeliest_path_spells_the_text_and_none_is_likelier(text, seed) -> None:
    frames = len(text) * 2 + 2
    logs = torch.log_softmax(torch.randn(1, frames, 4, generator=torch.manual_seed(seed)), 2)
    path, score = likeliest(logs, [frames], [text])
    classes = [0 if at % 2 == 0 else text[at // 2] for at in path[0].tolist()]
    spelled = [new for old, new in zip([0, *classes], classes, strict=False) if new and new != old]
    assert spelled == text
    steps = np.diff(path[0])
    assert steps.min() >= 0
    assert steps.max() <= 2
    assert score[0] == pytest.approx(sum(float(logs[0, at, number]) for at, number in enumerate(classes)), abs=1e-4)
    whole = torch.nn.functional.ctc_loss(
        logs.transpose(0, 1), torch.tensor([text]), [frames], [len(text)], reduction="sum"
    )
    assert score[0] <= -float(whole) + 1e-4


def test_text_is_set_from_the_letters_that_a_page_has() -> None:
    ink = np.arange(40, dtype=np.uint8)[None].repeat(48, 0)
    lines = [CutLine(drawn("the end", "p/1"), "the end", (0, 6, 12, 18, 22, 28, 34, 40))]
    said, made = composed("then the den quite", lines, [ink], pieces(lines), np.random.default_rng(1))
    assert said == "then the den"
    assert made.shape[0] == 48
    assert composed("quite", lines, [ink], pieces(lines), np.random.default_rng(1))[0] == ""


def test_cuts_fall_where_there_is_no_ink() -> None:
    ink = np.full((48, 60), 40, np.uint8)
    ink[:, 21] = 240
    assert snapped(ink, np.array([0.0, 20.0, 60.0])) == (0, 21, 60)


def test_lines_are_set_in_the_ink_of_lines_that_the_network_can_place() -> None:
    learner = opened(EmbeddedTraining(), MODELS / "latin")
    letters = learner.letters
    lines = [
        (line, letters.classes(line.text))
        for line in (drawn("the best of all", "p/1"), drawn("who was at home", "p/1"))
    ]
    found = recomposition(learner, lines, {"en": "that was the best at home who sat there " * 20})
    assert isinstance(found, Recomposition)
    made = found.lines(np.random.default_rng(1), 12)
    assert made
    for ink, classes in made:
        assert ink.shape[0] == 64
        assert set(letters.text(classes)) <= set("the best of all who was at home")
        assert frames_of(ink, SHAPE) >= len(classes)


# Text without places.


def placed(read: list[str], said: str) -> dict[int, list[str]]:
    """What each read line may say by a text, as far as it is found there."""
    text = Text.of(said)
    return {at: variants(text, *span) for at, span in found_in(read, text).items()}


def test_a_read_line_is_found_in_the_lines_of_a_text_whatever_their_order() -> None:
    said = "Dear Sir, I have received\nyour letter of the tenth and congratulate\nyou upon the result"
    read = ["you upom the resull", "Dear Sir, I hawe reccived", "your letler of the tenth and congra", "xx yy zz"]
    found = placed(read, said)
    assert list(found) == [0, 1, 2]
    assert "you upon the result" in found[0]
    assert "Dear Sir, I have received" in found[1]


def test_a_read_line_is_found_in_running_text_and_may_end_within_a_word() -> None:
    said = "Dear Sir, I have received your letter of the tenth and congratulate you upon the result of your labours."
    (offered,) = placed(["letler of the tenth and congra-"], said).values()
    ends = ("and", "and congra-", "and congratulate")
    assert {f"letter of the tenth {end}" for end in ends} <= set(offered)
    (offered,) = placed(["gratulate you upom the resull of yaur"], said).values()
    assert "gratulate you upon the result of your" in offered


def test_a_line_of_which_words_are_missing_is_not_learned() -> None:
    assert placed(["we have the honour to be Sir your servant"], "we have to be Sir your servant") == {}
    assert placed(["Yours truly"], "Yours truly\nYours truly") == {}
    assert placed(["Yours truly", "Yours truly"], "Yours truly, Emma Hooker") == {}
    assert placed([], "") == {}


# The recipe.


def test_what_was_learned_elsewhere_is_left_as_weights(tmp_path, monkeypatch, capsys) -> None:
    own = [drawn(f"line {at} of page {page}", f"some/{page}") for page in range(4) for at in range(3)]
    write_shard(tmp_path / "own.tar", own)
    monkeypatch.setattr(
        sys, "argv", ["recipe", str(tmp_path / "made"), str(tmp_path / "own.tar"), "--learn-only", "--minutes", "0.01"]
    )
    recipe.main()
    assert "some" in capsys.readouterr().out
    assert not (tmp_path / "made").exists()
    assert (tmp_path / "made.training" / "checkpoint.pt").is_file()


def test_a_shard_keeps_language_and_what_may_be_given_on(tmp_path) -> None:
    lines = [drawn("ja", "some/1", language="de", ships=False), drawn("yes", "some/2")]
    write_shard(tmp_path / "a.tar", lines)
    assert list(read_shard(tmp_path / "a.tar")) == lines
    lying = list(read_shard(tmp_path / "a.tar", lying=True))
    assert [line.data for line in lying] == [line.image for line in lines]
    assert len(pickle.dumps(lying)) < len(pickle.dumps(lines)) / 2
    assert [line.cut for line in lines] == [TRUTH] * 2 != [DETECTOR] * 2
