"""The relevance of a line to a term, the probability that the term stands in it, from what it costs there.

A logistic regression (``calibration``) on the cost and the length of the term, the path probability of the line, how
near the term comes to other lines, and the number of lines. In a larger archive a smaller share of the lines has the
word that is asked for, and more lines look like it.

Fitted over six collections by ``tests/benchmarks/calibrate.py``, which prints the constants below. Fits over twelve
were further off in collections that were left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.calibration import Logistic
from indexer.posteriors.posteriorgram import STEPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOPELESS = 3.0
"""Lines in which a term costs more nats a letter are no hits: no average precision is lost by that."""
READABLE = 0.5
"""A line of lower path probability was read too badly to tell what stands in it: of 51 words in such lines, one has a
relevance over .1. Of the words in lines from .8 on 94 % have such a relevance, and 87 % one over .5."""
_PRIOR = 300
"""The usual nearness (``USUAL``) has the weight of so many lines beside the nearness of this archive, since a few lines
tell little."""
_NEAR = (0.01, 0.05)
"""The nearness is how little the term costs in these shares of the other lines."""
_LONGEST = 15
"""For longer terms the usual nearness is that of so many letters."""
USUAL = ((1.4723, 0.1221), (2.654, 0.0361))
"""For each share of ``_NEAR`` the usual cost in nats a letter, and how much it grows with each letter."""
_USUAL_SHARE, _GROWTH = 0.23, -0.71
"""The usual share of lines with the word that is asked for is ``_USUAL_SHARE`` * lines ** ``_GROWTH``: .0011 of 1,900
lines of six collections, .004 of the 300 lines of one."""
_HOLD = 20_000
_ROUNDS = 30
MODEL = Logistic(-17.7853, (-0.0235, -6.0116, -0.9294, 38.4096, -26.6263, 9.0099, -0.0454, 1.2665, 0.6739, -0.5741))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the relevance of a term is computed from: its ``cost`` in each line in nats, its number of ``letters``, each
    line's ``path_probability`` (lines x 2, see ``Posteriorgram``), its costs in nats a letter in ``others``, any lines
    of the archive (infinite where it cannot stand), the number of ``lines`` of the archive, and how many of them were
    ``looked`` through (``None``: all)."""

    cost: NDArray[Any]
    letters: int
    path_probability: NDArray[Any]
    others: NDArray[Any]
    lines: int
    looked: int | None = None


def relevance(evidence: Evidence) -> NDArray[np.float32]:
    """The probability that the term stands in each of the lines."""
    looked = evidence.lines if evidence.looked is None else evidence.looked
    return _adapted(MODEL(features(evidence)), evidence.lines, looked).astype(np.float32)


def line_log_odds(path_probability: NDArray[Any]) -> NDArray[np.float32]:
    """What the path probability of each line adds to the log odds of its relevance."""
    first, squared, second = MODEL.weights[3:6]
    found: NDArray[np.float32] = (
        path_probability @ np.array([first, second]) + squared * path_probability[:, 0] ** 2
    ).astype(np.float32)
    return found


def log_odds_of_costs(letters: int, others: NDArray[Any], lines: int, most: int) -> NDArray[np.float32]:
    """The rest of the log odds, for each cost in sixteenths of a nat up to ``most``; they fall with the cost.

    They are not adapted yet to the share of the lines that have the term.
    """
    cost = np.arange(most + 1) / STEPS
    rows = features(Evidence(cost, letters, np.zeros((len(cost), 2)), others, lines))
    found: NDArray[np.float32] = (MODEL.bias + rows @ np.array(MODEL.weights)).astype(np.float32)
    return found


def needed(floor: float, found: NDArray[np.float32], lines: int) -> float:
    """The log odds that become a relevance of ``floor`` when they are adapted to what is ``found``."""
    usual = _usual(lines)
    share = (float(found.sum()) + _HOLD * usual) / (lines + _HOLD)
    return float(np.log(floor / (1 - floor)) - np.log(share / (1 - share)) + np.log(usual / (1 - usual)))


def _usual(lines: int) -> float:
    return min(0.5, _USUAL_SHARE * float(lines**_GROWTH))


def _adapted(sure: NDArray[np.float64], lines: int, looked: int) -> NDArray[np.float64]:
    """The probabilities, adapted to the share of lines that have the term, which is estimated from them.

    By expectation maximisation (Saerens, Latinne and Decaestecker, Neural Computation 14, 2002). The usual share counts
    as ``_HOLD`` lines: a small archive says little about the frequency of a word.
    """
    usual = _usual(lines)
    odds = sure / np.maximum(1 - sure, 1e-9)
    share = usual
    for _ in range(_ROUNDS):
        change = share / (1 - share) * (1 - usual) / usual
        sure = change * odds / (1 + change * odds)
        share = (float(sure.sum()) + _HOLD * usual) / (looked + _HOLD)
    return sure


def features(evidence: Evidence) -> NDArray[np.float64]:
    """The features of the logistic regression, a row a line."""
    cost, letters = evidence.cost.astype(np.float64), float(evidence.letters)
    path_probability = evidence.path_probability.astype(np.float64)
    common = [*nearness(evidence.others, evidence.letters), np.log(max(1, evidence.lines))]
    return np.column_stack(
        (
            *(cost, cost / letters**1.5, np.sqrt(cost)),
            *(path_probability[:, 0], path_probability[:, 0] ** 2, path_probability[:, 1]),
            np.broadcast_to(np.array([letters, *common]), (len(cost), 4)),
        )
    )


def nearness(others: NDArray[Any], letters: int) -> list[float]:
    """The cost in nats a letter below which a hundredth of the lines lie, and a twentieth."""
    weight = len(others) / (len(others) + _PRIOR)
    reach = np.sort(np.minimum(others, HOPELESS))
    return [
        weight * float(reach[int(share * len(reach))]) + (1 - weight) * (base + growth * min(letters, _LONGEST))
        for share, (base, growth) in zip(_NEAR, USUAL, strict=True)
    ]
