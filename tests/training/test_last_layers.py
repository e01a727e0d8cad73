"""The last layers of a network learn a few lines; what other hands lose by it decides how much is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from indexer.api import NETWORK, read_weights
from indexer.plugins.embedded import MODELS
from indexer.plugins.embedded.training import EmbeddedTraining
from indexer.training.last_layers import Seen, Teacher, error_of, plainly, taught, views
from indexer.training.learner import Learner
from indexer.training.letters import Letters
from indexer.training.lines import DETECTOR, Encoded, TrainingLine
from indexer.training.shards import image_bytes
from indexer.values import Layered, LineShape, Trainable

LETTERS = Letters(("", "a", "b", "c", " "))
HEIGHTS = {"a": 4, "b": 8, "c": 12}


class Network(nn.Module):
    """Letters are bars of three heights."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(16, 24, 4, 4)
        self.last = nn.Conv1d(24, len(LETTERS.characters), 3, padding=1)

    def forward(self, lines: Tensor) -> Tensor:
        return self.judge(self.see(lines))

    def see(self, lines: Tensor) -> Tensor:
        return 40 * torch.relu(self.first(1 - lines / 255))[:, :, None]

    def judge(self, features: Tensor) -> Tensor:
        return self.last(features.squeeze(2)).transpose(1, 2).log_softmax(2)


def image(text: str) -> NDArray[np.uint8]:
    made = np.full((16, 12 * len(text)), 255, np.uint8)
    for at, letter in enumerate(text):
        made[: HEIGHTS[letter], 12 * at + 4 : 12 * at + 8] = 0
    return made


def line(shown: str, said: str) -> Encoded:
    classes = LETTERS.classes(said)
    assert classes is not None
    return TrainingLine(image_bytes(image(shown)), said, f"{shown}/1", DETECTOR), classes


@pytest.fixture
def learner() -> Learner:
    torch.manual_seed(3)
    return Learner(Network().eval(), LETTERS, LineShape(16, 4))


TEXTS = ("abc", "cab", "bacca", "abba", "cabac", "bcb")


def seen(learner: Learner, lines: list[Encoded]) -> list[Seen]:
    return plainly(learner, lines) + [each for some in views(learner, lines, 2) for each in some]


def test_the_last_layers_learn_and_the_others_stay(learner: Learner) -> None:
    assert isinstance(learner.network, Layered)
    lines = [line(text, text) for text in TEXTS]
    before = error_of(learner, plainly(learner, lines))
    made = taught(learner, seen(learner, lines), [], [], 0)
    assert error_of(made, plainly(made, lines)) < min(0.3, before)
    now, then = made.network.state_dict(), learner.network.state_dict()
    assert torch.equal(now["first.weight"], then["first.weight"])
    assert not torch.equal(now["last.weight"], then["last.weight"])
    assert error_of(learner, plainly(learner, lines)) == before, "the network to begin from stays as it was"


def test_nothing_is_kept_that_other_hands_do_not_bear(learner: Learner) -> None:
    known = taught(learner, seen(learner, [line(text, text) for text in TEXTS]), [], [], 0)
    held_out = plainly(known, [line(text, text) for text in TEXTS])
    otherwise = [line(text, text.translate(str.maketrans("abc", "bca"))) for text in TEXTS]
    bearable = error_of(known, held_out) + 0.005
    made = taught(known, seen(known, otherwise), [], held_out, bearable)
    assert error_of(made, held_out) <= bearable
    free = taught(known, seen(known, otherwise), [], [], 0)
    assert error_of(free, held_out) > 0.5


def test_a_line_too_short_for_its_text_is_not_learned(learner: Learner) -> None:
    assert views(learner, [line("a", "abcabcabc")], 2) == [[]]


class Writer:
    """An engine that says what it was told to write."""

    def __init__(self) -> None:
        self.written: list[tuple[dict[str, torch.Tensor], int]] = []

    def write(self, folder: Path, network: nn.Module, characters: Sequence[str], lines: Sequence[Any]) -> None:
        self.written.append((network.state_dict(), len(lines)))


def test_a_network_is_written_with_the_ranges_of_some_lines_and_only_if_it_learned(
    learner: Learner, tmp_path: Path
) -> None:
    own = [[each] for each in plainly(learner, [line(text, text) for text in TEXTS])]
    engine, images = Writer(), [image("abc")] * 100
    made = Teacher(cast(Trainable, engine), tmp_path, learner, own, [], [], 0, images)
    assert made.write([0, 1], tmp_path)
    ((_, ranges),) = engine.written
    assert 0 < ranges < len(images)
    assert not made.write([], tmp_path), "nothing is written where nothing was learned"


class Swift(Writer):
    """An engine that may write the last layers alone."""

    def __init__(self, *, able: bool) -> None:
        super().__init__()
        self.able = able

    def write_last(self, folder: Path, base: Path, network: nn.Module, lines: Sequence[Any]) -> bool:
        return self.able


@pytest.mark.parametrize("able", [True, False])
def test_the_whole_network_is_written_where_the_last_layers_alone_cannot_be(
    learner: Learner, tmp_path: Path, *, able: bool
) -> None:
    own = [[each] for each in plainly(learner, [line(text, text) for text in TEXTS])]
    engine = Swift(able=able)
    assert Teacher(cast(Trainable, engine), tmp_path, learner, own, [], [], 0, [image("abc")]).write([0], tmp_path)
    assert len(engine.written) == (not able)


def test_last_layers_are_written_beside_the_integers_of_the_others(tmp_path: Path) -> None:
    engine, base = EmbeddedTraining(), MODELS / "latin"
    network, characters = engine.network(base)
    with torch.no_grad():
        network.get_parameter("classes.bias")[characters.index("e")] -= 99
    drawn = [np.random.default_rng(1).integers(0, 255, (40, 300)).astype(np.uint8)]
    (tmp_path / "last").mkdir()
    assert engine.write_last(tmp_path / "last", base, network, drawn)
    files = [
        {each.name: numpy_helper.to_array(each) for each in onnx.load(folder / NETWORK).graph.initializer}
        for folder in (base, tmp_path / "last")
    ]
    assert [name for name in files[0] if not np.array_equal(files[0][name], files[1][name])] == ["linear_8.b_0"]
    assert files[1]["linear_8.b_0"][characters.index("e")] < -90
    weights = read_weights(tmp_path / "last")
    assert weights is not None
    assert np.allclose(weights["classes.bias"], network.get_parameter("classes.bias").detach().numpy(), rtol=1e-3)
    with torch.no_grad():
        network.get_parameter("backbone.0.wide.weight").mul_(1.1)
    (tmp_path / "first").mkdir()
    assert not engine.write_last(tmp_path / "first", base, network, drawn), "its integers are others"
    assert not [*(tmp_path / "first").iterdir()]
