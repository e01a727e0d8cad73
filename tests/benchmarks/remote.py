"""How well the ink judges what an engine says that reads after the embedded one, such as a large model.

python tests/benchmarks/remote.py INDEX [--pages N] [--lines N]

INDEX has pages that were read with the embedded engine and have ground truth beside them, in folders of collections. A
second reading is made for lines: the line of the ground truth that is most like the first reading (``truth``), the same
with one word exchanged for another of the collection (``invented``), and a line of the collection that is as long
(``other``). Printed for each collection, and each ratio from which on a second reading counts: the share of letters
that is wrong in the first readings, and then with each of these. ``_DENIED`` in indexer/recognition/combination.py is
this ratio.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from indexer.catalog import Catalog, DocumentPage
from indexer.formats.groundtruth import truth_for
from indexer.posteriors.evidence import text_confidence
from indexer.posteriors.posteriorgram import readable
from indexer.text.folding import fold

RATIOS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_ALIKE = 50
"""Two texts that share fewer of a hundred letters are no readings of the same line."""
Truth = list[tuple[DocumentPage, list[str]]]


def collections(catalog: Catalog, pages: int, chance: random.Random) -> dict[str, Truth]:
    """Some documents of each collection: their pages with the lines of the ground truth."""
    found: dict[str, Truth] = defaultdict(list)
    documents = catalog.documents()
    chance.shuffle(documents)
    for document in documents:
        name = document.path.parent.name
        if document.path.exists() and len(found[name]) < pages:
            for page, truth in zip(catalog.document_pages(document.id), truth_for(document.path) or (), strict=False):
                found[name].append((page, [line.text for line in truth.lines if line.text]))
    return {name: each for name, each in found.items() if any(truth for _, truth in each)}


def rows(catalog: Catalog, pages: Truth, most: int, chance: random.Random) -> Iterator[list[float]]:
    """For each line its letters; those wrong in the first reading and in each second one; how probable each is."""
    lines = [line for _, truth in pages for line in truth]
    words = [word for line in lines for word in line.split()]
    for page, truth in pages:
        for line in catalog.page_lines(page.path, page.number)[:most]:
            posteriorgram = readable(catalog.posteriorgram(line.id))
            found = process.extractOne(line.text, truth, scorer=fuzz.ratio, score_cutoff=_ALIKE)
            if posteriorgram is None or not found:
                continue
            true = found[0].split()
            at = chance.randrange(len(true))
            alike = [word for word in words if abs(len(word) - len(true[at])) < 2 and word != true[at]] or words
            far = [each for each in chance.sample(lines, min(60, len(lines))) if fuzz.ratio(each, line.text) < _ALIKE]
            other = min(far or lines, key=lambda each: abs(len(each) - len(line.text)))
            texts = (line.text, found[0], " ".join([*true[:at], chance.choice(alike), *true[at + 1 :]]), other)
            wrong = [float(Levenshtein.distance(fold(text), fold(found[0]))) for text in texts]
            yield [len(found[0]), *wrong, *(text_confidence(text, posteriorgram) or 0.0 for text in texts)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--lines", type=int, default=40)
    given, chance = parser.parse_args(), random.Random(1)
    means = defaultdict(list)
    with Catalog(given.index) as catalog:
        for name, pages in collections(catalog, given.pages, chance).items():
            table = np.array(list(rows(catalog, pages, given.lines, chance)))
            letters, wrong, sure = table[:, 0].sum(), table[:, 1:5], table[:, 5:]
            for ratio in RATIOS:
                taken = [np.where(sure[:, at] >= ratio * sure[:, 0], wrong[:, at], wrong[:, 0]) for at in (1, 2, 3)]
                means[ratio].append([each.sum() / letters for each in (wrong[:, 0], *taken)])
                print(f"{name:<12} {ratio:.1f}  " + "  ".join(f"{share:.3f}" for share in means[ratio][-1]))
    print("all          ratio: first, truth, invented, other")
    for ratio, each in means.items():
        print(f"all          {ratio:.1f}  " + "  ".join(f"{share:.3f}" for share in np.mean(each, axis=0)))


if __name__ == "__main__":
    main()
