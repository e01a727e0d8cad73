"""Ten thousand pages overnight: what reading them takes, and how an index grows to a million lines.

    python tests/benchmarks/ten_thousand.py FOLDER [--minutes 60] [--lines 1000000] [--pages 10000] [--to FOLDER]

Pages are made of the real ones in FOLDER, each turned, stretched and toned a little otherwise. They are read for so
many minutes with two workers; after half of the time everything is killed, and the same command goes on: its row
counts what it adds. The other pages are small empty images, for which an engine of a plugin file gives lines that were
read before, with their frames: so an index of so many lines is made by the same command, in all but the reading.

Printed are, at times: pages and lines; the memory of each process; bytes a line of the catalogue and the search index;
seconds of the clock and of all processors a page. At the end a run over 10,000 files that have not changed. On the
disk a million lines take some gigabytes.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from indexer.catalog import Catalog

WORKERS, EVERY, MEBI = 2, 2.0, 2**20
TICKS = os.sysconf("SC_CLK_TCK")
A_PORTION, A_FOLDER = 500, 1_000
"""How many pages are made at once, to be read and to be replayed."""
REPLAY = """
import hashlib
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from indexer.api import Box, Engine, Word, hookimpl
from indexer.catalog import Catalog

SMALLER = {smaller}

def small(box):
    return Box(*(max(1, round(each / SMALLER)) for each in (box.x, box.y, box.width, box.height)))

class Recogniser:
    def __init__(self):
        self.pages = []
        with Catalog(Path({index!r})) as catalog:
            read = (catalog.as_read(document.sha256, 1) for document in catalog.documents())
            for page in islice((page for page in read if page is not None), 200):
                self.pages.append([as_small(each[0].line) for each in page.lines])

    def read(self, image):
        which = int(hashlib.sha256(image.tobytes()).hexdigest(), 16)
        return self.pages[which % len(self.pages)]

def as_small(line):
    points = [tuple((x / SMALLER, y / SMALLER) for x, y in each) for each in (line.polygon, line.baseline)]
    words = tuple(replace(word, box=small(word.box)) for word in line.words)
    block = line.block and replace(line.block, box=small(line.block.box))
    return replace(line, box=small(line.box), polygon=points[0], baseline=points[1], words=words, block=block)

@contextmanager
def opened(options):
    yield Recogniser()

@hookimpl
def notes_engines():
    yield Engine("replay", "lines that were read before", opened, version="1")
"""
SMALLER = 8


@dataclass(slots=True)
class Watched:
    """A command and the most memory (MiB) of each process in its session; ``processor`` seconds of all of them."""

    running: subprocess.Popen[bytes]
    peaks: dict[int, float] = field(default_factory=dict)
    used: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.running.pid:
                    pid, resident = int(stat.parent.name), int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / MEBI
                    self.peaks[pid] = max(self.peaks.get(pid, 0.0), resident)
                    self.used[pid] = (int(fields[11]) + int(fields[12])) / TICKS
            except (OSError, IndexError):
                continue  # it has ended

    @property
    def memory(self) -> str:
        """The largest processes, in MiB."""
        largest = sorted(self.peaks.values(), reverse=True)[: WORKERS + 2]
        return " + ".join(f"{each:.0f}" for each in largest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--to", type=Path)
    given = parser.parse_args()
    with room(given.to) as home:
        reading(given, home)
        growing(given.lines, home)
        unchanged(home, given.pages)


@contextmanager
def room(to: Path | None) -> Iterator[Path]:
    if to is not None:
        if to.exists():
            sys.exit(f"{to} is there already: name a new folder")
        to.mkdir(parents=True)
        yield to
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def reading(given: argparse.Namespace, home: Path) -> None:
    """Read made pages; are killed after half of the time, go on, and are interrupted after all of it."""
    real = sorted(path for path in given.folder.rglob("*") if path.suffix in {".jpg", ".png", ".jpeg", ".tif"})
    assert real, f"no pages in {given.folder}"
    print("| what | pages | lines | s a page | its processor | MiB of the processes | bytes a line |")
    print("|" + 7 * "---|")
    pages, index = home / "pages", home / "index"
    made = read = 0
    for what, end in (("reading, killed", signal.SIGKILL), ("going on, interrupted", signal.SIGINT)):
        left = 30 * given.minutes
        while left > 0 and read < given.pages:
            more = min(given.pages, read + A_PORTION)
            for number in range(made, more):
                perturbed(real[number % len(real)], pages / f"{number:05}.jpg", random.Random(number))
            made, began = more, time.monotonic()
            watched = started(["--index", index, pages])
            followed(watched, began + left, end)
            left -= time.monotonic() - began
            read = told(what, watched, index, read, time.monotonic() - began)


def perturbed(page: Path, to: Path, chance: random.Random) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(page) as image:
        turned = image.convert("RGB").rotate(chance.uniform(-0.6, 0.6), Image.Resampling.BILINEAR, fillcolor="white")
    width, height = turned.size
    factor = chance.uniform(0.94, 1.04)
    turned = turned.resize((round(width * factor), round(height * chance.uniform(0.98, 1.02) * factor)))
    ImageEnhance.Contrast(turned).enhance(chance.uniform(0.8, 1.1)).save(to, quality=chance.randint(60, 90))


def started(words: Sequence[str | Path], **more: str) -> Watched:
    command = [sys.executable, "-m", "indexer", "index", "--workers", str(WORKERS), *words]
    environ = {**os.environ, **more}
    return Watched(subprocess.Popen(command, env=environ, start_new_session=True, stdout=subprocess.DEVNULL))


def followed(watched: Watched, until: float = math.inf, end: signal.Signals = signal.SIGINT) -> None:
    """Wait until a command has ended; after a time it is ended so, with all that it began."""
    while watched.running.poll() is None:
        watched.look()
        if time.monotonic() > until:
            os.killpg(watched.running.pid, end)
            until = math.inf
        time.sleep(EVERY)


def told(what: str, watched: Watched, index: Path, before: int, seconds: float) -> int:
    """Print a row; gives the number of pages in the index."""
    with Catalog(index) as catalog:
        counts = catalog.counts()
    lines = max(1, sum(counts.lines.values()))
    pages = max(1, counts.pages - before)
    catalogue = (index / "catalog.sqlite").stat().st_size
    searched = sum(file.stat().st_size for file in (index / "search").rglob("*") if file.is_file())
    print(f"| {what} | {counts.pages} | {lines} | {seconds / pages:.3f} | {sum(watched.used.values()) / pages:.3f} | "
          f"{watched.memory} | {catalogue / lines:.0f} + {searched / lines:.0f} |", flush=True)  # fmt: skip
    return counts.pages


def growing(lines: int, home: Path) -> None:
    """Pages whose lines were read before, until the index has so many lines."""
    plugin, index, rest = home / "replay.py", home / "index", home / "rest"
    plugin.write_text(REPLAY.format(smaller=SMALLER, index=str(index)))
    grown = home / "grown"
    environ = {"NOTES_PLUGIN_PATH": str(plugin), "NOTES_ENGINE": "replay", "NOTES_INDEX": str(grown)}
    chance, read, there = np.random.default_rng(1), 0, 0
    station = 0
    while there < lines:
        folder = rest / f"{station:03}"
        folder.mkdir(parents=True)
        for number in range(A_FOLDER):
            pixels = chance.integers(0, 256, (500, 400), np.uint8)
            Image.fromarray(pixels // 64 * 64).save(folder / f"{number:04}.png", compress_level=1)
        began = time.monotonic()
        watched = started([folder], **environ)
        followed(watched)
        before, read = read, told("lines read before", watched, grown, read, time.monotonic() - began)
        assert read > before, "nothing was indexed"
        with Catalog(grown) as catalog:
            there = sum(catalog.counts().lines.values())
        station += 1


def unchanged(home: Path, pages: int) -> None:
    """A run over files that have not changed."""
    folders = sorted((home / "rest").iterdir())[: max(1, pages // A_FOLDER)]
    environ = {
        "NOTES_PLUGIN_PATH": str(home / "replay.py"),
        "NOTES_ENGINE": "replay",
        "NOTES_INDEX": str(home / "grown"),
    }
    began = time.monotonic()
    watched = started(folders, **environ)
    followed(watched)
    print(f"{len(folders) * A_FOLDER} files that have not changed: {time.monotonic() - began:.1f} s [5]")


if __name__ == "__main__":
    main()
