"""Calibration of scores as probabilities: logistic regression, fitted by Newton's method.

Platt, Probabilistic Outputs for Support Vector Machines (1999), with several features. Labels may be shares.
scikit-learn gives the same probabilities within .001, but takes no shares, and weighs 200 MB with what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_RIDGE = 0.1
"""Prior precision of the weights of standardised features. It keeps them small where the data say nothing."""
_EDGE, _FURTHEST = 1e-3, 6.0
"""Probabilities are taken to be no nearer to 0 and 1, and log odds to be moved no further."""
_STEPS = 50
_CLOSE = 1e-7


@dataclass(frozen=True, slots=True)
class Logistic:
    """A probability from features: the logistic function of ``bias`` + features x ``weights``."""

    bias: float
    weights: tuple[float, ...]

    def __call__(self, features: NDArray[Any]) -> NDArray[np.float64]:
        """The probabilities (0-1) of the rows of features."""
        made: NDArray[np.float64] = 1 / (1 + np.exp(-(self.bias + features @ np.array(self.weights))))
        return made


def fit(features: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any] | None = None) -> Logistic:
    """The model under which the labels (0-1, one a row) are most likely; ``weights`` say how much each row counts."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.c_[np.ones(len(features)), (features - mean) / spread]
    counts = np.ones(len(rows)) if weights is None else weights
    found = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        made = 1 / (1 + np.exp(-(rows @ found)))
        slope = rows.T @ (counts * (labels - made)) - _RIDGE * found
        curve = (rows * (counts * made * (1 - made))[:, None]).T @ rows + _RIDGE * np.eye(len(found))
        change = np.linalg.solve(curve, slope)
        found += change
        if np.abs(change).max() < _CLOSE:
            break
    scaled = found[1:] / spread
    return Logistic(float(found[0] - scaled @ mean), tuple(scaled.tolist()))


def calibration_error(sure: NDArray[Any], right: NDArray[Any], bins: int = 10) -> float:
    """Expected calibration error: mean |confidence - share right| over bins of equal mass (Naeini et al. 2015)."""
    order = np.argsort(sure, kind="stable")
    gaps = [abs(float(sure[part].mean() - right[part].mean())) * len(part) for part in np.array_split(order, bins)]
    return sum(gaps) / len(order)


def shift_of(sure: Sequence[float], right: Sequence[bool]) -> float:
    """By how much log odds are to be moved for probabilities to say how many are right.

    The fewer they are, the less: beforehand a shift is taken to be about 1 at most.
    """
    odds = [_log_odds(each) for each in sure]
    low, high = -_FURTHEST, _FURTHEST
    for _ in range(40):
        middle = (low + high) / 2
        more = sum(right) - sum(1 / (1 + exp(-each - middle)) for each in odds) - middle
        low, high = (middle, high) if more > 0 else (low, middle)
    return (low + high) / 2


def moved(sure: float, shift: float) -> float:
    """A probability with its log odds moved."""
    return 1 / (1 + exp(-_log_odds(sure) - shift))


def _log_odds(sure: float) -> float:
    within = min(max(sure, _EDGE), 1 - _EDGE)
    return log(within / (1 - within))
