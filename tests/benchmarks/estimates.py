"""How well ``indexer.posteriors.estimation`` tells how an archive is read that nobody has transcribed.

python tests/benchmarks/estimates.py FOLDER [MODEL] [--kept FILE]

FOLDER holds collections of page images with ground truth beside them, as for ``calibrate.py``. Prints the estimate
beside the truth for each collection in turn, which is left out of all fits, that of the confidence of its lines
included; then the constants, fitted on all. With ``--kept`` what was read is kept in this file, and not read again.

Letters are folded. Ground truth without a read line counts as not read. A word counts as read in the line that it
stands in. Words that are searched for are those of four letters; in the ink they are found with the reach ``normal``,
by the relevances in force, in the collection as an archive of its own.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from calibrate import left_out_confidences
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from read_rows import Row, Texts, kept_rows, left_out, query_words

from indexer.plugins import embedded
from indexer.posteriors.calibration import Logistic, fit
from indexer.posteriors.estimation import ASKED, SPOKEN, by_confidence, by_ink, counted
from indexer.posteriors.posteriorgram import unpack
from indexer.search.certainty import confirmed
from indexer.search.spotting import Spotter, Term
from indexer.search.spotting.segment import SegmentLine, packed
from indexer.text.folding import fold, search_fold, words

SHOWN = 0.5
"""The least relevance of a hit with the reach ``normal``."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a line of the ground truth has been read or found, of how much."""

    part: float
    whole: float


def spoken(text: str) -> Counter[str]:
    return Counter(word for word in words(fold(text)) if sum(map(str.isalpha, word)) >= SPOKEN)


def found_in_ink(read: Sequence[Row], texts: Texts, sure: Sequence[float]) -> dict[tuple[str, tuple[str, int]], int]:
    """How many words of each line of the ground truth are found, by collection and line."""
    found: dict[tuple[str, tuple[str, int]], set[str]] = defaultdict(set)
    for name, lines in texts.items():
        at = [number for number, row in enumerate(read) if row.collection == name]
        segment = [
            SegmentLine(n, 0, sure[each], True, unpack(read[each].read.posteriorgram)) for n, each in enumerate(at)
        ]
        finder = Spotter([(packed(segment), np.ones(len(at), bool))])
        order = np.argsort(finder.lines)
        said = [query_words(read[each].read.text) for each in at]
        certain = np.array([sure[each] for each in at])
        for word in sorted({word for text in lines.values() for word in query_words(text)}):
            shown = finder.relevance(Term(search_fold(word)))[order].astype(float)
            was_read = np.array([word in each for each in said])
            shown[was_read] = confirmed(certain[was_read], shown[was_read])
            for each in np.flatnonzero(shown >= SHOWN):
                found[name, read[at[each]].unit].add(word)
    return {
        (name, unit): len(query_words(text) & found[name, unit])
        for name, lines in texts.items()
        for unit, text in lines.items()
    }


def shares(
    read: Sequence[Row], texts: Texts, sure: Sequence[float]
) -> dict[str, dict[tuple[str, tuple[str, int]], Share]]:
    """For each line of the ground truth, by collection and line, what is estimated of it."""
    said: dict[tuple[str, tuple[str, int]], str] = {}
    for row in read:
        key = (row.collection, row.unit)
        said[key] = f"{said[key]} {row.read.text}" if key in said else row.read.text
    ink = found_in_ink(read, texts, sure)
    made: dict[str, dict[tuple[str, tuple[str, int]], Share]] = {
        name: {} for name in ("LETTERS", "WORDS", "READ", "INK")
    }
    for name, lines in texts.items():
        for unit, text in lines.items():
            key, got = (name, unit), said.get((name, unit), "")
            there, asked = spoken(text), query_words(text)
            wrong = min(len(fold(text)), Levenshtein.distance(fold(text), fold(got)))
            made["LETTERS"][key] = Share(wrong, len(fold(text)))
            made["WORDS"][key] = Share((there & spoken(got)).total(), there.total())
            made["READ"][key] = Share(len(asked & query_words(got)), len(asked))
            made["INK"][key] = Share(ink[key], len(asked))
    return made


def fitted(read: Sequence[Row], features: NDArray[np.float64], of: Mapping, chosen: NDArray[np.bool_]) -> Logistic:
    """The fit on the chosen read lines that are in the ground truth."""
    rows = [at for at in np.flatnonzero(chosen) if (read[at].collection, read[at].unit) in of]
    given = [of[read[at].collection, read[at].unit] for at in rows]
    rows, given = zip(*((at, each) for at, each in zip(rows, given, strict=True) if each.whole), strict=True)
    labels = np.array([each.part / each.whole for each in given])
    return fit(features[list(rows)], labels, np.array([each.whole for each in given], float))


def mean_share(model: Logistic, features: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float(np.average(model(features), weights=weights))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", type=Path, nargs="?", default=embedded.model_for(None))
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args()
    read, texts = kept_rows(given.folder, given.model, kept=given.kept)
    sure = left_out_confidences(read)
    measured = shares(read, texts, sure)
    odds, ink = by_confidence(sure), by_ink([row.line(each) for row, each in zip(read, sure, strict=True)])
    kinds = {
        "LETTERS": (ink, len),
        "WORDS": (odds, lambda text: counted(text, SPOKEN)),
        "READ": (odds, lambda text: counted(text, ASKED)),
        "INK": (np.column_stack((odds, ink)), lambda text: counted(text, ASKED)),
    }
    print("estimated beside true, each collection by fits on the others:")
    print(f"{'':12}" + "".join(f"{name:>16}" for name in kinds))
    off: dict[str, list[float]] = defaultdict(list)
    for name, others in left_out([row.collection for row in read]):
        row = f"{name:12}"
        for kind, (features, weight) in kinds.items():
            model = fitted(read, features, measured[kind], others)
            weights = np.array([weight(each.read.text) for each in read], float)[~others]
            told = mean_share(model, features[~others], weights)
            own = [share for (collection, _), share in measured[kind].items() if collection == name]
            true = sum(share.part for share in own) / sum(share.whole for share in own)
            off[kind].append(abs(told - true))
            row += f"{told:9.3f} {true:6.3f}"
        print(row, flush=True)
    print(
        f"{'off by':12}" + "".join(f"{np.mean(each):9.3f} {max(each):6.3f}" for each in off.values()) + "  mean, most"
    )
    everything = np.ones(len(read), bool)
    print("for indexer/posteriors/estimation.py:")
    for kind, (features, _) in {**kinds, "LETTERS_ONLY_SURE": (odds, len)}.items():
        model = fitted(read, features, measured[kind.partition("_")[0]], everything)
        print(f"  {kind} = Logistic({model.bias:.4f}, ({', '.join(f'{weight:.4f}' for weight in model.weights)}))")


if __name__ == "__main__":
    main()
