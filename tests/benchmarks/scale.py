"""How a large archive behaves: each figure of it beside the one that is to be reached.

    python tests/benchmarks/scale.py [--lines 1000000] [--folder FOLDER] [--only NAME ...]

Makes an archive of so many lines (see ``made_archive.py``), and measures it: in this process, as commands, and served.
The archive stays in FOLDER and is used again; one of another size lies beside it. 1,000,000 lines take some gigabytes.

Each row has the seconds that were seen, those to be reached on two ordinary cores, the first divided by the second
(above 1.00 is too much), and the processor time: other work on the machine lengthens the clock's time and hardly the
processor's. Commands are run with their modules compiled, as an installation has them.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from made_archive import make, vocabulary
from PIL import Image

from indexer.catalog import Catalog
from indexer.posteriors.posteriorgram import readable
from indexer.search import Finder, SearchIndex
from indexer.values import SearchOptions
from indexer.values.thresholds import Thresholds

VIEWED, PAGE_SIZE = 50_000, 150_000
"""Documents of one page whose lists are looked at, and the most bytes of a page, without its images."""
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
WRITER = """
import sys, time
sys.path.insert(0, {here!r})
from contextlib import contextmanager
import numpy as np
from made_archive import CHARACTERS, LINES_A_PAGE, inked, texts
from indexer.api import Box, Engine, Line, hookimpl
from indexer.posteriors.posteriorgram import PosteriorgramPacker

class Recogniser:
    lines = texts(5_000)

    def read(self, image):
        time.sleep(1)
        chance, packer = np.random.default_rng(time.time_ns()), PosteriorgramPacker(CHARACTERS)
        chosen = [self.lines[at] for at in chance.integers(0, len(self.lines), LINES_A_PAGE)]
        return [
            Line(text, 0.9, Box(5, 10 * at, 90, 8), posteriorgram=inked(text, chance, packer))
            for at, text in enumerate(chosen)
        ]

@contextmanager
def opened(options):
    yield Recogniser()

@hookimpl
def notes_engines():
    yield Engine("writer", "reads a page of words each second", opened, version="1")
"""
"""An engine that takes a second a page and hardly any of the processor."""


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
    """Print a figure beside the one to reach, and its share of that."""
    clock, processor = (seen.clock, f"({seen.processor:.3f} s of processor)") if isinstance(seen, Took) else (seen, "")
    print(f"{what:<72}{clock:>9.3f} {unit:<6}of {most:<5g}{clock / most:>7.2f}  {processor}", flush=True)


def spent(pid: int | None = None) -> float:
    """Seconds of the processor that this process and those it waited for took, or another one with its own (Linux)."""
    if pid is None:
        own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = (
        int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()
    )
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(map(spent, children))


def timed(what: Callable[[], object], pid: int | None = None) -> Took:
    processor, began = spent(pid), time.perf_counter()
    what()
    return Took(time.perf_counter() - began, spent(pid) - processor)


def median(what: Callable[[], object], times: int = 5, pid: int | None = None) -> Took:
    return middle([timed(what, pid) for _ in range(times)])


def middle(took: Sequence[Took]) -> Took:
    return Took(statistics.median(each.clock for each in took), statistics.median(each.processor for each in took))


def nearly_worst(took: Sequence[Took]) -> Took:
    """What 95 % do not exceed, by the clock and of the processor."""
    clock, processor = (sorted(getattr(each, name) for each in took) for name in ("clock", "processor"))
    return Took(clock[int(0.95 * len(took))], processor[int(0.95 * len(took))])


def less(one: Took, other: Took) -> Took:
    return Took(one.clock - other.clock, one.processor - other.processor)


# What is measured.


def catalogue(folder: Path) -> None:
    with Catalog(folder) as catalog:
        counts = catalog.counts()
        print(f"{sum(counts.lines.values())} lines on {counts.pages} pages in {counts.documents} documents")
        lines = sum(counts.lines.values())
        search, whole = (size(each) / lines / 1000 for each in (folder / "search", folder))
        row("the search index of a line", search, 3, "kB")
        row("the index of a line all told, with the catalogue", whole, 3, "kB")
        row("counts", median(catalog.counts), 0.02)
        row("the first documents", median(lambda: catalog.documents(50)), 0.1)
        row("the last documents", median(lambda: catalog.documents(50, counts.documents - 50)), 0.1)
        row("the least sure lines", median(lambda: catalog.waiting(50)), 0.1)
        row("the least sure lines from the middle on", median(lambda: catalog.waiting(50, counts.waiting // 2)), 0.1)


def size(folder: Path) -> int:
    """Bytes of the files below a folder; the log of the catalogue goes when it is closed."""
    return sum(
        file.stat().st_size for file in folder.rglob("*") if file.is_file() and "catalog.sqlite-" not in file.name
    )


def searching(folder: Path) -> None:
    words = vocabulary()
    with Catalog(folder) as catalog, Finder(SearchIndex(folder / "search"), catalog) as finder:

        def each(*queries: str, **options: object) -> list[Took]:
            """Each query is asked once: what was asked for last is kept."""
            given = SearchOptions(**options)  # type: ignore[arg-type]
            return [timed(lambda query=query: finder.find(query, given)) for query in queries]  # type: ignore[misc]

        def found(*queries: str, **options: object) -> Took:
            return middle(each(*queries, **options))

        found(words[300])
        row("open files", open_files(folder), 16, "files")
        row("what was read: a word", found(*words[301:306], reach=None), 0.15)
        row("what was read: the commonest words", found(*words[:3], reach=None), 0.15)
        row("what was read: a phrase", found(*(f'"{words[9]} {each}"' for each in words[10:15]), reach=None), 0.15)
        row("what was read: one letter and a star", found("b*", "c*", "d*", reach=None), 0.15)
        row("what was read: two letters and a star", found("ba*", "ce*", "di*", reach=None), 0.15)
        row("what was read: two letters wrong", found(*(f"{each}~2" for each in words[400:405]), reach=None), 0.15)
        row("what was read: common words by page", found(*words[3:6], reach=None, sort="page"), 0.3)
        row("what was read: a word, of one folder", found(*words[306:311], reach=None, glob="/archive/box7"), 0.05)
        row("what was read: a word, of files since a day: all", found(*words[311:316], reach=None, since=-1.0), 0.15)
        took = each(*random.Random(4).sample(words[300:6000], 40))
        row("the ink: a word, median of 40", middle(took), 0.12)
        row("the ink: a word, 95 % of 40 take no longer", nearly_worst(took), 0.3)
        row("the ink: a phrase of frequent words", found(*(f'"{words[9]} {each}"' for each in words[15:20])), 0.5)
        row("the ink: the beginning of a word", found(*(f"{each[:4]}*" for each in words[700:705])), 0.5)
        row("the ink: two letters wrong", found(*(f"{each}~2" for each in words[800:805])), 0.5)
        given = zip(("William", "John", "Thomas", "Mary", "James"), words[900:905], strict=True)
        row("the ink: a name of two words", found(*(f'name:"{one} {other}"' for one, other in given)), 0.6)
        row("the ink: a name of one word", found(*(f"name:{each}" for each in words[905:910])), 0.6)
        row("the ink: a short name with many spellings", found("name:Anna", "name:Maria", "name:Thomas"), 0.6)
        row("the ink: a word in old spelling", found(*(f"spelling:old {each}" for each in words[910:915])), 0.6)
        page = frozenset([1000])
        row("the ink: a word on one page, to mark it", found(*words[600:605], pages=page, limit=None), 0.15)


def open_files(folder: Path) -> int:
    """How many files of the index this process has open (Linux)."""
    links = (str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink())
    return sum(link.startswith(str(folder)) for link in links)


def verdicts(folder: Path) -> None:
    index, word = SearchIndex(folder / "search"), vocabulary()[500]
    took, again = [], []
    with Catalog(folder) as catalog:
        with Finder(index, catalog) as finder:  # the server has one open
            finder.find(word, SearchOptions())
        lines = catalog.waiting(40, 1000)[1]
        for line in lines[::5]:
            made = f"zebra{time.time_ns() % 10**9}"

            def said(line_id: int = line.id, text: str = made) -> None:
                catalog.say(line_id, "correct", text)
                index.sync(catalog)
                with Finder(index, catalog) as finder:
                    assert finder.find(text, SearchOptions(reach=None)).total == 1

            took.append(timed(said))
            with Finder(index, catalog) as finder:
                again.append(timed(lambda finder=finder: finder.find(word, SearchOptions())))  # type: ignore[misc]
    worst = max(each.clock for each in took)
    row(f"a verdict until it is found (the worst of 8 was {worst:.3f} s)", middle(took), 0.15)
    row("the ink: a word that was asked for before the verdict", middle(again), 0.12)


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


def reviewing(folder: Path) -> None:
    """What a page of review looks up: the lines, their words, how many wait, and what else a doubtful word may be."""
    with Catalog(folder) as catalog, Finder(SearchIndex(folder / "search"), catalog) as finder:

        def review(skip: int) -> None:
            lines = catalog.waiting(50, skip)[1]
            words = catalog.words([line.id for line in lines])
            catalog.counts()
            catalog.pages_of([line.id for line in lines[:2]])
            ink = readable(catalog.posteriorgram(lines[0].id))
            assert ink is not None
            for word in words[lines[0].id]:
                if word.confidence is not None and word.confidence < 0.5:
                    finder.fitting(word.text, ink, 3)

        review(0)
        for skip in (1, catalog.counts().waiting // 2):
            row(f"a page of review in this process, after {skip} lines", median(lambda skip=skip: review(skip)), 0.2)  # type: ignore[misc]


@contextmanager
def compiled() -> Iterator[dict[str, str]]:
    """The environment of a command whose modules are compiled, whatever this environment says of that."""
    with tempfile.TemporaryDirectory() as name:
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        yield {**kept, "PYTHONPYCACHEPREFIX": name}


def commands(folder: Path) -> None:
    with compiled() as environ:

        def took(*words: str) -> Took:
            command = [sys.executable, "-m", "indexer", *words]
            subprocess.run(command, capture_output=True, check=True, env=environ)  # compiles, and warms
            return median(lambda: subprocess.run(command, capture_output=True, check=True, env=environ))

        def more(*words: str) -> Took:
            return less(took(*words, "--index", str(folder), "--json"), start)

        start = took("--help")
        print(f"notes --help: {start.clock:.2f} s ({start.processor:.2f} s of processor), taken off what follows")
        row("notes search, as a process, all of it", took("search", vocabulary()[300], "--index", str(folder)), 1.0)
        row("notes search, as a process", more("search", vocabulary()[300]), 0.5)
        row("notes status, as a process", more("status"), 0.5)
        row("notes review --order confidence, as a process", more("review", "--order", "confidence"), 0.5)


@contextmanager
def served(folder: Path, environ: dict[str, str] | None = None) -> Iterator[tuple[httpx.Client, int]]:
    command = [sys.executable, "-m", "indexer", "serve", "--port", "0", "--index", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ)
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
            (f"/documents/7/1?q={vocabulary()[301]}", 0.15),
            ("/review?order=confidence", 0.2),
            ("/review?order=confidence&skip=100000", 0.2),
            ("/review", 0.2),
        ):
            row(path, median(lambda path=path: ask(path), pid=pid), most)  # type: ignore[misc]


def views(folder: Path) -> None:
    """The start page and the lists of documents of an archive of 50,000 pages, each a document of its own."""
    made = folder.parent / "views"
    if not (made / "made").exists():
        make(made, 2 * VIEWED, lines_a_page=2, pages_a_document=1)
    with Catalog(made) as catalog:
        facets = catalog.facets(None, 3)
    person, place, tag, decade = (facets[name][0][0] for name in ("person", "place", "tag", "date"))
    box = "/documents?in=/archive/box7"
    with served(made) as (client, pid):

        def ask(path: str) -> None:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            assert len(answer.content) <= PAGE_SIZE, (path, len(answer.content))

        wait_for_search(client)
        for path in (
            "/",
            *("/documents", "/documents?p=400", "/documents?view=gallery", "/documents?view=gallery&p=400"),
            *(box, f"{box}&view=gallery", "/documents?in=/archive"),
            *("/documents?sort=date", f"/documents?person={person}", f"/documents?place={place}&tag={tag}"),
            *(f"/documents?date={decade}&sort=date", f"{box}&tag={tag}&view=gallery"),
            *("/failures", "/forgotten", "/add", "/review/done"),
        ):
            first = timed(lambda path=path: ask(path), pid)  # type: ignore[misc]
            row(f"{path} ({first.clock:.3f} s at first)", median(lambda path=path: ask(path), pid=pid), 0.1)  # type: ignore[misc]


def wait_for_search(client: httpx.Client) -> None:
    """Until the search index is open and the first order of the review is made."""
    client.get("/", params={"q": vocabulary()[300]})
    time.sleep(PAUSE)


def crowd(folder: Path) -> None:
    with served(folder) as (client, pid), written(folder):
        wait_for_search(client)
        usual, worst = waited(client, pid)
        row(f"searches of 20 people ({PAUSE:g} s apart) while lines are corrected and pages indexed", usual, 0.15)
        row("95 % of them take no longer", worst, 0.8)
        row("memory of the server, without files that it maps", memory(pid), 1.5, "GiB")
        row("the most memory it ever had, with what it maps", most_memory(pid), math.inf, "GiB")


@contextmanager
def written(folder: Path, pages: int = 200) -> Iterator[None]:
    """While ``notes index`` reads a page each second into the archive."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "writer.py").write_text(WRITER.format(here=str(Path(__file__).parent)))
        for number in range(pages):
            Image.effect_noise((100, 220), number + 1).save(home / f"{number}-{time.time_ns()}.png")
        environ = {**os.environ, "NOTES_PLUGIN_PATH": str(home / "writer.py"), "NOTES_ENGINE": "writer", "HOME": name}
        index = ["index", "--workers", "1", "--index", str(folder), name]
        process = subprocess.Popen([sys.executable, "-m", "indexer", *index], env=environ, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
            with Catalog(folder) as catalog:
                print(f"{catalog.counts().pages} pages are in the archive now")


def memory(pid: int) -> float:
    """GiB of its own that a process holds (Linux)."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 2**20


def most_memory(pid: int) -> float:
    """The most GiB that a process held at a time, with the parts of mapped files that were in memory (Linux)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 2**20


def waited(client: httpx.Client, pid: int, people: int = 20, seconds: float = 60) -> tuple[Took, float]:
    """The median of what people wait for what they look for, while somebody corrects lines, with the processor time of
    all that the server does, divided by the searches; and what 95 % of them wait at most."""
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
    settled, before = 0, spent(pid)
    while time.monotonic() < end:
        waiting = client.get("/review", params={"order": "confidence"})
        if found := re.search(r'action="/review/(\d+)"', waiting.text):
            said = {"kind": "correct", "text": "as a person reads", "sure": True}
            settled += client.put(f"/api/v1/lines/{found[1]}/verdict", json=said).status_code == 200
        time.sleep(3)
    for thread in threads:
        thread.join()
    print(f"{len(took)} searches, {settled} lines corrected")
    return Took(statistics.median(took), (spent(pid) - before) / len(took)), sorted(took)[int(0.95 * len(took))]


def pictures(_folder: Path) -> None:
    """The crops of 20 hits on eight photos of 12 megapixels, four at a time as a browser asks; an index of its own."""
    with blank() as (home, environ):
        (home / "in").mkdir()
        for number in range(8):
            noise = Image.effect_noise((750, 1000), 40 + number).resize((3000, 4000)).convert("RGB")
            noise.save(home / f"in/{number}.jpg", quality=90)
        command = [sys.executable, "-m", "indexer", "index", "--index", str(home / "index"), str(home / "in")]
        subprocess.run(command, env=environ, check=True, capture_output=True)
        with served(home / "index", environ) as (client, pid):
            pages = [each["sha256"] for each in client.get("/api/v1/documents").json()]
            time.sleep(3)  # its processes have begun
            paths = [f"/ink/{pages[n % 8]}/1/200,{300 + 100 * n},2500,120.jpg" for n in range(20)]

            def asked(four: int) -> None:
                for path in paths[four::4]:
                    assert client.get(path).status_code == 200, path

            def all_of_them() -> None:
                with ThreadPoolExecutor(4) as four:
                    list(four.map(asked, range(4)))

            row("pictures of 20 hits", timed(all_of_them, pid), 1.0)


@contextmanager
def blank() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder that goes again, and the environment of commands with an engine that reads nothing."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "blank.py").write_text(ENGINE)
        plugin = {"NOTES_PLUGIN_PATH": str(Path(name) / "blank.py"), "NOTES_ENGINE": "blank"}
        yield Path(name), {**os.environ, **plugin, "HOME": name}


def unchanged(_folder: Path) -> None:
    """A run over files that have not changed, with an index of its own."""
    with blank() as (home, environ):
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


MEASURES = (catalogue, searching, reviewing, verdicts, commands, serving, views, crowd, pictures, judging, unchanged)

if __name__ == "__main__":
    main()
