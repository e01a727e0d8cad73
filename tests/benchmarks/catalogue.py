"""How long a catalogue takes to open, to keep a page, to look up what a search shows, and to keep a verdict.

    python tests/benchmarks/catalogue.py [PAGES] [--address postgresql://…]

The catalogue is filled without reading: pages of thirty lines. Milliseconds are medians of all tries: by the clock, and
of this processor. With the address of an empty database the same is measured there.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

from indexer.archive.sharing import join
from indexer.catalog import Catalog
from indexer.values import Box, Line, Origin, PageReading, Reading, SourceFile, Word

LINES, SHOWN = 30, 50
SYLLABLES = ("ba", "cor", "den", "fi", "gal", "hu", "lo", "mer", "nov", "pes", "ri", "tan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=int, nargs="?", default=200)
    parser.add_argument("--address")
    arguments = parser.parse_args()
    print(f"{arguments.pages} pages of {LINES} lines")
    for address in (None, arguments.address) if arguments.address else (None,):
        with tempfile.TemporaryDirectory() as place:
            print("PostgreSQL" if address else "SQLite")
            if address:
                join(Path(place), address)
            measure(Path(place), arguments.pages)


def measure(folder: Path, pages: int) -> None:
    """Print a line for each deed."""
    chance = random.Random(7)
    with Catalog(folder, create=True) as catalog:
        files = [SourceFile(Path(f"/archive/{at // 50}/{at}.png"), f"{at:064}", 10, 1000.0) for at in range(pages)]
        for file in files:
            catalog.place(file)
        timed("store a page", (lambda each=each: store(catalog, each, chance) for each in files))
        timed("store it again", (lambda each=each: store(catalog, each, chance) for each in files))
        lines = [row["id"] for row in catalog._all("SELECT id FROM lines ORDER BY id")]
        some = [chance.sample(lines, SHOWN) for _ in range(100)]
        timed(f"{SHOWN} lines of a search", (lambda each=each: looked_up(catalog, each) for each in some))
        timed("pages in a folder", (lambda: catalog.page_ids("**/1/*", None, None) for _ in range(100)))
        timed("a correction", (lambda each=each: catalog.say(each, "correct", "corrected") for each in lines[:200]))
        timed("taken back", (lambda each=each: catalog.take_back(each) for each in lines[:200]))
    timed("open and close", (lambda: opened(folder) for _ in range(100)))


def store(catalog: Catalog, file: SourceFile, chance: random.Random) -> None:
    """Keep a page of made lines with words and posteriorgrams, as a run does."""
    made = []
    for at in range(LINES):
        words = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(7)]
        boxes = tuple(Word(word, 0.8, Box(60 * each, 40 * at, 50, 30)) for each, word in enumerate(words))
        line = Line(" ".join(words), chance.random(), Box(0, 40 * at, 420, 30), words=boxes, posteriorgram=bytes(3000))
        made.append((Reading(line, Origin("engine", "1")),))
    catalog.store([(file, PageReading(1, 500, 1300, tuple(made), 1.0), "{}")])


def looked_up(catalog: Catalog, lines: list[int]) -> None:
    """What a search asks of the catalogue for the lines it shows."""
    catalog.lines_at(lines)
    catalog.pages_of(lines)
    catalog.words(lines)
    catalog.verdicts_on(lines)


def opened(folder: Path) -> None:
    """Open a catalogue as a command does, and ask one thing."""
    with Catalog(folder) as catalog:
        catalog.counts()


def timed(what: str, tries: Iterable[Callable[[], object]]) -> None:
    """Print how long tries take."""
    clock, processor = [], []
    for each in tries:
        began, used = time.perf_counter(), time.process_time()
        each()
        clock.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - used))
    print(f"  {what:24} {median(clock):8.2f} ms  {median(processor):8.2f} ms")


if __name__ == "__main__":
    main()
