"""How a large archive behaves: each figure of it beside the one that is to be reached.

    python tests/benchmarks/scale.py [--lines 1000000] [--folder FOLDER] [--only NAME ...]

Makes an archive of so many lines on pages of twenty, five pages a document, with made-up text and ink (a fifth of the
lines wait for review), and measures it: in this process, as commands, and served. The archive stays in FOLDER and is
used again; one of another size lies beside it. The catalogue is written by SQL, the search index by its own door; the
ink of 20,000 lines is laid out, and used over and over with the numbers of the others.

A figure that is not reached is marked. Beside each stands the processor time it took: other work on the machine
lengthens the one and hardly the other. At 1,000,000 lines the archive takes 6 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import numpy as np

from indexer.catalog import Catalog
from indexer.posteriors.posteriorgram import PosteriorgramPacker
from indexer.search import Finder, SearchIndex, changes
from indexer.search.spotting import probabilistic_index as probabilistic_index
from indexer.search.spotting.segment import Segment, SegmentLine
from indexer.values import SearchOptions
from indexer.values.thresholds import Thresholds

LINES_A_PAGE, PAGES_A_DOCUMENT, WORDS_A_LINE = 20, 5, 6
TEMPLATE = 20_000
"""Lines of which text and ink are made; the others have theirs."""
WORDS = 40_000
CHARACTERS = ["", *"abcdefghijklmnopqrstuvwxyz", " "]
PAUSE = 10.0
"""Seconds that a person looks at what was found before asking again."""
ENGINE = """
from contextlib import contextmanager
from indexer.api import Engine, hookimpl

class Recogniser:
    def read(self, image):
        return []

@contextmanager
def opened(options):
    yield Recogniser()

@hookimpl
def notes_engines():
    yield Engine("blank", "reads nothing", opened, version="1")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "notes-scale")
    parser.add_argument("--only", nargs="+", choices=[each.__name__ for each in MEASURES], help="what to measure")
    given = parser.parse_args()
    folder = given.folder / str(given.lines)
    if not (folder / "made").exists():
        began = time.perf_counter()
        make(folder, given.lines)
        print(f"made {given.lines} lines in {time.perf_counter() - began:.0f} s: {folder}", flush=True)
    for measure in MEASURES:
        if not given.only or measure.__name__ in given.only:
            measure(folder)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the clock, and of the processor."""

    clock: float
    processor: float


def row(what: str, seen: Took | float, most: float, unit: str = "s") -> None:
    """Print a figure beside the one to reach."""
    clock, processor = (
        (seen.clock, f"  ({seen.processor:.3f} s of processor)") if isinstance(seen, Took) else (seen, "")
    )
    mark = "ok" if clock <= most else "TOO MUCH"
    print(f"{what:<72}{clock:>9.3f} {unit:<6}of {most:g}  {mark}{processor}", flush=True)


def spent(pid: int | None = None) -> float:
    """Seconds of the processor that this process and those it waited for took, or another one (Linux)."""
    if pid is None:
        own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def timed(what: Callable[[], object], pid: int | None = None) -> Took:
    processor, began = spent(pid), time.perf_counter()
    what()
    return Took(time.perf_counter() - began, spent(pid) - processor)


def median(what: Callable[[], object], times: int = 5, pid: int | None = None) -> Took:
    return middle([timed(what, pid) for _ in range(times)])


def middle(took: Sequence[Took]) -> Took:
    return Took(statistics.median(each.clock for each in took), statistics.median(each.processor for each in took))


def less(one: Took, other: Took) -> Took:
    return Took(one.clock - other.clock, one.processor - other.processor)


# The archive.


def vocabulary() -> list[str]:
    chance = random.Random(1)
    syllables = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "er", "on")]
    words = sorted({"".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(WORDS)})
    chance.shuffle(words)
    return words


def texts(number: int) -> list[str]:
    """Lines in which frequent words are as frequent as in a language."""
    words = vocabulary()
    drawn = random.Random(2).choices(words, [1 / rank for rank in range(1, len(words) + 1)], k=number * WORDS_A_LINE)
    return [" ".join(drawn[start : start + WORDS_A_LINE]) for start in range(0, len(drawn), WORDS_A_LINE)]


def inked(text: str, chance: np.random.Generator, packer: PosteriorgramPacker) -> bytes:
    """Frames in which each letter stands, mostly the likeliest one, with two others that look like it."""
    table = np.full((2 * len(text), len(CHARACTERS)), 0.0005, np.float32)
    table[1::2, 0] = 0.95
    letters = np.array([CHARACTERS.index(letter) for letter in text])
    at, others = 2 * np.arange(len(text)), chance.integers(1, 27, (len(text), 2))
    sure = chance.uniform(0.35, 0.95, len(text)).astype(np.float32)
    for column in range(2):
        table[at, others[:, column]] = (1 - sure) / 2
    table[at, letters] = sure
    table[at[text.count(" ") :: 9], 0] = 0.3
    return packer.pack(table, len(table))


def make(folder: Path, lines: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    chance, packer = np.random.default_rng(3), PosteriorgramPacker(CHARACTERS)
    template = texts(min(lines, TEMPLATE))
    frames = [inked(text, chance, packer) for text in template]
    sures = [
        None if at % 50 == 7 else round(float(sure), 3) for at, sure in enumerate(chance.beta(6, 1.6, len(template)))
    ]
    with Catalog(folder, create=True) as catalog:
        catalog.set_thresholds(Thresholds(0.6))
        fill(catalog._db, template, frames, sures, lines)
        began = time.perf_counter()
        with batches(len(template)):
            SearchIndex(folder / "search").sync(catalog)
            while SearchIndex(folder / "search").tidy():
                pass
        print(f"search index in {time.perf_counter() - began:.0f} s", flush=True)
    (folder / "made").touch()


def fill(
    db: sqlite3.Connection, template: list[str], frames: list[bytes], sures: list[float | None], lines: int
) -> None:
    pages = lines // LINES_A_PAGE
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    db.execute("INSERT INTO origins (id, engine, version, settings) VALUES (1, 'made', '1', '{}')")
    files = range(1, pages // PAGES_A_DOCUMENT + 1)
    db.executemany("INSERT INTO files (id, sha256, size, pages) VALUES (?, ?, 1, 5)", ((n, f"{n:064x}") for n in files))
    db.executemany(
        "INSERT INTO places (path, file_id, modified) VALUES (?, ?, 0)",
        ((f"/archive/box{n % 100}/scan-{n}.pdf".encode(), n) for n in files),
    )
    db.executemany(
        """INSERT INTO pages (id, file_id, number, width, height, recipe, seconds, read_at, revision)
        VALUES (?, ?, ?, 2000, 3000, '{}', 1, '', ?)""",
        ((p, (p - 1) // PAGES_A_DOCUMENT + 1, (p - 1) % PAGES_A_DOCUMENT + 1, p) for p in range(1, pages + 1)),
    )
    boxes = [json.dumps([[100, y], [1600, y], [1600, y + 80], [100, y + 80]]) for y in range(100, 2100, 100)]
    judged = ["unknown" if sure is None else "accepted" if sure >= 0.6 else "review" for sure in sures]
    db.executemany(
        """INSERT INTO lines (id, page_id, number, x, y, width, height, polygon, status)
        VALUES (?, ?, ?, 100, ?, 1500, 80, ?, ?)""",
        (
            (n + 1, n // LINES_A_PAGE + 1, at + 1, 100 * at + 100, boxes[at], judged[n % len(template)])
            for n in range(pages * LINES_A_PAGE)
            for at in (n % LINES_A_PAGE,)
        ),
    )
    words = [
        json.dumps([[word, sure, 100 + 240 * at, 100, 220, 80] for at, word in enumerate(text.split())])
        for text, sure in zip(template, sures, strict=True)
    ]
    db.executemany(
        """INSERT INTO readings (line_id, origin_id, text, confidence, words, posteriorgram, chosen)
        VALUES (?, 1, ?, ?, ?, ?, 1)""",
        (
            (n + 1, template[at], sures[at], words[at], frames[at])
            for n in range(pages * LINES_A_PAGE)
            for at in (n % len(template),)
        ),
    )
    db.execute("UPDATE meta SET value = ? WHERE key = 'revision'", (pages,))
    db.execute("COMMIT")
    db.execute("PRAGMA synchronous = FULL")


@contextmanager
def batches(lines: int) -> Iterator[None]:
    """Take over so many lines at once, the ink of which is laid out only the first time."""
    first: list[Segment] = []
    before = changes._PAGES_A_COMMIT, probabilistic_index.packed

    def packed(given: Sequence[SegmentLine]) -> Segment:
        if len(given) != lines:
            return before[1](given)
        if not first:
            first.append(before[1](given))
        made, at = first[0], {each.id: each.page for each in given}
        ids = made.lines - made.lines.min() + given[0].id
        return replace(made, lines=ids, pages=np.array([at[each] for each in ids.tolist()]))

    changes._PAGES_A_COMMIT, probabilistic_index.packed = lines // LINES_A_PAGE, packed
    try:
        yield
    finally:
        changes._PAGES_A_COMMIT, probabilistic_index.packed = before


# What is measured.


def catalogue(folder: Path) -> None:
    with Catalog(folder) as catalog:
        counts = catalog.counts()
        print(f"{sum(counts.lines.values())} lines on {counts.pages} pages in {counts.documents} documents")
        row("counts", median(catalog.counts), 0.02)
        row("the first documents", median(lambda: catalog.documents(50)), 0.1)
        row("the last documents", median(lambda: catalog.documents(50, counts.documents - 50)), 0.1)
        row("the least sure lines", median(lambda: catalog.waiting(50)), 0.1)
        row("the least sure lines from the middle on", median(lambda: catalog.waiting(50, counts.waiting // 2)), 0.1)


def searching(folder: Path) -> None:
    words = vocabulary()
    with Catalog(folder) as catalog, Finder(SearchIndex(folder / "search"), catalog) as finder:

        def found(*queries: str, **options: object) -> Took:
            """Each query is asked once: what was asked for last is kept."""
            given = SearchOptions(**options)  # type: ignore[arg-type]
            return middle([timed(lambda query=query: finder.find(query, given)) for query in queries])  # type: ignore[misc]

        found(words[300])
        row("open files", open_files(folder), 16, "files")
        row("what was read: a word", found(*words[301:306], reach=None), 0.15)
        row("what was read: the commonest words", found(*words[:3], reach=None), 0.15)
        row("what was read: a phrase", found(*(f'"{words[9]} {each}"' for each in words[10:15]), reach=None), 0.15)
        row("what was read: one letter and a star", found("b*", "c*", "d*", reach=None), 0.15)
        row("what was read: two letters and a star", found("ba*", "ce*", "di*", reach=None), 0.15)
        row("what was read: two letters wrong", found(*(f"{each}~2" for each in words[400:405]), reach=None), 0.15)
        row("what was read: common words by page", found(*words[3:6], reach=None, sort="page"), 0.3)
        row("the ink: a word", found(*words[500:505]), 1.0)
        page = frozenset([1000])
        row("the ink: a word on one page, to mark it", found(*words[600:605], pages=page, limit=None), 0.15)


def open_files(folder: Path) -> int:
    """How many files of the index this process has open (Linux)."""
    links = (str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink())
    return sum(link.startswith(str(folder)) for link in links)


def verdicts(folder: Path) -> None:
    index = SearchIndex(folder / "search")
    took = []
    with Catalog(folder) as catalog:
        with Finder(index, catalog) as finder:  # the server has one open
            finder.find("open", SearchOptions(reach=None))
        lines = catalog.waiting(40, 1000)[1]
        for line in lines[::5]:
            made = f"zebra{time.time_ns() % 10**9}"

            def said(line_id: int = line.id, text: str = made) -> None:
                catalog.say(line_id, "correct", text)
                index.sync(catalog)
                with Finder(index, catalog) as finder:
                    assert finder.find(text, SearchOptions(reach=None)).total == 1

            took.append(timed(said))
    worst = max(each.clock for each in took)
    row(f"a verdict until it is found (the worst of 8 was {worst:.3f} s)", middle(took), 0.15)


def judging(folder: Path) -> None:
    def judge() -> None:
        with Catalog(folder) as catalog:
            catalog.set_thresholds(Thresholds(0.6 if catalog.thresholds.default != 0.6 else 0.601))

    thread = threading.Thread(target=judge)
    began = time.perf_counter()
    thread.start()
    waits = []
    with Catalog(folder) as catalog:
        line = catalog.waiting(1)[1][0].id
        while thread.is_alive():
            waits.append(timed(lambda: catalog.say(line, "accept")).clock)
            catalog.take_back(line)
            time.sleep(0.1)
    thread.join()
    row(f"the longest wait of {len(waits)} verdicts while all is judged again", max(waits), 0.2)
    print(f"judged again in {time.perf_counter() - began:.0f} s")
    with Catalog(folder) as catalog:
        row("catching up with that", timed(lambda: SearchIndex(folder / "search").sync(catalog)), 120)


def commands(folder: Path) -> None:
    def run(*words: str) -> Took:
        command = [sys.executable, "-m", "indexer", *words, "--index", str(folder), "--json"]
        return less(median(lambda: subprocess.run(command, capture_output=True, check=True)), start)

    start = median(lambda: subprocess.run([sys.executable, "-m", "indexer", "--help"], capture_output=True, check=True))
    print(f"notes --help: {start.clock:.2f} s ({start.processor:.2f} s of processor), taken off from what follows")
    row("notes search, as a process", run("search", vocabulary()[300]), 0.5)
    row("notes status, as a process", run("status"), 0.5)
    row("notes review --order confidence, as a process", run("review", "--order", "confidence"), 0.5)


@contextmanager
def served(folder: Path) -> Iterator[tuple[httpx.Client, int]]:
    command = [sys.executable, "-m", "indexer", "serve", "--port", "0", "--index", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    address = ""
    while not address:
        found = re.search(r"http://[^\s/]+", process.stderr.readline())
        address = found[0] if found else ""
    threading.Thread(target=process.stderr.read, daemon=True).start()
    try:
        with httpx.Client(base_url=address, timeout=120) as client:
            yield client, process.pid
    finally:
        process.terminate()
        process.wait()


def serving(folder: Path) -> None:
    with served(folder) as (client, pid):

        def ask(path: str) -> None:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)

        ask(f"/?q={vocabulary()[300]}")
        for path, most in (
            ("/", 0.1),
            ("/api/v1/status", 0.1),
            ("/api/v1/reading", 0.02),
            ("/documents", 0.1),
            ("/api/v1/documents", 0.1),
            ("/documents/7/1", 0.05),
            ("/review?order=confidence", 0.2),
            ("/review?order=confidence&skip=100000", 0.2),
            ("/review", 0.2),
        ):
            row(path, median(lambda path=path: ask(path), pid=pid), most)  # type: ignore[misc]
        row(f"searches of 20 people ({PAUSE:g} s apart) while lines are corrected", crowd(client), 0.15)


def crowd(client: httpx.Client, people: int = 20, seconds: float = 60) -> float:
    """The median of what people wait for what they look for, while somebody corrects lines."""
    words, took, end = vocabulary(), [], time.monotonic() + seconds
    base = client.base_url

    def person(seed: int) -> None:
        chance = random.Random(seed)
        time.sleep(chance.uniform(0, PAUSE))
        with httpx.Client(base_url=base, timeout=120) as own:
            while time.monotonic() < end:
                took.append(timed(lambda: own.get("/", params={"q": chance.choice(words[:5000])})).clock)
                time.sleep(chance.uniform(0.5, 1.5) * PAUSE)

    threads = [threading.Thread(target=person, args=(seed,)) for seed in range(people)]
    for thread in threads:
        thread.start()
    settled = 0
    while time.monotonic() < end:
        waiting = client.get("/review", params={"order": "confidence"})
        if found := re.search(r'action="/review/(\d+)"', waiting.text):
            said = {"kind": "correct", "text": "as a person reads", "sure": True}
            settled += client.put(f"/api/v1/lines/{found[1]}/verdict", json=said).status_code == 200
        time.sleep(3)
    for thread in threads:
        thread.join()
    print(f"{len(took)} searches, {settled} lines corrected, p95 {sorted(took)[int(0.95 * len(took))]:.2f} s")
    return statistics.median(took)


def unchanged(folder: Path) -> None:
    """A run over files that have not changed, with an index of its own."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "blank.py").write_text(ENGINE)
        environ = {**os.environ, "NOTES_PLUGIN_PATH": str(home / "blank.py"), "NOTES_ENGINE": "blank", "HOME": name}
        few, many = (_unchanged(home, number, environ) for number in (2_500, 10_000))
    row("a run over 10,000 files that have not changed", many, 5)
    row("four times the files, times the processor's time", many.processor / max(few.processor, 0.2), 5.5, "times")


def _unchanged(home: Path, number: int, environ: dict[str, str]) -> Took:
    from hashlib import sha256

    files, index = home / f"files{number}", home / f"index{number}"
    files.mkdir()
    command = [sys.executable, "-m", "indexer", "index", "--index", str(index), str(files)]
    start = timed(lambda: subprocess.run(command, env=environ, check=True, capture_output=True))
    with Catalog(index) as catalog:
        db = catalog._db
        db.execute("BEGIN")
        for n in range(1, number + 1):
            file, data = files / f"{n}.png", b"%d" % n
            file.write_bytes(data)
            db.execute(
                "INSERT INTO files (id, sha256, size, pages) VALUES (?, ?, ?, 1)",
                (n, sha256(data).hexdigest(), len(data)),
            )
            place = (os.fsencode(file), n, file.stat().st_mtime)
            db.execute("INSERT INTO places (path, file_id, modified) VALUES (?, ?, ?)", place)
            db.execute(
                """INSERT INTO pages (file_id, number, width, height, recipe, seconds, read_at, revision)
                VALUES (?, 1, 9, 9, '{}', 1, '', 0)""",
                (n,),
            )
        db.execute("COMMIT")
    return less(timed(lambda: subprocess.run(command, env=environ, check=True, capture_output=True)), start)


MEASURES = (catalogue, searching, verdicts, commands, serving, judging, unchanged)

if __name__ == "__main__":
    main()
