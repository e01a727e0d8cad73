"""How probable it is that a term stands in a line, from what it costs there.

A logistic regression (``indexer.calibration``) on the cost and the length of the term, how surely the line was read,
how near the term comes to the lines that do not have it, and the number of lines: in a larger archive a word that is
asked for stands in a smaller share of them, and more of them look like it.

Fitted and cross-validated over six collections by ``tests/benchmarks/calibrate.py``, which prints the constants below.
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
"""Nats a letter from which a line is not worth naming: no average precision is lost by it."""
READABLE = 0.5
"""Sureness below which a line was read too badly to tell what stands in it: of 51 words that do, one has a relevance
over .1; of those in lines of .8 and more 94 % have that, and 87 % one over .5."""
_PRIOR = 300
"""Lines as many as which the usual nearness of other lines counts: few lines tell little of how near a term comes."""
_NEAR = (0.01, 0.05)
"""Shares of the other lines whose nearness is looked at."""
_LONGEST = 15
"""Letters from which the usual nearness grows no further."""
USUAL = ((1.4723, 0.1221), (2.654, 0.0361))
"""For each of these shares the nats a letter that so many lines come near to, and how that grows with each letter."""
_USUAL_SHARE, _GROWTH = 0.23, -0.71
"""Share of the lines that have a word that is asked for, in an archive of one line; and how it falls with the number of
lines, as in ``MODEL``: .0011 among 1,900 lines of six collections, .004 among the 300 of one."""
_HOLD = 20_000
_ROUNDS = 30
MODEL = Logistic(-17.7853, (-0.0235, -6.0116, -0.9294, 38.4096, -26.6263, 9.0099, -0.0454, 1.2665, 0.6739, -0.5741))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the cost of a term says: ``cost`` in nats in each line, the term's ``letters``, each line's
    ``path_probability`` (lines x 2, see ``Posteriorgram``), the nats a letter it costs in ``others`` (lines of the
    archive, as they come; infinite where there is no hope), and how many ``lines`` the archive has, of which ``looked``
    through (``None``: all)."""

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
    """What the path probability of each line adds to the log odds of a relevance."""
    first, squared, second = MODEL.weights[3:6]
    found: NDArray[np.float32] = (
        path_probability @ np.array([first, second]) + squared * path_probability[:, 0] ** 2
    ).astype(np.float32)
    return found


def log_odds_of_costs(letters: int, others: NDArray[Any], lines: int, most: int) -> NDArray[np.float32]:
    """What remains of the log odds of a relevance for each cost in sixteenths of a nat, up to the most: less and less.

    That is before they are adapted to the share of the lines that have the term.
    """
    cost = np.arange(most + 1) / STEPS
    rows = features(Evidence(cost, letters, np.zeros((len(cost), 2)), others, lines))
    found: NDArray[np.float32] = (MODEL.bias + rows @ np.array(MODEL.weights)).astype(np.float32)
    return found


def needed(floor: float, found: NDArray[np.float32], lines: int) -> float:
    """The log odds that a relevance as high as the floor had before it was adapted to what is ``found``."""
    usual = _usual(lines)
    share = (float(found.sum()) + _HOLD * usual) / (lines + _HOLD)
    return float(np.log(floor / (1 - floor)) - np.log(share / (1 - share)) + np.log(usual / (1 - usual)))


def _usual(lines: int) -> float:
    return min(0.5, _USUAL_SHARE * float(lines**_GROWTH))


def _adapted(sure: NDArray[np.float64], lines: int, looked: int) -> NDArray[np.float64]:
    """The probabilities with the share of lines that have the term estimated from themselves.

    By expectation maximisation (Saerens, Latinne and Decaestecker, Neural Computation 14, 2002), held to the usual
    share by ``_HOLD`` lines of it: a small archive says little of how frequent a word is, a large one a lot.
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
    """What the model looks at, a row a line."""
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
    """The nats a letter below which a hundredth, and a twentieth, of the lines lie."""
    weight = len(others) / (len(others) + _PRIOR)
    reach = np.sort(np.minimum(others, HOPELESS))
    return [
        weight * float(reach[int(share * len(reach))]) + (1 - weight) * (base + growth * min(letters, _LONGEST))
        for share, (base, growth) in zip(_NEAR, USUAL, strict=True)
    ]
