"""How probable a text of a line is by its posteriorgram: a confidence for text that comes without one.

Each word is aligned with the line. A logistic regression on its cost, its length and the path probability of the line
gives the probability that the word is right, if beforehand the word and one that looks like it are equally likely.
Fitted by ``tests/benchmarks/calibrate.py`` on words of ground truth against the most similar other words of their
collection. It prints the constants below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.posteriors.alignment import Batch, Term, costs
from indexer.posteriors.calibration import Logistic
from indexer.posteriors.posteriorgram import STEPS, readable
from indexer.posteriors.relevance import HOPELESS
from indexer.text.folding import search_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexer.posteriors.posteriorgram import Posteriorgram

CONTRADICTED = 0.25
"""Below this confidence the posteriorgram speaks against a text. That is so for 1 % of the lines with their ground
truth, for 91 % with the text of another line, and for 87 % with every word replaced by one that looks like it
(``tests/benchmarks/calibrate.py``)."""
MODEL = Logistic(1.2805, (0.2659, -0.8394, -2.9364, 0.3042, 5.1139, -10.9039, 7.2324))


SHARED = 0.5
"""The share of a difference of costs that counts when one of two texts is chosen: frames are not independent. Of 412
words of ground truth against the same with one or two letters replaced, on 16 pages of eight collections, 93 % cost
less; of those chosen with .5 to .7, .7 to .9, .9 to .97 and more, 58, 80, 93 and 99.6 % are right."""


def preferred(one: Sequence[str], other: Sequence[str], posteriorgram: Posteriorgram) -> float:
    """The probability (0-1) that the first of two texts stands in the line, if one of them does; both are (folded)
    words. Each place where they differ is looked for with the words beside it."""
    from rapidfuzz.distance import Levenshtein

    lost = 0.0
    for step in Levenshtein.opcodes(one, other):
        if step.tag != "equal":
            ours = " ".join(one[max(0, step.src_start - 1) : step.src_end + 1])
            theirs = " ".join(other[max(0, step.dest_start - 1) : step.dest_end + 1])
            batch = Batch.of([posteriorgram], set(ours + theirs))
            lost += (_cost(ours, batch) - _cost(theirs, batch)) / STEPS
    return float(1 / (1 + np.exp(np.clip(SHARED * lost, -50, 50))))


def _cost(text: str, batch: Batch) -> float:
    return float(costs(Term(text), batch)[0]) if text else 0.0


def text_confidence(text: str, posteriorgram: Posteriorgram) -> float | None:
    """The expected share (0-1) of right words in a text; ``None`` when it has no word."""
    sure = word_confidences(search_words(text), posteriorgram)
    return sum(sure) / len(sure) if sure else None


def contradicts(data: bytes, text: str) -> bool:
    """Whether the packed posteriorgram of a line speaks against a text."""
    posteriorgram = readable(data)
    sure = None if posteriorgram is None else text_confidence(text, posteriorgram)
    return sure is not None and sure < CONTRADICTED


def word_confidences(words: Sequence[str], posteriorgram: Posteriorgram) -> list[float]:
    """The probability (0-1) that each of the (folded) words stands in the line."""
    if not words:
        return []
    batch = Batch.of([posteriorgram], set("".join(words)))
    cost = np.array([float(costs(Term(word), batch)[0]) / STEPS for word in words])
    letters = np.array([Term(word).letters for word in words])
    path_probability = np.broadcast_to(np.array(posteriorgram.path_probability), (len(words), 2))
    return [float(sure) for sure in likelihoods(cost, letters, path_probability)]


def likelihoods(cost: NDArray[Any], letters: NDArray[Any], path_probability: NDArray[Any]) -> NDArray[np.float64]:
    """The probability of each word, a row a word: ``cost`` in nats, ``path_probability`` that of its line (words x
    2)."""
    return MODEL(features(cost, letters, path_probability))


def features(cost: NDArray[Any], letters: NDArray[Any], path_probability: NDArray[Any]) -> NDArray[np.float64]:
    """The features of the logistic regression, a row a word."""
    near = np.minimum(cost, HOPELESS * letters)
    common = np.column_stack((path_probability[:, 0], path_probability[:, 0] ** 2, path_probability[:, 1]))
    return np.column_stack((near, near / letters**1.5, np.sqrt(near), letters, common))
