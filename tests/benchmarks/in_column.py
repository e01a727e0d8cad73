"""How long a search in one column of registers takes, on made pages: ``in:names word`` beside ``word``.

    python tests/benchmarks/in_column.py [PAGES] [--index FOLDER]

Each page has forty entries in five ruled columns, and each has the word. The catalogue is filled without reading. Each
search is made by an archive that was just opened, as a command does. Seconds are those of a processor.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from indexer.archive.doors import open_archive
from indexer.catalog import Catalog, Said
from indexer.search import SearchIndex
from indexer.values import Box, Line, Origin, PageReading, Reading, SourceFile, Word

EDGES, TOP, STEP, ROWS = (60, 180, 260, 560, 1160, 1300), 200, 60, 40
HEADS = ("No", "Day", "Kind", "Names and places", "Fee")
SYLLABLES = ("ba", "cor", "den", "fi", "gal", "hu", "lo", "mer", "nov", "pes", "ri", "tan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=int, nargs="?", default=1000)
    parser.add_argument("--index", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.index or Path(place)
        if not (folder / "catalog.sqlite").exists():
            fill(folder, arguments.pages)
        measure(folder)


def fill(folder: Path, pages: int) -> None:
    chance = random.Random(1)
    with Catalog(folder, create=True) as catalog:
        for number in range(pages):
            path = Path(f"/box/register-{number // 200}/page-{number:05}.jpg")
            file = SourceFile(path, f"{number:064x}", 1, 0.0)
            catalog.place(file)
            lines = tuple((Reading(line, Origin("told")),) for line in written(chance, number))
            ruled = tuple(((float(at), 100.0), (float(at), 2700.0)) for at in EDGES)
            level = tuple(((60.0, float(at)), (1300.0, float(at))) for at in (100, TOP))
            reading = PageReading(1, 1400, 2800, lines, 1.0, rulings=(*ruled, *level))
            catalog.store([(file, reading, "{}")])
        SearchIndex(folder / "search").sync(catalog)


def written(chance: random.Random, page: int) -> Iterator[Line]:
    """The lines of a page: the head, and of each row one in each column."""
    for at, name in enumerate(HEADS):
        yield line(name, at, 140)
    for row in range(ROWS):
        names = " ".join("".join(chance.choices(SYLLABLES, k=3)) for _ in range(4))
        word = "walnut" if row == 7 else "oak"
        cells = (
            f"{page}{row:02}",
            f"{chance.randint(1, 31)}",
            chance.choice(("sale", "do.")),
            f"{names} {word}",
            "3.75",
        )
        for at, text in enumerate(cells):
            yield line(text, at, TOP + 30 + row * STEP + chance.randint(-4, 4))


def line(text: str, column: int, down: int) -> Line:
    words, left = [], EDGES[column] + 10
    for word in text.split():
        words.append(Word(word, 0.9, Box(left, down, 10 * len(word), 24)))
        left += 10 * len(word) + 8
    return Line(text, 0.9, Box(words[0].box.x, down, left - words[0].box.x, 24), words=tuple(words))


def measure(folder: Path) -> None:
    timed("walnut", lambda: found(folder, "walnut"))
    timed("in:names walnut, at first", lambda: found(folder, "in:names walnut"))
    timed("in:names walnut, again", lambda: found(folder, "in:names walnut"))
    with open_archive(folder) as archive:
        some = archive.search("walnut").hits[0].line
        archive.say([Said(some.id, "correct", f"{some.text} said")], sure=True)
    timed("after a correction", lambda: found(folder, "in:names walnut"))
    with open_archive(folder) as archive:
        volume = archive.tables.volumes("register-0")[0]
        written_down = archive.tables.write(volume)
        assert written_down.file is not None
    timed("after the columns of 200 pages were corrected", lambda: found(folder, "in:names walnut"))
    timed("again", lambda: found(folder, "in:names walnut"))
    written_down.file.unlink()


def timed(name: str, act: Callable[[], int]) -> None:
    began = time.process_time()
    number = act()
    print(f"{name}: {time.process_time() - began:.2f} s, {number} found", flush=True)


def found(folder: Path, query: str) -> int:
    with open_archive(folder) as archive:
        return archive.search(query).total


if __name__ == "__main__":
    main()
