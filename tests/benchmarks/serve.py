"""How the server holds up: many people look through a large archive while pages are read and lines corrected.

    python tests/benchmarks/serve.py [LINES] [--clients 20] [--seconds 60] [--pages FOLDER]

The lines are those of ``ink.py``, stored in a real catalogue of pages, and the pages are those of PDFs with a photo on
each. A `notes serve` in a process of its own answers clients that each look at the hits of a word, at their pictures
(four at a time, as browsers do), at the page of the first one and at a part of the list of documents, over and over;
first in peace, then while the pages of FOLDER are sent to it, read and indexed, and one more client settles lines as
the review gives them out. Printed: answers that were no answer, and how long each kind takes (median, p95); beside the
hits what the search in them takes in this process with nobody else about, and the same for one client alone.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import httpx
import pymupdf
from PIL import Image
from spotting import LINES_A_PAGE, Material, made_page, real_lines

from indexer.catalog import Catalog
from indexer.search import Finder, SearchIndex
from indexer.system.originals import source_file
from indexer.values import Box, Line, Origin, PageReading, Reading, SearchOptions, SourceFile

PAGES = Path(__file__).parents[1] / "data" / "archive"
AT_ONCE = 50
"""Pages stored at once."""
PAGES_A_FILE = 100


@dataclass(slots=True)
class Tally:
    """What clients met: seconds of each answer by its kind, and answers that were no answer by their status."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        wrong = ", ".join(f"{number} x {what}" for what, number in self.wrong.items()) or "no error"
        return "\n".join([wrong, *(f"  {kind:<22} {_spread(took)}" for kind, took in self.seconds.items())])


def _spread(took: list[float]) -> str:
    took = sorted(took)
    return f"{len(took):>5} times, median {statistics.median(took):.3f} s, p95 {took[int(0.95 * len(took))]:.3f} s"


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
        index = Path(name) / "index"
        fill(index, material, given.lines)
        alone = searched_here(index, words)
        print(f"search in this process: median {statistics.median(alone):.3f} s", flush=True)
        with served(index) as address:
            browse(address, words, 1, 3)  # warm
            one = browse(address, words, 1, given.seconds / 4)
            ratio = statistics.median(one.seconds["hits"]) / statistics.median(alone)
            print(f"1 client ({ratio:.2f} x the search alone): {one}", flush=True)
            print(f"{given.clients} clients: {browse(address, words, given.clients, given.seconds)}", flush=True)
            over, busy = threading.Event(), Tally()
            work = [
                threading.Thread(target=send, args=(address, given.pages)),
                threading.Thread(target=settle, args=(address, over, busy)),
            ]
            for each in work:
                each.start()
            browse(address, words, given.clients, given.seconds, busy)
            over.set()
            for each in work:
                each.join()
            print(f"{given.clients} clients while pages are read and lines settled: {busy}", flush=True)


def fill(index: Path, material: Material, lines: int) -> None:
    """A catalogue of pages of made lines, and what is derived from it."""
    with Catalog(index, create=True) as catalog:
        for first in range(0, lines // LINES_A_PAGE, PAGES_A_FILE):
            numbers = range(first, min(first + PAGES_A_FILE, lines // LINES_A_PAGE))
            file = made_file(index.parent / f"{first}.pdf", len(numbers))
            catalog.place(file)
            catalog.counted(file.sha256, len(numbers))
            for start in range(0, len(numbers), AT_ONCE):
                some = numbers[start : start + AT_ONCE]
                catalog.store([(file, read_page(material, each, each - first + 1), "{}") for each in some])
        SearchIndex(index / "search").sync(catalog)


def made_file(path: Path, pages: int) -> SourceFile:
    """A PDF with a photo on each page, the same one, of 1000 x 1400 pixels where it is read."""
    with pymupdf.open() as made, Image.open(next(PAGES.rglob("*.jpg"))) as photo:
        data, photo_id = io.BytesIO(), 0
        photo.convert("RGB").resize((1000, 1400)).save(data, "JPEG", quality=70)
        for _ in range(pages):
            page = made.new_page(width=240, height=336)
            photo_id = page.insert_image(page.rect, stream=None if photo_id else data.getvalue(), xref=photo_id)
        made.set_metadata({"title": path.name})
        made.save(path)
    return source_file(path)


def read_page(material: Material, seed: int, number: int) -> PageReading:
    lines = tuple(
        (
            Reading(
                Line(line.text, line.source.confidence, Box(0, 40 * at, 900, 36), posteriorgram=line.posteriorgram),
                Origin("e"),
            ),
        )
        for at, line in enumerate(made_page(material, seed))
    )
    return PageReading(number, 1000, 1400, lines, 1)


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


def browse(address: str, words: list[str], clients: int, seconds: float, tally: Tally | None = None) -> Tally:
    """So many people looking for words, and at what is found, for so long."""
    tally, end = Tally() if tally is None else tally, time.monotonic() + seconds

    def person(seed: int) -> None:
        chance = random.Random(seed)
        with httpx.Client(base_url=address, timeout=120) as client, ThreadPoolExecutor(4) as pool:
            while time.monotonic() < end:
                hits = asked(client, tally, "hits", "/", q=chance.choice(words))
                pictures = re.findall(r'src="(/ink/[^"]+)"', hits)
                began = time.perf_counter()
                list(pool.map(partial(asked, client, tally, "a picture"), pictures))
                tally.seconds["the pictures of hits"].append(time.perf_counter() - began)
                if page := re.search(r'href="(/documents/[^"#]+)', hits):
                    asked(client, tally, "a page", page[1].replace("&amp;", "&"))
                asked(client, tally, "documents", "/documents", p=str(chance.randint(1, 3)))

    people = [threading.Thread(target=person, args=(seed,)) for seed in range(clients)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    return tally


def asked(client: httpx.Client, tally: Tally, kind: str, path: str, **more: str) -> str:
    began = time.perf_counter()
    try:
        answer = client.get(path, params=more or None)
    except httpx.HTTPError as error:
        tally.wrong[type(error).__name__] += 1
        return ""
    tally.seconds[kind].append(time.perf_counter() - began)
    if answer.status_code != 200:
        tally.wrong[f"{answer.status_code} of {kind}"] += 1
    return answer.text


def send(address: str, pages: Path) -> None:
    with httpx.Client(base_url=address, timeout=120) as client:
        for path in sorted(pages.rglob("*.jpg")):
            answer = client.post("/api/v1/documents", files=[("files", (path.name, path.read_bytes()))])
            assert answer.status_code == 202, answer.text
            time.sleep(2)


def settle(address: str, over: threading.Event, tally: Tally) -> None:
    """Correct lines as the review gives them out, one after the other, and look for what was said."""
    with httpx.Client(base_url=address, timeout=120) as client:
        for number in count():
            if over.wait(0.5):
                return
            line = re.search(r'action="/review/(\d+)"', asked(client, tally, "a line to review", "/review"))
            assert line
            said = {"kind": "correct", "text": f"as person{number}z reads", "sure": True}
            began = time.perf_counter()
            answer = client.put(f"/api/v1/lines/{line[1]}/verdict", json=said)
            assert answer.status_code == 200, answer.text
            found = client.get("/api/v1/search", params={"q": f"person{number}z", "reach": "low"})
            assert found.json()["total"], "what was said is not found"
            tally.seconds["a verdict to be found"].append(time.perf_counter() - began)


if __name__ == "__main__":
    main()
