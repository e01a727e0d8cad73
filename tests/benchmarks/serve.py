"""How the server holds up: many people searching a large archive while pages are read and lines corrected.

    python tests/benchmarks/serve.py [LINES] [--clients 20] [--seconds 60] [--pages FOLDER]

The lines are those of ``ink.py``, stored in a real catalogue of pages. A `notes serve` in a process of its own answers
clients that each look at the hits of a word, then at the page of the first one, over and over; first in peace, then
while the pages of FOLDER are sent to it, read and indexed, and one more client settles lines of the review. Printed:
answers that were no answer, how long the page of hits takes (median, p95) beside what the search in it takes in this
process with nobody else about, and the same for one client alone. Images are not asked for: the made lines have none.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from ink import LINES_A_PAGE, Material, made_page, real_lines

from indexer.catalog import Catalog
from indexer.model import Box, Line, Origin, PageReading, Reading, SearchOptions, SourceFile
from indexer.search import Finder, SearchIndex

PAGES = Path(__file__).parents[1] / "data" / "archive"
AT_ONCE = 50
"""Pages stored at once."""


@dataclass(slots=True)
class Tally:
    """What clients met: seconds of each page of hits, and answers that were no answer by their status."""

    seconds: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        took = sorted(self.seconds)
        p95 = took[int(0.95 * len(took))]
        wrong = ", ".join(f"{number} x {what}" for what, number in self.wrong.items()) or "no error"
        return f"{len(took)} searches, median {statistics.median(took):.2f} s, p95 {p95:.2f} s, {wrong}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=int, nargs="?", default=200_000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pages", type=Path, default=PAGES)
    given = parser.parse_args()
    material = Material(real_lines(PAGES))
    words = list(material.words)
    with tempfile.TemporaryDirectory() as name:
        index = Path(name)
        fill(index, material, given.lines)
        alone = searched_here(index, words)
        print(f"search in this process: median {statistics.median(alone):.3f} s", flush=True)
        with served(index) as address:
            browse(address, words, 1, 3)  # warm
            one = browse(address, words, 1, given.seconds / 4)
            ratio = statistics.median(one.seconds) / statistics.median(alone)
            print(f"1 client: {one} ({ratio:.2f} x the search alone)", flush=True)
            print(f"{given.clients} clients: {browse(address, words, given.clients, given.seconds)}", flush=True)
            over = threading.Event()
            work = [
                threading.Thread(target=send, args=(address, given.pages)),
                threading.Thread(target=settle, args=(address, over)),
            ]
            for each in work:
                each.start()
            busy = browse(address, words, given.clients, given.seconds)
            over.set()
            for each in work:
                each.join()
            print(f"{given.clients} clients while pages are read and lines settled: {busy}", flush=True)


def fill(index: Path, material: Material, lines: int) -> None:
    """A catalogue of pages of made lines, and what is derived from it."""
    with Catalog(index, create=True) as catalog:
        for start in range(0, lines // LINES_A_PAGE, AT_ONCE):
            made = [read_page(material, number) for number in range(start, min(start + AT_ONCE, lines // LINES_A_PAGE))]
            for file, _, _ in made:
                catalog.place(file)
            catalog.store(made)
        SearchIndex(index / "search").sync(catalog)


def read_page(material: Material, number: int) -> tuple[SourceFile, PageReading, str]:
    lines = tuple(
        (Reading(Line(line.text, line.source.confidence, Box(0, 40 * at, 900, 36), frames=line.frames), Origin("e")),)
        for at, line in enumerate(made_page(material, number))
    )
    return SourceFile(Path(f"/made/{number}.png"), f"{number:064x}", 1, 0.0), PageReading(1, 1000, 1400, lines, 1), "{}"


def searched_here(index: Path, words: list[str]) -> list[float]:
    chance = random.Random(1)
    took = []
    with Catalog(index) as catalog, Finder(SearchIndex(index / "search"), catalog) as finder:
        for word in chance.sample(words, 30):
            began = time.perf_counter()
            finder.find(word, SearchOptions(limit=20))
            took.append(time.perf_counter() - began)
    return took


@contextmanager
def served(index: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "indexer", "serve", "--port", "0", "--index", str(index)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = re.search(r"http://\S+", process.stderr.readline())
    assert found
    try:
        yield found[0]
    finally:
        process.terminate()
        process.wait()


def browse(address: str, words: list[str], clients: int, seconds: float) -> Tally:
    """So many people looking for words for so long."""
    tally, end = Tally(), time.monotonic() + seconds

    def person(seed: int) -> None:
        chance = random.Random(seed)
        with httpx.Client(base_url=address, timeout=120) as client:
            while time.monotonic() < end:
                began = time.perf_counter()
                hits = asked(client, tally, "/", q=chance.choice(words))
                tally.seconds.append(time.perf_counter() - began)
                if hits and (page := re.search(r'href="(/documents/[^"#]+)', hits)):
                    asked(client, tally, page[1].replace("&amp;", "&"))

    people = [threading.Thread(target=person, args=(seed,)) for seed in range(clients)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    return tally


def asked(client: httpx.Client, tally: Tally, path: str, **more: str) -> str:
    try:
        answer = client.get(path, params=more or None)
    except httpx.HTTPError as error:
        tally.wrong[type(error).__name__] += 1
        return ""
    if answer.status_code != 200:
        tally.wrong[str(answer.status_code)] += 1
    return answer.text


def send(address: str, pages: Path) -> None:
    with httpx.Client(base_url=address, timeout=120) as client:
        for path in sorted(pages.rglob("*.jpg")):
            answer = client.post("/api/v1/documents", files=[("files", (path.name, path.read_bytes()))])
            assert answer.status_code == 202, answer.text
            time.sleep(2)


def settle(address: str, over: threading.Event) -> None:
    """Accept or correct lines of the review, one after the other."""
    with httpx.Client(base_url=address, timeout=120) as client:
        while not over.wait(0.5):
            shown = client.get("/review", params={"order": "confidence"})
            line = re.search(r'action="/review/(\d+)"', shown.text)
            assert line, shown.status_code
            kept = {"kind": "correct", "text": "as a person reads", "sure": True}
            said = client.put(f"/api/v1/lines/{line[1]}/verdict", json=kept)
            assert said.status_code == 200, said.text


if __name__ == "__main__":
    main()
