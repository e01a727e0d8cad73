"""Whether words that are unlikely in every language, names above all, are "corrected" into others by the languages.

python tests/benchmarks/unlikely_words.py FOLDER [MODEL] [--kept FILE]

FOLDER holds collections of page images with ground truth beside them, as for ``calibrate.py``; with ``--kept`` what
was read is kept in FILE. Words of the ground truth (four letters and more) are told apart by how likely a letter of
them is in the language in which it is likeliest: a tenth of them in each row, the unlikeliest first. Printed for each
tenth: the share that is read in its line by the ink alone and with the languages, of those that the ink alone reads the
share that the languages take away, and some of the words.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from read_rows import Row, kept_rows, query_words

from indexer.api.models import load
from indexer.plugins import embedded
from indexer.plugins.embedded.language import load as load_language
from indexer.plugins.embedded.recogniser import characters
from indexer.posteriors.posteriorgram import BLANK, Posteriorgram, unpack
from indexer.text.folding import fold, words

PARTS = 10


def by_ink(posteriorgram: Posteriorgram) -> str:
    """The likeliest path, folded."""
    best = np.full(posteriorgram.length, -1)
    likeliest = posteriorgram.cost == 0
    best[posteriorgram.frame[likeliest][::-1]] = posteriorgram.symbol[likeliest][::-1]
    signs = [posteriorgram.symbols[each] if each >= 0 else BLANK for each in best.tolist()]
    return "".join(sign for before, sign in zip(["", *signs], signs, strict=False) if sign != before)


def likelihoods(asked: Sequence[str], package_folder: Path) -> NDArray[np.float64]:
    """How likely a letter of each word is, in the language in which it is likeliest (the logarithm)."""
    session = embedded.open_session(embedded.network_of(load(package_folder)), 1)
    known = characters(session.get_modelmeta().custom_metadata_map)
    classes: Mapping[str, int] = {text: number for number, text in enumerate(known) if text}
    space = classes[" "]
    lines = [[space, *(classes.get(letter, space) for letter in word), space] for word in asked]
    ends = np.cumsum([0, *(len(line) + 1 for line in lines)])
    best = np.full(len(asked), -np.inf)
    for path in sorted(embedded.LANGUAGES.glob("*.npz")):
        chances = np.log(load_language(path, classes).chances(lines))
        sums = np.add.reduceat(chances, ends[:-1]) - chances[ends[1:] - 1] - chances[ends[:-1]]
        best = np.maximum(best, sums / np.array([len(word) + 1 for word in asked]))
    return best


def words_of(read: Sequence[Row]) -> list[tuple[str, bool, bool]]:
    """Each word of the ground truth of read lines; whether the ink alone reads it, and whether the languages do."""
    lines: dict[tuple[str, tuple[str, int]], list[Row]] = defaultdict(list)
    for row in read:
        if row.truth is not None:
            lines[row.collection, row.unit].append(row)
    found = []
    for rows in lines.values():
        ink = query_words(" ".join(by_ink(unpack(row.read.posteriorgram)) for row in rows))
        spoken = query_words(" ".join(row.read.text for row in rows))
        for word in (rows[0].truth or "").split():
            parts = [part for part in words(fold(word)) if sum(map(str.isalpha, part)) >= 4]
            if len(parts) == 1:
                found.append((word.strip(".,;:!?()\"'«»-"), parts[0] in ink, parts[0] in spoken))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", type=Path, nargs="?", default=embedded.model_for(None))
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args()
    read, _ = kept_rows(given.folder, given.model, kept=given.kept)
    found = words_of(read)
    order = np.argsort(likelihoods([word for word, _, _ in found], given.model))
    print(f"{'words':>6} {'by the ink':>11} {'with languages':>15} {'taken away':>11}")
    for part in np.array_split(order, PARTS):
        ink, spoken = (np.array([found[at][which] for at in part]) for which in (1, 2))
        some = ", ".join(found[at][0] for at in part[:: max(1, len(part) // 5)][:5])
        lost = (ink & ~spoken).sum() / max(1, ink.sum())
        print(f"{len(part):6} {ink.mean():11.3f} {spoken.mean():15.3f} {lost:11.3f}  {some}")


if __name__ == "__main__":
    main()
