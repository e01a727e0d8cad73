"""What it brings, and costs, to look again at lines that are not read surely (``--thorough``), in each of several ways.

python tests/benchmarks/thorough.py FOLDER [--pages N] [--lines N]

FOLDER holds collections of page images with ground truth beside them. Of each collection so many pages are read, and on
each so many doubtful lines that are in its ground truth are looked at again. Printed for each way, beside the first
reading: the share of letters that is wrong, and of words that is read; what the lines promise (the mean of their
confidences) and what is right of the words read; in how many collections fewer letters are wrong; and how many letters
and words are put right in each second of the processor.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from PIL import Image
from rapidfuzz.distance import Levenshtein

from indexer.api.models import load
from indexer.formats.groundtruth import truth_for
from indexer.image.geometry import holders, middle
from indexer.plugins import embedded
from indexer.plugins.embedded import looking_again
from indexer.plugins.embedded.confidence import Model, line_confidence
from indexer.plugins.embedded.detector import Detector
from indexer.plugins.embedded.looking_again import WAYS, surest
from indexer.plugins.embedded.recogniser import LineRecogniser, ReadLine, Spoken
from indexer.text.folding import fold, words

SETS = {
    "all of the box": WAYS[:1],
    "longer": WAYS[1:2],
    "higher, lower": WAYS[2:],
    "box, longer": WAYS[:2],
    "all four": WAYS,
}
Sums = np.ndarray


def measured(read: ReadLine, text: str, confidence: Model) -> Sums:
    """Letters wrong and in all, words right, read and in the text, and what is promised of the words read."""
    there, said = (Counter(words(fold(each))) for each in (text, read.text))
    wrong = min(len(fold(text)), Levenshtein.distance(fold(text), fold(read.text)))
    promised = line_confidence(confidence, read) * said.total()
    return np.array([wrong, len(fold(text)), (there & said).total(), said.total(), there.total(), promised])


def averaged(recogniser: LineRecogniser, pixels: np.ndarray, outline: np.ndarray, spoken: Spoken) -> ReadLine:
    """The reading of the mean of what is seen in the first way and in those of the same width."""
    seen = [recogniser.see(pixels, outline), *(recogniser.see(pixels, outline, WAYS[at]) for at in (0, 2, 3))]
    alike = [each.probabilities for each in seen if each.probabilities.shape == seen[0].probabilities.shape]
    mean = type(seen[0])(np.mean(alike, axis=0), seen[0].width, seen[0].turns)
    return recogniser.read([mean], spoken)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=4)
    parser.add_argument("--lines", type=int, default=10)
    given = parser.parse_args()
    package = load(embedded.model_for(None))
    recogniser = embedded.line_recogniser(package, 1)
    engine = embedded._PageRecogniser(
        Detector(embedded.open_session(embedded.DETECTOR, 1)), recogniser, package.confidence, again=False
    )
    sums: dict[str, dict[str, Sums]] = defaultdict(lambda: defaultdict(lambda: np.zeros(6)))
    seconds: Counter[str] = Counter()
    for folder in sorted(each for each in given.folder.iterdir() if each.is_dir()):
        for path in sorted(folder.glob("*.jpg"))[: given.pages]:
            page = (truth_for(path) or (None,))[0]
            if page is None:
                continue
            pixels, scale, found = engine._found(Image.open(path).convert("RGB"))
            seen = [recogniser.see(pixels, outline) for outline in found]
            spoken = recogniser.spoken(seen)
            read = recogniser.read(seen, spoken)
            places = [middle([(float(x), float(y)) for x, y in outline * scale]) for outline in found]
            at = holders([line.polygon for line in page.lines], places)
            doubted = [
                number
                for number, line in enumerate(read)
                if at[number] is not None and 0 < line_confidence(package.confidence, line) < looking_again._DOUBTED
            ][: given.lines]
            for number in doubted:
                text, one = page.lines[at[number] or 0].text, ([found[number]], [read[number]], spoken)
                made = {"first": read[number]}
                for name, ways in SETS.items():
                    began = time.process_time()
                    made[name] = surest(recogniser, pixels, *one, package.confidence, ways)[0]
                    seconds[name] += time.process_time() - began
                began = time.process_time()
                made["mean of three"] = averaged(recogniser, pixels, found[number], spoken)
                seconds["mean of three"] += time.process_time() - began
                for name, line in made.items():
                    sums[name][folder.name] += measured(line, text, package.confidence)
    before = sum(sums["first"].values())
    print(f"{'':16}letters wrong  words read  promised  right  better in  letters and words a second")
    for name, own in sums.items():
        whole = sum(own.values())
        better = sum(part[0] < sums["first"][each][0] for each, part in own.items())
        rates = [
            each / seconds[name] if seconds[name] else 0.0 for each in (before[0] - whole[0], whole[2] - before[2])
        ]
        print(
            f"{name:16}{whole[0] / whole[1]:13.4f}{whole[2] / whole[4]:12.4f}{whole[5] / whole[3]:10.3f}"
            f"{whole[2] / whole[3]:7.3f}{better:7} of {len(own):2}{rates[0]:14.1f}{rates[1]:8.1f}"
        )


if __name__ == "__main__":
    main()
