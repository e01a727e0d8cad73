"""How many lines the detector finds, and how many boxes it gives where no line is, in each collection.

    python tests/benchmarks/lines.py FOLDER... [--detector MODEL...]

A folder holds pages with ALTO or PAGE XML beside them, or ``pages.jsonl`` with ``file``, ``collection`` and the
outlines of ``lines``. Nothing is read. A line is found when the middle of a box lies in its outline, as in ``notes
evaluate``, which leaves out boxes in which nothing was read. Seconds are those of the processor. With several
detectors each gets its columns.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from indexer.formats.groundtruth import fitted, truth_for
from indexer.image.decoding import orientation_of
from indexer.image.geometry import holder, middle
from indexer.plugins import embedded
from indexer.plugins.embedded.detector import Detector
from indexer.values import Point
from indexer.values.errors import UsageError

Truth = tuple[str, str, Image.Image, Sequence[Sequence[Point]]]
"""The name of a page, its collection, its image, and the outlines of its lines."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--detector", type=Path, nargs="+", default=[embedded.DETECTOR])
    arguments = parser.parse_args()
    detectors = [Detector(embedded.open_session(model, 1)) for model in arguments.detector]
    sums: dict[str, list[np.ndarray]] = defaultdict(list)
    for _, collection, image, outlines in (page for folder in arguments.folders for page in pages(folder)):
        row = np.array([measured(detector, image, outlines) for detector in detectors])
        sums[collection].append(row)
        sums["all"].append(row)
    print(" " * 12 + "  lines" + "  recall  spurious  s/page" * len(detectors))
    for name, rows in sums.items():
        print(f"{name:12}{sum(row[0, 0] for row in rows):7.0f}", end="")
        for lines, found, extra, seconds in np.sum(rows, axis=0):
            print(f"{found / max(1, lines):8.3f}{extra:10.0f}{seconds / len(rows):8.3f}", end="")
        print()


def measured(detector: Detector, image: Image.Image, outlines: Sequence[Sequence[Point]]) -> tuple[float, ...]:
    """The lines of a page, those found, boxes where no line is, and seconds."""
    pixels, scale = embedded.page_pixels(image)
    began = time.process_time()
    boxes = detector.find(pixels)
    seconds = time.process_time() - began
    pairs = [holder(outlines, middle([(float(x), float(y)) for x, y in box * scale])) for box in boxes]
    return len(outlines), len({*pairs} - {None}), sum(pair is None for pair in pairs), seconds


def pages(folder: Path) -> Iterator[Truth]:
    """The pages of a folder; what is not there is left out, and ground truth that does not fit is named."""
    records = folder / "pages.jsonl"
    for text in records.read_text("utf-8").splitlines() if records.is_file() else ():
        record = json.loads(text)
        if (folder / record["file"]).is_file():
            outlines = [[(float(x), float(y)) for x, y in line["polygon"]] for line in record["lines"]]
            yield record["file"], record["collection"], Image.open(folder / record["file"]).convert("RGB"), outlines
    for file in sorted(folder.rglob("*.jpg") if not records.is_file() else ()):
        truth = truth_for(file)
        image = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
        try:
            laid = [fitted(page, *image.size, orientation_of(file)) for page in truth or ()]
        except UsageError as error:
            print(f"{file} is left out: {error.message}")
            continue
        for page in laid[:1]:
            yield file.stem, file.parent.name, image, [line.polygon for line in page.lines]


if __name__ == "__main__":
    main()
