"""Why neighbouring lines are not read one after the other: all lost pairs of the measure ``order``, by cause.

    python tests/benchmarks/order.py FOLDER... [--pairs] [--best]

A folder holds pages with ALTO or PAGE XML beside them, or ``pages.jsonl``, as for ``lines.py``. Nothing is read: the
lines are those of the detector, with the rulings of the page. Each lost pair has two lines that are read in the other
order than the ground truth lists them. Their places say the cause:

    right     the ground truth lists the right one of two lines side by side first
    lower     it lists the lower one of two neighbours first, as a line before an insertion over it
    torn      a line was found in pieces, and others are read between them
    number    one of the two is a page number or a title
    note      one of the two is a note in the margin
    blocks    they stand in two blocks
    rest      none of these

``--pairs`` prints each pair. ``--best`` also orders each page in eleven other ways, without gutters, notes or numbers
and with other thresholds, and says how many pairs are lost if the ground truth chooses among them page by page.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from lines import pages

from indexer.evaluation.order_figures import neighbours
from indexer.image import gutters, reading_order
from indexer.image.geometry import bounding_box, holders, middle
from indexer.image.reading_order import Part, parts
from indexer.image.rulings import NONE, Rulings, rulings
from indexer.plugins import embedded
from indexer.plugins.embedded.detector import Detector
from indexer.values import Point

CAUSES = ("right", "lower", "torn", "number", "note", "blocks", "rest")
_ROW, _NEAR = 0.5, 2.0
"""In line heights: by how much lines side by side differ in height, and neighbours over each other at most."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--best", action="store_true")
    arguments = parser.parse_args()
    detector = Detector(embedded.open_session(embedded.DETECTOR, 1))
    sums: dict[str, Counter[str]] = {}
    for name, collection, image, outlines in (page for folder in arguments.folders for page in pages(folder)):
        pixels, scale = embedded.page_pixels(image)
        boxes = [[(float(x), float(y)) for x, y in box * scale] for box in detector.find(pixels)]
        held, ruled = holders(outlines, [middle(box) for box in boxes]), rulings(image)
        counts, found = Counter[str](), parts(boxes, ruled)
        for pair, cause in lost(outlines, held, found):
            counts[cause] += 1
            if arguments.pairs:
                print(f"{name}: {pair} {cause}")
        counts["lost"], counts["pairs"] = sum(counts.values()), neighbours(_read(held, found))[1]
        if arguments.best:
            counts["best"] = min(counts["lost"], *otherwise(boxes, held, ruled))
        for key in (collection, "all"):
            sums.setdefault(key, Counter()).update(counts)
    columns = ("pairs", "lost", *CAUSES, *(("best",) if arguments.best else ()))
    print(" " * 12 + "".join(f"{column:>8}" for column in columns))
    for key, counts in sorted(sums.items()):
        print(f"{key:12}" + "".join(f"{counts[column]:8}" for column in columns))


def lost(
    outlines: Sequence[Sequence[Point]], held: Sequence[int | None], found: Sequence[Part]
) -> Iterator[tuple[tuple[int, int], str]]:
    """The lost pairs of neighbours of a page (the first one and the line it is read before or after), and why."""
    runs = [number for number, _ in groupby(each for each in _read(held, found) if each is not None)]
    torn = {number for number, times in Counter(runs).items() if times > 1}
    place, block = {}, {}
    for number, part in enumerate(found):
        block.update((held[line], (number, part.kind)) for line in part.lines)
    place.update((number, at) for at, number in reversed([*enumerate(runs)]))
    for one in sorted(place):
        if one + 1 not in place or (place[one] + 1 == place[one + 1] and not {one, one + 1} & torn):
            continue
        after = runs[place[one] + 1] if place[one] + 1 < len(runs) else one + 1
        pair = (one, one + 1) if place[one + 1] < place[one] else (one + 1, after) if after > one else (after, one)
        yield (
            pair,
            "torn"
            if {*pair, one, one + 1} & torn
            else _cause(*(outlines[each] for each in pair), *(block[each] for each in pair)),
        )


def _cause(first: Sequence[Point], other: Sequence[Point], at: tuple[int, str], to: tuple[int, str]) -> str:
    """Why of two lines, the first of which comes first in the ground truth, the other is read first."""
    one, two = bounding_box(first), bounding_box(other)
    height = min(np.median([one.height, two.height]), one.height, two.height)
    down = middle(other)[1] - middle(first)[1]
    beside = min(one.x + one.width, two.x + two.width) - max(one.x, two.x) <= 0.3 * min(one.width, two.width)
    if "header" in (at[1], to[1]):
        return "number"
    if "margin" in (at[1], to[1]):
        return "note"
    if at[0] != to[0]:
        return "blocks"
    if beside and abs(down) < _ROW * max(one.height, two.height) and one.x > two.x:
        return "right"
    return "lower" if -_NEAR * height < down < 0 and not beside else "rest"


def _read(held: Sequence[int | None], found: Sequence[Part]) -> list[int | None]:
    return [held[line] for part in found for line in part.lines]


def otherwise(boxes: Sequence[Sequence[Point]], held: Sequence[int | None], ruled: Rulings) -> Iterator[int]:
    """How many pairs are lost when a page is ordered in other ways."""
    number = reading_order.page_number
    others = [(gutters, "_ENOUGH", each) for each in (3.5, 4.5, 7.0, 9.0, np.inf)]
    others += [(reading_order, "_note", lambda *_: None), (reading_order, "numbered_lines", lambda *_: None)]
    others += [(reading_order, "side_notes", lambda lines: (np.zeros(len(lines), bool),) * 2)]
    others += [(reading_order, "page_number", each) for each in (lambda *_: None, lambda *each: _first(number(*each)))]
    for room, name, value in others:
        kept = getattr(room, name)
        setattr(room, name, value)
        yield _lost(held, parts(boxes, ruled))
        setattr(room, name, kept)
    yield _lost(held, parts(boxes, NONE))


def _first(number: tuple[int, bool] | None) -> tuple[int, bool] | None:
    return number and (number[0], True)


def _lost(held: Sequence[int | None], found: Sequence[Part]) -> int:
    kept, both = neighbours(_read(held, found))
    return both - kept


if __name__ == "__main__":
    main()
