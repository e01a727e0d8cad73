"""The last layers of a network learn a few lines; what other hands lose by it decides how much is kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexer.training.last_layers import Seen, error_of, plainly, taught, views
from indexer.training.learner import Learner
from indexer.training.letters import Letters
from indexer.training.lines import DETECTOR, Encoded, TrainingLine
from indexer.training.shards import image_bytes
from indexer.values import Layered, LineShape

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
    return [each for some in views(learner, lines, 2) for each in some]


def test_the_last_layers_learn_and_the_others_stay(learner: Learner) -> None:
    assert isinstance(learner.network, Layered)
    lines = [line(text, text) for text in TEXTS]
    before = error_of(learner, plainly(learner, lines))
    made = taught(learner, seen(learner, lines), [], [])
    assert error_of(made, plainly(made, lines)) < min(0.3, before)
    now, then = made.network.state_dict(), learner.network.state_dict()
    assert torch.equal(now["first.weight"], then["first.weight"])
    assert not torch.equal(now["last.weight"], then["last.weight"])
    assert error_of(learner, plainly(learner, lines)) == before, "the network to begin from stays as it was"


def test_nothing_is_kept_that_other_hands_do_not_bear(learner: Learner) -> None:
    known = taught(learner, seen(learner, [line(text, text) for text in TEXTS]), [], [])
    held_out = plainly(known, [line(text, text) for text in TEXTS])
    otherwise = [line(text, text.translate(str.maketrans("abc", "bca"))) for text in TEXTS]
    made = taught(known, seen(known, otherwise), [], held_out)
    assert error_of(made, held_out) <= error_of(known, held_out) + 0.005
    free = taught(known, seen(known, otherwise), [], [])
    assert error_of(free, held_out) > 0.5


def test_a_line_too_short_for_its_text_is_not_learned(learner: Learner) -> None:
    assert views(learner, [line("a", "abcabcabc")], 2) == [[]]
