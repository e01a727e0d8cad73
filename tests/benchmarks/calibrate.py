"""Fits what turns readings and costs into probabilities, and shows by cross-validation how well that keeps its word.

python tests/benchmarks/calibrate.py FOLDER [MODEL] [--only PART…] [--languages LEFT] [--kept FILE]

FOLDER holds collections of page images with ground truth beside them, MODEL is the folder of a model (else the one
of Latin script). Prints the confidence of its model.json and the constants of indexer/posteriors/evidence.py and
relevance.py, and of indexer/search/certainty.py; PART names one of these. Everything that is reported is measured on
collections that were left out of the fit. LEFT has, for collections of which the model's languages have seen other
pages, a folder of that name with the languages without it (``tests/benchmarks/languages.py --leave-out``).
With ``--kept`` what was read is kept in FILE, and not read again.

Lines that lie in no line of the ground truth are writing that nobody transcribed (stamps, printed forms, notes) as well
as no writing at all: as they cannot be told apart, they count as wrong, and half. Pages whose ground truth does not lie
on their lines are left out by name.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein
from read_rows import UNTRANSCRIBED, Row, kept_rows, left_out, query_words, show
from relevances import fit_relevance

from indexer.api.models import load
from indexer.plugins import embedded
from indexer.plugins.embedded import confidence
from indexer.posteriors import evidence
from indexer.posteriors.alignment import Batch, costs
from indexer.posteriors.calibration import calibration_error, fit
from indexer.posteriors.posteriorgram import STEPS, unpack
from indexer.search import certainty
from indexer.search.spotting import Spotter, Term
from indexer.search.spotting.segment import SegmentLine, packed
from indexer.text.folding import fold, search_fold, search_words, words

# How sure words and lines are.


def word_table(read: Sequence[Row]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Features, share right, and row of every word that has a letter or digit."""
    table = []
    for at, row in enumerate(read):
        there = Counter(words(fold(row.truth or "")))
        for word in row.read.words:
            parts = Counter(words(fold(word.text)))
            if parts:
                right = (parts & there).total() / parts.total()
                table.append((*confidence.features(word, row.read), right, at))
    made = np.array(table)
    return made[:, :-2], made[:, -2], made[:, -1].astype(int)


@dataclass(frozen=True, slots=True)
class Words:
    """What was read of words: see ``word_table``; how much each counts, and how sure it is by a fit on the other
    collections."""

    table: NDArray[Any]
    right: NDArray[Any]
    owner: NDArray[Any]
    counts: NDArray[Any]
    sure: NDArray[Any]


def left_out_words(read: Sequence[Row]) -> Words:
    table, right, owner = word_table(read)
    counts = np.array([1.0 if read[at].truth is not None else UNTRANSCRIBED for at in owner])
    sure = np.zeros(len(right))
    for _, others in left_out([read[at].collection for at in owner]):
        sure[~others] = fit(table[others], right[others], counts[others])(table[~others])
    return Words(table, right, owner, counts, sure)


def left_out_confidences(read: Sequence[Row]) -> list[float]:
    """The confidence of each line, by a fit on the other collections."""
    made = left_out_words(read)
    number = np.bincount(made.owner, minlength=len(read))
    sums: list[float] = (np.bincount(made.owner, made.sure, len(read)) / np.maximum(1, number)).tolist()
    return sums


def fit_confidence(read: Sequence[Row]) -> confidence.Model:
    made = left_out_words(read)
    table, right, owner, counts, sure = made.table, made.right, made.owner, made.counts, made.sure
    number = np.bincount(owner, minlength=len(read))
    inked = np.flatnonzero(number)
    line = (np.bincount(owner, sure, len(read)) / np.maximum(1, number))[inked]
    share = (np.bincount(owner, right, len(read)) / np.maximum(1, number))[inked]
    transcribed = np.array([read[at].truth is not None for at in inked])
    print("\nConfidence of lines, each collection by a fit on the others:")
    for name, chosen in (("all lines", np.ones(len(inked), bool)), ("lines in the ground truth", transcribed)):
        accepted = chosen & (line >= 0.75)
        print(
            f"  {name}: calibration error {calibration_error(line[chosen], share[chosen]):.3f}; accepted "
            f"{accepted.sum() / chosen.sum():.2f}, expected right {line[accepted].mean():.2f}, right "
            f"{share[accepted].mean():.2f}"
        )
    print(f"  of words: calibration error {calibration_error(sure, right):.3f}")
    for name, others in left_out([read[at].collection for at in inked]):
        own = transcribed & ~others
        gap, too_sure = calibration_error(line[own], share[own]), float((line[own] - share[own]).mean())
        print(f"  {name}: calibration error {gap:.3f}, too sure by {too_sure:.3f}")
    model = fit(table, right, counts)
    print(f"for model.json:\n  {[round(number, 4) for number in (model.bias, *model.weights)]}")
    return model.bias, model.weights


# How probable a text is that comes without a confidence.


def text_table(read: Sequence[Row]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.intp]]:
    """Features, whether it is right, and line of each word of the ground truth, and of one that looks like it."""
    vocabulary: dict[str, set[str]] = {}
    for row in read:
        vocabulary.setdefault(row.collection, set()).update(search_words(row.truth or ""))
    known = {name: sorted(found) for name, found in vocabulary.items()}
    table, right, owner = [], [], []
    for at, row in enumerate(read):
        there, posteriorgram = search_words(row.truth or ""), unpack(row.read.posteriorgram)
        for word in there:
            near = process.extract(word, known[row.collection], scorer=Levenshtein.distance, limit=len(there) + 1)
            other = next(text for text, _, _ in near if text not in there)
            batch = Batch.of([posteriorgram], {*word, *other})
            for text in (word, other):
                cost = np.array([float(costs(Term(text), batch)[0]) / STEPS])
                table.append(
                    evidence.features(cost, np.array([len(text)]), np.array([posteriorgram.path_probability]))[0]
                )
                right.append(float(text == word))
                owner.append(at)
    return np.array(table), np.array(right), np.array(owner)


def fit_reading(read: Sequence[Row]) -> None:
    table, right, owner = text_table(read)
    sure = np.zeros(len(right))
    for _, others in left_out([read[at].collection for at in owner]):
        sure[~others] = fit(table[others], right[others])(table[~others])
    print("\nText against the ink, each collection by a fit on the others:")
    print(f"  words, every other one wrong: calibration error {calibration_error(sure, right):.3f}")
    lines = np.flatnonzero(np.bincount(owner))
    true, false = (np.array([sure[(owner == at) & (right == value)].mean() for at in lines]) for value in (1.0, 0.0))
    model = fit(table, right)
    show("indexer/posteriors/evidence.py", model)
    evidence.MODEL = model
    foreign = np.array(
        [
            evidence.text_confidence(read[other].truth or "", unpack(read[at].read.posteriorgram))
            for at, other in zip(lines, np.roll(lines, len(lines) // 2), strict=True)
        ],
        float,
    )
    for least in (0.1, 0.2, 0.25, 0.3):
        kinds = (
            f"{(each < least).mean():.3f} {name}"
            for each, name in (
                (true, "of lines"),
                (false, "with each word another that looks like it"),
                (foreign, "with the text of another line"),
            )
        )
        print(f"  under {least}: {', '.join(kinds)}")


# How probable a word is that was read.


def fit_read(read: Sequence[Row], texts: dict[str, dict[tuple[str, int], str]], model: confidence.Model) -> None:
    """By the confidence that lines are shown with, and how probable the word is in the ink, in an archive of its own.

    As for relevance, words that are asked for are those that stand in the collection.
    """
    table, right, weight, names = [], [], [], []
    for name in sorted({row.collection for row in read}):
        own = [row for row in read if row.collection == name]
        sure = [confidence.line_confidence(model, row.read) for row in own]
        lines = [SegmentLine(at, 0, sure[at], True, unpack(row.read.posteriorgram)) for at, row in enumerate(own)]
        finder = Spotter([(packed(lines), np.ones(len(own), bool))])
        asked = {word for text in texts[name].values() for word in query_words(text)}
        said = [query_words(row.read.text) & asked for row in own]
        for word in sorted(set().union(*said)):
            relevance = finder.relevance(Term(search_fold(word)))[np.argsort(finder.lines)]
            for at in (at for at, each in enumerate(said) if word in each):
                table.append((relevance[at], sure[at]))
                right.append(float(word in query_words(own[at].truth or "")))
                weight.append(1.0 if own[at].truth is not None else UNTRANSCRIBED)
                names.append(name)
    sure, there, counts = np.array(table), np.array(right), np.array(weight)
    odds = certainty._log_odds(sure)
    left = np.zeros(len(there))
    for _, others in left_out(names):
        left[~others] = fit(odds[others], there[others], counts[others])(odds[~others])
    print(f"\nWords of four letters that were read, {len(there)}, each collection by a fit on the others:")
    for kind, shown in (
        ("by both", np.maximum(left, sure[:, 1])),
        ("by the constants as they are", certainty.confirmed(sure[:, 1], sure[:, 0])),
        ("by the ink alone", sure[:, 0]),
        ("by the confidence of the line alone", sure[:, 1]),
    ):
        print(f"  {kind}: calibration error {calibration_error(shown, there):.3f}")
    show("indexer/search/certainty.py", fit(odds, there, counts))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", type=Path, nargs="?", default=embedded.model_for(None))
    parser.add_argument("--only", nargs="+", choices=("model.json", "evidence", "relevance", "certainty"))
    parser.add_argument("--languages", type=Path)
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args()
    lines, truths = kept_rows(given.folder, given.model, given.languages, given.kept)
    sure = load(given.model).confidence
    if not given.only or "model.json" in given.only:
        sure = fit_confidence(lines)
    parts = {  # in this order: the later ones put their fits in force
        "certainty": lambda: fit_read(lines, truths, sure),
        "evidence": lambda: fit_reading(lines),
        "relevance": lambda: fit_relevance(lines, truths),
    }
    for part in given.only or parts:
        if part in parts:
            parts[part]()
