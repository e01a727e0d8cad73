"""How well models read pages whose text is known but not where it stands (NAME.txt beside NAME.jpg).

python tests/benchmarks/transcriptions.py FOLDER MODEL… [--hands NAME…]

MODEL is the folder of a model. A line of text is measured by the read line that is most like it, whatever their
order, each once; a line that has none is all wrong. Hands are what files are called before their ``-NN``. Printed for
each model: folded character error rate, and the share of the words that were read somewhere on their page.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from rapidfuzz.distance import Levenshtein

from indexer.api.models import load
from indexer.image.reading_order import parts
from indexer.plugins import embedded
from indexer.plugins.embedded.detector import Detector
from indexer.text.folding import fold, search_words


def wrong(read: Sequence[str], text: Sequence[str]) -> int:
    """Wrong letters of the lines of a text, the likeliest pairs first."""
    distance = np.array([[Levenshtein.distance(line, each) for each in read] for line in text], float)
    share = distance / np.maximum(1, [[max(len(line), len(each)) for each in read] for line in text])
    found = sum(map(len, text))
    for _ in range(min(share.shape) if share.size else 0):
        line, each = np.unravel_index(share.argmin(), share.shape)
        if share[line, each] < 1:
            found += int(min(distance[line, each], len(text[line]))) - len(text[line])
        share[line], share[:, each] = 2, 2
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--hands", nargs="*", default=[])
    given = parser.parse_args()
    detector = Detector(embedded.open_session(embedded.DETECTOR, 2))
    opened = [embedded.line_recogniser(package, 2) for package in map(load, given.models)]
    totals: list[Counter[str]] = [Counter() for _ in opened]
    for path in sorted(given.folder.glob("*.jpg")):
        if given.hands and path.stem.rpartition("-")[0] not in given.hands:
            continue
        lines = [line for line in path.with_suffix(".txt").read_text(encoding="utf-8").splitlines() if line.strip()]
        there = Counter(word for line in lines for word in search_words(line))
        pixels, _ = embedded.page_pixels(Image.open(path).convert("RGB"))
        found = detector.find(pixels)
        boxes = [found[at] for part in parts([box.tolist() for box in found]) for at in part.lines]
        row = []
        for recogniser, total in zip(opened, totals, strict=True):
            read = [line.text for line in recogniser.read([recogniser.see(pixels, box) for box in boxes])]
            seen = Counter(word for line in read for word in search_words(line))
            folded = [fold(line) for line in lines]
            letters, errors = sum(map(len, folded)), wrong([fold(line) for line in read], folded)
            total.update(letters=letters, wrong=errors, words=there.total(), found=(there & seen).total())
            row.append(f"{errors / letters:.3f}")
        print(f"{path.stem}: {' -> '.join(row)}", flush=True)
    for folder, total in zip(given.models, totals, strict=True):
        share = total["found"] / max(1, total["words"])
        print(f"{folder}: {total['wrong'] / max(1, total['letters']):.3f} of letters wrong, {share:.3f} of words found")


if __name__ == "__main__":
    main()
