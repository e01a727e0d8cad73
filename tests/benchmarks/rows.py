"""How many rows of registers are put together rightly, by rows that were marked by hand (``register_rows.json``).

    python tests/benchmarks/rows.py FOLDER [--overlay FOLDER]

FOLDER has the pages of the collection ``registers`` with their ALTO files. They are read into a temporary index. A row
is right if all its lines that were found stand in one row, and no line of another row stands there. It is whole if none
of its lines is missing either. ``--overlay`` draws the rows on the pages, one colour for each of six.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from indexer.archive.doors import open_archive
from indexer.formats.groundtruth import TruthLine, fitted, truth_for
from indexer.image.geometry import bounding_box, corners, holder
from indexer.image.table_grid import Grid

MARKED = Path(__file__).with_name("register_rows.json")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--overlay", type=Path)
    arguments = parser.parse_args()
    sums = [0, 0, 0]
    for name, marked, found in pages(arguments.folder, arguments.overlay):
        figures = judged(marked, found)
        sums = [one + other for one, other in zip(sums, figures, strict=True)]
        print(f"{name}  rows {figures[0]}, right {figures[1]}, right and whole {figures[2]}")
    print(f"rows right {sums[1] / sums[0]:.3f}, right and whole {sums[2] / sums[0]:.3f} of {sums[0]}")


def pages(folder: Path, overlay: Path | None) -> Iterator[tuple[str, list[tuple[int | None, TruthLine]], Grid]]:
    """The marked pages: each line of the ground truth with its row, and the table that was found."""
    marks = json.loads(MARKED.read_text(encoding="utf-8"))["pages"]
    with tempfile.TemporaryDirectory() as place, open_archive(place, sidecar_text="ignore") as archive:
        archive.index(*(folder / f"{name}.jpg" for name in marks))
        for page in archive.pages():
            made = archive.tables.grid(page)
            truth = truth_for(page.path)
            if overlay is not None:
                draw(page.path, made, overlay)
            if made is not None and truth is not None:
                (one,) = truth
                laid = fitted(one, page.width, page.height)
                yield page.path.stem, rows_of(laid.lines, marks[page.path.stem]), made


def rows_of(lines: Sequence[TruthLine], marked: Mapping[str, Any]) -> list[tuple[int | None, TruthLine]]:
    regions: dict[int | None, list[TruthLine]] = {}
    for line in lines:
        regions.setdefault(line.region, []).append(line)
    columns = [list(regions.values())[at] for at in marked["regions"]]
    found: list[tuple[int | None, TruthLine]] = []
    for at, column in enumerate(columns):
        numbers = [row for row, (_, counts) in enumerate(marked["rows"]) for _ in range(counts[at])]
        before = [None] * marked["before"][at]
        after = [None] * (len(column) - len(before) - len(numbers))
        found += zip([*before, *numbers, *after], column, strict=True)
    return found


def judged(lines: Sequence[tuple[int | None, TruthLine]], found: Grid) -> tuple[int, int, int]:
    """Rows, those that are right, and those that are also whole."""
    outlines = [line.polygon for _, line in lines]
    pairs = [(holder(outlines, piece.box.centre), piece.row) for piece in found.pieces]
    there = defaultdict(set)
    members = defaultdict(set)
    for line, row in pairs:
        if line is not None:
            there[lines[line][0]].add(row)
            members[row].add(lines[line][0])
    hit = {line for line, _ in pairs}
    rows = sorted({row for row, _ in lines if row is not None})
    right = [row for row in rows if len(there[row]) == 1 and members[next(iter(there[row]))] == {row}]
    missing = {row for at, (row, _) in enumerate(lines) if at not in hit}
    return len(rows), len(right), len(set(right) - missing)


def draw(path: Path, made: Grid | None, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(path).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for piece in made.pieces if made else ():
        colour = COLOURS[piece.row % len(COLOURS)] if piece.row else "#000000"
        pen.polygon(corners(bounding_box(corners(piece.box))), outline=colour, width=3)
    picture.save(folder / f"{path.stem}.png")


if __name__ == "__main__":
    main()
